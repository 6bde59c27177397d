"""Checks between the entries of a directory: an address that two have, a list in itself, an unknown group.

The entries are right in themselves; their source doesn't matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from gateway.message.header.addresses import address_key
from gateway.settings.directory.people import GROUP, DirectorySettings, ListSettings, PersonSettings
from gateway.settings.yaml.problems import Key, Location, Mark, Problem, nearest, shown, shown_location
from gateway.settings.yaml.yaml_reading import Reading

Entry = TypeVar("Entry", PersonSettings, ListSettings)


class Place(Protocol):
    """The place in the configuration or in a file where an entry stands."""

    def problem(self, keys: Location, sentence: str, suggestion: str = "") -> Problem:
        """Return a problem at these keys of the entry."""

    def __str__(self) -> str:
        """Return the place in the words of another entry's problem."""


#: The place of the wrong entry, and the problem.
Wrong = tuple[Place, Problem]


@dataclass(frozen=True, slots=True)
class Placed(Generic[Entry]):
    """An entry, and where it stands."""

    entry: Entry
    place: Place


@dataclass(frozen=True, slots=True)
class InYaml:
    """A place in the configuration, while it is read."""

    reading: Reading
    location: Location

    def problem(self, keys: Location, sentence: str, suggestion: str = "") -> Problem:
        at = (*self.location, *keys)
        return Problem(self.reading.mark(at), shown_location(at), sentence, suggestion)

    def __str__(self) -> str:
        return self.reading.mark(self.location).at_line


@dataclass(frozen=True, slots=True)
class InLine:
    """A place in a line of a CSV file; a column is named by its own name alone."""

    file: Path
    line: int

    def problem(self, keys: Location, sentence: str, suggestion: str = "") -> Problem:
        return Problem(Mark(self.file, self.line), shown_location(keys[:1]), sentence, suggestion)

    def __str__(self) -> str:
        return Mark(self.file, self.line).at_line


@dataclass(frozen=True, slots=True)
class InSettings:
    """A place in the configuration, once it was read: other problems refer to it."""

    at: Location

    def problem(self, keys: Location, sentence: str, suggestion: str = "") -> Problem:
        return Problem(Mark(Path("directory")), shown_location((*self.at, *keys)), sentence, suggestion)

    def __str__(self) -> str:
        return shown_location(self.at)


def in_settings(directory: DirectorySettings) -> tuple[list[Placed[PersonSettings]], list[Placed[ListSettings]]]:
    """Return the people and lists of the YAML."""
    people = [Placed(one, InSettings(("directory", "people", n))) for n, one in enumerate(directory.people)]
    lists = [Placed(one, InSettings(("directory", "lists", n))) for n, one in enumerate(directory.lists)]
    return people, lists


def check_directory(
    reading: Reading, directory: DirectorySettings, groups: Collection[str] | None, control_address: str
) -> None:
    """Check the entries of the YAML against each other. `groups` None: the groups aren't known."""
    people = [Placed(one, InYaml(reading, ("directory", "people", n))) for n, one in enumerate(directory.people)]
    lists = [Placed(one, InYaml(reading, ("directory", "lists", n))) for n, one in enumerate(directory.lists)]
    reading.problems += [problem for _, problem in compared(people, lists, groups, control_address)]


def compared(
    people: Iterable[Placed[PersonSettings]],
    lists: Iterable[Placed[ListSettings]],
    groups: Collection[str] | None,
    control_address: str = "",
) -> Iterator[Wrong]:
    """Yield all problems between the entries; where two have one address, the later one's.

    An owner of the control address would get no mail any more: the gateway takes it all.
    """
    owners: dict[str, tuple[str, Place]] = {}
    logins: dict[str, tuple[str, Place]] = {}
    if control_address:
        owners[address_key(control_address)] = ("the gateway itself", InSettings(("control_address",)))
    for person in people:
        for position, address in enumerate(person.entry.addresses):
            yield from _owned(owners, address, person.entry.name, person.place, ("addresses", position))
        if login := person.entry.login:
            whose, where = logins.setdefault(login.lower(), (person.entry.name, person.place))
            if where is not person.place:
                sentence = f"{shown(login)} is the login of {shown(whose)} too ({where})"
                yield person.place, person.place.problem(("login",), sentence)
    for one in lists:
        name = f"the list {one.entry.name}" if one.entry.name else "another list"
        yield from _owned(owners, one.entry.address, name, one.place, ("address",))
        yield from _list(one, groups)


def _owned(
    owners: dict[str, tuple[str, Place]], address: str, name: str, place: Place, keys: tuple[Key, ...]
) -> Iterator[Wrong]:
    whose, where = owners.setdefault(address_key(address), (name, place))
    if where is not place:
        yield place, place.problem(keys, f"{shown(address)} is an address of {shown(whose)} too ({where})")


def _list(one: Placed[ListSettings], groups: Collection[str] | None) -> Iterator[Wrong]:
    own = address_key(one.entry.address)
    for position, member in enumerate(one.entry.members):
        if address_key(member) == own:
            yield one.place, one.place.problem(("members", position), "the list names itself")
    for position, writer in enumerate(one.entry.writers or ()):
        group = writer.removeprefix(GROUP)
        if groups is not None and group != writer and group not in groups:
            near = nearest(group, groups)
            suggestion = f"{GROUP}{near}" if near else ""
            yield one.place, one.place.problem(("writers", position), "the directory has no such group", suggestion)
