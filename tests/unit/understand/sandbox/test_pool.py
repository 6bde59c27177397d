"""The sandbox: what runs in it can do no harm, and what breaks in it costs one message."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import uvloop
from structlog.testing import capture_logs

from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.understand.budget import Allowance
from gateway.understand.sandbox import pool as sandbox_pool
from gateway.understand.sandbox.pool import GRACE_SECONDS, Opened, Pool, SandboxBusy, SandboxRefused
from gateway.understand.unfold import PLAIN_BYTES, Unfolder, holds_something
from tests.corpus.payloads import STUB, TEXT, encoded, multipart

HOSTILE = (sys.executable, "-P", str(Path(__file__).parents[3] / "support/servers/hostile_worker.py"))
TAKEN_OVER = (sys.executable, "-P", str(Path(__file__).parents[3] / "support/servers/compromised_worker.py"))
ALLOWANCE = Allowance(seconds=20)
MEMORY_BYTES = 512 * 1024 * 1024
WAIT_SECONDS = 60.0


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the sandbox's processes as the gateway does, not as copies."""
    monkeypatch.setattr(sandbox_pool, "create_subprocess_exec", asyncio.create_subprocess_exec)


@pytest.fixture
async def hostile() -> AsyncIterator[Pool]:
    pool = Pool(1, "confined", MEMORY_BYTES, HOSTILE)
    yield pool
    await pool.close()


def trick(name: str) -> bytes:
    return multipart(TEXT, encoded(b"a.bin", b"TRICK " + name.encode()))


async def told(pool: Pool, name: str, allowance: Allowance = ALLOWANCE) -> Message:
    return await Unfolder(pool, allowance, WAIT_SECONDS).unfold(parse(trick(name)))


def defects(message: Message) -> list[tuple[str, str]]:
    return [(d.code, d.what) for d in message.defects]


@pytest.mark.parametrize("name", ["connect", "write", "remove", "program", "fork", "attack"])
async def test_forbidden(hostile: Pool, name: str) -> None:
    """No sockets, no files written or removed, no programs, no children, no signals to others."""
    assert defects(await told(hostile, name)) == [("trick", "EPERM")]


async def test_no_threads(hostile: Pool) -> None:
    """No threads: the limits hold for one."""
    assert defects(await told(hostile, "thread")) == [("trick", "can't start new thread")]


