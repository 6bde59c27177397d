"""The scanner against a real clamd; fake sockets only for faults that a real one can't be made to show."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import uvloop

from gateway.contract import Scan, ScannerTooLarge, ScannerUnavailable
from gateway.measures.measures import MEASURES
from gateway.services.clamd import TEST_PATTERN, TEST_SIGNATURE, UNARMED, Clamd, nested_archive, signatures_made_at
from gateway.services.clamd_session import CHUNK_BYTES
from tests.support.servers.clamd import EICAR, PATTERNS, free_port
from tests.support.servers.clamd import Clamd as Server

PATTERN = PATTERNS["Mailwarden.Test.Pattern"]
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One clamd for the tests that don't stop it."""
    with Server() as running:
        yield running


def scanner(address: str, **settings: float) -> Clamd:
    return Clamd(
        address,
        max_stream_bytes=int(settings.get("max_stream_bytes", 51 * MEBIBYTE)),
        timeout_seconds=settings.get("timeout_seconds", 30.0),
        concurrency=int(settings.get("concurrency", 8)),
    )


def encrypted_archive() -> bytes:
    """Return a zip whose member is marked as encrypted (general purpose bit 0)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("secret.txt", bytes(range(256)))
    content = bytearray(buffer.getvalue())
    content[content.find(b"PK\x03\x04") + 6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


# --- a real clamd ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"nothing to see", ()),
        (b"", ()),
        (EICAR, ("Eicar-Test.UNOFFICIAL",)),
        (PATTERN, ("Mailwarden.Test.Pattern.UNOFFICIAL",)),
        (PATTERNS["PUA.Mailwarden.Test"], ("PUA.Mailwarden.Test.UNOFFICIAL",)),
        (nested_archive(100), ("Heuristics.Limits.Exceeded.MaxRecursion",)),
        (encrypted_archive(), ("Heuristics.Encrypted.Zip",)),
    ],
)
async def test_names_what_was_found(server: Server, content: bytes, names: tuple[str, ...]) -> None:
    """The answer names the signature that matched, and nothing for clean content."""
    clamd = scanner(server.address)
    assert await clamd.scan(content) == Scan(names)
    await clamd.close()


async def test_scans_over_a_unix_socket(server: Server) -> None:
    """The path of a socket is as good as a port."""
    clamd = scanner(server.socket_path)
    assert (await clamd.scan(EICAR)).names
    await clamd.close()


@pytest.mark.parametrize("size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 5 * MEBIBYTE + 7])
async def test_last_octets_of_any_size_are_scanned(server: Server, size: int) -> None:
    """A pattern at the very end is found, whatever the number of chunks; without it the rest is clean."""
    clamd = scanner(server.address)
    filler = b"." * (size - len(PATTERN))
    assert (await clamd.scan(filler + PATTERN)).names == ("Mailwarden.Test.Pattern.UNOFFICIAL",)
    assert (await clamd.scan(filler + PATTERN[:-1] + b"!")).names == ()
    await clamd.close()


async def test_answers_of_parallel_scans_are_not_mixed_up(server: Server) -> None:
    """Many scans at once over few sessions: each gets its own answer."""
    clamd = scanner(server.address, concurrency=3)
    contents = [(PATTERN if n % 3 == 0 else b"clean ") + b"%d" % n for n in range(60)]
    scans = await asyncio.gather(*map(clamd.scan, contents))
    assert [bool(scan.names) for scan in scans] == [n % 3 == 0 for n in range(60)]
    await clamd.close()


@pytest.mark.parametrize(("size", "allowed"), [(999, True), (1000, True), (1001, False)])
async def test_size_is_compared_before_sending(server: Server, size: int, allowed: bool) -> None:
    """More than `max_stream_bytes` is refused without asking clamd; as many are scanned."""
    clamd = scanner(server.address if allowed else f"127.0.0.1:{free_port()}", max_stream_bytes=1000)
    if allowed:
        assert await clamd.scan(b"." * size) == Scan()
    else:
        with pytest.raises(ScannerTooLarge):
            await clamd.scan(b"." * size)
    await clamd.close()


@pytest.mark.parametrize("megabytes", [2, 40])
async def test_clamds_own_limit_is_too_large_not_a_broken_pipe(megabytes: int) -> None:
    """The answer of clamd, which answers and closes while we still send, is read again and again."""
    with Server(StreamMaxLength="1M") as small:
        clamd = scanner(small.address)
        for _ in range(5):
            with pytest.raises(ScannerTooLarge):
                await clamd.scan(b"." * megabytes * MEBIBYTE)
        assert await clamd.scan(b"small") == Scan()
        await clamd.close()


async def test_sessions_survive_a_restart_of_clamd() -> None:
    """Sessions that died with clamd are replaced without an error; while it is away there is one."""
    with Server() as server:
        clamd = scanner(server.address)
        assert await clamd.scan(b"first") == Scan()
        server.kill()
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"while it is away")
        server.start()
        assert (await clamd.scan(EICAR)).names
        await clamd.close()


async def test_session_that_clamd_closed_for_idleness_is_replaced() -> None:
    """The next scan notices beforehand that clamd hung up on an idle session."""
    with Server(IdleTimeout="1", CommandReadTimeout="1") as server:
        clamd = scanner(server.address)
        assert await clamd.scan(b"first") == Scan()
        await asyncio.sleep(2.5)
        assert await clamd.scan(b"second") == Scan()
        await clamd.close()


async def test_paused_clamd_times_out() -> None:
    """A clamd that takes the connection and never answers is unavailable after the time-out."""
    with Server() as server:
        clamd = scanner(server.address, timeout_seconds=0.3)
        server.pause()
        try:
            with pytest.raises(ScannerUnavailable, match=r"within 0\.3 seconds"):
                await clamd.scan(b"hello")
        finally:
            server.go_on()
        await clamd.close()


async def test_waiting_for_a_slot_counts_into_the_time_out() -> None:
    """A scan that only waits times out as well, with one slot and a clamd that hangs."""
    with Server() as server:
        clamd = scanner(server.address, timeout_seconds=0.3, concurrency=1)
        server.pause()
        try:
            results = await asyncio.gather(*(clamd.scan(b"x") for _ in range(3)), return_exceptions=True)
        finally:
            server.go_on()
        assert [type(result) for result in results] == [ScannerUnavailable] * 3
        assert await scanner(server.address).scan(b"x") == Scan()


async def test_blindness_is_disproved(server: Server) -> None:
    """A clamd with AlertExceedsMax reports the archive that it did not open."""
    clamd = scanner(server.address)
    assert await clamd.blind() is None
    await clamd.close()


async def test_blindness_is_proved() -> None:
    """A clamd without AlertExceedsMax calls it clean: one sentence that names the remedy."""
    with Server(AlertExceedsMax="no") as server:
        clamd = scanner(server.address)
        sentence = await clamd.blind()
        assert sentence is not None
        assert "AlertExceedsMax yes" in sentence
        await clamd.close()


async def test_other_signatures_are_taken_for_real_ones(server: Server) -> None:
    """Whoever has signatures of his own knows what they are."""
    clamd = scanner(server.address)
    assert await clamd.unarmed() is None
    await clamd.close()


async def test_test_signatures_beside_real_ones_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """VERSION names the day's database where there is one."""
    line = f"{TEST_SIGNATURE}:0:*:{TEST_PATTERN.hex()}\n"
    with Server(databases={"mailwarden.ndb": line}) as server:
        clamd = scanner(server.address)
        assert await clamd.unarmed() == UNARMED

        async def version() -> str:
            return "ClamAV 1.4.3/27500/Mon Jan 13 09:30:00 2026"

        monkeypatch.setattr(clamd, "version", version)
        assert await clamd.unarmed() is None
        await clamd.close()


