"""Slots for scans while a clamd is slow, and scans that are given up: against a clamd of our own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvloop

from gateway.contract import Scan, ScannerUnavailable
from gateway.services.clamd import ABANDONED_SECONDS, Clamd
from gateway.services.scan_slots import LARGE_BYTES
from tests.support.servers.clamd import Clamd as Server

MEBIBYTE = 1024 * 1024


@dataclass
class SlowClamd:
    """It answers everything at once but a content with "slow" in it, which waits for `answer`."""

    address: str = ""
    asked: list[bytes] = field(default_factory=list)  # contents that it has, in the order of their coming
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    hang_up: bool = False  # in place of an answer
    reads: bool = True
    closed: int = 0  # connections that its clients closed

    def scanner(self, concurrency: int = 1, timeout_seconds: float = 0.3, abandoned_seconds: float = 30) -> Clamd:
        return Clamd(
            self.address,
            max_stream_bytes=51 * MEBIBYTE,
            timeout_seconds=timeout_seconds,
            concurrency=concurrency,
            abandoned_seconds=abandoned_seconds,
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self.reads:
                await self.answer.wait()
            await reader.readexactly(len(b"zIDSESSION\0"))
            number = 0
            while True:
                number += 1
                await reader.readexactly(len(b"zINSTREAM\0"))
                content = b""
                while length := int.from_bytes(await reader.readexactly(4), "big"):
                    content += await reader.readexactly(length)
                self.asked.append(content[:20])
                if b"slow" in content:
                    await self.answer.wait()
                    if self.hang_up:
                        return
                writer.write(b"%d: stream: OK\0" % number)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed += 1
        finally:
            writer.close()


@asynccontextmanager
async def slow_clamd() -> AsyncIterator[SlowClamd]:
    clamd = SlowClamd()
    server = await asyncio.start_server(clamd.serve, "127.0.0.1", 0)
    async with server:
        clamd.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield clamd
        clamd.answer.set()


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.01)


async def test_slow_mail_of_one_client_holds_up_nobody_else() -> None:
    """Eight contents that are never answered, large or small: small ones of others are scanned, and large ones."""
    for content in (b"slow", b"slow" + b"." * LARGE_BYTES):
        async with slow_clamd() as server:
            clamd = server.scanner(concurrency=4, timeout_seconds=20)
            slow = [asyncio.create_task(clamd.scan(content + b"%d" % n, client="A")) for n in range(8)]
            await until(lambda: bool(server.asked))
            async with asyncio.timeout(5):
                for number in range(20):
                    assert await clamd.scan(b"quick", client=f"B{number}") == Scan()
                assert await clamd.scan(b"." * LARGE_BYTES, client="C") == Scan()
            assert sum(b"slow" in one for one in server.asked) <= 2
            server.answer.set()
            assert await asyncio.gather(*slow) == [Scan()] * 8
            await clamd.close()


async def test_an_abandoned_scan_keeps_its_slot_until_the_answer() -> None:
    """Further scans wait here and not in clamd, which is working on the other one all the time."""
    async with slow_clamd() as server:
        clamd = server.scanner()
        with pytest.raises(ScannerUnavailable, match="within"):
            await clamd.scan(b"slow", client="A")
        with pytest.raises(ScannerUnavailable, match="within"):
            await clamd.scan(b"second", client="B")
        assert server.asked == [b"slow"]
        server.answer.set()
        await until(lambda: server.closed == 1)
        assert await clamd.scan(b"third", client="B") == Scan()
        assert server.asked == [b"slow", b"third"]
        await clamd.close()


async def test_the_answer_of_an_abandoned_scan_is_nobody_elses() -> None:
    """Its connection is closed with it."""
    async with slow_clamd() as server:
        clamd = server.scanner(concurrency=2)
        assert await clamd.scan(b"so that there is a session", client="A") == Scan()
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"slow", client="A")
        assert await clamd.scan(b"second", client="B") == Scan()
        server.answer.set()
        await until(lambda: server.closed == 1)
        await clamd.close()


@pytest.mark.parametrize(("waited", "scanned"), [(0.1, False), (1.5, True)])
async def test_without_an_answer_the_slot_is_free_after_a_limit(waited: float, scanned: bool) -> None:
    """Not before it: here half a second."""
    async with slow_clamd() as server:
        clamd = server.scanner(timeout_seconds=0.2, abandoned_seconds=0.8)
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"slow", client="A")
        await asyncio.sleep(waited)
        if scanned:
            assert await clamd.scan(b"second", client="A") == Scan()
        else:
            with pytest.raises(ScannerUnavailable):
                await clamd.scan(b"second", client="A")
        await clamd.close()


def test_the_limit_is_clamds_own() -> None:
    """MaxScanTime is 120 seconds where clamd.conf says nothing."""
    assert ABANDONED_SECONDS == 120


async def test_clamd_that_hangs_up_on_an_abandoned_scan_frees_its_slot() -> None:
    """It was restarted, say: it works on nothing any more."""
    async with slow_clamd() as server:
        server.hang_up = True
        clamd = server.scanner()
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"slow", client="A")
        server.answer.set()
        await asyncio.sleep(0.1)
        assert await clamd.scan(b"second", client="B") == Scan()
        await clamd.close()


async def test_what_clamd_has_not_got_whole_keeps_no_slot() -> None:
    """It scans nothing before the end of the stream has come."""
    async with slow_clamd() as server:
        server.reads = False
        clamd = server.scanner()
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"." * 40 * MEBIBYTE, client="A")
        server.reads, clamd._timeout_seconds = True, 20
        assert await clamd.scan(b"second", client="B") == Scan()
        await clamd.close()


async def test_who_is_called_off_keeps_the_slot_too() -> None:
    """The client went away, or the filter was stopped: clamd scans on."""
    async with slow_clamd() as server:
        clamd = server.scanner(timeout_seconds=20)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(clamd.scan(b"slow", client="A"), 0.2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(clamd.scan(b"second", client="B"), 0.2)
        assert server.asked == [b"slow"]
        server.answer.set()
        assert await clamd.scan(b"third", client="B") == Scan()
        await clamd.close()


@pytest.mark.parametrize(("out_of_time", "order"), [(True, [b"B", b"A"]), (False, [b"A", b"B"])])
async def test_a_client_whose_scan_ran_out_of_time_is_last(out_of_time: bool, order: list[bytes]) -> None:
    """It stands behind one that came after it; one whose scan was in time doesn't."""
    async with slow_clamd() as server:
        clamd = server.scanner(timeout_seconds=20)
        if out_of_time:
            clamd._timeout_seconds = 0.2
            with pytest.raises(ScannerUnavailable):
                await clamd.scan(b"slow", client="A")
            clamd._timeout_seconds = 20
        else:
            first = asyncio.create_task(clamd.scan(b"slow", client="X"))
            await until(lambda: bool(server.asked))
        tasks = [asyncio.create_task(clamd.scan(client, client=client.decode())) for client in (b"A", b"B")]
        await asyncio.sleep(0.05)
        server.answer.set()
        await asyncio.gather(*tasks, *([] if out_of_time else [first]))
        assert server.asked[1:] == order
        await clamd.close()


async def test_closing_ends_abandoned_scans() -> None:
    """Nothing is left behind: neither a connection nor a timer."""
    async with slow_clamd() as server:
        clamd = server.scanner()
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"slow")
        await clamd.close()
        assert not clamd._abandoned
        server.answer.set()
        await until(lambda: server.closed == 1)


def test_abandoned_scans_on_uvloop() -> None:
    """The gateway's loop, with a real clamd that is stopped for a moment."""

    async def scans() -> None:
        with Server() as server:
            clamd = Clamd(server.address, max_stream_bytes=MEBIBYTE, timeout_seconds=0.3, concurrency=2)
            server.pause()
            results = await asyncio.gather(*(clamd.scan(b"x", client=f"{n}") for n in range(5)), return_exceptions=True)
            assert [type(result) for result in results] == [ScannerUnavailable] * 5
            server.go_on()
            await until(lambda: not clamd._abandoned)
            clamd._timeout_seconds = 20
            assert await asyncio.gather(*(clamd.scan(b"x", client=f"{n}") for n in range(5))) == [Scan()] * 5
            await clamd.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scans())