async def test_reading_is_allowed(hostile: Pool) -> None:
    """Python may still load its own modules."""
    assert defects(await told(hostile, "read"))[0][1].startswith("read")


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_nothing_is_inherited(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """A sandbox process has its own socket and no descriptor of the worker: no listening socket, no channel."""
    with socket.socket() as listening, asyncio.Runner(loop_factory=loop) as runner:
        os.set_inheritable(listening.fileno(), True)
        pool = Pool(1, "confined", MEMORY_BYTES, HOSTILE)
        message = runner.run(told(pool, "descriptors"))
        runner.run(pool.close())
    assert defects(message) == [("trick", "/dev/null, /dev/null, /memfd, socket")]


async def test_crash_is_a_finding_on_that_message(hostile: Pool) -> None:
    """A crash is a defect of the message that caused it, and the next one is opened as if nothing had been."""
    assert defects(await told(hostile, "crash")) == [
        ("container.limit", "The message was not opened to its end: the sandbox ended with signal 11")
    ]
    assert defects(await told(hostile, "connect")) == [("trick", "EPERM")]


async def test_loop_is_cut(hostile: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop is killed at the budget's seconds, and a few more."""
    monkeypatch.setattr(sandbox_pool, "GRACE_SECONDS", 0.2)
    message = await told(hostile, "loop", replace(ALLOWANCE, seconds=0.2))
    assert defects(message) == [
        ("container.limit", "The message was not opened to its end: it took more than 0.2 seconds")
    ]
    assert defects(await told(hostile, "connect")) == [("trick", "EPERM")]


async def test_a_loop_that_nobody_cuts_ends(hostile: Pool) -> None:
    """Each message has its seconds of processor time and a few more, whoever used the process before.

    The loop ends whatever becomes of the gateway.
    """
    for _ in range(2):
        ((_, left),) = defects(await told(hostile, "seconds"))
        assert ALLOWANCE.seconds + GRACE_SECONDS - 1 < float(left) <= ALLOWANCE.seconds + GRACE_SECONDS + 1


async def test_memory_is_limited(hostile: Pool) -> None:
    """Whoever hoards memory gets no more, and that is a defect of the part."""
    assert defects(await told(hostile, "hoard")) == [("container.limit", "trick: more memory than it may have")]


async def test_without_the_filter_limits_stay() -> None:
    """`limits_only`: files can't be written to and memory is bounded, but there is no seccomp filter."""
    pool = Pool(1, "limits_only", MEMORY_BYTES, HOSTILE)
    assert defects(await told(pool, "hoard")) == [("container.limit", "trick: more memory than it may have")]
    assert defects(await told(pool, "connect")) != [("trick", "EPERM")]
    await pool.close()


async def said(trick: str) -> Message:
    """Return the message if the sandbox process that opened it has given this answer."""
    pool = Pool(1, "limits_only", MEMORY_BYTES, TAKEN_OVER)
    try:
        return await Unfolder(pool, ALLOWANCE, WAIT_SECONDS).unfold(parse(multipart(TEXT, part(trick))))
    finally:
        await pool.close()


def part(trick: str) -> bytes:
    return b"Content-Type: application/octet-stream\r\n\r\nTRICK " + trick.encode() + b"\r\n"


@pytest.mark.parametrize(
    "trick", ["circle", "nest", "twice", "endless_offset", "far_offset", "long_names", "many_parts"]
)
async def test_process_that_was_taken_over(trick: str) -> None:
    """No answer of the process breaks the gateway or hides what it said before: the message was not opened."""
    found = defects(await said(trick))
    assert [what for code, what in found if code == "container.limit"]


async def test_half_characters_of_a_cell() -> None:
    """Names are text that can be written down."""
    message = await said("half_characters")
    assert message.parts[-1].given_names == ("\N{REPLACEMENT CHARACTER}.exe",)


async def test_the_others_go_on(hostile: Pool) -> None:
    """A message that gets no process in time is told so: nothing was found, so it is temporary."""
    async with hostile._place("A", WAIT_SECONDS):
        with pytest.raises(SandboxBusy, match=r"no sandbox process was free within 0\.1 seconds"):
            await hostile.open(trick("read"), "A", ALLOWANCE, 0.1)
    assert defects(await told(hostile, "connect")) == [("trick", "EPERM")]


async def test_one_client_never_has_every_cell() -> None:
    """However much it sends, another client's message is opened meanwhile."""
    pool = Pool(2, "limits_only", MEMORY_BYTES, HOSTILE)
    async with pool._place("192.0.2.0/24", WAIT_SECONDS):
        with pytest.raises(SandboxBusy):
            await pool.open(trick("read"), "192.0.2.0/24", ALLOWANCE, 0.1)
        opened = await pool.open(trick("read"), "198.51.100.0/24", ALLOWANCE, WAIT_SECONDS)
    assert [defect.code for one in opened.inspected for defect in one.defects] == ["trick"]
    await pool.close()


class Slow:
    """A pool whose sandbox processes take their time."""

    def __init__(self, waited_seconds: float, took_seconds: float) -> None:
        self.opened = Opened((), "", waited_seconds, took_seconds)

    async def open(self, *_: object) -> Opened:
        return self.opened


@pytest.mark.parametrize(
    ("waited", "took", "busy"),
    [(0, 1, False), (44, 1, False), (45, 1, True), (30, 20, True), (0, 46, False), (1, 46, False)],
)
async def test_waiting_takes_no_time_of_the_filters(waited: float, took: float, busy: bool) -> None:
    """The message is deferred if waiting for the sandbox, and that alone, left the filters too little time."""
    unfolder = Unfolder(cast(Pool, Slow(waited, took)), ALLOWANCE, wait_seconds=45)
    with pytest.raises(SandboxBusy, match="waited") if busy else nullcontext():
        await unfolder.unfold(parse(trick("read")))


async def test_a_cell_that_waits_and_is_killed_costs_no_message(hostile: Pool) -> None:
    """Whatever killed it, the next message gets another."""
    await hostile.start()
    (process,) = [process for process in hostile._idle_processes if process]
    process.process.kill()
    await process.process.wait()
    assert defects(await told(hostile, "connect")) == [("trick", "EPERM")]


# --- processes that don't come up ------------------------------------------------------------------------------------


def dying(tmp_path: Path, deaths: int) -> tuple[str, ...]:
    """Return the command of sandbox processes of which the first ones are killed while they start."""
    code = f"""
import os, runpy, signal, sys
with open({str(tmp_path / "starts")!r}, "ab") as starts:
    starts.write(b"x")
    starts.flush()
    if starts.tell() <= {deaths}:
        os.kill(os.getpid(), signal.SIGKILL)
runpy.run_path({HOSTILE[-1]!r}, run_name="__main__")
"""
    return (sys.executable, "-c", code)


def starts(tmp_path: Path) -> int:
    return len((tmp_path / "starts").read_bytes())


async def test_a_cell_that_is_killed_as_it_starts_is_started_again(tmp_path: Path) -> None:
    """At the worker's start: one death doesn't end the worker."""
    pool = Pool(1, "confined", MEMORY_BYTES, dying(tmp_path, 1))
    with capture_logs() as logs:
        await pool.start()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("sandbox.died", "warning")]
    assert "signal 9" in logs[0]["trouble"]
    assert defects(await told(pool, "connect")) == [("trick", "EPERM")]
    assert starts(tmp_path) == 2
    await pool.close()


async def test_with_mail_under_way_too(tmp_path: Path) -> None:
    """The message that needs a new sandbox process notices nothing."""
    pool = Pool(1, "confined", MEMORY_BYTES, dying(tmp_path, 1))
    assert defects(await told(pool, "connect")) == [("trick", "EPERM")]
    await pool.close()


async def test_two_deaths_are_trouble(tmp_path: Path) -> None:
    """It is not tried for ever."""
    pool = Pool(1, "confined", MEMORY_BYTES, dying(tmp_path, 2))
    with pytest.raises(SandboxRefused, match=r"did not come up \(signal 9\)"):
        await pool.open(trick("read"), "A", ALLOWANCE, WAIT_SECONDS)
    assert starts(tmp_path) == 2
    assert defects(await told(pool, "connect")) == [("trick", "EPERM")]
    await pool.close()


async def test_cell_that_does_not_come_up() -> None:
    """A sandbox process that can't be started is trouble with the machine, not with a message."""
    pool = Pool(1, "confined", MEMORY_BYTES, (sys.executable, "-c", "raise SystemExit('no luck')"))
    with pytest.raises(SandboxRefused, match=r"did not come up \(status 1\): no luck"):
        await pool.start()


#: Code of a sandbox process that no kernel locks.
SAYS_NO = (
    "import json, sys; from gateway.understand.sandbox import worker; "
    "worker.GatewayConnection(int(sys.argv[1]), json.loads(sys.argv[2])).say({'refused': 'no'})"
)


@pytest.mark.parametrize("says", [SAYS_NO, "import os, sys; os.write(int(sys.argv[1]), b'no' * 9)"])
async def test_a_refusal_is_not_tried_again(tmp_path: Path, says: str) -> None:
    """The kernel would say the same; so would a program that is not ours."""
    started = f"open({str(tmp_path / 'starts')!r}, 'ab').write(b'x')"
    refusing = f"{started}; {says}"
    with pytest.raises(SandboxRefused):
        await Pool(1, "confined", MEMORY_BYTES, (sys.executable, "-c", refusing)).start()
    assert starts(tmp_path) == 1


async def test_refusal_names_the_way_out() -> None:
    """A kernel that doesn't lock the sandbox process stops us, and the sentence says what can be done."""
    pool = Pool(1, "confined", MEMORY_BYTES, (sys.executable, "-c", SAYS_NO))
    with pytest.raises(SandboxRefused, match="no; `isolation: limits_only` goes on without that protection"):
        await pool.start()


@pytest.mark.usefixtures("programs")
async def test_closing_ends_the_processes() -> None:
    """No sandbox process outlives its pool."""
    pool = Pool(2, "confined", MEMORY_BYTES)
    await pool.start()
    processes = [process.process for process in pool._idle_processes if process]
    await pool.close()
    assert {process.returncode for process in processes} <= {0, -signal.SIGKILL}  # by itself; on a busy machine killed


async def test_true_type_comes_from_the_sandbox() -> None:
    """The sandbox tells a part's true type by its octets."""
    pool = Pool(1, "confined", MEMORY_BYTES)
    message = await Unfolder(pool, ALLOWANCE, WAIT_SECONDS).unfold(parse(multipart(TEXT, encoded(b"a.jpg", STUB))))
    assert message.parts[2].true_type == "application/vnd.microsoft.portable-executable"
    await pool.close()


async def test_plain_message_never_asks() -> None:
    """A small plain message pays nothing: it is the same object."""
    pool = Pool(1, "confined", MEMORY_BYTES, ("false",))
    message = parse(multipart(TEXT))
    assert await Unfolder(pool, ALLOWANCE, WAIT_SECONDS).unfold(message) is message


def letter(octets: int) -> Message:
    body = b"word " * (octets // 5) + b"x" * (octets % 5)
    return parse(b"Content-Type: text/plain\r\n\r\n" + body)


@pytest.mark.parametrize(("octets", "asks"), [(PLAIN_BYTES - 1, False), (PLAIN_BYTES, False), (PLAIN_BYTES + 1, True)])
def test_long_text_is_read_in_the_sandbox(octets: int, asks: bool) -> None:
    """Reading takes time in line with the length, and others wait meanwhile."""
    assert holds_something(letter(octets)) is asks


async def test_view_from_the_sandbox() -> None:
    """It is the same as it would be here."""
    pool = Pool(1, "confined", MEMORY_BYTES)
    here = letter(PLAIN_BYTES + 1)
    there = await Unfolder(pool, ALLOWANCE, WAIT_SECONDS).unfold(letter(PLAIN_BYTES + 1))
    await pool.close()
    assert here.root.passages is None
    assert there.root.passages is not None
    assert there.view == here.view


async def test_what_a_lost_cell_did_not_read(hostile: Pool) -> None:
    """It is unread, and isn't read here instead."""
    message = await told(hostile, "crash")
    assert not message.view.complete
    assert all(part.passages == () for part in message.leaves if part.path.startswith("1.2"))


async def test_what_a_lost_cell_told_before(hostile: Pool) -> None:
    """It counts: a program isn't forgotten because something behind it breaks the parser."""
    both = multipart(TEXT, encoded(b"a.bin", b"TRICK connect"), encoded(b"b.bin", b"TRICK crash"))
    message = await Unfolder(hostile, ALLOWANCE, WAIT_SECONDS).unfold(parse(both))
    assert ("trick", "EPERM") in defects(message)
    assert ("container.limit", "The message was not opened to its end: the sandbox ended with signal 11") in defects(
        message
    )
