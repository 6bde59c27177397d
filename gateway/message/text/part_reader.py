"""The reader of one part's text, whatever text format it is in, into passages. Pure, total and linear.

The sandbox's openers read documents that aren't text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import chain, islice
from typing import Final

from gateway.message.folding.folding import fold
from gateway.message.part import Part
from gateway.message.passage import Passage, PassageKind
from gateway.message.text.charset_readings import text_readings
from gateway.message.text.html.html_readings import readings_of_html, text_of_rest
from gateway.message.text.lines import MAX_LINES, Quoted, plain_lines
from gateway.message.text.plain_formats import calendar_values, other_lines, without_commands
from gateway.message.text.written import shown_lines

#: The code of the defect of a part whose text was not read to its end.
UNREAD: Final = "text.unread"

DEFECTS: Mapping[str, str] = {UNREAD: "note"}

#: Characters of one part that are read, half of them from its end: a book has one million.
MAX_CHARACTERS = 8_000_000
#: Characters of a plain text file that are read, half of them from its end: twelve pages, all that a filter reads.
MAX_FILE_CHARACTERS = 30_000

#: Octets of a block that is compressed to see whether it can be text.
_BLOCK_OCTETS = 8_192

#: Levels of documents in attributes of each other that are read; each is smaller than the one around it.
MAX_DOCUMENTS_DEEP = 3

HTML_TYPES = frozenset({"text/html", "text/x-amp-html", "text/watch-html", "application/xhtml+xml"})
_ENRICHED_TYPES = frozenset({"text/enriched", "text/richtext"})
_CALENDAR_TYPES = frozenset({"text/calendar", "text/x-vcalendar", "text/vcard", "text/x-vcard", "text/directory"})
_CALENDAR_TYPES |= {"application/ics", "application/calendar"}
#: Text types that stand beside the text of a message: the appointment that it tells of, the header that it bounces.
_BESIDE = _CALENDAR_TYPES | {"text/rfc822-headers"}
_BODY_TYPES = HTML_TYPES | _ENRICHED_TYPES | {"text/plain"}

_HTML_EXTENSIONS = frozenset({"html", "htm", "xhtml", "xht", "shtml", "svg", "hta"})
_CALENDAR_EXTENSIONS = frozenset({"ics", "vcs", "vcf", "ifb", "ical", "icalendar", "vcard"})
_TEXT_EXTENSIONS = frozenset({"txt", "text", "csv", "tsv", "md", "log", "asc", "rst", "json", "xml"})
#: Text types that openers read, or that hold no words for a person.
_OTHER_TEXT = frozenset({"text/rtf", "text/richtext-format", "text/pdf", "text/css", "text/javascript"})
_HTML_START = re.compile(r"\s*+(?:\ufeff\s*+)?<(?:!doctype\s++html|html|head|body|svg)\b", re.IGNORECASE)
_XML_START = re.compile(r"\s*+(?:\ufeff\s*+)?<\?xml\b", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*+>")

Piece = tuple[PassageKind, str]
#: None stands for text that was not read.
Pieces = Iterator[Piece | None]
_Reader = Callable[[str], Pieces]


@dataclass(frozen=True, slots=True)
class PartText:
    """The text that was read of a part."""

    pieces: tuple[Piece, ...] = ()
    complete: bool = True

    def passages(self, path: str) -> tuple[Passage, ...]:
        return tuple(passage(kind, path, text) for kind, text in self.pieces)


def reads(part: Part, true_type: str = "") -> bool:
    """Return whether the part is text in a format that is read here."""
    return bool(_readers_of(part, true_type))


def is_body(part: Part) -> bool:
    """Return whether mail programs show the part as the message's own text, whatever name it has.

    They show a message that is one text whatever its header says, and the texts in a message that aren't attached. A
    text of an unknown type is plain text to them (RFC 2046 4.1.4); in a message, one with a name is a file.
    """
    kind = part.content_type
    if part.path == "1":
        return kind in _BODY_TYPES or kind.startswith("text/")
    if part.disposition == "attachment":
        return False
    if kind not in _BODY_TYPES and (part.names or kind in _BESIDE or not kind.startswith("text/")):
        return False
    return bool(part.headers) or "/" not in part.path  # a file that was unpacked has no header


def read_part(part: Part, true_type: str = "") -> PartText:
    """Return the text that a person reads of a part without parts inside; nothing, if the part isn't text."""
    readers = _readers_of(part, true_type) if part.is_leaf else ()
    own = is_body(part)
    if _of_file in readers and _is_noise(part.decoded):
        return PartText(complete=False)
    pieces: dict[Piece, None] = {}
    complete = True
    for text in text_readings(part) if readers else ():
        complete = complete and len(text) <= MAX_CHARACTERS
        cut = _cut(text, MAX_CHARACTERS)
        for one in chain.from_iterable(reader(cut) for reader in _differing(readers, cut)):
            if one is None:
                complete = False
                continue
            if one[1]:
                pieces[one if own else ("attachment", one[1])] = None
    return PartText(tuple(pieces), complete)


