"""RTF: embedded objects with their files, and links that are loaded when the document is opened.

Only the places that matter are looked at, wherever they stand; the text is never read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.cfb import MAGIC as COMPOUND
from gateway.understand.openers.office.ole_package import object_members, read_objects
from gateway.understand.openers.office.rtf_objects import TooManyTokens, objects
from gateway.understand.openers.remote import is_remote, is_share

#: The octets that begin RTF: Word asks for no more than these four, and takes blanks and marks before them.
_START = b"{\\rt"
_WITHIN_BYTES = 1024

#: Octets behind \fldinst or \template in which their target is looked for.
MAX_INSTRUCTION_BYTES = 8 * 1024

#: Fields, and templates, that are looked at; a book with an index has some ten thousand.
MAX_PLACES = 50_000

_ESCAPED = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([\\{}])|\\u(\d{1,5}) ?\??|\\[a-zA-Z]++(?:-?\d++)? ?|[{}\r\n]|\\.", re.DOTALL
)
_TEMPLATE, _INSTRUCTION = b"\\template", b"\\fldinst"
_CLOSING = re.compile(rb"(?<!\\)\}")
_DDE = re.compile(rb"\s*+DDE(?:AUTO)?\b", re.IGNORECASE)
_ODD = Defect("container.unreadable", "The digits of an object in the RTF are read in different ways", 0)
_LINK = re.compile(rb"\s*+(?:LINK|INCLUDETEXT|(INCLUDEPICTURE|IMPORT))\s[^\"]{0,256}\"([^\"]*+)\"", re.IGNORECASE)


def _fits(content: bytes, declared: Declared) -> bool:
    return content.find(_START, 0, _WITHIN_BYTES) >= 0


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    seen: set[bytes | Defect] = set()
    for one in (content, content.replace(b"\0", b"")) if b"\0" in content else (content,):
        for found in _found(one, budget):
            key = found if isinstance(found, Defect) else hashlib.sha256(found.content or b"").digest()
            if key not in seen:
                seen.add(key)
                yield found


def _found(content: bytes, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the defects of links, and the content of the objects in each of their readings."""
    yield from _loaded(content)
    try:
        for one in objects(content):
            if one.is_odd:
                yield _ODD
            for number, octets in enumerate(one.readings):
                budget.check_time()
                yield from _object(octets, budget, is_first=number == 0)
    except TooManyTokens as error:
        yield Defect("container.limit", f"In the RTF, {error}", 0)


def _object(octets: bytes, budget: Budget, *, is_first: bool) -> Iterator[Member | Defect]:
    """Yield the content of one reading of an object.

    Where no object can be made out, it is all octets of the reading, and the compound file in them.
    """
    found = read_objects(octets)
    for held in found:
        yield from object_members(held, budget)
    at = octets.find(COMPOUND)
    inside = [octets] if not found and (is_first or at == 0) else []
    if at > 0 and not any(held.native.startswith(COMPOUND) for held in found):
        inside.append(octets[at:])
    for whole in inside:
        budget.take_entry()
        budget.take(len(whole))
        yield Member((), whole)


def _loaded(content: bytes) -> Iterator[Defect]:
    """Yield a defect for each link that Word fetches or runs without asking."""
    if b"\\objupdate" in content:
        yield Defect("document.external", "An object is updated as soon as the document is opened", 0)
    for text in _behind(content, _TEMPLATE):
        if is_remote(text.decode("latin-1")):
            yield Defect("document.external", "The template is loaded from another host", 0)
    for text in _behind(content, _INSTRUCTION):
        link = _LINK.match(text)
        if _DDE.match(text):
            yield Defect("document.external", "A field runs a program by DDE", 0)
        elif link and (is_share if link[1] else is_remote)(_path(link[2])):
            yield Defect("document.external", "A field loads a document from another host", 0)
    if max(content.count(word) for word in (_TEMPLATE, _INSTRUCTION)) > MAX_PLACES:
        yield Defect("container.limit", f"There are more than {MAX_PLACES} fields", 0)


def _path(written: bytes) -> str:
    """Return a path of a field; its doubled backslashes become single ones."""
    return (
        written.decode("latin-1").replace("\\\\", "\\")
        if written.startswith(b"\\\\\\\\")
        else written.decode("latin-1")
    )


def _behind(content: bytes, word: bytes) -> Iterator[bytes]:
    """Yield the plain text behind each place of a control word, up to the next one.

    A template's name ends with its group.
    """
    at = content.find(word)
    for _ in range(MAX_PLACES):
        if at < 0:
            return
        start = at + len(word)
        at = content.find(word, start)
        piece = content[start : min(start + MAX_INSTRUCTION_BYTES, at if at >= 0 else len(content))]
        yield _ESCAPED.sub(_plain, piece[: _end_of(piece)] if word == _TEMPLATE else piece)


def _end_of(piece: bytes) -> int:
    """Return the end of the group in which the piece stands; a brace behind a backslash is text."""
    match = _CLOSING.search(piece)
    return match.end() if match else len(piece)


def _plain(match: re.Match[bytes]) -> bytes:
    """Return the octets that an escape stands for; b"" for control words and braces."""
    if match[1]:
        return bytes.fromhex(match[1].decode())
    if match[2]:
        return match[2]
    return bytes([int(match[3])]) if match[3] and int(match[3]) < 256 else b""


RTF = Opener("rtf", _fits, _open)
