"""Division of a multipart's body at a boundary: the spans of its parts, and the oddities of the delimiter lines.

One search through the body. The compared lines are counted, so that text full of almost-delimiters ends at a limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.message.defect import Defect

DEFECTS: Mapping[str, str] = {
    "boundary.indented": "ambiguous",  # blanks before a delimiter
    "boundary.junk": "ambiguous",  # text behind a delimiter, on its line
    "boundary.displaced": "ambiguous",  # a delimiter within a line, with Content fields below it
    "boundary.prefix": "note",  # lines that begin with the boundary and go on, as those of another boundary do
    "multipart.unclosed": "malformed",
    "multipart.preamble": "ambiguous",
    "multipart.epilogue": "ambiguous",
    "limit.delimiters": "limit",
}

#: Octets of a preamble or epilogue that can't hold a field and the content that it describes.
_TOO_SMALL = 16

_TAIL = re.compile(rb"(--)?[ \t]*+(?:\r\n?|\n|\Z)")
_JUNK = re.compile(rb"(?:--)?(?:[ \t]|[^0-9A-Za-z'()+_,./:=? \t\r\n-])")
_INDENTED = re.compile(rb"(?:\A|[\r\n])[ \t]++\Z")
_FIELD_BELOW = re.compile(rb"(?:--)?[ \t]*+(?:\r\n?|\n)[ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)
#: Octets before a delimiter in which its line's beginning is looked for.
_BEFORE = 80

#: Content that a body hides in places that aren't shown: fields of a part, or a file in uuencode.
HIDDEN = re.compile(
    rb"[\r\n][ \t]*+(?:content-(?:type|transfer-encoding|disposition)[ \t]*+:"
    rb"|begin(?:-base64)?[ \t]++(?:[0-7]{3,6}[ \t]|[^\r\n]*+(?>\r\n?|\n)(?-i:[!-`]{5,63}+)(?:[\r\n]|\Z)))",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Division:
    """The spans of the parts; the line break before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    preamble_end: int = 0
    epilogue_start: int = -1  # -1 = no close delimiter
    compared: int = 0  # lines
    exhausted: bool = False  # there were more lines than might be compared
    defects: list[Defect] = field(default_factory=list)


class _Divider:
    def __init__(self, raw: bytes, first: int, end: int, boundary: bytes, most: int) -> None:
        self._raw = raw
        self._first = first
        self._end = end
        self._needle = b"--" + boundary
        self._most = most
        self._odd: dict[str, Defect] = {}
        self._found = Division(preamble_end=end)

    def run(self) -> Division:
        raw, first, end, needle, found = self._raw, self._first, self._end, self._needle, self._found
        start = -1
        at = raw.find(needle, first, end)
        while at >= 0:
            found.compared += 1
            if found.compared > self._most:
                found.exhausted = True
                self._note("limit.delimiters", "More lines look like delimiters than are compared", first)
                break
            behind = at + len(needle)
            tail = _TAIL.match(raw, behind, end)
            if tail is None or (at > first and raw[at - 1] not in b"\r\n"):
                self._look_at(at, behind, tail is not None)
                at = raw.find(needle, behind, end)
                continue
            closing, behind = tail[1] is not None, tail.end()
            if start >= 0:
                found.spans.append((start, max(start, _before_line_break(raw, first, at))))
            elif closing:
                at = raw.find(needle, behind, end)  # a close delimiter before any part opens nothing
                continue
            else:
                found.preamble_end = at
            start = -1 if closing else behind
            if closing:
                found.epilogue_start = behind
                break
            at = raw.find(needle, behind, end)
        if start >= 0:
            found.spans.append((start, end))
        return self._judged()

    def _judged(self) -> Division:
        found = self._found
        if found.spans:
            if holds_hidden(self._raw, self._first, found.preamble_end):
                self._note("multipart.preamble", "There is a part before the first delimiter", self._first)
            if found.epilogue_start < 0 and not found.exhausted:
                self._note("multipart.unclosed", "The close delimiter is missing", self._end)
            elif found.epilogue_start >= 0 and holds_hidden(self._raw, found.epilogue_start, self._end):
                self._note("multipart.epilogue", "There is a part behind the close delimiter", found.epilogue_start)
        found.defects = list(self._odd.values())
        return found

    def _look_at(self, at: int, behind: int, whole: bool) -> None:
        """Note the oddity of a place that holds the boundary and is no delimiter line."""
        raw, end = self._raw, self._end
        before = raw[max(self._first, at - _BEFORE) : at]
        if not before or before[-1] in b"\r\n":
            if _JUNK.match(raw, behind, end):
                self._note("boundary.junk", "Text stands behind a delimiter, on its line", at)
            else:
                self._note("boundary.prefix", "The boundary is the beginning of other lines", at)
        elif whole and _INDENTED.search(before):
            self._note("boundary.indented", "Blanks stand before a delimiter", at)
        elif _FIELD_BELOW.match(raw, behind, end):
            self._note("boundary.displaced", "A delimiter doesn't begin its line", at)

    def _note(self, code: str, what: str, at: int) -> None:
        self._odd.setdefault(code, Defect(code, what, at))


def divide(raw: bytes, first: int, end: int, boundary: bytes, most: int) -> Division:
    """Divide raw[first:end]; `most` is the number of lines that may be compared with the boundary."""
    return _Divider(raw, first, end, boundary, most).run()


def holds_hidden(raw: bytes, start: int, end: int) -> bool:
    """Return whether the text behind a line break there looks like a part, or a file."""
    return end - start >= _TOO_SMALL and HIDDEN.search(raw, max(0, start - 1), end) is not None


def _before_line_break(raw: bytes, first: int, at: int) -> int:
    if at <= first:
        return at
    return at - 2 if at - first >= 2 and raw[at - 2 : at] == b"\r\n" else at - 1
