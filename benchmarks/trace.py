"""`make bench-trace`: `mailwarden trace` on 10 million rows of the audit trail; writes benchmarks/TRACE.md.

The rows are made up, lie in SQLite and in a PostgreSQL of the benchmark's own, and are deleted afterwards. They have
places in the chain and no hashes. Times are wall-clock milliseconds of one process; the first run has read nothing of
that kind before. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from sqlalchemy import Engine, Index, create_engine, insert, text

from gateway.remember.database.schema import EPOCH, MICROSECOND, audit, audit_recipients, contents, held
from gateway.remember.records import AuditRow
from gateway.remember.rows.audit import write_audit
from gateway.remember.rows.audit_search import Sought
from gateway.remember.store import Store
from tests.support.servers.postgresql import Postgresql

RESULTS = Path(__file__).with_name("TRACE.md")
#: The indexes that `trace` needs and older versions lack.
NEW = ("ix_audit_client", "ix_audit_sender_domain", "ix_audit_refused", "ix_audit_recipients_domain")
#: Octets on the disk for each message, tables and indexes and room to sort.
MESSAGE_BYTES = 2_500
SQLITE_FILE = "store.sqlite"
#: Rows in one block of the load.
BLOCK = 50_000
#: Batches of the gateway's own size whose writing is timed.
BATCHES, BATCH_ROWS = 40, 200

AUDIT = [column.name for column in audit.c if column.name not in ("hash", "monitored")]
RECIPIENTS = [column.name for column in audit_recipients.c]
REPLIES = (
    "451 4.7.1 The message can't be checked now; try again later",
    "550 5.7.1 The message has an executable attachment",
    "452 4.3.1 No room to hold the message; try again later",
)


class Trail:
    """Made-up messages: their number alone says what each is."""

    def __init__(self, rows: int, days: int = 180) -> None:
        self.rows = rows  # fewer, once time has ended the load
        self._step = days * 86_400 * 1_000_000 // rows
        self._begin = (datetime.now(UTC) - timedelta(days=days) - EPOCH) // MICROSECOND

    def at(self, n: int) -> int:
        return self._begin + n * self._step

    def id(self, n: int) -> str:
        time_ms = f"{self.at(n) // 1000:012x}"
        return f"{time_ms[:8]}-{time_ms[8:]}-7000-8000-{n:012x}"

    def company(self, n: int) -> int:
        """Return a number below 200,000; small ones are common."""
        return int(200_000 * _chance(n, 1) ** 3)

    def outside(self, n: int) -> str:
        return f"person{int(20 * _chance(n, 2))}@company{self.company(n)}.example"

    def ours(self, n: int) -> str:
        return f"employee{int(2_000 * _chance(n, 3) ** 2)}@example.co.uk"

    def client(self, n: int) -> str:
        number = int(60_000 * _chance(n, 4) ** 3)
        return f"198.18.{number // 250}.{number % 250 + 1}"

    def reply(self, n: int) -> str:
        chance = _chance(n, 5)
        if chance > 0.03:
            return f"250 2.0.0 Accepted as {self.id(n)}"
        return f"{REPLIES[int(chance * 100)]} ({self.id(n)})"

    def message_id(self, n: int) -> str:
        return f"<{n:x}.{n * 7919:x}@company{self.company(n)}.example>"

    def row(self, n: int) -> tuple[Any, ...]:
        """Return the message's row, in the order of AUDIT."""
        inbound = n % 10 < 7
        sender = self.outside(n) if inbound else self.ours(n)
        listener = "inbound" if inbound else "outbound"
        codes = '["attachment.executable"]' if n % 20 == 0 else "[]"
        ms = '{"understand":4.1,"judge":11.9,"act":8.2}'
        facts = (self.id(n), self.at(n), listener, self.client(n), self.message_id(n), sender, sender)
        return (*facts, 1_000 + n % 90_000, codes, self.reply(n), ms, n + 1)

    def recipients(self, n: int) -> Iterator[tuple[Any, ...]]:
        """Yield rows in the order of RECIPIENTS: one for a message, two for every fifth."""
        inbound = n % 10 < 7
        direction = "inbound" if inbound else "outbound"
        for place in range(2 if n % 5 == 0 else 1):
            other = n + place * 104_729
            address = self.ours(other) if inbound else self.outside(other)
            yield self.id(n), self.at(n), place, address, address, direction, "relay"

    def held(self, n: int) -> dict[str, Any]:
        subject = f"Invoice {n} for the delivery in week {n % 52}"
        finding = {"code": "attachment.executable", "summary": "It has one.", "evidence": [], "mode": "enforce"}
        return {
            "id": self.id(n),
            "received_at": EPOCH + self.at(n) * MICROSECOND,
            **{"listener": "inbound", "direction": "inbound", "mail_from": "", "sender_folded": "", "message_id": ""},
            **{"subject": subject, "subject_folded": subject.lower(), "codes": [], "bytes": 1, "stored_bytes": 1},
            **{"client": {}, "envelope": {}, "findings": [finding] * 3, "edits": [], "content": b"x" * 32},
        }


