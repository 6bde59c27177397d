"""`make bench-move`: a store of 100,000 held messages moved to PostgreSQL and back; writes benchmarks/MOVE.md.

The messages are made up; each has a content of its own. The server is a PostgreSQL of this command's own, that doesn't
sync. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert, update

from benchmarks.desk import BATCH, _id, fill
from gateway.remember.copies.transfer import transfer
from gateway.remember.database.database import store_url
from gateway.remember.database.schema import contents, held
from gateway.remember.records import AuditRow
from gateway.remember.store import Store
from tests.support.servers.postgresql import BARE, Postgresql

RESULTS = Path(__file__).with_name("MOVE.md")
KEY = bytes(32)
CONTENT_BYTES = 8_000


async def make(url: str, messages: int) -> None:
    """Make a store of so many held messages, each with a content and a row of the audit trail."""
    store = await Store.open(url, create=True, key=KEY)
    try:
        await fill(store, messages)
        for start in range(0, messages, BATCH):
            numbers = range(start, min(start + BATCH, messages))
            await add_contents(store, numbers)
            for number in numbers:
                store.audit.append(audit_row(number))
            await store.audit.flush()
    finally:
        await store.close()


async def add_contents(store: Store, numbers: range) -> None:
    rows = []
    for number in numbers:
        stored = os.urandom(CONTENT_BYTES)
        sha256 = hashlib.sha256(stored).digest()
        size = {"bytes": CONTENT_BYTES, "stored_bytes": CONTENT_BYTES}
        rows.append((number, {"sha256": sha256, "packing": "none", "stored": stored, **size}))
    async with store.database.writing() as connection:
        await connection.execute(insert(contents), [row for _, row in rows])
        for number, row in rows:
            of = update(held).where(held.c.id == _id(number))
            await connection.execute(of.values(content=row["sha256"], stored_bytes=CONTENT_BYTES))


def audit_row(number: int) -> AuditRow:
    """Return the record of a message that was held."""
    return AuditRow(
        id=_id(number),
        at=datetime.now(UTC) - timedelta(minutes=number),
        listener="inbound",
        client="192.0.2.1",
        message_id=f"<{number}@example>",
        mail_from=f"person{number % 5000}@company{number % 900}.example",
        recipients=((f"employee{number % 500}@example.co.uk", "inbound", "quarantine"),),
        bytes=CONTENT_BYTES,
        codes=("virus.found",),
        reply="250 2.0.0 taken",
        ms={"judge": 1.5},
    )


async def move(source: str, target: str) -> tuple[float, int, int]:
    """Move a store as `mailwarden db copy` does; return the seconds, the rows and the faults of the chains."""
    began = time.perf_counter()
    await (await Store.open(target, create=True, key=KEY)).close()
    proof = await transfer(store_url(source), store_url(target), KEY, lambda *_: None)
    return time.perf_counter() - began, sum(proof.rows.values()), proof.faults


async def measure(server: Postgresql, messages: int) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="mailwarden-move-") as folder:
        first, second, third = f"sqlite:///{folder}/a.db", server.database(BARE), f"sqlite:///{folder}/b.db"
        await make(first, messages)
        lines = []
        for name, source, target in (("SQLite to PostgreSQL", first, second), ("PostgreSQL to SQLite", second, third)):
            seconds, rows, faults = await move(source, target)
            lines.append(f"| {name} | {rows:,} | {faults} | {seconds / 60:.1f} |")
        return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    messages = parser.parse_args().messages
    with Postgresql() as server:
        lines = asyncio.run(measure(server, messages))
    report = f"""# A store's move to another database

`make bench-move` wrote this file: a store of {messages:,} held messages, each with a content of
{CONTENT_BYTES:,} octets of its own and a row of the audit trail, moved as `mailwarden db copy` does it. The minutes
are all of it: every row copied in one transaction, counted in both stores, both chains walked in both stores.
{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}, Python {platform.python_version()}; PostgreSQL on the same
machine, without syncing.

| move | rows | faults of the chains | minutes |
|---|---:|---:|---:|
{chr(10).join(lines)}
"""
    RESULTS.write_text(report, "utf-8")
    print(report)


if __name__ == "__main__":
    main()
