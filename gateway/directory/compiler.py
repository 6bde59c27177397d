"""The compiler of the directory: it writes a SQLite file beside its place and renames it when it is whole.

A reader sees the old file or the new one, never half of one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from gateway.contract import DistributionList, Person
from gateway.directory.compiled import FORM, words_key
from gateway.directory.lookup import ConfiguredDirectory, KnownDirectory
from gateway.matching.lookalike import words_of
from gateway.message.header.addresses import address_key

FILE_MODE = 0o600

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE people (id INTEGER PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE addresses (key TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE private (key TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE logins (key TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE names (words TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lists (key TEXT PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE members (list TEXT, position INTEGER, address TEXT NOT NULL, key TEXT NOT NULL, main TEXT NOT NULL,
                      nested INTEGER NOT NULL, PRIMARY KEY (list, position)) WITHOUT ROWID;
CREATE TABLE grouped (key TEXT PRIMARY KEY, groups TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE group_domains (name TEXT NOT NULL, domain TEXT NOT NULL);
"""
#: Created after the rows: that is faster than updating it row by row.
_INDEX = "CREATE INDEX members_by_key ON members (key)"


def compile_directory(directory: ConfiguredDirectory, file: Path, facts: Mapping[str, str]) -> None:
    """Write the directory, with the facts about its sources. Raises OSError and sqlite3.Error.

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
    logins = ((one.login.lower(), n) for n, one in enumerate(people) if one.login)
    db.executemany("INSERT OR REPLACE INTO logins VALUES (?, ?)", logins)
    names = ((words_key(words_of(one.name)), one.name) for one in people)
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


def _written(entry: Person | DistributionList, but: str = "") -> str:
    """Return an entry as JSON, without empty values.

    An empty `writers` is kept: a list to which nobody may write is not one to which all may.
    """
    values = {one.name: getattr(entry, one.name) for one in fields(entry) if one.name != but}
    kept = {name: value for name, value in values.items() if value or (name == "writers" and value is not None)}
    return json.dumps(kept, ensure_ascii=False, default=sorted)  # groups are a frozenset


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