def _differing(readers: Sequence[_Reader], text: str) -> Sequence[_Reader]:
    """Return the readers without that of pages, where it would show what plain text shows: a text without markup."""
    is_plain = _of_plain in readers and "<" not in text and "&" not in text
    return [one for one in readers if one is not _of_html] if is_plain else readers


def passage(kind: PassageKind, path: str, text: str) -> Passage:
    return Passage(kind, path, text, fold(text))


def _cut(text: str, characters: int) -> str:
    """Return the beginning and the end of a text that is too long: whoever opens it sees both."""
    half = characters // 2
    return text if len(text) <= characters else f"{text[:half]}\n\n{text[-half:]}"


def _is_noise(octets: bytes) -> bool:
    """Return whether all that is read of a file is random octets, or compressed or encrypted ones: no text.

    No block of it can be made smaller. Text in any charset can, and so can random octets with some lines of text.
    """
    if len(octets) > 2 * MAX_FILE_CHARACTERS:  # of random octets, two at most make a character
        octets = octets[:MAX_FILE_CHARACTERS] + octets[-MAX_FILE_CHARACTERS:]
    last = len(octets) - _BLOCK_OCTETS
    blocks = (octets[at : at + _BLOCK_OCTETS] for at in (*range(0, last, _BLOCK_OCTETS), last))
    return last >= 0 and all(len(zlib.compress(one, 1)) >= _BLOCK_OCTETS for one in blocks)


def _readers_of(part: Part, true_type: str) -> Sequence[_Reader]:
    """Return the readers of a part, by its type and by its name: some programs go by the one, some by the other."""
    kind, extensions = part.content_type, part.extensions
    readers: dict[_Reader, None] = {}
    if kind in HTML_TYPES or kind == "image/svg+xml":
        readers[_of_html] = None
    elif kind in _CALENDAR_TYPES:
        readers[_of_calendar] = None
    elif kind in _ENRICHED_TYPES:
        readers[_of_enriched] = None
    elif is_body(part):
        readers[_of_plain] = None
    if not extensions.isdisjoint(_HTML_EXTENSIONS):
        readers[_of_html] = None
    if not extensions.isdisjoint(_CALENDAR_EXTENSIONS):
        readers[_of_calendar] = None
    return list(readers) or ([_of_file] if _is_text_file(part, true_type) else [])


def _is_text_file(part: Part, true_type: str) -> bool:
    kind = part.content_type
    if kind in _OTHER_TEXT or true_type in _OTHER_TEXT:
        return False
    is_text = kind.startswith("text/") or not part.extensions.isdisjoint(_TEXT_EXTENSIONS)
    return is_text or true_type.startswith("text/")


def _of_plain(text: str) -> Pieces:
    lines = list(islice(plain_lines(text), MAX_LINES + 1))
    yield from shown_lines(lines[:MAX_LINES])
    if len(lines) > MAX_LINES:
        yield "new", text[lines[-1].begin :]


def _of_file(text: str) -> Pieces:
    """Read a text file; a browser shows one that is a page as a page, and an editor shows it as it stands."""
    if _HTML_START.match(text):
        yield from _of_html(text)
    if len(text) > MAX_FILE_CHARACTERS:
        text = _cut(text, MAX_FILE_CHARACTERS)
        yield None
    if _XML_START.match(text):
        yield "new", unescape(_ANY_TAG.sub("\n", text))
    else:
        yield "new", text


def _of_html(text: str, depth: int = 0) -> Pieces:
    inside: dict[str, None] = {}
    for seen in readings_of_html(text):
        yield from shown_lines(seen.page.lines)
        if seen.page.read_to is not None:
            yield "new", text_of_rest(text[seen.page.read_to :])
        if not seen.is_whole:
            yield None
        inside.update(dict.fromkeys(seen.inside))
        lines = seen.page.lines
        beside: dict[PassageKind, list[str]] = {"new": [], "quoted": []}
        for number, said in seen.asides:
            is_quoted = bool(lines) and lines[min(number, len(lines) - 1)].quoted is Quoted.YES
            beside["quoted" if is_quoted else "new"].append(said)
        for kind, texts in beside.items():
            yield kind, "\n\n".join(texts)
    for document in inside:
        if depth == MAX_DOCUMENTS_DEEP:
            yield None
        else:
            yield from _of_html(document, depth + 1)


def _of_enriched(text: str) -> Pieces:
    return _of_plain(without_commands(text))


def _of_calendar(text: str) -> Pieces:
    for is_html, value in calendar_values(text):
        if is_html:
            yield from _of_html(value)
        else:
            yield "new", value
    yield from _of_file(other_lines(text))
