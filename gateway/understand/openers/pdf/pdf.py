"""PDF: the files embedded in it; scripts that it runs, programs that it starts, other machines that it reaches for.

Only a document with a name for any of these is read as objects; all others cost a search. Text and pages are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.pdf.body import Body, decoded_data, read_body, read_object_streams
from gateway.understand.openers.pdf.embedded_files import embedded_files, file_names
from gateway.understand.openers.pdf.encrypted import decrypted_body
from gateway.understand.openers.pdf.filters import Undecodable
from gateway.understand.openers.pdf.signs import actions, has_signs, is_encrypted
from gateway.understand.openers.pdf.syntax import Name, Ref, Value, dictionaries, text_of

#: Octets in which readers look for the header (Adobe's implementation note 13 to PDF 1.7, appendix H).
HEADER_BYTES = 1024

_HEADER = re.compile(rb"%PDF-|%!PS-Adobe-\d\.\d PDF-")
_DECLARED = frozenset({"application/pdf", "application/x-pdf", "application/acrobat", "text/pdf"})
_EXTENSIONS = frozenset({"pdf"})
#: Starts of archives and programs: such a file would be of two kinds at once (A09).
_OTHER_KINDS = (b"PK\3\4", b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c", b"MZ", b"MSCF\0\0\0\0", b"\x7fELF")
_ARCHIVE_BEHIND = re.compile(rb"%%EOF[\r\n \t\0]*+(?:PK\x03\x04|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|MSCF\0\0\0\0|MZ)")
_REMOTE = re.compile(r"[\\/]{2}[^\\/]|(?:https?|ftp|smb|file)(?::|\|)", re.I)
_XFA_SCRIPT = re.compile(rb"<(?:[\w.-]{1,32}:)?script[\s>]")


def _fits(content: bytes, declared: Declared) -> bool:
    return _HEADER.search(content, 0, HEADER_BYTES + 5) is not None or (_is_declared(declared) and b"%PDF-" in content)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    yield from _mismatches(content, declared)
    if not has_signs(content, budget):
        return
    body = decrypted_body(content, budget) if is_encrypted(content) else read_body(content, budget)
    if body is None:
        yield Defect("container.encrypted", "The PDF is encrypted with a password", 0)
        yield from _dangers(content, read_body(content, budget), budget)  # names are never encrypted (7.6.2)
        return
    for sentence in read_object_streams(content, body, budget)[:1]:
        yield Defect("container.unreadable", sentence, 0)
    yield from _dangers(content, body, budget)
    yield from embedded_files(content, body, budget)


PDF = Opener("pdf", _fits, _open)


def _is_declared(declared: Declared) -> bool:
    return declared.says(_DECLARED, _EXTENSIONS)


def _mismatches(content: bytes, declared: Declared) -> Iterator[Defect]:
    if _HEADER.search(content, 0, HEADER_BYTES + 5) is None:
        yield Defect(
            "container.mismatch", "The PDF starts so late that not every reader finds it", content.find(b"%PDF-")
        )
    elif _is_declared(declared) and content.startswith(_OTHER_KINDS):
        yield Defect("container.mismatch", "The file is a PDF, and a program or an archive as well", 0)
    last = content.rfind(b"%%EOF")
    if last >= 0 and _ARCHIVE_BEHIND.match(content, last):
        yield Defect("container.mismatch", "A program or an archive stands behind the PDF", last)


def _dangers(content: bytes, body: Body, budget: Budget) -> Iterator[Defect]:
    written = actions(content)
    found = [one for values in body.values.values() for value in values for one in dictionaries(value)]
    if "Launch" in written or any(body.resolved(one.get("S")) == Name("Launch") for one in found):
        yield Defect("document.external", "The PDF starts a program or opens a file", 0)
    if any(_is_remote(one, body) for one in found):
        yield Defect("document.external", "The PDF goes to a file on another machine", 0)
    if "JavaScript" in written or any(_has_script(one, content, body, budget) for one in found):
        yield Defect("document.script", "The PDF runs a script", 0)
    if any(body.resolved(one.get("Subtype")) == Name("RichMedia") for one in found):
        yield Defect("document.script", "The PDF plays rich media, which runs its own scripts", 0)


def _is_remote(action: dict[str, Value], body: Body) -> bool:
    """Return whether an action goes to a file on another machine.

    GoToR and GoToE name another file (ISO 32000-2 12.6.4.3): the path of a share makes Windows log on there.
    """
    if body.resolved(action.get("S")) not in (Name("GoToR"), Name("GoToE")):
        return False
    target = body.resolved(action.get("F"))
    names = file_names(target, body) if isinstance(target, dict) else ()
    if isinstance(target, bytes):
        names = (text_of(target),)
    return any(_REMOTE.match(name) for name in names)


def _has_script(one: dict[str, Value], content: bytes, body: Body, budget: Budget) -> bool:
    if body.resolved(one.get("S")) == Name("JavaScript") or "JS" in one:
        return True
    return "XFA" in one and any(_XFA_SCRIPT.search(text) for text in _xfa(one["XFA"], content, body, budget))


def _xfa(value: Value, content: bytes, body: Body, budget: Budget) -> Iterator[bytes]:
    """Yield the form's XML: one stream, or pairs of a name and a stream."""
    listed = body.resolved(value) if not isinstance(value, list) else value
    for one in listed if isinstance(listed, list) else [value]:
        for stream in body.streams.get(one.number, []) if isinstance(one, Ref) else []:
            try:
                yield decoded_data(content, stream, body, budget)
            except Undecodable:
                yield b"<script>"  # a stream that can't be read may run one
