"""Two gateways on one PostgreSQL, as on two machines: what one of them knows, the other knows."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gateway.remember.database.secret import NAME
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.postgresql import BARE, Postgresql
from tests.support.servers.sink import Sink

#: Held, and told to its recipient.
PROGRAM = (
    b"Message-ID: <%d@far.example>\r\nSubject: p\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: application/octet-stream; name=setup.exe\r\n\r\nMZ\r\n"
)
SENDER = "a@far.example"


@pytest.fixture
def url(postgresql: Postgresql) -> Iterator[str]:
    made = postgresql.database(BARE)  # the gateways make the tables, both at once
    yield made
    postgresql.drop(made)


@dataclass
class Pair:
    first: Gateway
    second: Gateway
    sink: Sink
    url: str

    def __iter__(self) -> Iterator[Gateway]:
        return iter((self.first, self.second))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    async def outbox_is_empty(self) -> None:
        """Until nothing waits in it: all has been handed on."""
        async with asyncio.timeout(60):
            while self.rows("SELECT id FROM outbox"):
                await asyncio.sleep(0.05)


@pytest.fixture
async def pair(tmp_path: Path, url: str) -> AsyncIterator[Pair]:
    """They share the store and `secret.key`."""
    async with Sink() as sink:
        hop, more = f"smtp://127.0.0.1:{sink.port}", f"store: {url}"
        first, second = (
            Gateway(tmp_path / name, next_hop=hop, workers=1, more=f"{more}\n{LISTS}", filters=FILTERS) for name in "ab"
        )
        first.data_dir.mkdir()
        second.data_dir.mkdir()
        (first.data_dir / NAME).write_bytes(bytes(range(32)))
        (first.data_dir / NAME).chmod(0o600)
        shutil.copy(first.data_dir / NAME, second.data_dir)
        async with asyncio.TaskGroup() as starting:
            for gateway in (first, second):
                starting.create_task(asyncio.to_thread(gateway.start))
        yield Pair(first, second, sink, url)
        for gateway in (first, second):
            await asyncio.to_thread(gateway.stop)


LISTS = "directory: {lists: [{address: all@example.co.uk, size: 40}]}"
FILTERS = """filters:
  - attachments: {block: [executables], notify: [recipient]}
  - audience: {mode: enforce, storms: [{people: 40, replies: 6, minutes: 60, pause_hours: 4}]}
"""
REPLY = (
    b"Message-ID: <%d@example.co.uk>\r\nSubject: Re: Lift\r\nReferences: <root@example.co.uk>\r\n"
    b"From: ann@example.co.uk\r\nTo: all@example.co.uk\r\n\r\n"
    b"The lift works again on the left side, says the caretaker of the building.\r\n"
)


async def test_a_retry_is_known_by_the_other(pair: Pair) -> None:
    """A client that tries again gets 250, and its message has one entry."""
    for gateway in (pair.first, pair.second, pair.first):
        assert (await send(gateway.inbound, SENDER, ["bob@example.co.uk"], PROGRAM % 1)).startswith("250")
    listed = [[entry["id"] for entry in await asyncio.to_thread(gateway.held)] for gateway in pair]
    assert len(listed[0]) == 1
    assert listed[0] == listed[1]


async def test_a_message_that_comes_to_both_at_once(pair: Pair) -> None:
    """Whoever is second is told the same; each message has one entry and one notice."""
    people = [f"p{number}@example.co.uk" for number in range(12)]
    sending = (
        send(gateway.inbound, SENDER, [person], PROGRAM % number)
        for number, person in enumerate(people)
        for gateway in (*pair, *pair)
    )
    replies = await asyncio.gather(*sending)
    assert [reply for reply in replies if not reply.startswith("250")] == []
    assert Counter(address for (address,) in pair.rows("SELECT address FROM held_copies")) == Counter(people)
    await pair.sink.wait(len(people))
    await pair.outbox_is_empty()
    assert Counter(got.recipients for got in pair.sink.got) == Counter((person,) for person in people)


async def test_what_one_holds_the_other_releases(pair: Pair) -> None:
    """Once, though both are asked; the copy goes out once, whichever keeper claims it."""
    await send(pair.first.inbound, SENDER, ["bob@example.co.uk"], PROGRAM % 1)
    [entry] = await asyncio.to_thread(pair.second.held)
    release = ("quarantine", "release", entry["id"], "--reason", "ordered")
    done = await asyncio.gather(*(asyncio.to_thread(gateway.cli, *release) for gateway in pair))
    assert sorted(one.returncode for one in done) == [0, 1], [one.stderr for one in done]
    await pair.sink.wait(2)
    await pair.outbox_is_empty()
    assert len(pair.sink.of(SENDER)) == 1
    for gateway in pair:
        assert [row["action"] for row in await asyncio.to_thread(gateway.rows, "audit", "list")] == ["release"]


async def test_both_write_one_record(pair: Pair) -> None:
    """Either of them finds it whole, while mail comes, and a change in it as well."""
    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(send(list(pair)[number % 2].inbound, SENDER, ["bob@example.co.uk"], PROGRAM % number))
        meanwhile = await asyncio.to_thread(pair.first.cli, "audit", "verify")
        assert meanwhile.returncode == 0, meanwhile.stdout + meanwhile.stderr
    done = await asyncio.to_thread(pair.second.cli, "audit", "verify")
    assert (done.returncode, done.stdout.startswith("audit: 20 rows, ")) == (0, True), done.stdout + done.stderr
    with psycopg.connect(pair.url) as connection:
        connection.execute("UPDATE audit SET client = '192.0.2.9' WHERE number = 7")
    done = await asyncio.to_thread(pair.first.cli, "audit", "verify")
    assert (done.returncode, done.stdout.startswith("audit: number 7 is changed")) == (1, True), done.stdout


async def reply_to_all(gateway: Gateway, number: int) -> str:
    """The answer, without what differs from message to message."""
    answer = await send(gateway.outbound, "ann@example.co.uk", ["all@example.co.uk"], REPLY % number)
    return answer[:9]


async def test_a_storm_over_both_is_caught_at_the_same_count(pair: Pair) -> None:
    """Replies go through both by turns, some are sent again, both are started anew: the sixth is still the sixth."""
    for number, gateway in enumerate((pair.first, pair.second, pair.first)):
        assert await reply_to_all(gateway, number) == "250 2.0.0"
        assert await reply_to_all(gateway, number) == "250 2.0.0"  # a retry whose reply was lost
    for gateway in pair:
        await asyncio.to_thread(gateway.stop)
        await asyncio.to_thread(gateway.start)
    assert await reply_to_all(pair.first, 2) == "250 2.0.0"  # a retry at the same gateway, started anew
    assert await reply_to_all(pair.second, 3) == "250 2.0.0"
    assert await reply_to_all(pair.first, 3) == "250 2.0.0"  # a retry at the other one
    assert await reply_to_all(pair.first, 4) == "250 2.0.0"
    assert await reply_to_all(pair.second, 5) == "550 5.7.1"
    assert await reply_to_all(pair.first, 6) == "550 5.7.1"
