"""A text that was changed in places, and the way back from stretches of the new text to stretches of the old one.

A layer is one pass of changes, ordered and apart from each other; passes are stacked. Offsets are worked out by
bisection, and only when they are asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import gt, ne, sub
from typing import Final

from gateway.message.computed_once import computed_once
from gateway.message.folding.word_lines import WordLines, word_lines

#: Type of an offset: unsigned, of 32 bits.
OFFSETS: Final = "I"

#: One change: start and end in the old text, and the new text that stands there.
Change = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Layer:
    """The places where one pass changed a text: bounds of each change in the new text and in the old one."""

    starts: array[int]
    ends: array[int]
    old_starts: array[int]
    old_ends: array[int]

    def old_length(self, length: int) -> int:
        """Return the length of the old text, given the new one's. Raise ValueError for bounds that no pass leaves."""
        for starts, ends in ((self.starts, self.ends), (self.old_starts, self.old_ends)):
            if len(starts) != len(self.starts) or len(ends) != len(starts):
                raise ValueError("bounds that don't belong together")
            if any(map(gt, starts, ends)) or any(map(gt, ends, starts[1:])):
                raise ValueError("bounds out of order")
        if not self.starts:
            return length
        kept, old_kept = map(sub, self.starts[1:], self.ends), map(sub, self.old_starts[1:], self.old_ends)
        if self.ends[-1] > length or self.starts[0] != self.old_starts[0] or any(map(ne, kept, old_kept)):
            raise ValueError("bounds of another text")
        return length - self.ends[-1] + self.old_ends[-1]

    def start(self, at: int) -> int:
        """Return the start in the old text of a stretch that begins at `at` in the new one.

        A change counts as a whole.
        """
        number = bisect_right(self.starts, at) - 1
        if number < 0:
            return at
        return self.old_starts[number] if at < self.ends[number] else at - self.ends[number] + self.old_ends[number]

    def place(self, old: int) -> int:
        """Return the first place in the new text that comes from `old` or from behind it."""
        number = bisect_left(self.old_starts, old)
        before = self.ends[number - 1] + max(old - self.old_ends[number - 1], 0) if number else old
        return min(before, self.starts[number]) if number < len(self.starts) else before

    def end(self, at: int) -> int:
        """Return the end in the old text of a stretch that ends at `at` in the new one."""
        return self._behind(at - 1) if at > 0 else self.start(0)

    def _behind(self, last: int) -> int:
        number = bisect_right(self.starts, last) - 1
        if number < 0:
            return last + 1
        behind = last - self.ends[number]
        return self.old_ends[number] if behind < 0 else self.old_ends[number] + behind + 1


class Layered:
    """A text on its way through passes; each pass that changes lengths leaves a layer."""

    __slots__ = ("layers", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.layers: list[Layer] = []

    def change(self, changes: Iterable[Change]) -> None:
        """Apply the changes of one pass."""
        done, old, known = 0, self.text, list(changes)
        pieces: list[str] = []
        for start, end, new in known:
            pieces += (old[done:start], new)
            done = end
        if known:
            self.text = "".join((*pieces, old[done:]))
            self.layers.append(_layer(known))

    def translate(self, change: Callable[[str], str], changes: Iterable[Change]) -> None:
        """Change every character by itself; `changes` are those that don't put one character for one."""
        known = list(changes)
        self.text = change(self.text)
        if known:
            self.layers.append(_layer(known))

    def replace(self, change: Callable[[str], str]) -> None:
        """Apply a pass that puts one character for each. Raise ValueError where it changes the length."""
        text = change(self.text)
        if len(text) != len(self.text):
            raise ValueError("a pass of single characters changed the length")
        self.text = text


def _layer(changes: Sequence[Change]) -> Layer:
    starts, ends, shift = [], [], 0
    for start, end, new in changes:
        starts.append(start + shift)
        shift += len(new) - (end - start)
        ends.append(end + shift)
    old_starts, old_ends = [one[0] for one in changes], [one[1] for one in changes]
    return Layer(*(array(OFFSETS, bounds) for bounds in (starts, ends, old_starts, old_ends)))


@dataclass(frozen=True)
class Folded:
    """A text for matching, and the way back to the text that a person saw."""

    text: str
    layers: tuple[Layer, ...] = field(default=(), repr=False)

    @computed_once
    def lines(self) -> WordLines:
        """The word lines of the whole text, which all filters share."""
        return word_lines(self.text)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of `text[start:end]` in the text that was folded.

        Raises ValueError for bounds outside `text`.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"{start}:{end} is no stretch of a text of {len(self.text)} characters")
        if start == end:
            end = start = self._start(start)
            return start, end
        for layer in reversed(self.layers):
            start, end = layer.start(start), layer.end(end)
        return start, end

    def place(self, at: int) -> int:
        """Return the first place in `text` that comes from a place in the text that was folded, or from behind it."""
        for layer in self.layers:
            at = layer.place(at)
        return min(at, len(self.text))

    def _start(self, at: int) -> int:
        for layer in reversed(self.layers):
            at = layer.start(at)
        return at
