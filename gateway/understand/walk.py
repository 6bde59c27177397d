"""The walk through a message, part by part: true types, other readings, content brought out by the openers.

It runs inside the sandbox, depth first, so that only the containers around a member are in memory. Any failure of an
opener becomes a defect of the part that it was shown; nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from gateway.message.defect import Defect
from gateway.message.mime.parse import parse
from gateway.message.part import Part
from gateway.message.passage import Passage
from gateway.message.reading import Reading
from gateway.message.text.part_reader import UNREAD, is_body, passage, read_part, reads
from gateway.understand.budget import Budget, Exhausted
from gateway.understand.documents.reader import UNREAD_TYPES, Reader
from gateway.understand.inspected_part import InspectedPart
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.paths import Paths
from gateway.understand.script_text import script_type
from gateway.understand.sharing import sharing_defects
from gateway.understand.true_type import TypeUnknown

#: Characters of a message's texts, all its files together: several books. Text beyond that is noted as unread.
MAX_TEXT_CHARACTERS = 16_000_000

#: Extensions of files inside an office document whose text the document's own reader has read.
_MARKUP = (".xml", ".rels", ".vml", ".xhtml")

#: Media types of members that are entities of their own, header and body: the walk parses and enters them.
ENTITY_TYPES = frozenset({"message/rfc822", "message/global", "message/entity"})


#: Defects that an opener may report of one part: a reviewer reads a screen, and hostile content may have a defect for
#: each octet.
MAX_DEFECTS = 100


@dataclass(frozen=True, slots=True)
class NestedSteps:
    """Steps of the walk that stand one level deeper: the walk takes them before it goes on."""

    steps: Iterator[InspectedPart | NestedSteps]


Steps = Iterator[InspectedPart | NestedSteps]


@dataclass(frozen=True, slots=True)
class _Place:
    """The place in the tree at which the walk is."""

    path: str  # of the part whose content is read
    inside: str  # start of its members' paths
    depth: int  # containers around it
    is_document: bool = False  # its text is read as a whole


class Walk:
    """The walk through one message."""

    def __init__(
        self,
        openers: Sequence[Opener],
        readings_of: Callable[[Part], Iterable[Reading]],
        true_type_of: Callable[[bytes], str],
        budget: Budget,
        readers: Sequence[Reader] = (),
        *,
        texts: bool = True,
    ) -> None:
        self._openers = openers
        self._readings_of = readings_of
        self._true_type_of = true_type_of
        self._budget = budget
        self._readers = readers
        self._texts = texts
        self._characters_left = MAX_TEXT_CHARACTERS
        self._paths = Paths()

    def message(self, raw: bytes) -> Iterator[InspectedPart]:
        """Yield the results for every part of a message."""
        waiting = [self._entity(raw, "1", 0)]
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
            elif isinstance(step, NestedSteps):
                waiting.append(step.steps)
            else:
                yield step

    def _entity(self, raw: bytes, path: str, depth: int) -> Steps:
        parts = parse(raw, path).parts
        self._paths.claim(part.path for part in parts)
        for part in parts:
            if depth:  # the message's own parts cost nothing
                self._budget.take_entry()
            yield NestedSteps(self._part(part, depth))

    def _part(self, part: Part, depth: int) -> Steps:
        """Walk a part of a message: its other readings, and the content of its octets."""
        place = _Place(part.path, self._paths.inside(part.path, part.names), depth)
        defects: list[Defect] = []
        passages: list[Passage] = []
        true_type = ""
        if part.defects:
            yield from self._guarded("reading", partial(self._read_otherwise, part, place), defects)
        defects += sharing_defects(part)
        if part.is_leaf:
            declared = Declared(tuple(part.name_forms), part.content_type)
            true_type = "" if part.is_body_text else self._true_type(part.decoded, declared, defects)
            declared = replace(declared, true_type=true_type)
            place = replace(place, is_document=self._is_document(part.decoded, declared))
            yield from self._opened(part.decoded, declared, place, defects)
            yield from self._read(part, true_type, passages, defects)
        yield InspectedPart(part.path, true_type=true_type, defects=tuple(defects), passages=tuple(passages))

    def _read_otherwise(self, part: Part, place: _Place) -> Steps:
        for reading in self._readings_of(part):
            self._budget.take_entry()
            self._budget.take(len(reading.octets))
            self._budget.enter(place.depth + 1)
            path = self._paths.reading(part.path, reading.label, is_entity=reading.is_entity)
            seen = InspectedPart(path, place.path, content=reading.octets, is_entity=reading.is_entity)
            declared = Declared(tuple(part.name_forms), "" if reading.is_entity else part.content_type)
            otherwise = replace(
                part, raw=reading.octets, path=path, header_start=0, body_start=0, end=len(reading.octets)
            )
            yield NestedSteps(self._content(seen, declared, _Place(path, path, place.depth + 1), otherwise))

    def _members(self, found: Iterator[Member | Defect], place: _Place, defects: list[Defect]) -> Steps:
        for one in found:
            if isinstance(one, Defect):
                _note(one, defects)
                continue
            is_entity = one.media_type in ENTITY_TYPES and one.content is not None
            path = self._path_of(one, place, is_entity=is_entity)
            names = () if one.reading else one.names  # its container has the names
            seen = InspectedPart(path, place.path, names, one.media_type, defects=one.defects)
            if one.content is None:
                yield seen
                continue
            seen = replace(seen, content=one.content, is_entity=is_entity)
            part = None if place.is_document and path.lower().endswith(_MARKUP) else _file(path, seen)
            place_of_it = _Place(path, path, place.depth + 1)
            declared = Declared(one.names, one.media_type, is_cut_out=bool(one.reading))
            yield NestedSteps(self._content(seen, declared, place_of_it, part))

    def _path_of(self, one: Member, place: _Place, *, is_entity: bool) -> str:
        if one.reading:
            return self._paths.reading(place.path, one.reading, is_entity=is_entity)
        return self._paths.member(place.inside, one.names, is_entity=is_entity)

    def _content(self, seen: InspectedPart, declared: Declared, place: _Place, part: Part | None) -> Steps:
        """Walk a file that came out of another: its true type, its own content, and the text of `part`."""
        defects = list(seen.defects)
        passages: list[Passage] = []
        true_type = ""
        if seen.is_entity:
            yield from self._guarded("message", partial(self._nested, seen, place), defects)
        else:
            true_type = self._true_type(seen.content, declared, defects)
            declared = replace(declared, true_type=true_type)
            place = replace(place, is_document=self._is_document(seen.content, declared))
            yield from self._opened(seen.content, declared, place, defects)
            if part is not None:
                yield from self._read(part, true_type, passages, defects)
        yield replace(seen, true_type=true_type, defects=tuple(defects), passages=tuple(passages))

    def _nested(self, seen: InspectedPart, place: _Place) -> Steps:
        self._budget.enter(place.depth + 1)
        yield from self._entity(seen.content, f"{seen.path}/1", place.depth + 1)

    def _opened(self, content: bytes, declared: Declared, place: _Place, defects: list[Defect]) -> Steps:
        """Walk the content that every fitting opener brings out of the octets."""
        for opener in self._openers if content else ():
            try:
                fits = opener.fits(content, declared)
            except Exception as error:  # noqa: BLE001
                # As in _guarded, which is not entered for each of the 32 openers: most of them don't fit.
                defects.append(_trouble(opener.name, error))
                continue
            if fits:
                steps = partial(self._open, opener, content, declared, place, defects)
                yield from self._guarded(opener.name, steps, defects)

    def _open(self, opener: Opener, content: bytes, declared: Declared, place: _Place, defects: list[Defect]) -> Steps:
        self._budget.enter(place.depth + 1)
        yield from self._members(opener.open(content, declared, self._budget), place, defects)

    # --- texts -------------------------------------------------------------------------------------------------------

    def _is_document(self, content: bytes, declared: Declared) -> bool:
        return self._texts and any(r.is_container and r.fits(content, declared) for r in self._readers)

    def _read(self, part: Part, true_type: str, passages: list[Passage], defects: list[Defect]) -> Steps:
        """Read the visible text of a part; trouble is noted as one defect, "unread"."""
        if not self._texts:
            return
        noted: list[Defect] = []
        yield from self._guarded("text", partial(self._read_texts, part, true_type, passages, noted), noted)
        defects += (Defect(UNREAD, one.what, 0) for one in noted[:1])

    def _read_texts(self, part: Part, true_type: str, passages: list[Passage], noted: list[Defect]) -> Steps:
        declared = Declared(tuple(part.name_forms), part.content_type, true_type)
        readers = [reader for reader in self._readers if reader.fits(part.decoded, declared)]
        if reads(part, true_type) and (is_body(part) or not readers):
            text = read_part(part, true_type)
            if not text.complete:
                noted.append(Defect(UNREAD, "The text is not read, or not to its end", 0))
            for kind, piece in text.pieces:
                self._keep(passage(kind, part.path, piece), passages)
        elif not readers and true_type in UNREAD_TYPES:
            noted.append(Defect(UNREAD, f"The text of {true_type} is not read", 0))
        for reader in readers:
            for piece in reader.read(part.decoded, declared, self._budget):
                self._keep(passage("attachment", part.path, piece), passages)
        yield from ()

    def _keep(self, one: Passage, passages: list[Passage]) -> None:
        self._budget.check_time()
        self._characters_left -= len(one.text)
        if self._characters_left < 0:
            raise Exhausted("bytes", f"more than {MAX_TEXT_CHARACTERS} characters of text")
        passages.append(one)

    # --- trouble -----------------------------------------------------------------------------------------------------

    def _guarded(self, name: str, steps: Callable[[], Steps], defects: list[Defect]) -> Steps:
        """Take the steps; an error that stops them becomes a defect of the part."""
        try:
            yield from steps()
        except Exception as error:  # noqa: BLE001
            # Parsers of hostile content raise any error.
            defects.append(_trouble(name, error))

    def _true_type(self, content: bytes, declared: Declared, defects: list[Defect]) -> str:
        """Return libmagic's type, or the type of the script that the whole text is."""
        try:
            true_type = self._true_type_of(content)
            return script_type(content, true_type, declared.extensions) or true_type
        except TypeUnknown as error:
            defects.append(Defect("container.unreadable", str(error), 0))
            return ""


def _trouble(name: str, error: Exception) -> Defect:
    """Return the error that stopped an opener or a reader as a defect of the part."""
    match error:
        case Unreadable():
            return Defect("container.unreadable", f"{name}: {error}", 0)
        case Exhausted():
            return Defect("container.limit", f"{name}: {error}", 0)
        case MemoryError():
            return Defect("container.limit", f"{name}: more memory than it may have", 0)
        case _:
            return Defect("container.unreadable", f"{name}: {type(error).__name__}", 0)


def _note(defect: Defect, defects: list[Defect]) -> None:
    """Add a defect while there are few; the first defect of each code is always added."""
    if len(defects) < MAX_DEFECTS or all(defect.code != one.code for one in defects):
        defects.append(defect)


def _file(path: str, seen: InspectedPart) -> Part:
    """Return an unpacked file in the form that it will have in the tree."""
    return Part(
        raw=seen.content,
        path=path,
        headers=(),
        header_start=0,
        body_start=0,
        end=len(seen.content),
        content_type=seen.media_type,
        encoding="binary",
        given_names=seen.names,
    )
