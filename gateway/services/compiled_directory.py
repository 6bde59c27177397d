"""The directory as a file: read-only SQLite, every answer by an index, shared by workers in the system's page cache.

`compile_directory` writes it beside its place and renames it, so that a reader sees the old file or the new one. A
reader notices a new file by itself.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

from gateway.contract import DistributionList, Person
from gateway.message.addresses import address_key
from gateway.services.directory import Closure, ConfiguredDirectory, GroupDomains, KnownDirectory, Reached
from gateway.services.lookalike import words_of

log = structlog.get_logger("directory")

#: Of the tables below: a file of another form is made anew.
FORM = 1
FILE_MODE = 0o600
#: How often a reader looks whether there is a new file.
LOOK_SECONDS = 1.0
#: Octets of the file that are mapped, not copied: 100,000 people take some 60 MiB.
MAPPED_BYTES = 512 * 1024 * 1024
#: Lists that are kept read: each may have 100,000 members.
KEPT_LISTS = 32

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE people (id INTEGER PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE addresses (key TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE private (key TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE names (words TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lists (key TEXT PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE members (list TEXT, position INTEGER, address TEXT NOT NULL, key TEXT NOT NULL, main TEXT NOT NULL,
                      nested INTEGER NOT NULL, PRIMARY KEY (list, position)) WITHOUT ROWID;
CREATE TABLE grouped (key TEXT PRIMARY KEY, groups TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE group_domains (name TEXT NOT NULL, domain TEXT NOT NULL);
"""
#: Made when the rows are there: that is faster than keeping it up row by row.
_INDEX = "CREATE INDEX members_by_key ON members (key)"


class DirectoryUnavailable(RuntimeError):
    """The compiled directory isn't there or can't be read: one sentence that says what to do."""


# --- writing ---------------------------------------------------------------------------------------------------------


def compile_directory(directory: ConfiguredDirectory, file: Path, facts: Mapping[str, str]) -> None:
    """Write it all, with what is to be remembered about its sources. Raises OSError and sqlite3.Error.

    The file belongs to the owner of its folder: an administrator makes it as root, the gateway reads it.
    """
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
    db = sqlite3.connect(new, isolation_level=None)
    try:
        db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
        db.execute("BEGIN")
        _fill(db, directory)
        db.executemany("INSERT INTO facts VALUES (?, ?)", {**facts, "form": str(FORM)}.items())
        db.execute(_INDEX)
        db.execute("COMMIT")
        db.execute("ANALYZE")
    finally:
        db.close()
    owner = file.parent.stat()
    if os.geteuid() == 0:
        os.chown(new, owner.st_uid, owner.st_gid)
    _sync(new)
    new.replace(file)
    _sync(file.parent)


def _fill(db: sqlite3.Connection, directory: ConfiguredDirectory) -> None:
    people = directory.people
    db.executemany("INSERT INTO people VALUES (?, ?)", ((n, _written(one)) for n, one in enumerate(people)))
    keys = ((address_key(address), n) for n, one in enumerate(people) for address in one.addresses)
    db.executemany("INSERT OR REPLACE INTO addresses VALUES (?, ?)", keys)
    private = ((address_key(address), n) for n, one in enumerate(people) for address in one.private_addresses)
    db.executemany("INSERT OR IGNORE INTO private VALUES (?, ?)", private)
    names = ((_words(words_of(one.name)), one.name) for one in people)
    db.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", names)
    lists = {address_key(one.address): one for one in directory.lists}
    db.executemany("INSERT INTO lists VALUES (?, ?)", ((key, _written(one, "members")) for key, one in lists.items()))
    db.executemany("INSERT INTO members VALUES (?, ?, ?, ?, ?, ?)", _members(directory, lists))
    grouped = ((key, json.dumps(sorted(groups))) for key, groups in directory.groups_by_address.items())
    db.executemany("INSERT INTO grouped VALUES (?, ?)", grouped)
    db.executemany("INSERT INTO group_domains VALUES (?, ?)", directory.group_domains)


def _members(directory: KnownDirectory, lists: Mapping[str, DistributionList]) -> Iterator[tuple[Any, ...]]:
    for of, one in lists.items():
        for position, address in enumerate(one.members):
            key = address_key(address)
            person = directory.person(key)
            main = address_key(person.addresses[0]) if person else key
            yield of, position, address, key, main, key in lists


