"""RTF: embedded objects with their files, and what is loaded from elsewhere when the document is opened.

Only the places that matter are looked at, wherever they stand; the text is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.model import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.office.cfb import MAGIC as COMPOUND
from gateway.understand.openers.office.ole_package import object_members, read_object
from gateway.understand.openers.office.remote import is_remote
from gateway.understand.openers.office.rtf_objects import TooManyTokens, objects

#: Word asks for no more than these four octets, and takes blanks and marks before them.
_START = b"{\\rt"
_WITHIN_BYTES = 1024

#: Octets behind \fldinst or \template that are looked at for what they name.
MAX_INSTRUCTION_BYTES = 8 * 1024

#: Fields that are looked at, and templates; a book with an index has some ten thousand.
MAX_PLACES = 50_000

_ESCAPED = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([\\{}])|\\u(\d{1,5}) ?\??|\\[a-zA-Z]++(?:-?\d++)? ?|[{}\r\n]|\\.", re.DOTALL
)
_TEMPLATE, _INSTRUCTION = b"\\template", b"\\fldinst"
_CLOSING = re.compile(rb"(?<!\\)\}")
_DDE = re.compile(rb"\s*+DDE(?:AUTO)?\b", re.IGNORECASE)
_LINK = re.compile(rb"\s*+(?:LINK\s[^\"]{0,256}|INCLUDETEXT\s[^\"]{0,256})\"([^\"]*+)\"", re.IGNORECASE)


def _fits(content: bytes, declared: Declared) -> bool:
    return content.find(_START, 0, _WITHIN_BYTES) >= 0


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    yield from dict.fromkeys(_loaded(content))
    try:
        for readings in objects(content):
            budget.check_time()
            for octets in readings:
                yield from _object(octets, budget)
    except TooManyTokens as error:
        yield Defect("container.limit", f"In the RTF, {error}", 0)


def _object(octets: bytes, budget: Budget) -> Iterator[Member | Defect]:
    """What an object holds; of one that can't be made out, all of it, and the compound file in it."""
    found = read_object(octets)
    if found is not None:
        yield from object_members(found, budget)
    at = octets.find(COMPOUND)
    inside = [octets] if found is None else []
    if at > 0 and not (found and found.native.startswith(COMPOUND)):
        inside.append(octets[at:])
    for one in inside:
        budget.take_entry()
        budget.take(len(one))
        yield Member((), one)


def _loaded(content: bytes) -> Iterator[Defect]:
    """What Word fetches or runs of itself."""
    if b"\\objupdate" in content:
        yield Defect("document.external", "An object is updated as soon as the document is opened", 0)
    for text in _behind(content, _TEMPLATE):
        if is_remote(text.decode("latin-1")):
            yield Defect("document.external", "The template is loaded from another host", 0)
    for text in _behind(content, _INSTRUCTION):
        link = _LINK.match(text)
        if _DDE.match(text):
            yield Defect("document.external", "A field runs a program by DDE", 0)
        elif link and is_remote(link[1].decode("latin-1")):
            yield Defect("document.external", "A field loads a document from another host", 0)
    if max(content.count(word) for word in (_TEMPLATE, _INSTRUCTION)) > MAX_PLACES:
        yield Defect("container.limit", f"There are more than {MAX_PLACES} fields", 0)


def _behind(content: bytes, word: bytes) -> Iterator[bytes]:
    """The plain text behind each place of a control word, up to the next one; a template's name ends with its group."""
    at = content.find(word)
    for _ in range(MAX_PLACES):
        if at < 0:
            return
        start = at + len(word)
        at = content.find(word, start)
        piece = content[start : min(start + MAX_INSTRUCTION_BYTES, at if at >= 0 else len(content))]
        yield _ESCAPED.sub(_plain, piece[: _end_of(piece)] if word == _TEMPLATE else piece)


def _end_of(piece: bytes) -> int:
    """Where the group ends that the piece stands in; a brace behind a backslash is text."""
    match = _CLOSING.search(piece)
    return match.end() if match else len(piece)


def _plain(match: re.Match[bytes]) -> bytes:
    """What an escape stands for; control words and braces for nothing."""
    if match[1]:
        return bytes.fromhex(match[1].decode())
    if match[2]:
        return match[2]
    return bytes([int(match[3])]) if match[3] and int(match[3]) < 256 else b""


RTF = Opener("rtf", _fits, _open)
