"""HTML, SVG and other XML: files in data: URIs and in scripts, and pages that smuggle or pictures that run scripts.

What a reader sees of a page is left to others. A page without scripts and data: URIs costs one search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.model import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.pages.data_uris import DataUri, data_uris
from gateway.understand.openers.pages.payloads import compact, lettered_payloads, numbered_payloads, raw_payloads
from gateway.understand.openers.pages.scripts import html_text, joined, listed, scripts
from gateway.understand.openers.pages.signatures import is_picture, is_program_or_archive
from gateway.understand.openers.pages.smuggling import smuggles
from gateway.understand.openers.pages.written import with_written

#: Octets of a data: URI from which it is a file of its own; smaller ones are icons, unless they are programs.
MIN_URI_BYTES = 1024

#: Octets at the start in which a page without a name shows what it is.
LOOK_BYTES = 4096

#: Different data: URIs of a page. Real ones have a few hundred icons.
MAX_URIS = 10_000

_SMUGGLING = "html.smuggling"
_TYPES = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/svg"})
_EXTENSIONS = frozenset(
    ("html", "htm", "shtml", "shtm", "xhtml", "xhtm", "xht", "svg", "xml", "hta", "mht", "mhtml", "xsl", "xslt")
)
_SVG_TYPES, _SVG_EXTENSIONS = frozenset({"image/svg+xml"}), frozenset({"svg"})
_ELEMENTS = rb"(?:html|svg|script|head|body|meta|iframe|div|a|p|form|table)"
_LOOK = re.compile(rb"\s*+(?:\xef\xbb\xbf)?\s*+<(?:!doctype|!--|\?xml|(?:[\w-]{1,32}:)?" + _ELEMENTS + rb"\b)", re.I)
_SIGNS = (b"data:", b"<script", b":script", b"script:", b"srcdoc", b"foreignobject")
_SPELT_SIGNS = (b"data:", b"script:")  # also where character references spell them
_HANDLER = re.compile(rb"on[a-z]{3,30}+\s*+=")
_BEFORE_HANDLER = frozenset({b" ", b"\t", b"\r", b"\n", b"\x0c", b'"', b"'", b"/"})
_IS_SVG = re.compile(rb"\s*+(?:\xef\xbb\xbf)?(?:\s*+<[?!][^>]*+>)*+\s*+<(?:[\w-]{1,32}:)?svg\b", re.I)
_ACTIVE_FOREIGN = re.compile(rb"<(?:[\w-]{1,32}:)?(?:iframe|form|embed|object|meta)\b", re.I)
_SCRIPT_TYPES = re.compile(r"(?:text|application)/(?:x-)?(?:java|ecma|vb)script")
_LINE_BREAKS = b"\t\r\n"
_REFERENCE = re.compile(rb"&(?:#|colon|tab|newline|comma|semi|sol)", re.I)


def _fits(content: bytes, declared: Declared) -> bool:
    is_page = declared.says(_TYPES, _EXTENSIONS) or declared.true_type in _TYPES
    return (is_page or _LOOK.match(_octets(content[:LOOK_BYTES])) is not None) and shows_signs(_octets(content))


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    text = _octets(content)
    programs = list(scripts(text))
    uris = list(_uris(text, b"\n".join(programs), budget))
    yield from _members(uris, budget)
    programs += [uri.content for uri in uris if _SCRIPT_TYPES.match(uri.media_type)]
    is_picture_alone = _is_svg(text, declared)
    if programs:
        program = with_written(joined(b"\n".join(programs)), budget)
        yield from _scripted(text, program, is_picture_alone, budget)
    elif is_picture_alone and b"foreignobject" in text.lower() and _ACTIVE_FOREIGN.search(text):
        yield Defect(_SMUGGLING, "The picture holds a page of its own", 0)


def _scripted(text: bytes, program: bytes, is_picture_alone: bool, budget: Budget) -> Iterator[Member | Defect]:
    found = dict.fromkeys(_hidden(text, program, budget))
    for octets in found:
        budget.take_entry()
        budget.take(len(octets))
        yield Member((), octets, "" if is_program_or_archive(octets) else "text/html")
    if any(map(is_program_or_archive, found)):
        yield Defect(_SMUGGLING, "A script of the page has a program or an archive written out in it", 0)
    elif any(smuggles(one, compact(one)) for one in dict.fromkeys((program, listed(program)))):
        yield Defect(_SMUGGLING, "A script of the page puts a file together and saves or opens it", 0)
    elif is_picture_alone:
        yield Defect(_SMUGGLING, "The picture runs a script", 0)


HTML = Opener("HTML", _fits, _open)


def _octets(content: bytes) -> bytes:
    """In something that has ASCII in it: UTF-16 by its mark, or by the zeros beside its letters."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    if content[:1] == b"<" and content[1:4:2] == b"\0\0":
        return content.decode("utf-16-le", "replace").encode("utf-8", "replace")
    if content[:2] == b"\0<":
        return content.decode("utf-16-be", "replace").encode("utf-8", "replace")
    return content


def shows_signs(text: bytes) -> bool:
    """Whether a page may hold files or scripts. Cheap: the gateway asks it of every message's own text."""
    lower = text.translate(None, _LINE_BREAKS).lower()
    if any(sign in lower for sign in _SIGNS) or _has_handler(text.lower()):
        return True
    return _REFERENCE.search(lower) is not None and any(sign in html_text(lower) for sign in _SPELT_SIGNS)


def _has_handler(lower: bytes) -> bool:
    return any(lower[at.start() - 1 : at.start()] in _BEFORE_HANDLER for at in _HANDLER.finditer(lower))


def _uris(text: bytes, program: bytes, budget: Budget) -> Iterator[DataUri]:
    """As written, as character references hide them, and as scripts make them; one that is seen twice counts once."""
    flat = text.translate(None, _LINE_BREAKS)
    readings = [flat, joined(program).translate(None, _LINE_BREAKS)]
    if _REFERENCE.search(flat):
        readings.append(html_text(flat))
    seen: set[bytes] = set()
    for reading in readings:
        for uri in data_uris(reading):
            budget.check_time()
            if len(seen) == MAX_URIS:
                raise Unreadable(f"The page has more than {MAX_URIS} data: URIs")
            if uri.content not in seen:
                seen.add(uri.content)
                yield uri


def _members(uris: list[DataUri], budget: Budget) -> Iterator[Member]:
    for uri in uris:
        is_file = len(uri.content) >= MIN_URI_BYTES and not (is_picture(uri.content) and not uri.names)
        if is_file or uri.names or is_program_or_archive(uri.content):
            budget.take_entry()
            budget.take(len(uri.content))
            yield Member(uri.names, uri.content, uri.media_type)


def _hidden(text: bytes, program: bytes, budget: Budget) -> Iterator[bytes]:
    """Files written out in scripts, or anywhere else in the page for a script to fetch."""
    yield from raw_payloads(program)
    for one in dict.fromkeys((compact(program), compact(listed(program)))):
        budget.check_time()
        yield from lettered_payloads(one)
        yield from numbered_payloads(one)
    budget.check_time()
    yield from lettered_payloads(compact(text))


def _is_svg(text: bytes, declared: Declared) -> bool:
    """An SVG on its own, not one inside of a page."""
    return declared.says(_SVG_TYPES, _SVG_EXTENSIONS) or _IS_SVG.match(text) is not None