def _chance(n: int, which: int) -> float:
    """Return a number from 0 to 1 that looks random and is always the same."""
    mixed = (n * 2_654_435_761 + which * 40_503) & 0xFFFFFFFF
    mixed = ((mixed >> 16) ^ mixed) * 0x45D9F3B & 0xFFFFFFFF
    return ((mixed >> 16) ^ mixed) / 2**32


# --- the load --------------------------------------------------------------------------------------------------------


def load_sqlite(path: Path, trail: Trail, deadline: float) -> int:
    """Write the rows; return how many there are when the time is over."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    into = {
        table: f"INSERT INTO {table} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"
        for table, names in (("audit", AUDIT), ("audit_recipients", RECIPIENTS))
    }
    for numbers in _blocks(trail, deadline):
        connection.execute("BEGIN")
        connection.executemany(into["audit"], map(trail.row, numbers))
        connection.executemany(into["audit_recipients"], (row for n in numbers for row in trail.recipients(n)))
        connection.execute("COMMIT")
    (rows,) = connection.execute("SELECT max(number) FROM audit").fetchone()
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return int(rows)


def load_postgresql(url: str, trail: Trail, deadline: float) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        for numbers in _blocks(trail, deadline):
            with connection.cursor().copy(f"COPY audit ({','.join(AUDIT)}) FROM STDIN") as copy:
                copy.write("".join(map(_line, map(trail.row, numbers))))
            with connection.cursor().copy(f"COPY audit_recipients ({','.join(RECIPIENTS)}) FROM STDIN") as copy:
                copy.write("".join(_line(row) for n in numbers for row in trail.recipients(n)))
        found = connection.execute("SELECT max(number) FROM audit").fetchone()
        assert found is not None
        return int(found[0])


def _line(row: Sequence[Any]) -> str:
    return "\t".join(map(str, row)) + "\n"


def _blocks(trail: Trail, deadline: float) -> Iterator[range]:
    for start in range(0, trail.rows, BLOCK):
        if time.monotonic() > deadline:
            return
        yield range(start, min(start + BLOCK, trail.rows))


async def hold(store: Store, trail: Trail, messages: int) -> None:
    """Hold the newest messages, so many of every fourth."""
    async with store.database.writing() as connection:
        content = {"sha256": b"x" * 32, "bytes": 1, "packing": "none", "stored_bytes": 1, "stored": b"x"}
        await connection.execute(insert(contents), content)
    numbers = iter(range(trail.rows - 1, 0, -4))
    left = messages
    while left > 0 and (some := list(islice(numbers, min(left, 5_000)))):
        async with store.database.writing() as connection:
            await connection.execute(insert(held), [trail.held(n) for n in some])
        left -= len(some)


# --- the questions ---------------------------------------------------------------------------------------------------


def questions(trail: Trail) -> list[tuple[str, Sought, str]]:
    """Return what is asked: its name, the conditions, and the id behind which the page begins."""
    middle, hour = trail.rows // 2, timedelta(hours=1)
    noon = EPOCH + trail.at(middle) * MICROSECOND
    rare = f"@company{trail.company(next(n for n in range(middle, 0, -10) if trail.company(n) > 190_000))}.example"
    return [
        ("id", Sought((trail.id(middle),)), ""),
        ("Message-ID", Sought((trail.message_id(middle),)), ""),
        ("address of a sender", Sought((trail.outside(middle),)), ""),
        ("address of a colleague, common", Sought(("employee0@example.co.uk",)), ""),
        ("domain, common", Sought(("@company0.example",)), ""),
        ("domain, rare", Sought((rare,)), ""),
        ("our domain, of every message", Sought(("@example.co.uk",)), ""),
        ("our domain, behind the middle", Sought(("@example.co.uk",)), trail.id(middle)),
        ("client, common", Sought(client="198.18.0.1"), ""),
        ("client, rare", Sought(client=trail.client(middle)), ""),
        ("reply 250", Sought(reply="250"), ""),
        ("reply 550", Sought(reply="550"), ""),
        ("words of a reply, common", Sought(reply="executable attachment"), ""),
        ("words of a reply, of none", Sought(reply="no such words"), ""),
        ("words of a subject, common", Sought(subject="week 7"), ""),
        ("words of a subject, of none", Sought(subject="no such words"), ""),
        ("one hour", Sought(since=noon, until=noon + hour), ""),
        ("sender and recipient", Sought(("@company0.example", "employee0@example.co.uk")), ""),
        ("domain, client and reply", Sought(("@example.co.uk",), client="198.18.0.1", reply="550"), ""),
        ("our domain and a rare client", Sought(("@example.co.uk",), client=trail.client(middle)), ""),
        ("two common domains that never meet", Sought(("@company0.example", "@company1.example")), ""),
    ]


async def ask(store: Store, trail: Trail, runs: int) -> list[str]:
    """Return a line of the table for each question."""
    lines = []
    for name, sought, behind in questions(trail):
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            page = await store.audit.trace(sought, 100, behind)
            times.append((time.perf_counter() - began) * 1000)
        goes_on = "yes" if page.behind else ""
        lines.append(f"| {name} | {len(page)} | {goes_on} | {times[0]:.0f} | {median(times[1:]):.0f} |")
    return lines


async def write_ms(store: Store, trail: Trail, start: int) -> float:
    """Return the median milliseconds for a batch, in the gateway's own transaction."""
    times = []
    for number in range(BATCHES):
        first = start + number * BATCH_ROWS
        batch = [_row(trail, n) for n in range(first, first + BATCH_ROWS)]
        began = time.perf_counter()
        async with store.database.writing() as connection:
            await write_audit(connection, batch)
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def _row(trail: Trail, n: int) -> AuditRow:
    id, at, listener, client, message_id, sender, _, octets, _, reply, *_ = trail.row(n)
    recipients = tuple((row[3], row[5], row[6]) for row in trail.recipients(n))
    when = EPOCH + at * MICROSECOND
    return AuditRow(id, when, listener, client, message_id, sender, recipients, octets, (), reply, {"judge": 11.9})


