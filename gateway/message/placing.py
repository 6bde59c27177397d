"""Where a text goes in a part so that a person sees it: the place that is asked for, else the next best one.

Places in HTML are those that any browser's tree shows (`elements`, `html_page`). What was read of a part is kept as
long as the part: filters ask first, and the renderer again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from gateway.message.kinds import NamedPlace
from gateway.message.model import Part
from gateway.message.text import Written, written

#: In this order they are tried behind the one that is asked for.
_NEXT_BEST: tuple[NamedPlace, ...] = ("above_quote", "end", "top")


@dataclass(frozen=True, slots=True)
class Spot:
    """An offset into the part's text; `before` is HTML that must come first."""

    at: int
    before: str = ""


@dataclass(slots=True)
class _Read:
    written: Written
    spots: dict[NamedPlace, Spot | None] = field(default_factory=dict)


_READ: WeakKeyDictionary[Part, _Read] = WeakKeyDictionary()


def what_was_written(part: Part) -> Written:
    """`written` of a text/plain or text/html part, read once; ValueError for any other."""
    return _read(part).written


def spot_for(part: Part, place: NamedPlace) -> Spot | None:
    """None: nothing that is put into this part would be seen. ValueError for a part that is no text."""
    read = _read(part)
    if place not in read.spots:
        read.spots[place] = _best(read.written, place)
    return read.spots[place]


def has_place(part: Part, place: NamedPlace) -> bool:
    """Whether text that is put there, or at the next best place, is seen."""
    return spot_for(part, place) is not None


def _read(part: Part) -> _Read:
    known = _READ.get(part)
    return known or _READ.setdefault(part, _Read(written(part)))


def _best(found: Written, place: NamedPlace) -> Spot | None:
    offsets = {"top": found.top, "above_quote": found.above_quote, "end": found.end}
    for name in (place, *_NEXT_BEST):
        at = offsets[name]
        if at is not None:
            return Spot(at, found.end_prefix if at == found.end else "")
    return None
