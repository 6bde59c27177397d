"""The lines of a text, those that a mail program wrapped made one again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Characters of a line that a mail program has wrapped: few where a long word follows.
WRAPPED = (48, 80)
#: Marks between the cells of a row, and of a list.
_TABULAR = re.compile(r"[\t;|]|\S\s{2,}\S|^\s*[-*\u2022]\s")


def lines_of(text: str, most: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text, each with its place; a line of more characters comes in pieces."""
    at = 0
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), most):
            yield at + start, line[start : start + most]
        at += len(line) + 1


def unwrapped(text: str) -> str:
    """Return a text in which the lines that a mail program wrapped are one again; rows of a table stay apart."""
    lines = text.split("\n")
    out: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        wraps = WRAPPED[0] <= len(line) <= WRAPPED[1] and bool(following.strip()) and not _TABULAR.search(line)
        out += (line, " " if wraps else "\n")
    return "".join(out[:-1])