async def test_control_commands(server: Server) -> None:
    """PING, VERSION and STATS, over both kinds of address."""
    for address in (server.address, server.socket_path):
        clamd = scanner(address)
        assert await clamd.ping() == "PONG"
        assert (await clamd.version()).startswith("ClamAV ")
        assert "THREADS" in await clamd.stats()


async def test_control_commands_of_an_absent_clamd() -> None:
    """They raise the same error as a scan."""
    with pytest.raises(ScannerUnavailable, match="PING"):
        await scanner(f"127.0.0.1:{free_port()}").ping()


def test_all_of_it_on_uvloop(server: Server) -> None:
    """The gateway runs on uvloop, whose bare sockets are not asyncio's: the same answers there."""

    async def scans() -> None:
        with Server(StreamMaxLength="1M") as small:
            for address in (small.address, small.socket_path):
                clamd = scanner(address)
                for _ in range(3):
                    with pytest.raises(ScannerTooLarge):
                        await clamd.scan(b"." * 20 * MEBIBYTE)
                    assert (await clamd.scan(EICAR)).names
                small.pause()
                with pytest.raises(ScannerUnavailable):
                    await scanner(address, timeout_seconds=0.2).scan(b"x")
                small.go_on()
                await clamd.close()
        clamd = scanner(server.address, concurrency=3)
        results = await asyncio.gather(*(clamd.scan(PATTERN + b"%d" % n) for n in range(30)))
        assert all(result.names for result in results)
        await clamd.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scans())


