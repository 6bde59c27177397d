"""The directory as a file: read-only SQLite, every answer by an index, shared by workers in the system's page cache.

`compiler` makes it. A reader notices a new file by itself. The file is read and never mapped: a person who copies
another file over it would otherwise kill every worker (SIGBUS), and mapping saves only a sixth of a look-up's time.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import structlog

from gateway.contract import DistributionList, Person
from gateway.directory.lookup import Closure, GroupDomains, KnownDirectory, Reached
from gateway.message.header.addresses import address_key

log = structlog.get_logger("directory")

#: Version of the compiler's tables: a file of another version is made anew.
FORM = 3
#: Seconds between two checks of a reader for a new file.
LOOK_SECONDS = 1.0
#: Members, of all lists together, that are kept in memory: some 200 MiB at most. With a smaller limit, a sender to more
#: lists than are kept would have all of them read again each time: a second for 33 lists of 5,000.
KEPT_MEMBERS = 1_000_000


Answer = TypeVar("Answer")


class DirectoryUnavailable(RuntimeError):
    """The compiled directory isn't there or can't be read: one sentence with the remedy."""


def words_key(words: frozenset[str]) -> str:
    """Return the key under which a name is found."""
    return " ".join(sorted(words))


def facts_of(file: Path) -> dict[str, str]:
    """Return the facts about the sources that the file keeps.

    They are empty where the file is missing, broken or of another version.
    """
    try:
        db = _opened(file)
    except DirectoryUnavailable:
        return {}
    try:
        return dict(db.execute("SELECT name, value FROM facts"))
    finally:
        db.close()


def _opened(file: Path) -> sqlite3.Connection:
    try:
        # immutable: the file is replaced and never changed, so that no lock is needed.
        db = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        form = db.execute("SELECT value FROM facts WHERE name = 'form'").fetchone()
    except sqlite3.Error as error:
        raise _unreadable(file, error) from error
    if form != (str(FORM),):
        db.close()
        raise DirectoryUnavailable(f"{file} is of another version: `mailwarden directory import` makes it anew")
    return db


def _unreadable(file: Path, error: sqlite3.Error) -> DirectoryUnavailable:
    return DirectoryUnavailable(
        f"the compiled directory {file} can't be read ({error}): `mailwarden directory import` makes it"
    )


class _Kept(Generic[Answer]):
    """The most recent answers, as many as KEPT_MEMBERS allows for all their members together."""

    def __init__(self, read: Callable[[str], Answer], members: Callable[[Answer], int]) -> None:
        self._read = read
        self._members = members
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._room = KEPT_MEMBERS
        self._turn = Lock()

    def of(self, key: str) -> Answer:
        with self._turn:
            answer = self._answers.pop(key, None)
            if answer is None:
                answer = self._read(key)
                self._room -= self._members(answer) + 1
            self._answers[key] = answer
            while self._room < 0 and len(self._answers) > 1:
                _, oldest = self._answers.popitem(last=False)
                self._room += self._members(oldest) + 1
            return answer


class CompiledDirectory(KnownDirectory):
    """The directory in the compiled file: it answers as a `ConfiguredDirectory` of the same entries would."""

    def __init__(self, file: Path, domains: Sequence[str]) -> None:
        """Open the file. Raises DirectoryUnavailable."""
        super().__init__(domains)
        self._file = file
        self._open()

    def _open(self) -> None:
        self._opened_as, self._next_look = self._stamp(), time.monotonic() + LOOK_SECONDS
        db = _opened(self._file)
        try:
            self._group_domains = GroupDomains(db.execute("SELECT name, domain FROM group_domains"))
        except sqlite3.Error as error:
            db.close()
            raise _unreadable(self._file, error) from error
        self._db = db
        self._kept_list = _Kept(self._read_list, lambda one: len(one.members))
        self._kept_closure = _Kept(super()._closure, lambda closure: len(closure[0]))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None  # the file is being replaced: the opened one is still right
        return found.st_ino, found.st_mtime_ns

    def _rows(self, sql: str, *values: object) -> list[Any]:
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            if (stamp := self._stamp()) and stamp != self._opened_as:
                self._renew()
        return self._db.execute(sql, values).fetchall()

    def _renew(self) -> None:
        """Open the new file; keep the old one where the new one can't be read.

        A file of another version belongs to a program that isn't running yet.
        """
        try:
            self._open()
        except DirectoryUnavailable as error:
            log.warning("directory.not_renewed", error=str(error))

    @property
    def facts(self) -> dict[str, str]:
        """The facts about the sources that the file keeps."""
        return dict(self._rows("SELECT name, value FROM facts"))

    @property
    def people(self) -> Sequence[Person]:
        """Every person. It reads all entries: for commands, not for each message."""
        return tuple(_person(entry) for (entry,) in self._rows("SELECT entry FROM people ORDER BY id"))

    @property
    def lists(self) -> Sequence[DistributionList]:
        """Every list. It reads all entries, as `people` does."""
        return tuple(filter(None, (self._list(key) for (key,) in self._rows("SELECT key FROM lists ORDER BY rowid"))))

    def named(self, words: frozenset[str]) -> str:
        return next((name for (name,) in self._rows("SELECT name FROM names WHERE words = ?", words_key(words))), "")

    def private_owner(self, address: str) -> Person | None:
        sql = "SELECT entry FROM private JOIN people ON people.id = person WHERE key = ?"
        return next((_person(entry) for (entry,) in self._rows(sql, address_key(address))), None)

    def person_with_login(self, login: str) -> Person | None:
        sql = "SELECT entry FROM logins JOIN people ON people.id = person WHERE key = ?"
        return next((_person(entry) for (entry,) in self._rows(sql, login.lower())), None)

    def lists_with(self, address: str) -> tuple[DistributionList, ...]:
        sql = "SELECT DISTINCT lists.key FROM members JOIN lists ON lists.key = list WHERE members.key = ? ORDER BY "
        keys = self._rows(f"{sql} lists.rowid", address_key(address))
        return tuple(filter(None, (self._list(key) for (key,) in keys)))

    def _person(self, key: str) -> Person | None:
        sql = "SELECT entry FROM addresses JOIN people ON people.id = person WHERE key = ?"
        return next((_person(entry) for (entry,) in self._rows(sql, key)), None)

    def _list(self, key: str) -> DistributionList | None:
        return self._kept_list.of(key) if self._rows("SELECT 1 FROM lists WHERE key = ?", key) else None

    def _read_list(self, key: str) -> DistributionList:
        ((entry,),) = self._rows("SELECT entry FROM lists WHERE key = ?", key)
        members = self._rows("SELECT address FROM members WHERE list = ? ORDER BY position", key)
        return _list({**json.loads(entry), "members": [address for (address,) in members]})

    def _closure(self, key: str) -> Closure:
        return self._kept_closure.of(key)

    def _reached(self, one: DistributionList) -> Reached:
        key = address_key(one.address)
        rows = self._rows("SELECT main, key, nested FROM members WHERE list = ?", key)
        people = frozenset(main for main, _, nested in rows if not nested)
        return people, frozenset(member for _, member, nested in rows if nested)

    def _named_groups(self, key: str) -> frozenset[str]:
        rows = self._rows("SELECT groups FROM grouped WHERE key = ?", key)
        return self._group_domains.of(key).union(*(json.loads(groups) for (groups,) in rows))


def _person(entry: str) -> Person:
    values = _tuples(json.loads(entry))
    return Person(**{**values, "groups": frozenset(values.get("groups", ()))})


def _list(values: dict[str, Any]) -> DistributionList:
    return DistributionList(**_tuples(values))


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