# --- all of it -------------------------------------------------------------------------------------------------------


def indexes() -> list[Index]:
    """Return the indexes that are made after the load, those of older versions first."""
    return sorted((*audit.indexes, *audit_recipients.indexes), key=lambda index: (index.name in NEW, str(index.name)))


@contextmanager
def engine_on(url: str) -> Iterator[Engine]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        yield engine
    finally:
        engine.dispose()


def make_indexes(engine: Engine) -> Iterator[tuple[str, float]]:
    """Make the indexes, and the statistics that PostgreSQL's planner needs; yield each one's name and seconds."""
    for index in indexes():
        began = time.monotonic()
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            index.create(connection)
        yield str(index.name), time.monotonic() - began
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("audit", "audit_recipients"):
                connection.execute(text(f"VACUUM ANALYZE {table}"))


def measure(url: str, place: Path, given: argparse.Namespace) -> str:
    """Fill a store, ask and write; return the section of the page."""
    asyncio.run(_make(url))
    with engine_on(url) as engine, engine.begin() as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        for index in indexes():
            index.drop(connection)
    deadline = time.monotonic() + given.minutes * 60
    trail = Trail(given.rows)
    if is_sqlite:
        trail.rows = load_sqlite(place / SQLITE_FILE, trail, deadline)
    else:
        trail.rows = load_postgresql(url, trail, deadline)
    _say(f"{trail.rows:,} rows")
    with engine_on(url) as engine:
        made = dict(_said(make_indexes(engine)))
    answers, with_new = asyncio.run(_ask_and_write(url, trail, given))
    with engine_on(url) as engine, engine.begin() as connection:
        for index in indexes():
            if index.name in NEW:
                index.drop(connection)
    without = asyncio.run(_write_again(url, trail))
    return SECTION.format(
        title="SQLite" if is_sqlite else "PostgreSQL",
        rows=trail.rows,
        held=given.held,
        size=sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 2**30,
        answers="\n".join(answers),
        slowest=max(float(line.split("|")[4]) for line in answers),
        batch=BATCH_ROWS,
        with_new=with_new,
        without=without,
        new=", ".join(f"{name} {seconds:.0f} s" for name, seconds in made.items() if name in NEW),
    )


