"""kill -9 in the middle of traffic: of the whole gateway, of its parts, of clamd and of the next hop.

After each, every message that got 250 is at the next hop or in the store, none is twice in the store, and each held
message is named in exactly one notice.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.remember.mail_journal.entries import Damage
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from tests.faults.next_hop import NextHop
from tests.faults.traffic import (
    CAROL,
    StoreFile,
    Traffic,
    arrived,
    copies,
    messages,
    missing,
    named_in_notices,
    settled,
)
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import Gateway, with_virus
from tests.support.servers.sink import ReceivedMessage, Sink

MESSAGES = 180


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as started:
        yield started


async def during_traffic(gateway: Gateway, *faults: Callable[[], object]) -> Traffic:
    """Spread over the traffic, in threads: the next hop and the clients go on meanwhile."""
    traffic = Traffic(gateway.inbound, messages(MESSAGES))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(traffic.run())
        for number, fault in enumerate(faults, 1):
            await traffic.reached(number * MESSAGES // (len(faults) + 1))
            await asyncio.to_thread(fault)
    return traffic


async def assert_all_there(traffic: Traffic, gateway: Gateway, got: Callable[[], list[ReceivedMessage]]) -> None:
    """The account, with the gateway running."""
    store = await settled(gateway)
    assert not traffic.kept
    assert len(traffic.accepted) == MESSAGES
    held = store.held()
    assert not missing(copies(traffic.accepted.values()), arrived(got()), held)
    assert set(held) == copies(message for message in traffic.messages if message.is_held)
    assert set(held.values()) == {1}
    assert not {copy for copy in held if arrived(got())[copy]}
    assert set(named_in_notices(got(), store.held_ids()).values()) == {1}
    await asyncio.to_thread(gateway.stop)
    assert store.is_sound()


def with_journal(folder: Path, sink: Sink) -> Gateway:
    """Return a gateway whose journal is on."""
    key = folder / "journal.key"
    key.write_text("00" * 32)
    key.chmod(0o600)
    more = "journal: {days: 7, key_file: journal.key}\n"
    return Gateway(folder, next_hop=f"smtp://127.0.0.1:{sink.port}", more=more)


def assert_kept(traffic: Traffic, gateway: Gateway) -> None:
    """The journal has each copy that was relayed and answered, whole."""
    kept = set()
    contents = {message.tag: message.content for message in traffic.messages}
    for one in JournalReader(gateway.data_dir / "journal", JournalKeys([bytes(32)])).messages():
        if isinstance(one, Damage):
            assert one.sentence.startswith("its last line is incomplete")  # of a process that was killed
            continue
        entry, content = one
        tag = entry.envelope.mail_from.split("@")[0]
        assert content[entry.above_bytes :].endswith(contents[tag])
        kept |= {(tag, recipient.address) for recipient in entry.envelope.recipients}
    assert kept >= copies(message for message in traffic.accepted.values() if not message.is_held)


def restart(gateway: Gateway) -> Callable[[], None]:
    def fault() -> None:
        gateway.kill()
        gateway.start()

    return fault


def kill_process(gateway: Gateway, name: str) -> Callable[[], None]:
    """One process, as `status` names it."""

    def fault() -> None:
        os.kill(gateway.pids()[name], signal.SIGKILL)

    return fault


async def test_the_whole_gateway(tmp_path: Path, sink: Sink) -> None:
    """Three times, all its processes at once."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        fault = restart(gateway)
        traffic = await during_traffic(gateway, fault, fault, fault)
        await assert_all_there(traffic, gateway, lambda: sink.got)


async def test_the_supervisor_alone(tmp_path: Path, sink: Sink) -> None:
    """Workers and keeper see that it has gone and end; the next gateway takes over at once."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        children: list[int] = []

        def fault() -> None:
            assert gateway.process is not None
            children.extend(gateway.children())
            gateway.process.kill()
            gateway.process.wait()
            gateway.start()

        traffic = await during_traffic(gateway, fault)
        await assert_all_there(traffic, gateway, lambda: sink.got)
    async with asyncio.timeout(20):
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            await asyncio.sleep(0.05)


async def test_one_worker(tmp_path: Path, sink: Sink) -> None:
    """It is started again, with its socket and what waits there. The journal has all that it has answered for."""
    async with with_journal(tmp_path, sink) as gateway:
        fault = kill_process(gateway, "worker 1")
        traffic = await during_traffic(gateway, fault, kill_process(gateway, "worker 2"))
        await assert_all_there(traffic, gateway, lambda: sink.got)
        assert_kept(traffic, gateway)


async def test_the_keeper(tmp_path: Path, sink: Sink) -> None:
    """While it sends notices, and empties an outbox that has filled; what it has sent is in the journal."""
    full = {CAROL}
    sink.rcpt_reply = lambda address: b"452 4.2.2 mailbox full" if address in full else None
    async with with_journal(tmp_path, sink) as gateway:

        def room() -> None:
            full.clear()
            StoreFile(gateway).hurry()

        fault = kill_process(gateway, "keeper")
        traffic = await during_traffic(gateway, fault, room, fault)
        await assert_all_there(traffic, gateway, lambda: sink.got)
        assert_kept(traffic, gateway)


async def test_clamd(tmp_path: Path, sink: Sink) -> None:
    """Nothing passes while clamd is gone: clients are told 451 and come again."""
    next_hop = f"smtp://127.0.0.1:{sink.port}"
    with Clamd() as clamd:
        async with Gateway(tmp_path, next_hop=next_hop, filters=with_virus(clamd.address)) as gateway:
            traffic = Traffic(gateway.inbound, messages(MESSAGES))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(traffic.run())
                await traffic.reached(MESSAGES // 2)
                await asyncio.to_thread(clamd.kill)
                before = traffic.replies["451 4.7.1"]
                async with asyncio.timeout(60):
                    while traffic.replies["451 4.7.1"] < before + 3 * traffic.clients:
                        await asyncio.sleep(0.02)
                await asyncio.to_thread(clamd.start)
            await assert_all_there(traffic, gateway, lambda: sink.got)


async def test_the_next_hop(tmp_path: Path) -> None:
    """Twice. Clients are told 451; what was accepted stays accepted."""
    next_hop = NextHop(tmp_path / "next-hop.jsonl")

    def fault() -> None:
        next_hop.kill()
        next_hop.start()

    with next_hop, Gateway(tmp_path / "gateway", next_hop=f"smtp://127.0.0.1:{next_hop.port}") as gateway:
        traffic = await during_traffic(gateway, fault, fault)
        await assert_all_there(traffic, gateway, next_hop.got)
