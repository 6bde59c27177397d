"""The parts of a text: the new text, the quotations, the signature and the footer, and places for inserted text.

Offsets count characters of the part's decoded text, as `InsertText` and `RemoveText` take them. Total, linear and
bounded; the text isn't changed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Literal

from gateway.message.part import Part
from gateway.message.text.boilerplate import split_footer
from gateway.message.text.html.page import Page, read_page
from gateway.message.text.lines import MAX_LINES, Line, Quoted, plain_lines
from gateway.message.text.mail_signatures import tail
from gateway.message.text.quotes import mark_quoted
from gateway.message.text.surely_seen import read_surely

Kind = Literal["new", "quoted", "signature", "footer"]

_QUOTE_SIGNS = re.compile(r"\A(?:>[ \t]?)+")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the part, and the text that a person sees of it; the segments follow each other without a gap."""

    kind: Kind
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """The segments of one part, and its places: offsets at which inserted text is seen, None where none is known."""

    segments: tuple[Segment, ...]
    top: int | None
    above_quote: int | None  # behind the sender's text and signature; the end, if the text goes on below quotations
    end: int | None
    end_prefix: str = ""  # HTML that must come first at `end`: it closes tables that were left open
    swallowed: bool = False  # the very end is never shown: an unclosed comment, tag or raw text
    complete: bool = True  # False: longer than is read; the rest counts as its last segment
    body: int | None = None  # of HTML: start of the body, even of a hidden one; None = there is none

    def text_of(self, *kinds: Kind) -> str:
        """Return the text that a person sees of these kinds, a line each."""
        return "\n".join(segment.text for segment in self.segments if segment.kind in kinds)

    @property
    def new_text(self) -> str:
        """The sender's text, without signature and footer."""
        return self.text_of("new")

    @property
    def own_text(self) -> str:
        """All text that is not quoted."""
        return self.text_of("new", "signature", "footer")

    @property
    def quoted_text(self) -> str:
        return self.text_of("quoted")


def written(part: Part) -> Written:
    """Return the segments and places of a text/plain or text/html part; raise ValueError for any other."""
    if part.content_type not in ("text/plain", "text/html") or not part.is_leaf:
        raise ValueError(f"part {part.path} is {part.content_type}, not text that a person wrote")
    return written_html(part.text) if part.content_type == "text/html" else written_text(part.text)


def written_text(text: str) -> Written:
    """Return the segments and places of plain text."""
    top = 1 if text.startswith("\ufeff") else 0
    lines = list(islice(plain_lines(text, top), MAX_LINES + 1))
    complete = len(lines) <= MAX_LINES
    del lines[MAX_LINES:]
    sorted_ = _sort(lines)
    above = len(text) if sorted_.quote is None else lines[sorted_.quote].start
    return Written(_segments(lines, sorted_.kinds, top, len(text)), top, above, len(text), complete=complete)


def written_html(html: str) -> Written:
    """Return the segments and places of an HTML document or a piece of one."""
    return _of_page(html, read_page(html))


def surely_written_html(html: str) -> Written:
    """Return the segments that every reader surely sees of a document.

    Ask this, and nothing else, before words are taken to be there already.
    """
    return _of_page(html, read_surely(html))


def is_surely_seen(html: str, words: str, *, on_top: bool = False) -> bool:
    """Return whether every reader sees these words; blanks don't count. In doubt: False.

    `on_top`: the words stand in one piece, above anything that the document lays over its text.
    """
    seen = "".join("".join(line.text.split()) for line in read_surely(html, on_top=words if on_top else "").lines)
    return bool(words.strip()) and "".join(words.split()) in seen


def _of_page(html: str, page: Page) -> Written:
    sorted_ = _sort(page.lines)
    above = page.end if sorted_.quote is None else page.lines[sorted_.quote].start
    start = page.top or 0
    end = max(start, len(html) if page.end is None else page.end)
    segments = _segments(page.lines, sorted_.kinds, start, end)
    return Written(segments, page.top, above, page.end, page.end_prefix, page.swallowed, page.complete, page.body)


def shown_lines(lines: Sequence[Line]) -> Iterator[tuple[Kind, str]]:
    """Yield the lines in their kinds, each stretch with the gaps between its lines, without the signs of quotation.

    A footer's sentences are new text where they are no footer's own.
    """
    for kind, run in groupby(zip(lines, _sort(lines).kinds, strict=True), itemgetter(1)):
        texts = [(line.gap, line.text) for line, _ in run]
        if kind == "quoted":
            texts = [(gap, _QUOTE_SIGNS.sub("", text, 1) if text[:1] == ">" else text) for gap, text in texts]
        text = "".join(piece for pair in texts for piece in pair).strip()
        if kind == "footer":
            yield from (("footer" if is_own else "new", stretch) for is_own, stretch in split_footer(text))
        else:
            yield kind, text


@dataclass(frozen=True, slots=True)
class _Sorted:
    kinds: list[Kind]  # of each line
    quote: int | None  # the line above which text for the reader goes; None = the end


def _sort(lines: Sequence[Line]) -> _Sorted:
    """Return the kind of each line, and the start of the quotation below all of the sender's own text."""
    rest = mark_quoted(lines)
    kinds: list[Kind] = ["quoted" if line.quoted is Quoted.YES else "new" for line in lines]
    first = kinds.index("quoted") if "quoted" in kinds else len(lines)
    last = rest
    while last > first and kinds[last - 1] == "new":
        last -= 1
    _end_of_own(lines, kinds, 0, first)
    _end_of_own(lines, kinds, last, rest)
    goes_on = any(kinds[at] == "new" and lines[at].text for at in range(first, rest))
    only_below = first == 0 and last < rest
    quote = rest if goes_on or only_below else first
    return _Sorted(kinds, quote if quote < len(lines) else None)


def _end_of_own(lines: Sequence[Line], kinds: list[Kind], start: int, end: int) -> None:
    """Mark signature and footer of the lines from `start` up to `end`."""
    signature, footer = tail(lines[start:end])
    kinds[start + signature : start + footer] = ["signature"] * (footer - signature)
    kinds[start + footer : end] = ["footer"] * (end - start - footer)


def _segments(lines: Sequence[Line], kinds: Sequence[Kind], start: int, end: int) -> tuple[Segment, ...]:
    """Return the segments: one for lines of one kind that follow each other; all reach from `start` to `end`."""
    runs = [(kind, [line for line, _ in run]) for kind, run in groupby(zip(lines, kinds, strict=True), itemgetter(1))]
    begins = [start, *(run[0].begin for _, run in runs[1:]), end] if runs else []
    texts = ("\n".join(line.text for line in run if line.text) for _, run in runs)
    return tuple(
        Segment(kind, at, up_to, text)
        for (kind, _), at, up_to, text in zip(runs, begins[:-1], begins[1:], texts, strict=True)
    )