async def _make(url: str) -> None:
    await (await Store.open(url, create=True, key=bytes(32))).close()


async def _ask_and_write(url: str, trail: Trail, given: argparse.Namespace) -> tuple[list[str], float]:
    store = await Store.open(url, create=False, key=bytes(32))
    try:
        await hold(store, trail, given.held)
        _say(f"{given.held:,} of them held")
        answers = await ask(store, trail, given.runs)
        _say("asked")
        return answers, await write_ms(store, trail, trail.rows)
    finally:
        await store.close()


async def _write_again(url: str, trail: Trail) -> float:
    """Write as many batches behind those that are written."""
    store = await Store.open(url, create=False, key=bytes(32))
    try:
        return await write_ms(store, trail, trail.rows + BATCHES * BATCH_ROWS)
    finally:
        await store.close()


def _said(made: Iterator[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    for name, seconds in made:
        _say(f"{name}: {seconds:.0f} s")
        yield name, seconds


def _say(sentence: str) -> None:
    print(f"{datetime.now():%H:%M:%S}  {sentence}", file=sys.stderr, flush=True)


SECTION = """
## {title}: {rows:,} rows, {held:,} messages held

| what | found | more behind | first ms | again ms |
|---|---|---|---|---|
{answers}

Slowest first answer: {slowest:.0f} ms. The database has {size:.1f} GiB.

A batch of {batch} messages takes {with_new:.1f} ms to write, without the four indexes of `trace` {without:.1f} ms.
Making these on the full tables, as `mailwarden db upgrade` does: {new}.
"""

HEAD = """# `mailwarden trace` on a long audit trail

Written by `make bench-trace` on {date}: Python {python}, {machine}, {cores} cores. Pages of 100 messages with
recipients and history; the first run, and the median of {more} more. The rows are made up: 200,000 domains outside,
60,000 clients, one message in thirty refused, one in five for two recipients; they have no hashes.
"""


def run(kind: str, given: argparse.Namespace) -> str:
    """Measure on one engine, in a folder that is deleted."""
    if shutil.disk_usage(tempfile.gettempdir()).free < given.rows * MESSAGE_BYTES:
        raise SystemExit(f"{tempfile.gettempdir()} needs {given.rows * MESSAGE_BYTES >> 30} GiB for {given.rows} rows")
    _say(kind)
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="mailwarden-trace-") as folder:
            return measure(f"sqlite:///{folder}/{SQLITE_FILE}", Path(folder), given)
    with Postgresql() as server:
        return measure(server.database(), server.folder, given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--held", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=15, help="the most for writing the rows of an engine")
    parser.add_argument("--engine", action="append", choices=("sqlite", "postgresql"), help="default: both")
    parser.add_argument("--keep", action="store_true", help="print the page only, leave TRACE.md alone")
    given = parser.parse_args()
    page = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        machine=platform.machine(),
        cores=os.cpu_count(),
        more=given.runs - 1,
    )
    page += "".join(run(kind, given) for kind in given.engine or ("sqlite", "postgresql"))
    print(page)
    if not given.keep:
        RESULTS.write_text(page)


if __name__ == "__main__":
    main()
