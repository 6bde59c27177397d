"""Word's, Excel's and PowerPoint's documents since 2007 (ECMA-376): macros, and links that load or run something.

The parts themselves are members of the zip file, which its own opener gives; this opener adds only defects. A document
is recognised by its parts, never by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.message.encodings.byte_search import CaselessBytePattern
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.office.dde import danger_of
from gateway.understand.openers.office.office_xml import Attributes, Reader, may_hold
from gateway.understand.openers.office.ooxml_fields import Fields
from gateway.understand.openers.office.zip_parts import Part, looks_like_zip, parts
from gateway.understand.openers.remote import is_remote, is_share, starts_program

_CONTENT_TYPES = "[content_types].xml"
_TYPES_NAMED = CaselessBytePattern(_CONTENT_TYPES.encode(), rare=b"[con")

#: Parts that hold code, by their place; by their content types (ECMA-376-2 10.1.2.2); by the last word of the
#: type of the relationship that leads to them (9.2).
_MACRO_PART = re.compile(r"(?:.*/)?(?:vbaproject[^/]*\.bin|macrosheets/[^/]+|activex/[^/]+)")
_MACRO_TYPE = re.compile(r"macroenabled|vbaproject|macrosheet|activex")
_MACRO_RELATIONS = frozenset({"vbaproject", "xlmacrosheet", "xlintlmacrosheet", "activexcontrolbinary"})

#: Relationships whose target is loaded when the document is opened. Links that a person must click, linked pictures,
#: and links between workbooks are of other types.
_LOADED = frozenset(
    {"attachedtemplate", "oleobject", "package", "frame", "subdocument", "afchunk", "control", "externallink"}
)
_WORKBOOK_LINK = "externallinkpath"
_WORKBOOK = re.compile(r"\.(?:xl[a-z]{1,2}|csv|ods)(?:$|[?#])", re.IGNORECASE)

#: Elements of Word 2003 whose target is loaded with the document.
_LINKS = frozenset({"attachedTemplate", "sourceFileName", "subDoc", "altChunk"})

_WORDS = (b"instrText", b"fldSimple", b"ddeLink", b"customUI", b"hlink")
_BINARY_DDE = re.compile(rb"\xe8\x02[\x80-\xff]?[\0-\x7f]\x01\0", re.DOTALL)  # BrtBeginSupBook, [MS-XLSB] 2.4.269


def _fits(content: bytes, declared: Declared) -> bool:
    return looks_like_zip(content) and _TYPES_NAMED.is_in(content)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    said: set[str] = set()
    reader = Reader()
    for part in parts(content, budget):
        for defect in _defects(part, reader):
            if defect.what not in said:
                said.add(defect.what)
                yield defect


def _defects(part: Part, reader: Reader) -> Iterator[Defect]:
    if _MACRO_PART.fullmatch(part.name):
        yield _macro("ActiveX controls" if "activex/" in part.name else "macros")
    if _BINARY_DDE.match(part.head):
        yield _external("The workbook has a DDE link")
    try:
        yield from _in_xml(part, reader)
    except Unreadable as error:  # the other parts are looked at all the same
        yield Defect("container.unreadable", str(error), 0)


def _in_xml(part: Part, reader: Reader) -> Iterator[Defect]:
    if part.xml is None:
        return
    if part.name == _CONTENT_TYPES:
        yield from _by_types(part.name, part.xml, reader)
    elif part.name.endswith(".rels"):
        yield from by_relations(part.name, part.xml, reader)
    elif may_hold(part.xml, _WORDS):
        yield from by_content(part.name, part.xml, reader)


def _macro(what: str) -> Defect:
    return Defect("document.macro", f"The document has {what}", 0)


def _external(what: str) -> Defect:
    return Defect("document.external", what, 0)


def _by_types(name: str, xml: bytes, reader: Reader) -> Iterator[Defect]:
    types: list[str] = []
    reader.read(name, xml, lambda tag, attributes: types.append(attributes.get("ContentType", "").lower()))
    found = {match[0] for one in types if (match := _MACRO_TYPE.search(one))}
    if "activex" in found:
        yield _macro("ActiveX controls")
    if found - {"activex"}:
        yield _macro("macros")


def by_relations(name: str, xml: bytes, reader: Reader) -> Iterator[Defect]:
    """Yield the defects of the relationships in a part. Raises Unreadable."""
    found: list[Attributes] = []
    reader.read(name, xml, lambda tag, attributes: found.append(attributes) if tag == "Relationship" else None)
    for relation in found:
        kind = relation.get("Type", "").rpartition("/")[2].lower()
        if kind in _MACRO_RELATIONS:
            yield _macro("ActiveX controls" if kind.startswith("activex") else "macros")
        elif relation.get("TargetMode", "").lower() == "external" and _is_loaded(kind, relation.get("Target", "")):
            yield _external(f"What it is linked to as {kind} is loaded from another host")
        elif kind == "hyperlink" and starts_program(relation.get("Target", "")):
            yield Defect("link.program", "A link starts a program of Windows or opens a file on another host", 0)


def _is_loaded(kind: str, target: str) -> bool:
    """Return whether a relationship loads something dangerous.

    Workbooks link to each other by shares and web sites all the time, and ask before they update: such links don't
    count.
    """
    if kind == _WORKBOOK_LINK:
        return is_remote(target) and not _WORKBOOK.search(target)
    return (kind in _LOADED and is_remote(target)) or (kind != "hyperlink" and is_share(target))


def by_content(name: str, xml: bytes, reader: Reader) -> Iterator[Defect]:
    """Yield the defects of the fields and elements of a part. Raises Unreadable."""
    found: list[Defect] = []
    fields = Fields()

    def on_start(tag: str, attributes: Attributes) -> None:
        fields.start(tag, attributes)
        found.extend(_of_element(tag, attributes))

    reader.read(name, xml, on_start, fields.text, fields.end)
    yield from found
    for what in fields.dangers():
        yield _external(what)


def _of_element(tag: str, attributes: Attributes) -> Iterator[Defect]:
    if tag == "ddeLink":
        yield _external("The workbook has a DDE link")
    elif tag == "customUI" and (attributes.get("onLoad") or attributes.get("loadImage")):
        call = attributes.get("onLoad", "") + attributes.get("loadImage", "")
        yield _external("The ribbon loads a macro from another document") if "!" in call else _macro("macros")
    elif tag in ("attachedTemplate", "sourceFileName", "subDoc", "altChunk") and any(
        map(is_remote, attributes.values())
    ):
        yield _external(f"What it is linked to as {tag.lower()} is loaded from another host")
    elif "macrosheet" in tag.lower():
        yield _macro("macros")
    for value in attributes.values():
        if "|" in value and (danger := danger_of(value if value[:1] in "=+-@" else f"={value}")):
            yield _external(danger)
    action = attributes.get("action", "").lower()
    if action.startswith("ppaction://program"):
        yield _external("A slide runs a program")
    elif action.startswith("ppaction://macro"):
        yield _macro("macros")


OOXML = Opener("ooxml", _fits, _open)
