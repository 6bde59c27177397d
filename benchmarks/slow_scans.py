"""`make bench-slow`: ordinary mail alone, and beside mail of other clients that takes the gateway or clamd very long.

Whole processes are measured: the gateway, a real clamd, `smtp-sink`. Writes benchmarks/SLOW.md. Run by hand: a figure
is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import platform
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.chain import shipped_chain
from benchmarks.measure import clamd_version, databases, smtp_sink
from benchmarks.messages import messages, with_attachment, zip_of_texts
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import Gateway, command, send, with_virus

RESULTS = Path(__file__).with_name("SLOW.md")

PAUSE_SECONDS = 0.15  # pause of a client after a message: four are about a fifth of what two cores can take
PLAIN, WITH_PDF = "4 KB text and HTML", "60 KB with a PDF"


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of slow mail, and the ordinary mail beside it.

    Ordinary clients are each in a network of its own, and send one message after another.
    """

    name: str
    content: Callable[[], bytes]
    slow_clients: tuple[str, ...]  # each sends a mail in every wave; an address may stand there several times
    in_waves: bool  # all mails come at once, and again when all have their replies; else each comes again by itself
    clients: tuple[str, ...]
    ordinary: tuple[str, ...]
    filters: Callable[[str], str]  # by clamd's address


def _entries(name: str, entries: int, name_characters: int) -> Shape:
    """Return mail with a zip file of empty files, for which clamd 1.4 needs a time that grows with their square."""

    def content() -> bytes:
        return with_attachment("papers.zip", "application/zip", archive(entries, name_characters))

    ordinary = tuple(f"127.0.{number}.1" for number in range(10, 14))
    return Shape(name, content, ("127.0.2.1",) * 8, True, ordinary, (PLAIN, WITH_PDF), with_virus)


def _texts() -> Shape:
    """Return mail with a zip file of texts, from twenty clients, beside a client that sends plain mail."""
    slow = tuple(f"127.0.{number}.1" for number in range(20, 40))
    return Shape("20 clients, zips of texts, 1 MB", zip_of_texts, slow, False, ("127.0.10.1",), (PLAIN,), shipped_chain)


#: The first zip file has more entries than the gateway opens (`unfold: entries`), the second fewer.
SHAPES = (_entries("40,000 entries, 3.5 MB", 40_000, 6), _entries("9,990 entries, 3.7 MB", 9_990, 150), _texts())
#: Highest p99 of ordinary mail, as a multiple of its p99 alone.
BAR = 3.0


@dataclass(slots=True)
class Ordinary:
    """Ordinary mail of one phase: seconds for each message, and the replies other than 250."""

    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return quantiles(self.seconds, n=100, method="inclusive")[98]


@dataclass(slots=True)
class Slow:
    """Slow mail of one phase: its replies, and the seconds of each wave."""

    replies: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """One shape of slow mail: ordinary mail alone and beside it, and the outcome of the slow mail."""

    shape: Shape
    alone: Ordinary
    beside: Ordinary
    slow: Slow

    @property
    def ratio(self) -> float:
        return self.beside.p99 / self.alone.p99


def archive(entries: int, name_characters: int) -> bytes:
    """Return a valid zip file of empty files."""
    local, central = bytearray(), bytearray()
    for number in range(entries):
        name = f"{number:0{name_characters}}".encode()
        lengths = (0, 0, 0, len(name), 0)
        central += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 33, *lengths, 0, 0, 0, 0, len(local))
        central += name
        local += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 33, *lengths) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, entries, entries, len(central), len(local), 0)
    return bytes(local + central + end)


async def ordinary(shape: Shape, port: int, done: asyncio.Event) -> Ordinary:
    """Send mail of all ordinary clients until the phase is done."""
    found = Ordinary()
    contents = [content for name, content in messages().items() if name in shape.ordinary]

    async def client(address: str) -> None:
        number = 0
        while not done.is_set():
            began = time.monotonic()
            reply = await _sent(port, contents[number % len(contents)], address)
            found.seconds.append(time.monotonic() - began)
            if not reply.startswith("250"):
                found.refused.append(reply)
            number += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async with asyncio.TaskGroup() as tasks:
        for address in shape.clients:
            tasks.create_task(client(address))
    return found


async def slow(sender: Executor, shape: Shape, port: int, seconds: float, done: asyncio.Event) -> Slow:
    """Send the slow mails for so many seconds: in waves, or each client's as it comes."""
    loop, began, found = asyncio.get_running_loop(), time.monotonic(), Slow()
    content, repeated = shape.content(), 0.0 if shape.in_waves else seconds
    while time.monotonic() < began + seconds:
        wave = time.monotonic()
        found.replies += await loop.run_in_executor(sender, slow_wave, port, content, shape.slow_clients, repeated)
        found.seconds.append(time.monotonic() - wave)
    done.set()
    return found


def slow_wave(port: int, content: bytes, clients: Sequence[str], seconds: float) -> list[str]:
    """Send a slow mail of each client at once, and again for so many seconds.

    It runs in a process of its own, so that the ordinary clients needn't wait for it.
    """
    replies: list[str] = []

    async def client(address: str, ends: float) -> None:
        replies.append(await _sent(port, content, address))
        while time.monotonic() < ends:
            replies.append(await _sent(port, content, address))

    async def wave() -> list[str]:
        ends = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for address in clients:
                tasks.create_task(client(address, ends))
        return replies

    return asyncio.run(wave())


