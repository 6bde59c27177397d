"""Requests to stop in a real store, on both databases: counts over several workers, and keys that name nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from filters.language.requests_to_stop import RequestsToStop
from gateway.remember.store import Store
from gateway.services.keyed_hash import HmacHash
from tests.support.builders.judgement import NOW
from tests.support.servers.postgresql import Postgresql

ANN, JOE = "ann@example.co.uk", "joe@outside.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of an empty store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    lent = server.lend()
    yield lent
    server.give_back(lent)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url, create=True, key=bytes(32))
    yield opened
    await opened.close()


def requests(store: Store, days: int = 30) -> RequestsToStop:
    return RequestsToStop(days, store.counters, HmacHash(bytes(32)))


async def test_messages_count_from_the_request_on(store: Store) -> None:
    """Those before it don't, nor those of others; another worker sees the same count."""
    one, other = requests(store), requests(store)
    await one.count(ANN, JOE, NOW, "before")
    assert await one.messages(ANN, JOE, NOW) is None
    await one.ask(ANN, JOE, NOW, "ask", proven=False)
    assert await other.messages(ANN, JOE, NOW) == 0
    for number in range(3):
        await (one, other)[number % 2].count(ANN, JOE, NOW + HOUR, f"m{number}")
    assert await one.messages(ANN, JOE, NOW + HOUR) == 3
    assert await one.messages(JOE, ANN, NOW + HOUR) is None
    assert await one.messages(ANN, "jim@outside.example", NOW + HOUR) is None


async def test_the_same_message_counts_once(store: Store) -> None:
    kept = requests(store)
    await kept.ask(ANN, JOE, NOW, "ask", proven=False)
    for _ in range(3):
        await kept.count(ANN, JOE, NOW, "same")
    assert await kept.messages(ANN, JOE, NOW) == 1


async def test_an_answer_ends_a_request_and_another_begins_anew(store: Store) -> None:
    kept = requests(store)
    await kept.end(ANN, JOE, NOW, "an answer to nothing", proven=False)
    for turn in range(3):
        at = NOW + turn * HOUR
        await kept.ask(ANN, JOE, at, f"ask {turn}", proven=False)
        await kept.count(ANN, JOE, at, f"message {turn}")
        assert await kept.messages(ANN, JOE, at) == 1
        await kept.end(ANN, JOE, at, f"answer {turn}", proven=False)
        assert await kept.messages(ANN, JOE, at) is None


async def test_a_request_is_forgotten_after_its_days(store: Store) -> None:
    """The window's edge is a full minute."""
    kept = requests(store, days=2)
    await kept.ask(ANN, JOE, NOW, "ask", proven=False)
    assert await kept.messages(ANN, JOE, NOW + 2 * DAY) == 0
    assert await kept.messages(ANN, JOE, NOW + 2 * DAY + timedelta(minutes=1)) is None


async def test_the_store_names_nobody(tmp_path: Path) -> None:
    """Neither address is in the file."""
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    kept = requests(store)
    await kept.ask(ANN, JOE, NOW, "ask", proven=False)
    await kept.count(ANN, JOE, NOW, "message")
    await kept.end(ANN, JOE, NOW, "answer", proven=False)
    await store.close()
    octets = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert b"asked-to-stop" in octets
    assert ANN.encode() not in octets
    assert JOE.encode() not in octets


async def test_a_proven_request_has_a_proven_end_only(store: Store) -> None:
    """Whoever forges the person's address without proof ends nothing."""
    kept = requests(store)
    await kept.ask(ANN, JOE, NOW, "1", proven=True)
    await kept.end(ANN, JOE, NOW + HOUR, "2", proven=False)
    assert await kept.messages(ANN, JOE, NOW + HOUR) == 0
    await kept.end(ANN, JOE, NOW + HOUR, "3", proven=True)
    assert await kept.messages(ANN, JOE, NOW + HOUR) is None
    await kept.ask(ANN, JOE, NOW + DAY, "4", proven=False)
    await kept.end(ANN, JOE, NOW + DAY, "5", proven=False)
    assert await kept.messages(ANN, JOE, NOW + DAY) is None
