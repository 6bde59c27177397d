"""Places in a part at which a person sees an inserted text: the requested place, else the next best one.

`textedits` puts the text there.

Places in HTML are those that any browser's tree shows (`html.elements`, `html.page`) and whose inserted text no style
hides (`surely_seen`). The reading of a part is kept as long as the part: filters ask for it first, then the renderer.
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

#: The places that are tried behind the requested one, in this order.
_NEXT_BEST: tuple[NamedPlace, ...] = ("above_quote", "end", "top")

#: Characters of HTML from which on a place is only checked where a style sheet could hide the inserted text. The check
#: takes as long as reading the document, a second for six million. Elements that hide are known without it.
LOOKED_AT_CHARACTERS = 1_000_000

_SHEET = re.compile(r"<(?:style|link)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InsertionPoint:
    """An offset into the part's text; `before` is HTML that must stand in front of the inserted text."""

    at: int
    before: str = ""


@dataclass(slots=True)
class _Read:
    written: Written
    spots: dict[NamedPlace, InsertionPoint | None] = field(default_factory=dict)


_READ: WeakKeyDictionary[Part, _Read] = WeakKeyDictionary()


def what_was_written(part: Part) -> Written:
    """Return `written` of a text/plain or text/html part, read once; raise ValueError for any other."""
    return _read(part).written


def what_is_surely_seen(part: Part) -> Written:
    """Return the same as `what_was_written`, without text that some reader may not see.

    It is read each time: few parts are asked about.
    """
    return surely_written_html(part.text) if part.content_type == "text/html" else what_was_written(part)


def insertion_point(part: Part, place: NamedPlace) -> InsertionPoint | None:
    """Return the place for a text; None where no text put into this part would be seen.

    Raises ValueError for a part that is no text.
    """
    read = _read(part)
    if place not in read.spots:
        candidates = _candidates(read.written, place)
        shown = (spot for spot in candidates if part.content_type != "text/html" or _shows(part.text, spot))
        read.spots[place] = next(shown, None)
    return read.spots[place]


def has_place(part: Part, place: NamedPlace) -> bool:
    """Return whether a text at this place, or at the next best one, is seen."""
    return insertion_point(part, place) is not None


def _read(part: Part) -> _Read:
    known = _READ.get(part)
    return known or _READ.setdefault(part, _Read(written(part)))


def _candidates(found: Written, place: NamedPlace) -> Iterator[InsertionPoint]:
    offsets = {"top": found.top, "above_quote": found.above_quote, "end": found.end}
    for name in dict.fromkeys((place, *_NEXT_BEST)):
        at = offsets[name]
        if at is not None:
            yield InsertionPoint(at, found.end_prefix if at == found.end else "")


def _shows(html: str, spot: InsertionPoint) -> bool:
    """Return whether a random word, which no sender can have foreseen, is seen at the spot."""
    if len(html) >= LOOKED_AT_CHARACTERS and not _SHEET.search(html):
        return True
    probe = secrets.token_hex(12)
    amended = f'{html[: spot.at]}{spot.before}<div style="{OWN_STYLE}">{probe}</div>{html[spot.at :]}'
    return is_surely_seen(amended, probe, on_top=True)
