"""Texts between quotation marks in word lines: somebody's words, which the writer only repeats. Pure."""

from __future__ import annotations

from gateway.matching import Match

#: Words between quotation marks from which on they are somebody's words: fewer are a name, or a doubtful word.
MIN_QUOTED = 4
#: Words between quotation marks, at most: a mark that is never closed must not silence the rest.
MAX_QUOTED = 120
#: Words of the passage outside of quotation marks, at least: a text wholly in quotation marks quotes nobody.
MIN_OUTSIDE = 6


def quotations(text: str) -> list[Match]:
    """Return the stretches between quotation marks that are somebody's words."""
    marks = []
    at = text.find(' " ')
    while at >= 0:
        marks.append(at)
        at = text.find(' " ', at + 2)
    found: list[Match] = []
    opened: int | None = None
    for mark in marks:
        words = 0 if opened is None else text.count(" ", opened, mark) - 2
        if opened is not None and words <= MAX_QUOTED:
            if words >= MIN_QUOTED:
                found.append(Match(opened, mark + 2))
            opened = None
        else:
            opened = mark
    outside = text.count(" ") - sum(text.count(" ", one.start, one.end) for one in found)
    return found if outside >= MIN_OUTSIDE else []
