"""The walk through a message: every part's true type, and what its readings and its openers bring out, part by part.

Runs inside the sandbox, depth first, so that only the containers around a member are in memory. Whatever goes wrong
in an opener is a defect of the part that it was shown; nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from gateway.message.model import Defect, Part
from gateway.message.parse import parse
from gateway.message.reading import Reading
from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.paths import Paths
from gateway.understand.sighting import Sighting
from gateway.understand.true_type import TypeUnknown

#: Media types of members that are entities of their own, header and body: the walk parses and enters them.
ENTITY_TYPES = frozenset({"message/rfc822", "message/global", "message/entity"})


#: Defects that an opener may tell of one part: a reviewer reads a screen, and hostile content has a defect an octet.
MAX_DEFECTS = 100


@dataclass(frozen=True, slots=True)
class Found:
    """Steps of the walk that stand one level deeper: the walk takes them before it goes on."""

    steps: Iterator[Sighting | Found]


Steps = Iterator[Sighting | Found]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree we are."""

    path: str  # of the part whose inside is read
    inside: str  # what its members' paths begin with
    depth: int  # containers around it


class Walk:
    """One message."""

    def __init__(
        self,
        openers: Sequence[Opener],
        readings_of: Callable[[Part], Iterable[Reading]],
        true_type_of: Callable[[bytes], str],
        budget: Budget,
    ) -> None:
        self._openers = openers
        self._readings_of = readings_of
        self._true_type_of = true_type_of
        self._budget = budget
        self._paths = Paths()

    def message(self, raw: bytes) -> Iterator[Sighting]:
        """Everything that is seen in a message."""
        waiting = [self._entity(raw, "1", 0)]
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
            elif isinstance(step, Found):
                waiting.append(step.steps)
            else:
                yield step

    def _entity(self, raw: bytes, path: str, depth: int) -> Steps:
        parts = parse(raw, path).parts
        self._paths.claim(part.path for part in parts)
        for part in parts:
            if depth:  # what the message itself shows costs nothing
                self._budget.take_entry()
            yield Found(self._part(part, depth))

    def _part(self, part: Part, depth: int) -> Steps:
        """A part of a message: its other readings, and what is in its octets."""
        place = _Place(part.path, self._paths.inside(part.path, part.names), depth)
        defects: list[Defect] = []
        true_type = ""
        if part.defects:
            yield from self._guarded("reading", partial(self._read_otherwise, part, place), defects)
        if part.is_leaf:
            true_type = "" if part.is_body_text else self._true_type(part.decoded, defects)
            yield from self._opened(part.decoded, Declared(part.names, part.content_type), place, defects)
        yield Sighting(part.path, true_type=true_type, defects=tuple(defects))

    def _read_otherwise(self, part: Part, place: _Place) -> Steps:
        for reading in self._readings_of(part):
            self._budget.take_entry()
            self._budget.take(len(reading.octets))
            self._budget.enter(place.depth + 1)
            path = self._paths.reading(part.path, reading.label, is_entity=reading.is_entity)
            seen = Sighting(path, place.path, content=reading.octets, is_entity=reading.is_entity)
            declared = Declared(part.names, "" if reading.is_entity else part.content_type)
            yield Found(self._content(seen, declared, _Place(path, path, place.depth + 1)))

    def _members(self, found: Iterator[Member | Defect], place: _Place, defects: list[Defect]) -> Steps:
        for one in found:
            if isinstance(one, Defect):
                _note(one, defects)
                continue
            is_entity = one.media_type in ENTITY_TYPES and one.content is not None
            path = self._paths.member(place.inside, one.names, is_entity=is_entity)
            seen = Sighting(path, place.path, one.names, one.media_type, defects=one.defects)
            if one.content is None:
                yield seen
                continue
            seen = replace(seen, content=one.content, is_entity=is_entity)
            yield Found(self._content(seen, Declared(one.names, one.media_type), _Place(path, path, place.depth + 1)))

    def _content(self, seen: Sighting, declared: Declared, place: _Place) -> Steps:
        """A file that came out of something: its true type, and what is in it in turn."""
        defects = list(seen.defects)
        true_type = ""
        if seen.is_entity:
            yield from self._guarded("message", partial(self._nested, seen, place), defects)
        else:
            true_type = self._true_type(seen.content, defects)
            yield from self._opened(seen.content, declared, place, defects)
        yield replace(seen, true_type=true_type, defects=tuple(defects))

    def _nested(self, seen: Sighting, place: _Place) -> Steps:
        self._budget.enter(place.depth + 1)
        yield from self._entity(seen.content, f"{seen.path}/1", place.depth + 1)

    def _opened(self, content: bytes, declared: Declared, place: _Place, defects: list[Defect]) -> Steps:
        """What every opener that fits brings out of the octets."""
        for opener in self._openers if content else ():
            steps = partial(self._open, opener, content, declared, place, defects)
            yield from self._guarded(opener.name, steps, defects)

    def _open(self, opener: Opener, content: bytes, declared: Declared, place: _Place, defects: list[Defect]) -> Steps:
        if opener.fits(content, declared):
            self._budget.enter(place.depth + 1)
            yield from self._members(opener.open(content, declared, self._budget), place, defects)

    def _guarded(self, name: str, steps: Callable[[], Steps], defects: list[Defect]) -> Steps:
        """The steps; what stops them is a defect of the part."""
        try:
            yield from steps()
        except Unreadable as error:
            defects.append(Defect("container.unreadable", f"{name}: {error}", 0))
        except Exhausted as error:
            defects.append(Defect("container.limit", f"{name}: {error}", 0))
        except MemoryError:
            defects.append(Defect("container.limit", f"{name}: more memory than it may have", 0))
        except Exception as error:  # noqa: BLE001
            # Parsers of hostile content raise what they like.
            defects.append(Defect("container.unreadable", f"{name}: {type(error).__name__}", 0))

    def _true_type(self, content: bytes, defects: list[Defect]) -> str:
        try:
            return self._true_type_of(content)
        except TypeUnknown as error:
            defects.append(Defect("container.unreadable", str(error), 0))
            return ""


def _note(defect: Defect, defects: list[Defect]) -> None:
    """One more, so long as there are few; the first of each code in any case."""
    if len(defects) < MAX_DEFECTS or all(defect.code != one.code for one in defects):
        defects.append(defect)