async def _sent(port: int, content: bytes, client: str) -> str:
    return await send(port, "a@other.example", ["bob@example.co.uk"], content, client=client)


async def alone(shape: Shape, port: int, seconds: float) -> Ordinary:
    """Run a phase without slow mail."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, done.set)
    return await ordinary(shape, port, done)


async def beside(sender: Executor, shape: Shape, port: int, seconds: float) -> tuple[Ordinary, Slow]:
    """Run a phase with slow mail, until the last slow mail has its reply."""
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        mail = tasks.create_task(ordinary(shape, port, done))
        beside_it = tasks.create_task(slow(sender, shape, port, seconds, done))
    return mail.result(), beside_it.result()


async def measure(sender: Executor, shape: Shape, port: int, seconds: float) -> Row:
    """Measure one shape, after ordinary mail alone."""
    await alone(shape, port, 3)  # connections, caches
    by_itself = await alone(shape, port, seconds)
    return Row(shape, by_itself, *await beside(sender, shape, port, seconds))


INTRODUCTION = """# Ordinary mail beside mail that is scanned for very long

Written by `make bench-slow` on {date}: {cores} cores, Python {python}, {machine}, {clamd}.

*Entries*: {mails} mails of one client come at once, each with a zip file of empty files, for which clamd needs a time
that grows with the square of their number; when all have their replies they come again. Beside them {clients} other
clients send ordinary mail (4 KB of text and 60 KB with a PDF by turns), one message after another, with {pause:g}
seconds between, through the filters virus and attachments. *Zips of texts*: {zips} clients send them, one after another
without a pause, beside one client that sends 4 KB of text, through the chain as shipped. Slow mail comes from a process
of its own. Everything runs on the same cores, with {cores} workers, a new connection for each message, and clamd's
limits as in [deploy.md](../docs/deploy.md#clamav).

The load of the machine before it began was {load:.0f}: other work on the cores makes all figures larger, those beside
slow mail most. The time of a message is from its connection to the last reply, in milliseconds. *Deferred* are replies
other than 250. The bar: a p99 of at most {bar:g} times the p99 alone, and nothing deferred.

| slow mail | longest wave, replies | alone: p50, p99 | beside: p50, p99, most | messages | deferred | ratio | bar |
|---|---|---|---|---|---|---|---|
"""


def _line(row: Row) -> str:
    alone, beside = row.alone, row.beside
    before = f"{median(alone.seconds) * 1000:.0f}, {alone.p99 * 1000:.0f}"
    after = ", ".join(f"{s * 1000:.0f}" for s in (median(beside.seconds), beside.p99, max(beside.seconds)))
    bar = "held" if row.ratio <= BAR and not beside.refused else "MISSED"
    codes = [reply[:3] for reply in row.slow.replies]
    replies = ", ".join(f"{codes.count(code)} x {code}" for code in sorted(set(codes)))
    cells = [row.shape.name, f"{max(row.slow.seconds):.0f} s: {replies}", before, after, f"{len(beside.seconds)}"]
    return f"| {' | '.join([*cells, f'{len(beside.refused)}', f'{row.ratio:.1f}', bar])} |"


def write(rows: Sequence[Row], load: float) -> None:
    """Write the table."""
    head = INTRODUCTION.format(
        date=datetime.now(UTC).date(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        machine=platform.machine(),
        clamd=clamd_version(),
        mails=len(SHAPES[0].slow_clients),
        clients=len(SHAPES[0].clients),
        zips=len(SHAPES[-1].slow_clients),
        pause=PAUSE_SECONDS,
        bar=BAR,
        load=load,
    )
    RESULTS.write_text(head + "".join(_line(row) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long ordinary mail is measured alone")
    parser.add_argument("--only", default="", help="only this shape, such as '9,990'")
    parser.add_argument("--print", action="store_true", help="print the figures, write nothing")
    arguments = parser.parse_args()
    load, rows = os.getloadavg()[0], []
    with tempfile.TemporaryDirectory() as folder, smtp_sink() as sink:
        limits = {"MaxThreads": "20", "MaxScanTime": "30000", "MaxFiles": "10000", "MaxRecursion": "17"}
        with Clamd(databases=databases(), DisableCache="yes", **limits) as clamd:
            sender = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            with sender:
                sender.submit(os.getpid).result()  # it is there before the first wave
                for number, shape in enumerate(one for one in SHAPES if arguments.only in one.name):
                    hop, filters = f"smtp://127.0.0.1:{sink.port}", shape.filters(clamd.address)
                    workers, home = os.cpu_count() or 1, Path(folder) / str(number)
                    more = "sandbox: {processes: 2}\n"  # as shipped
                    with Gateway(home, hop, filters, workers=workers, more=more, command=command()) as gateway:
                        rows.append(asyncio.run(measure(sender, shape, gateway.inbound, arguments.seconds)))
                    print(_line(rows[-1]), flush=True)
    if not arguments.print:
        write(rows, load)


if __name__ == "__main__":
    main()