# --- faults that a real clamd can't be made to show ------------------------------------------------------------------

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[str]:
    """Yield the address of a socket that does what the script says to each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answering(answer: bytes) -> Script:
    """Read one small scan, answer, close."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0\0\0\0")
        writer.write(answer)
        await writer.drain()

    return script


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"1: stream: OK",  # no end
        b"stream: FOUND\0",
        b"1: stream: MAYBE\0",
        b"2: stream: OK\0",  # another scan's answer
        b"1: stream: OK\x001: stream: OK\0",
        b"1: /etc/passwd: OK\0",
        b"COMMAND READ TIMED OUT\0",
        b"1: stream: Can't allocate memory ERROR\0",
        b"HTTP/1.1 400 Bad Request\r\n\r\n\0",
        b"\xff" * 10_000,
    ],
)
async def test_answer_that_is_none_is_never_clean(answer: bytes) -> None:
    """Empty, cut off, foreign or garbled: unavailable."""
    async with scripted(answering(answer)) as address:
        with pytest.raises(ScannerUnavailable):
            await scanner(address).scan(b"hello")


@pytest.mark.parametrize("answer", [b"stream: Some.Name FOUND\0", b"1: stream: Some.Name FOUND\0"])
async def test_answer_with_or_without_number(answer: bytes) -> None:
    """Both forms of a real answer are understood."""
    async with scripted(answering(answer)) as address:
        assert await scanner(address).scan(b"hello") == Scan(("Some.Name",))


async def test_close_in_mid_stream_without_an_answer() -> None:
    """A clamd that dies while it is sent a large message is unavailable."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1000)

    async with scripted(script) as address:
        with pytest.raises(ScannerUnavailable):
            await scanner(address).scan(b"." * 20 * MEBIBYTE)


async def test_session_that_fails_on_its_second_scan_is_tried_once_more() -> None:
    """A kept session that ends under the next scan costs nothing: that scan goes over a new one."""
    connections = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\0\0\0\0")
        writer.write(b"1: stream: OK\0")
        await reader.readuntil(b"\0\0\0\0")

    async with scripted(script) as address:
        clamd = scanner(address)
        assert await clamd.scan(b"first") == Scan()
        assert await clamd.scan(b"second") == Scan()
        assert connections == 2
        await clamd.close()


async def test_cancelled_scan_leaves_no_session_behind(server: Server) -> None:
    """After a scan was cancelled its answer can't be taken for the next one's."""
    clamd = scanner(server.address, concurrency=1)
    assert await clamd.scan(b"so that there is a session") == Scan()
    server.pause()
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(clamd.scan(PATTERN), 0.1)
    finally:
        server.go_on()
    assert await clamd.scan(b"clean") == Scan()
    await clamd.close()


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("ClamAV 1.4.3/27500/Mon Jun  2 10:00:00 2025", True),
        ("ClamAV 1.4.3", False),  # no database of the day
        ("ClamAV 1.4.3/27500/yesterday", False),
    ],
)
def test_the_age_of_the_signatures(version: str, known: bool) -> None:
    """clamd writes the time as ctime(3) does, in its own time zone."""
    made_at = signatures_made_at(version)
    assert (made_at is not None) == known
    assert made_at is None or time.strftime("%Y-%m-%d %H:%M", time.localtime(made_at)) == "2025-06-02 10:00"


async def test_scans_are_measured(server: Server, unused_tcp_port: int) -> None:
    """By result; the scanner is up if it gave its last answer."""
    MEASURES.clear()
    clamd, away = scanner(server.address), scanner(f"127.0.0.1:{unused_tcp_port}")
    await clamd.scan(b"harmless")
    await clamd.scan(PATTERN)
    await clamd.close()
    with pytest.raises(ScannerUnavailable):
        await away.scan(b"harmless")
    snapshot = MEASURES.snapshot()
    assert {labels: value for _, labels, value in snapshot["counts"]} == {
        (server.address, "clean"): 1,
        (server.address, "found"): 1,
        (f"127.0.0.1:{unused_tcp_port}", "unavailable"): 1,
    }
    assert [value for _, _, (value, _) in snapshot["states"]] == [1, 0]
