"""Correspondents and their mail: counted for good, known by hashes alone, forgotten in time."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta

import pytest

from gateway.contract import ANYONE, Correspondence
from gateway.remember import correspondents as module
from gateway.remember.correspondents import KEY_BYTES, READ_PAIRS, StoreCorrespondents
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.sqlite import KeyReader
from gateway.remember.purge import CORRESPONDENTS_DAYS
from gateway.remember.store import Store

SECRET = bytes(range(32))
BOB, EVE = "bob@example.co.uk", "eve@outside.example"
PAIR = (BOB, EVE)
TICK = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nothing is gathered unless the test is about that."""
    monkeypatch.setattr(module, "GATHER_SECONDS", 0)


@pytest.fixture
def known_to(store):
    return store.correspondents(SECRET)


async def test_a_stranger_is_not_known(known_to):
    """Nobody wrote."""
    assert await known_to.known([PAIR, (ANYONE, EVE)]) == {}


async def test_each_way_is_counted(known_to, now):
    """The dates of the first and the last message are kept, whatever order they come in."""
    await known_to.add([PAIR], "received", now)
    await known_to.add([PAIR], "sent", now + TICK)
    await known_to.add([PAIR], "received", now - TICK)
    assert await known_to.known([PAIR]) == {PAIR: Correspondence(now - TICK, now + TICK, received=2, sent=1)}


async def test_only_the_pair_is_known(known_to, now):
    """Neither the one with others nor the other way round."""
    await known_to.add([PAIR, (ANYONE, EVE)], "received", now)
    asked = [PAIR, ("ann@example.co.uk", EVE), (EVE, BOB), (ANYONE, EVE), (ANYONE, "@outside.example")]
    assert set(await known_to.known(asked)) == {PAIR, (ANYONE, EVE)}


@pytest.mark.parametrize("spelt", [("BOB@Example.CO.UK", "Eve@OUTSIDE.example"), PAIR])
async def test_letter_case_makes_no_difference(known_to, now, spelt):
    """And the answer is under the name that was asked for."""
    await known_to.add([PAIR, (BOB.upper(), EVE)], "sent", now)
    assert await known_to.known([spelt]) == {spelt: Correspondence(now, now, 0, 1)}


async def test_a_domain_is_the_same_in_unicode_and_in_ascii(known_to, now):
    """And nothing that stands for a domain is an error."""
    await known_to.add([(BOB, "x@bücher.example")], "received", now)
    assert await known_to.known([(BOB, "x@xn--bcher-kva.example")])
    assert await known_to.known([(BOB, "x@\udcff..é"), ("\0", "\0@\0")]) == {}


async def test_no_address_is_in_the_store(file_store, now, tmp_path):
    """Only a hash of both together, which needs the key."""
    await file_store.correspondents(SECRET).add([PAIR], "received", now)
    [row] = sqlite3.connect(tmp_path / "store.db").execute("SELECT * FROM correspondents").fetchall()
    assert (len(row[0]), row[3:]) == (KEY_BYTES, (1, 0))
    assert b"outside" not in b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))


async def test_with_another_key_all_are_strangers(store, known_to, now):
    """The store has hashes: without the old `secret.key` nothing is known."""
    await known_to.add([PAIR], "received", now)
    assert await store.correspondents(bytes(32)).known([PAIR]) == {}


async def test_a_restart_loses_nothing(url, now):
    """The pairs are on the disk once `add` has returned."""
    store = await Store.open(url, create=True, key=bytes(32))
    await store.correspondents(SECRET).add([PAIR], "received", now)
    await store.close()
    again = await Store.open(url, create=False, key=bytes(32))
    assert (await again.correspondents(SECRET).known([PAIR]))[PAIR].received == 1
    await again.close()


async def test_two_workers_agree(store, second, now):
    """Each counts on what the other has counted, at the same time."""
    workers = [store.correspondents(SECRET), second.correspondents(SECRET)]
    await asyncio.gather(*(worker.add([PAIR], "received", now) for worker in workers for _ in range(20)))
    for worker in workers:
        assert (await worker.known([PAIR]))[PAIR].received == 40


async def test_messages_of_a_moment_share_a_transaction(known_to, now, monkeypatch):
    """A hundred messages at once cost one or two writes, and every one is counted."""
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.01)
    writes = []
    write = known_to._write
    monkeypatch.setattr(known_to, "_write", lambda batch: writes.append(len(batch)) or write(batch))
    await asyncio.gather(*(known_to.add([PAIR], "sent", now) for _ in range(100)))
    assert (sum(writes), len(writes) <= 2) == (100, True)
    assert (await known_to.known([PAIR]))[PAIR].sent == 100


@pytest.mark.parametrize("count", [READ_PAIRS - 1, READ_PAIRS, READ_PAIRS + 1])
async def test_more_pairs_than_one_statement_takes(known_to, now, count):
    """Are asked for in several."""
    pairs = [(BOB, f"p{number}@outside.example") for number in range(count)]
    await known_to.add(pairs, "sent", now)
    assert len(await known_to.known(pairs)) == count


async def test_trouble_keeps_what_could_not_be_written(known_to, now, monkeypatch):
    """It goes with the next message, up to a limit; the oldest are forgotten first."""
    monkeypatch.setattr(module, "WAITING_PAIRS", 2)
    write = known_to._write

    async def fail(batch):
        raise StoreUnavailable("full")

    monkeypatch.setattr(known_to, "_write", fail)
    others = [(BOB, f"p{number}@outside.example") for number in range(3)]
    for pair in others:
        with pytest.raises(StoreUnavailable):
            await known_to.add([pair], "sent", now)
    monkeypatch.setattr(known_to, "_write", write)
    await known_to.add([PAIR], "sent", now)
    assert set(await known_to.known([PAIR, *others])) == {PAIR, *others[1:]}


@pytest.mark.parametrize("reader", [None, "busy"])
async def test_the_slower_way_answers_the_same(store, known_to, now, monkeypatch, reader):
    """The slower way is PostgreSQL's, and that of a busy SQLite."""
    await known_to.add([PAIR], "received", now)
    slow = known_to if reader else StoreCorrespondents(store.database, SECRET)
    monkeypatch.setattr(KeyReader, "correspondences", lambda *_: None)
    assert await slow.known([PAIR]) == {PAIR: Correspondence(now, now, 1, 0)}


async def test_a_pair_is_kept_from_its_last_message(store, known_to, now):
    """A pair is kept for 400 days, to the microsecond, or for as long as is configured."""
    edge = timedelta(days=CORRESPONDENTS_DAYS)
    await known_to.add([PAIR], "received", now - timedelta(days=300))
    await known_to.add([PAIR], "received", now)
    await store.purge(now + edge, 30, 180)
    assert await known_to.known([PAIR])
    assert (await store.purge(now + edge + TICK, 30, 180))["correspondents"] == 1
    assert await known_to.known([PAIR]) == {}
    await known_to.add([PAIR], "received", now)
    assert (await store.purge(now + timedelta(days=2), 30, 180, 1))["correspondents"] == 1
