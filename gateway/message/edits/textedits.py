"""Edits inside one part's text: gathered, placed in the decoded text, and the new text put back into octets.

The text is decoded once and encoded once. Its charset and transfer encoding stay if they can carry the added text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.message.edits.compose import base64_octets, has_long_line, quoted_printable_octets
from gateway.message.edits.flowed import ends_softly, flowed, is_flowed
from gateway.message.edits.insertion_points import insertion_point
from gateway.message.edits.types import EditConflict, InsertText, NothingSeen, RemoveText
from gateway.message.encodings.charsets import standard_codec_name
from gateway.message.encodings.decode import IDENTITY
from gateway.message.mime.boundaries import holds_delimiter
from gateway.message.part import Part

TextEdit = InsertText | RemoveText

#: Characters above an insertion in which a blank line is looked for; those of two lines are enough.
_ABOVE = 1_000

_DECLARES_CHARSET = re.compile(r"<meta\b[^>]{0,400}?\bcharset\b", re.IGNORECASE)
_ASCII = frozenset(map(chr, range(128)))
_BLANK_END = re.compile(r"(?:(?:\r\n|\r(?!\n)|\n)[ \t]*+){2}\Z")


@dataclass(frozen=True, slots=True)
class Recoded:
    """A part's new body, and the charset and transfer encoding that its fields must name; None = as before."""

    body: bytes
    charset: str | None
    encoding: str | None


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    text: str
    edit: TextEdit


def edited_text(part: Part, edits: Sequence[TextEdit]) -> str:
    """Return the part's text after its edits; every offset counts characters of the text as it was received.

    Raises ValueError for a part that is no editable text, EditConflict for an insertion inside a removed stretch.
    """
    if part.content_type not in ("text/plain", "text/html") or not part.is_leaf:
        raise ValueError(f"part {part.path} is {part.content_type}, not text that can be edited")
    pieces: list[str] = []
    done = 0
    last_cut: _Change | None = None
    for change in sorted(_changes(part, edits), key=lambda change: (change.start, change.end)):
        inserts = change.start == change.end
        if inserts and change.start < done and last_cut is not None:
            raise EditConflict(last_cut.edit, change.edit)
        pieces += (part.text[done : max(done, change.start)], change.text)
        done = max(done, change.end)
        last_cut = last_cut if inserts else change
    return "".join((*pieces, part.text[done:]))


def _changes(part: Part, edits: Sequence[TextEdit]) -> Iterator[_Change]:
    at_end = False
    for edit in edits:
        if isinstance(edit, RemoveText):
            if _offset(part, edit.start) < _offset(part, edit.end):
                yield _Change(edit.start, edit.end, "", edit)
            continue
        start, text = _placed(part, edit, at_end)
        at_end = at_end or edit.place == "end"
        yield _Change(start, start, text, edit)


def _offset(part: Part, offset: int) -> int:
    if not 0 <= offset <= len(part.text):
        raise ValueError(f"{offset} is outside the {len(part.text)} characters of part {part.path}")
    return offset


def _placed(part: Part, edit: InsertText, at_end: bool) -> tuple[int, str]:
    """Return the offset of the insertion and the text to put there. Raise NothingSeen where no place is seen."""
    html = part.content_type == "text/html"
    text = edit.html if html else edit.text
    if isinstance(edit.place, int):
        return _offset(part, edit.place), _broken_as(part, text)
    spot = insertion_point(part, edit.place)
    if spot is None:
        raise NothingSeen(edit)
    if html:
        return spot.at, spot.before + _broken_as(part, text) if text else ""
    return spot.at, _broken_as(part, _on_lines(part, edit, spot.at, at_end)) if text else ""


def _broken_as(part: Part, text: str) -> str:
    """Return the text with the line breaks of the part."""
    lines = _bare(text)
    return lines if "\n" in part.text and "\r\n" not in part.text else lines.replace("\n", "\r\n")


def _bare(text: str) -> str:
    """Return the text with LF at the end of each line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _on_lines(part: Part, edit: InsertText, at: int, at_end: bool) -> str:
    """Return plain text on lines of its own; between blank lines where it stands amid text that a person wrote."""
    text = _bare(edit.text).removesuffix("\n") + "\n"
    above, below = part.text[max(0, at - _ABOVE) : at], part.text[at : at + 1]
    is_flowing = is_flowed(part)
    if is_flowing:
        text = flowed(text, delsp=part.params.get("delsp", "").strip().lower() == "yes")
    if at_end and edit.place == "end":
        return text
    unfinished = "\n" if above.strip("\ufeff") and not above.endswith(("\n", "\r")) else ""
    if edit.place == "above_quote":
        blank = "\n" if above.strip(" \t\r\n\ufeff") and not _BLANK_END.search(above + unfinished) else ""
        return unfinished + blank + text + ("\n" if below not in ("", "\r", "\n") else "")
    softly = "\n" if is_flowing and ends_softly(_bare(above).removesuffix("\n")) else ""
    return unfinished + softly + text


def recode(part: Part, text: str, forbidden: Sequence[bytes] = ()) -> Recoded:
    """Return the new text as the part's body; no line is a delimiter of `forbidden`, the boundaries around the part.

    Text that was encoded, or is new, may hold such a line: base64 holds none.
    """
    recoded = _recode(part, text)
    if part.encoding != "base64" and holds_delimiter(recoded.body, forbidden):
        return Recoded(base64_octets(_charset_octets(part, text)[0]), recoded.charset, "base64")
    return recoded


def _recode(part: Part, text: str) -> Recoded:
    octets, codec, charset = _charset_octets(part, text)
    if part.encoding == "base64" or part.encoding not in {*IDENTITY, "quoted-printable"}:
        return Recoded(base64_octets(octets), charset, None if part.encoding == "base64" else "base64")
    if part.encoding in IDENTITY and not _needs_encoding(part, octets):
        return Recoded(octets, charset, None)
    if "\r\n".encode(codec) != b"\r\n":  # UTF-16's line breaks aren't octets, so quoted-printable can't carry it
        return Recoded(base64_octets(octets), charset, "base64")
    return Recoded(
        quoted_printable_octets(octets), charset, None if part.encoding == "quoted-printable" else "quoted-printable"
    )


def _charset_octets(part: Part, text: str) -> tuple[bytes, str, str | None]:
    """Encode the text in the part's charset; return the octets, the codec, and the charset if it is a new one.

    The part's charset is the declared one, or, where only ASCII was added, the one that the part was read by.
    """
    candidates: list[str] = []
    if not part.reading.problem and (part.charset or part.decoded.isascii()):
        candidates.append(standard_codec_name(part.charset or "us-ascii") or part.reading.codec)
    if _ascii_added(part.text, text):
        candidates.append(part.reading.codec)
    for codec in candidates:
        try:
            return text.encode(codec), codec, None
        except UnicodeEncodeError:
            continue
    if candidates and part.content_type == "text/html" and _DECLARES_CHARSET.search(part.text):
        # A program that believes the document rather than the field would read UTF-8 in the charset of the document.
        return text.encode(part.reading.codec, "xmlcharrefreplace"), part.reading.codec, None
    return text.encode("utf-8", "replace"), "utf-8", "utf-8"  # only this part


def _ascii_added(before: str, after: str) -> bool:
    return after.isascii() or set(after) - set(before) <= _ASCII


def _needs_encoding(part: Part, octets: bytes) -> bool:
    """Return whether lines would pass 998 octets, or a seven-bit part would hold eight-bit octets."""
    if part.encoding == "binary":
        return False
    return has_long_line(octets) or (part.encoding != "8bit" and part.decoded.isascii() and not octets.isascii())
