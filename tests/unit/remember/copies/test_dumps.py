"""A store as one file."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.remember.copies.dumps import dump, load
from gateway.remember.copies.proof import Proof
from gateway.remember.database.database import store_url
from gateway.remember.database.errors import StoreUnavailable

KEY = bytes(32)


async def test_a_copy_that_differs_is_refused(store, url, make, tmp_path, empty_target):
    """A store that isn't as expected doesn't pass for it; SQLite's never gets its name."""
    await store.quarantine.hold(make.entry(), b"raw")
    proof = await dump(store_url(url), KEY, tmp_path / "file")
    other = dataclasses.replace(proof, rows={**proof.rows, "held": 2})
    with pytest.raises(StoreUnavailable, match="held has 1 rows, and had 2"):
        await load(store_url(empty_target), KEY, tmp_path / "file", other)
    assert [path.name for path in tmp_path.rglob("*restored*") if path.is_file()] == []
    assert not list(tmp_path.glob("restored/*"))


async def test_without_postgresqls_programs(tmp_path, monkeypatch, postgresql):
    """The sentence names the package."""
    monkeypatch.setenv("PATH", "")
    lent = postgresql.lend()
    with pytest.raises(StoreUnavailable, match=r"pg_dump isn't on this machine: .* Debian's package postgresql-client"):
        await dump(store_url(lent), KEY, tmp_path / "file")
    postgresql.give_back(lent)


async def test_what_a_program_says_is_told(tmp_path, postgresql):
    """In one line."""
    (tmp_path / "file").write_bytes(b"no dump")
    made = postgresql.database("template1")
    with pytest.raises(StoreUnavailable, match=r"pg_restore: .*input file"):
        await load(store_url(made), KEY, tmp_path / "file", Proof("", {}, {}))
    postgresql.drop(made)