def _words(words: frozenset[str]) -> str:
    return " ".join(sorted(words))


def _written(entry: Person | DistributionList, but: str = "") -> str:
    """As JSON, without what is empty; nobody who may write (`writers: ()`) is not the same as all."""
    values = {one.name: getattr(entry, one.name) for one in fields(entry) if one.name != but}
    kept = {name: value for name, value in values.items() if value or (name == "writers" and value is not None)}
    return json.dumps(kept, ensure_ascii=False, default=sorted)  # groups are a frozenset


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- reading ---------------------------------------------------------------------------------------------------------


def facts_of(file: Path) -> dict[str, str]:
    """What is remembered about the sources; nothing where the file is missing, broken or of another form."""
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
        raise DirectoryUnavailable(
            f"the compiled directory {file} can't be read ({error}): `mailwarden directory import` makes it"
        ) from error
    if form != (str(FORM),):
        db.close()
        raise DirectoryUnavailable(f"{file} is of another version: `mailwarden directory import` makes it anew")
    db.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
    return db


class CompiledDirectory(KnownDirectory):
    """Answers as a `ConfiguredDirectory` of the same entries would."""

    def __init__(self, file: Path, domains: Sequence[str]) -> None:
        """Raises DirectoryUnavailable."""
        super().__init__(domains)
        self._file = file
        self._open()

    def _open(self) -> None:
        self._opened_as, self._next_look = self._stamp(), time.monotonic() + LOOK_SECONDS
        self._db = _opened(self._file)
        self._group_domains = GroupDomains(self._db.execute("SELECT name, domain FROM group_domains"))
        self._kept_list = lru_cache(KEPT_LISTS)(self._read_list)
        self._kept_closure = lru_cache(KEPT_LISTS)(super()._closure)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None  # in the middle of nothing: what was opened is still right
        return found.st_ino, found.st_mtime_ns

    def _rows(self, sql: str, *values: object) -> list[Any]:
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            if (stamp := self._stamp()) and stamp != self._opened_as:
                self._renew()
        return self._db.execute(sql, values).fetchall()

    def _renew(self) -> None:
        """A file of another version, of a program that isn't running yet, is passed over: the old one still answers."""
        try:
            self._open()
        except DirectoryUnavailable as error:
            log.warning("directory.not_renewed", error=str(error))

    @property
    def facts(self) -> dict[str, str]:
        """What is remembered about the sources."""
        return dict(self._rows("SELECT name, value FROM facts"))

    @property
    def people(self) -> Sequence[Person]:
        """Reads every one: for commands, not for each message."""
        return tuple(_person(entry) for (entry,) in self._rows("SELECT entry FROM people ORDER BY id"))

    @property
    def lists(self) -> Sequence[DistributionList]:
        """As `people`."""
        return tuple(filter(None, (self._list(key) for (key,) in self._rows("SELECT key FROM lists ORDER BY rowid"))))

    def named(self, words: frozenset[str]) -> str:
        return next((name for (name,) in self._rows("SELECT name FROM names WHERE words = ?", _words(words))), "")

    def private_owner(self, address: str) -> Person | None:
        sql = "SELECT entry FROM private JOIN people ON people.id = person WHERE key = ?"
        return next((_person(entry) for (entry,) in self._rows(sql, address_key(address))), None)

    def lists_with(self, address: str) -> tuple[DistributionList, ...]:
        sql = "SELECT DISTINCT lists.key FROM members JOIN lists ON lists.key = list WHERE members.key = ? ORDER BY "
        keys = self._rows(f"{sql} lists.rowid", address_key(address))
        return tuple(filter(None, (self._list(key) for (key,) in keys)))

    def _person(self, key: str) -> Person | None:
        sql = "SELECT entry FROM addresses JOIN people ON people.id = person WHERE key = ?"
        return next((_person(entry) for (entry,) in self._rows(sql, key)), None)

    def _list(self, key: str) -> DistributionList | None:
        return self._kept_list(key) if self._rows("SELECT 1 FROM lists WHERE key = ?", key) else None

    def _read_list(self, key: str) -> DistributionList:
        ((entry,),) = self._rows("SELECT entry FROM lists WHERE key = ?", key)
        members = self._rows("SELECT address FROM members WHERE list = ? ORDER BY position", key)
        return _list({**json.loads(entry), "members": [address for (address,) in members]})

    def _closure(self, key: str) -> Closure:
        return self._kept_closure(key)

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
