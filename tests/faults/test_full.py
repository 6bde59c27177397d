"""A store without room, in the middle of traffic: what must be held stays with the client, other mail flows."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from pathlib import Path

from tests.faults.full_disk import largest_file, limit_files
from tests.faults.traffic import (
    StoreFile,
    Traffic,
    arrived,
    copies,
    log_of,
    messages,
    missing,
    named_in_notices,
    settled,
)
from tests.support.servers.gateway import Gateway
from tests.support.servers.sink import Sink

MESSAGES = 120
MORE_BYTES = 20_000  # a held message takes about half of it
ROOM = 200_000


async def test_past_quarantine_max_bytes(tmp_path: Path) -> None:
    """452 for what must be held, said by `status` and the log; after a reload with more room all of it is taken."""
    async with Sink() as sink:
        gateway = Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}", more=f"quarantine_max_bytes: {ROOM}")
        async with gateway:
            traffic = Traffic(gateway.inbound, messages(MESSAGES, more_bytes=MORE_BYTES), tries=3)
            await traffic.run()
            assert {tag for tag, reply in traffic.kept.items() if reply.startswith("452 4.3.1")} == set(traffic.kept)
            assert {m.tag for m in traffic.messages if not m.is_held} <= set(traffic.accepted)
            store = StoreFile(gateway)
            assert len(store.held_ids()) > 0
            assert not missing(copies(traffic.accepted.values()), arrived(sink.got), store.held())
            said = await asyncio.to_thread(gateway.cli, "status")
            assert said.returncode == 1
            assert "The quarantine is full" in said.stdout
            assert "store.full" in log_of(gateway)

            gateway.more = "quarantine_max_bytes: 1GiB"
            gateway.write()
            assert (await asyncio.to_thread(gateway.cli, "reload")).returncode == 0
            again = Traffic(gateway.inbound, [m for m in traffic.messages if m.tag in traffic.kept], tries=3)
            await again.run()
            assert not again.kept
            store = await settled(gateway)
            assert store.held() == dict.fromkeys(copies(m for m in traffic.messages if m.is_held), 1)
            assert set(named_in_notices(sink.got, store.held_ids()).values()) == {1}
            assert (await asyncio.to_thread(gateway.cli, "status")).returncode == 0


async def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """A file may grow no further (as on a full disk: RLIMIT_FSIZE), and later may again: nothing is lost or damaged."""
    async with Sink() as sink:
        async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
            traffic = Traffic(gateway.inbound, messages(MESSAGES, more_bytes=MORE_BYTES))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(traffic.run())
                await traffic.reached(MESSAGES // 3)
                limit_files(gateway, largest_file(gateway) + 10_000)
                seen = refusals(traffic)
                async with asyncio.timeout(60):
                    while refusals(traffic) < seen + 10:
                        await asyncio.sleep(0.02)
                limit_files(gateway, resource.RLIM_INFINITY)
            assert not traffic.kept
            store = await settled(gateway)
            assert not missing(copies(traffic.accepted.values()), arrived(sink.got), store.held())
            assert store.held() == dict.fromkeys(copies(m for m in traffic.messages if m.is_held), 1)
            assert set(named_in_notices(sink.got, store.held_ids()).values()) == {1}
        rows = await asyncio.to_thread(gateway.rows, "trace", "bob@example.co.uk", "--limit", "10000")  # all written
        assert store.is_sound()
        assert set(traffic.replies) <= {"250 2.0.0", "451 4.3.0", "452 4.3.1"}
        assert {row["from"] for row in rows} >= {m.sender for m in traffic.messages}


def refusals(traffic: Traffic) -> int:
    return sum(count for reply, count in traffic.replies.items() if reply.startswith("4"))


async def test_a_store_that_somebody_locks(tmp_path: Path) -> None:
    """Mail that is to be held waits for the lock; other mail doesn't."""
    several = messages(60)
    async with Sink() as sink, Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        held = Traffic(gateway.inbound, [m for m in several if m.is_held])
        plain = Traffic(gateway.inbound, [m for m in several if not m.is_held])
        lock = sqlite3.connect(gateway.data_dir / "mailwarden.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(held.run())
            await plain.run()
            assert not held.accepted
            lock.execute("ROLLBACK")
        lock.close()
        store = await settled(gateway)
        assert arrived(sink.got) == dict.fromkeys(copies(plain.accepted.values()), 1)
        assert store.held() == dict.fromkeys(copies(held.accepted.values()), 1)
        assert held.replies == {"250 2.0.0": len(held.messages)}
