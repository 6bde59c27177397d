"""Removal of our own banners from mail of our people: from quotations in plain text and HTML, word for word.

A banner is known by its words alone: mail programs drop classes and attributes, wrap lines and put marks before them.
Text that is not a whole banner of ours stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from typing import NamedTuple

from filters.external.banner import can_be_amended, is_signed
from gateway.message import HtmlTokens, Message, Part, RemoveText, what_was_written

#: Elements open at a time that are followed; a banner stands in a few of them.
MAX_OPEN = 500
#: Texts of a message that are searched.
MAX_TEXTS = 20
#: Banners that are removed from a text: one for each reply in a long thread. Further ones stay.
MAX_BANNERS = 100

#: Elements that may be removed together with a banner if they hold nothing else.
_BOXES = frozenset(
    ["b", "center", "div", "em", "font", "p", "section", "small", "span", "strong", "table", "tbody", "td", "tr"]
)
#: Elements that show something without a word.
_SHOWN = frozenset(
    [
        "audio",
        "button",
        "canvas",
        "embed",
        "hr",
        "iframe",
        "img",
        "input",
        "object",
        "picture",
        "select",
        "svg",
        "video",
    ]
)

_BLANK = r"\s|&nbsp;|&#160;|&#xa0;"
_WORD_OR_BLANK = re.compile(rf"(?P<word>(?:(?!{_BLANK}).)++)|(?:{_BLANK})++", re.IGNORECASE | re.DOTALL)
_PLAIN_WORD = re.compile(r"(?<![>|])[>|]*+(\S++)")  # the look behind avoids quadratic time in a run of marks


@dataclass(slots=True)
class _Node:
    """A word's place in the trie of all banners."""

    next: dict[str, _Node] = field(default_factory=dict)
    ends: bool = False  # a banner ends with this word

    def add(self, words: Iterable[str]) -> None:
        node = self
        for word in words:
            node = node.next.setdefault(word, _Node())
        node.ends = True


class _Word(NamedTuple):
    value: str  # "" for a shown element that is no word
    start: int
    end: int


@dataclass(slots=True)
class _Page:
    """A text as words, and for HTML the outermost element around a run of them: (first, behind) -> (start, end)."""

    words: list[_Word] = field(default_factory=list)
    boxes: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


class Removal:
    """Search for the banners: `texts` are all of them in plain text, `pages` in HTML."""

    def __init__(self, texts: Iterable[str], pages: Iterable[str]) -> None:
        known = [_plain(text) for text in texts] + [_html(page) for page in pages]
        sequences = [tuple(word.value for word in page.words) for page in known]
        common = {word for word in set.intersection(*map(set, sequences)) if word.isascii() and word.isalnum()}
        self._signs = sorted(common, key=len, reverse=True)[:5]
        self._banners = _Node()
        for words in sequences:
            self._banners.add(words)

    def edits(self, message: Message) -> tuple[RemoveText, ...]:
        """Return the edits that remove banners from a message's texts; signed and encrypted parts are left alone."""
        found = []
        for part in list(_texts(message.root))[:MAX_TEXTS]:
            if self._may_hold(part.text) and can_be_amended(part):
                found += [RemoveText(part.path, start, end) for start, end in self._places(part)]
        return tuple(found)

    def _may_hold(self, text: str) -> bool:
        return all(sign in text for sign in self._signs)

    def _places(self, part: Part) -> Iterator[tuple[int, int]]:
        text = part.text
        quoted = [segment for segment in what_was_written(part).segments if segment.kind == "quoted"]
        page = _html(text) if part.content_type == "text/html" else _plain(text)
        for first, behind in islice(self._matches(page.words), MAX_BANNERS):
            at = page.words[first].start
            if any(segment.start <= at < segment.end for segment in quoted):
                lines = part.content_type == "text/plain"
                yield from [_lines(text, page, first, behind)] if lines else _box(page, first, behind)

    def _matches(self, words: Sequence[_Word]) -> Iterator[tuple[int, int]]:
        at = 0
        while at < len(words):
            behind = self._match(words, at)
            if behind:
                yield at, behind
            at = behind or at + 1

    def _match(self, words: Sequence[_Word], at: int) -> int:
        """Return the position behind the longest banner that begins at `at`; 0 if none does."""
        node, found = self._banners, 0
        for position in range(at, len(words)):
            following = node.next.get(words[position].value)
            if following is None:
                break
            node, found = following, position + 1 if following.ends else found
        return found


def _texts(part: Part) -> Iterator[Part]:
    """Yield all texts, including forwarded ones in the text. Attached messages stay as they are."""
    if part.content_type in ("multipart/mixed", "multipart/related", "multipart/alternative") and not is_signed(part):
        for child in part.children:
            yield from _texts(child)
    elif part.is_leaf and part.is_body_text:
        yield part


# --- plain text ------------------------------------------------------------------------------------------------------


def _plain(text: str) -> _Page:
    """Return the words of plain text, without marks of quotation at the start of a word."""
    found = (_Word(match[1].lstrip(">|"), match.start(), match.end()) for match in _PLAIN_WORD.finditer(text))
    return _Page([word for word in found if word.value])


def _lines(text: str, page: _Page, first: int, behind: int) -> tuple[int, int]:
    """Return whole lines if nothing else stands in them, with one empty line behind; else the banner's words alone."""
    start, end = page.words[first].start, page.words[behind - 1].end
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip(" \t>|"):
        return start, end
    for _ in range(2):
        next_line = text.find("\n", end)
        if next_line < 0 or text[end:next_line].strip(" \t\r>|"):
            break
        end = next_line + 1
    return line, end


# --- HTML ------------------------------------------------------------------------------------------------------------


def _html(html: str) -> _Page:
    page = _Page()
    open_: list[tuple[str, int, int]] = []
    for token in HtmlTokens(html):
        if token.kind == "text":
            for match in _WORD_OR_BLANK.finditer(html, token.start, token.end):
                if match["word"]:
                    page.words.append(_Word(unescape(match["word"]), match.start(), match.end()))
        elif token.kind == "start" and token.name in _SHOWN:
            page.words.append(_Word("", token.start, token.end))
        elif token.kind == "start" and token.name in _BOXES and len(open_) < MAX_OPEN:
            open_.append((token.name, len(page.words), token.start))
        elif token.kind == "end" and token.name in _BOXES:
            _close(page, open_, token.name, token.end)
    return page


def _close(page: _Page, open_: list[tuple[str, int, int]], name: str, end: int) -> None:
    """Close the innermost element of that name, and all elements that were left open inside it."""
    for depth in range(len(open_) - 1, max(-1, len(open_) - 20), -1):
        if open_[depth][0] == name:
            _, first, start = open_[depth]
            del open_[depth:]
            page.boxes[first, len(page.words)] = (start, end)  # outer elements end later, and replace inner ones
            return


def _box(page: _Page, first: int, behind: int) -> list[tuple[int, int]]:
    """Return the outermost element that holds nothing but the banner, else the places of its words."""
    whole = page.boxes.get((first, behind))
    return [whole] if whole else [(word.start, word.end) for word in page.words[first:behind]]
