"""Where a text goes in a part so that a person sees it: the place that is asked for, else the next best one.

Places in HTML are those that any browser's tree shows (`elements`, `html_page`), of which no style hides what is put
there (`surely_seen`). What was read of a part is kept as long as the part: filters ask first, and the renderer again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from gateway.message.edits.types import NamedPlace
from gateway.message.part import Part
from gateway.message.text.shield import OWN_STYLE
from gateway.message.text.written import Written, is_surely_seen, surely_written_html, written

#: In this order they are tried behind the one that is asked for.
_NEXT_BEST: tuple[NamedPlace, ...] = ("above_quote", "end", "top")

#: Characters of HTML from which on the look at a place is made only where a style sheet could hide what is put there.
#: It costs as much as reading the document, a second for six million. Elements that hide are known without it.
LOOKED_AT_CHARACTERS = 1_000_000

_SHEET = re.compile(r"<(?:style|link)\b", re.IGNORECASE)


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


def what_is_surely_seen(part: Part) -> Written:
    """The same, without what some reader may not see. It is read each time: few parts are asked about."""
    return surely_written_html(part.text) if part.content_type == "text/html" else what_was_written(part)


def spot_for(part: Part, place: NamedPlace) -> Spot | None:
    """None: nothing that is put into this part would be seen. ValueError for a part that is no text."""
    read = _read(part)
    if place not in read.spots:
        candidates = _candidates(read.written, place)
        shown = (spot for spot in candidates if part.content_type != "text/html" or _shows(part.text, spot))
        read.spots[place] = next(shown, None)
    return read.spots[place]


def has_place(part: Part, place: NamedPlace) -> bool:
    """Whether text that is put there, or at the next best place, is seen."""
    return spot_for(part, place) is not None


def _read(part: Part) -> _Read:
    known = _READ.get(part)
    return known or _READ.setdefault(part, _Read(written(part)))


def _candidates(found: Written, place: NamedPlace) -> Iterator[Spot]:
    offsets = {"top": found.top, "above_quote": found.above_quote, "end": found.end}
    for name in dict.fromkeys((place, *_NEXT_BEST)):
        at = offsets[name]
        if at is not None:
            yield Spot(at, found.end_prefix if at == found.end else "")


def _shows(html: str, spot: Spot) -> bool:
    """Whether a word that nobody can have foreseen is seen there."""
    if len(html) >= LOOKED_AT_CHARACTERS and not _SHEET.search(html):
        return True
    probe = secrets.token_hex(12)
    amended = f'{html[: spot.at]}{spot.before}<div style="{OWN_STYLE}">{probe}</div>{html[spot.at :]}'
    return is_surely_seen(amended, probe, on_top=True)
