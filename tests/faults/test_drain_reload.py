"""SIGTERM and reloads in the middle of traffic: what is in flight finishes, and no client notices more than a 421."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.traffic import (
    BOB,
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
from tests.support.servers.gateway import ATTACHMENTS_ONLY, Gateway, send
from tests.support.servers.sink import Sink

CONFIGURATION = Path(__file__).resolve().parents[2] / "config"
MESSAGES = 160


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as started:
        yield started


async def assert_all_there(traffic: Traffic, gateway: Gateway, sink: Sink) -> None:
    """Exactly once each, since nothing was killed."""
    store = await settled(gateway)
    assert not traffic.kept
    held = {message for message in traffic.messages if message.is_held}
    assert arrived(sink.got) == dict.fromkeys(copies(set(traffic.messages) - held), 1)
    assert store.held() == dict.fromkeys(copies(held), 1)
    assert set(named_in_notices(sink.got, store.held_ids()).values()) == {1}


# --- SIGTERM ---------------------------------------------------------------------------------------------------------


async def test_sigterm_in_traffic(tmp_path: Path, sink: Sink) -> None:
    """It ends by itself with status 0, and nothing that it took is lost or sent twice."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        traffic = Traffic(gateway.inbound, messages(MESSAGES))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(traffic.run())
            for accepted in (MESSAGES // 3, 2 * MESSAGES // 3):
                await traffic.reached(accepted)
                assert gateway.process is not None
                gateway.process.terminate()
                assert await asyncio.to_thread(gateway.process.wait, 60) == 0
                # What it had answered for was there when it ended.
                assert not missing(copies(traffic.accepted.values()), arrived(sink.got), StoreFile(gateway).held())
                await asyncio.to_thread(gateway.start)
        await assert_all_there(traffic, gateway, sink)
    assert "drain.cut" not in log_of(gateway)


async def test_a_message_in_flight_is_finished(tmp_path: Path, sink: Sink) -> None:
    """A session that has begun a message may end it after SIGTERM: 250, and then 421. An idle one gets 421 at once."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", gateway.inbound)
        await idle_reader.readline()
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.inbound)
        await _say(reader, writer, b"EHLO x.example\r\n", b"250 ")
        await _say(reader, writer, b"MAIL FROM:<a@far.example>\r\n", b"250 2.1.0")
        await _say(reader, writer, b"RCPT TO:<bob@example.co.uk>\r\n", b"250 2.1.5")
        await _say(reader, writer, b"DATA\r\n", b"354 ")
        writer.write(b"Subject: half\r\n")
        assert gateway.process is not None
        gateway.process.terminate()
        assert (await idle_reader.readline()).startswith(b"421 4.3.2")
        await _say(reader, writer, b"\r\nof it\r\n.\r\n", b"250 2.0.0")
        assert (await reader.readline()).startswith(b"421 4.3.2")
        assert await asyncio.to_thread(gateway.process.wait, 60) == 0
        for open_writer in (idle_writer, writer):
            open_writer.close()
    assert [one.mail_from for one in sink.got] == ["a@far.example"]


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, octets: bytes, reply: bytes) -> None:
    """Read until the reply that is expected: the banner and the lines of EHLO go by."""
    writer.write(octets)
    async with asyncio.timeout(30):
        while not (line := await reader.readline()).startswith(reply):
            assert line[:1] in b"2", line


async def test_no_new_sessions_while_draining(tmp_path: Path) -> None:
    """The sockets are closed at once, not when the last session has ended."""
    async with Gateway(tmp_path) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.inbound)
        await _say(reader, writer, b"EHLO x.example\r\n", b"250 ")
        await _say(reader, writer, b"MAIL FROM:<a@far.example>\r\n", b"250 2.1.0")
        assert gateway.process is not None
        gateway.process.terminate()
        async with asyncio.timeout(20):  # less than the drain's own limit
            while _connects(gateway.inbound):
                await asyncio.sleep(0.05)
        assert gateway.process.poll() is None
        writer.close()


def _connects(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


# --- reload ----------------------------------------------------------------------------------------------------------


async def test_reloads_in_traffic(tmp_path: Path, sink: Sink) -> None:
    """Again and again, good and broken in turn, with other rules to compile each time.

    No message is refused, deferred, lost or sent twice.
    """
    rules = (CONFIGURATION / "audience.yaml").read_text()
    chain = f"{ATTACHMENTS_ONLY}  - audience: {{mode: monitor, rules: rules.yaml}}\n"
    (tmp_path / "rules.yaml").write_text(rules)
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}", filters=chain) as gateway:
        traffic = Traffic(gateway.inbound, messages(MESSAGES))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(traffic.run())
            for number in range(1, 5):
                await traffic.reached(number * MESSAGES // 6)
                good = number % 2 == 1
                gateway.filters = chain if good else chain.replace("executables", "executable")
                gateway.write()
                other = rules.replace("filler:", f"filler:\n  - words of reload {number}", 1)
                (tmp_path / "rules.yaml").write_text(other)
                done = await asyncio.to_thread(gateway.cli, "reload")
                kept = "The running configuration is kept." in done.stderr
                assert (done.returncode, kept) == ((0, False) if good else (1, True)), done
        assert set(traffic.replies) == {"250 2.0.0"}
        await assert_all_there(traffic, gateway, sink)


async def test_a_reload_takes_over_the_chain(tmp_path: Path, sink: Sink) -> None:
    """Every worker takes over: mail that was held before is relayed after, and the other way round."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        rounds = ((ATTACHMENTS_ONLY, True), ("filters: []\n", False), (ATTACHMENTS_ONLY, True))
        for number, (filters, held) in enumerate(rounds):
            gateway.filters = filters
            gateway.write()
            assert (await asyncio.to_thread(gateway.cli, "reload")).returncode == 0
            several = [message for message in messages(60) if message.is_held]
            before, on_hold = arrived(sink.got), StoreFile(gateway).held()
            # A held message is known again for five days: each round has its own.
            for message in several:
                await _send_as(gateway, f"round{number}-{message.tag}", message.content)
            arrived_now = sum((arrived(sink.got) - before).values())
            held_now = sum((StoreFile(gateway).held() - on_hold).values())
            assert (arrived_now, held_now) == ((0, len(several)) if held else (len(several), 0))


async def _send_as(gateway: Gateway, tag: str, content: bytes) -> None:
    reply = await send(gateway.inbound, f"{tag}@far.example", [BOB], content)
    assert reply.startswith("250"), reply


async def test_a_broken_reload_keeps_the_running_configuration(tmp_path: Path, sink: Sink) -> None:
    """A reload by SIGHUP keeps it like one by the command; the log has the place of the mistake."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        gateway.filters = "filters:\n  - attachmentz: {}\n"
        gateway.write()
        assert gateway.process is not None
        os.kill(gateway.process.pid, signal.SIGHUP)
        async with asyncio.timeout(30):
            while "filters.yaml:2:5" not in log_of(gateway):
                await asyncio.sleep(0.05)
        traffic = Traffic(gateway.inbound, messages(24))
        await traffic.run()
        await assert_all_there(traffic, gateway, sink)


async def test_a_worker_that_dies_after_a_broken_reload(tmp_path: Path, sink: Sink) -> None:
    """It is started again on the running configuration, whatever has become of the files."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        gateway.filters = "filters:\n  - attachmentz: {}\n"
        gateway.write()
        for pid in gateway.pids("worker").values():
            os.kill(pid, signal.SIGKILL)
        traffic = Traffic(gateway.inbound, messages(24))
        await traffic.run()
        await assert_all_there(traffic, gateway, sink)


async def test_a_reload_that_renames_a_listener(tmp_path: Path, sink: Sink) -> None:
    """A new name needs a restart; until then the listener goes on as it was."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        gateway.config.write_text(gateway.config.read_text().replace("name: inbound", "name: from-outside"))
        done = await asyncio.to_thread(gateway.cli, "reload")
        assert "restart" in done.stdout
        traffic = Traffic(gateway.inbound, messages(24))
        await traffic.run()
        await assert_all_there(traffic, gateway, sink)
