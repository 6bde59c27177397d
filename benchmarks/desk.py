"""`make bench-desk`: the reviewers' desk over 100,000 held messages; writes benchmarks/DESK.md.

The messages are made up and lie in an SQLite store; times are this process's own, the median of the runs. The screen is
driven by Textual's pilot at 80 columns and 24 lines. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import insert

from gateway.cli.review.screen import Review
from gateway.operations.as_json import listed
from gateway.remember.database.schema import contents, held, held_codes, held_copies
from gateway.remember.store import Store
from gateway.settings.models import REASONS

RESULTS = Path(__file__).with_name("DESK.md")
CODES = ("virus.found", "attachment.executable", "attachment.script", "payment_change.account", "audience.exposed")
BATCH = 5_000


async def fill(store: Store, messages: int) -> None:
    """Put so many held messages into the store, one a minute."""
    now = datetime.now(UTC)
    async with store.database.writing() as connection:
        content = {"sha256": b"x" * 32, "bytes": 1, "packing": "none", "stored_bytes": 1, "stored": b"x"}
        await connection.execute(insert(contents), content)
    for start in range(0, messages, BATCH):
        numbers = range(start, min(start + BATCH, messages))
        async with store.database.writing() as connection:
            await connection.execute(insert(held), [_entry(number, now) for number in numbers])
            await connection.execute(insert(held_copies), [_copy(number) for number in numbers])
            rows = [{"held_id": _id(number), "code": CODES[number % len(CODES)]} for number in numbers]
            await connection.execute(insert(held_codes), rows)


def _id(number: int) -> str:
    return f"019b{number:08x}"[:8] + f"-{number % 65536:04x}-7000-8000-{number:012x}"


def _entry(number: int, now: datetime) -> dict[str, Any]:
    code = CODES[number % len(CODES)]
    sender = f"person{number % 5000}@company{number % 900}.example"
    subject = f"Invoice {number} for the delivery in week {number % 52}"
    evidence = [{"what": "file name", "quote": "invoice.exe", "part": "1.2", "span": None, "weight": None}]
    return {
        "id": _id(number),
        "received_at": now - timedelta(minutes=number),
        "listener": "inbound",
        "direction": "inbound",
        "mail_from": sender,
        "sender_folded": sender,
        "subject": subject,
        "subject_folded": subject.lower(),
        "message_id": f"<{number}@example>",
        "codes": [code],
        "bytes": 1000 + number % 100_000,
        "stored_bytes": 1,
        "client": {"address": "192.0.2.1"},
        "envelope": {},
        "findings": [{"code": code, "summary": "It has one.", "evidence": evidence, "mode": "enforce"}],
        "edits": [],
        "content": b"x" * 32,
        "author": f"Person {number % 5000} <{sender}>",
        "author_folded": f" {sender} ",
    }


def _copy(number: int) -> dict[str, Any]:
    address = f"employee{number % 500}@example.co.uk"
    about = {"address": address, "address_folded": address, "direction": "inbound", "state": "held", "key": b""}
    return {"held_id": _id(number), "position": 0, **about, "codes": [], "changed_by": "", "reason": ""}


async def timed(runs: int, work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return the median wall time and processor time of the work, in milliseconds."""
    wall, cpu = [], []
    for _ in range(runs):
        began, used = time.perf_counter(), time.process_time()
        await work()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return median(wall), median(cpu)


async def measure(messages: int, runs: int) -> list[tuple[str, float, float]]:
    with tempfile.TemporaryDirectory(prefix="mailwarden-desk-") as folder:
        store = await Store.open(f"sqlite:///{folder}/store.sqlite", create=True, key=bytes(32))
        try:
            await fill(store, messages)
            q, middle = store.quarantine, (datetime.now(UTC) - timedelta(minutes=messages // 2), "")
            rows: list[tuple[str, Callable[[], Awaitable[object]]]] = [
                ("list, the newest 100", lambda: q.list(limit=100)),
                ("count", q.count),
                (f"list, 100 behind row {messages // 2:,}", lambda: q.list(limit=100, behind=middle)),
                ("the same by size, with an offset", lambda: q.list(limit=100, offset=messages // 2, order="largest")),
                ("list by code `virus.*`", lambda: q.list(limit=100, code="virus.*")),
                ("list by sender `*@company7.example`", lambda: q.list(limit=100, sender="*@company7.example")),
                ("list by two words of the subject", lambda: q.list(limit=100, subject="week 7")),
                ("list, sorted by size", lambda: q.list(limit=100, order="largest")),
                ("the screen's first page", lambda: first_screen(store)),
                ("the screen, 300 rows down", lambda: scrolled(store)),
            ]
            return [(name, *await timed(runs, work)) for name, work in rows]
        finally:
            await store.close()


def asked(store: Store) -> Any:
    async def ask(do: str, /, **arguments: Any) -> Any:
        match do:
            case "quarantine.count":
                return await store.quarantine.count()
            case "quarantine.list":
                if behind := arguments.pop("behind", None):
                    arguments["behind"] = datetime.fromisoformat(behind[0]), behind[1]
                return [listed(entry) for entry in await store.quarantine.list(**arguments)]
        return list(REASONS)

    return ask


async def first_screen(store: Store) -> None:
    app = Review(asked(store))
    async with app.run_test(size=(80, 24)) as pilot:
        while not app.listing.held:
            await pilot.pause(0)


async def scrolled(store: Store) -> None:
    app = Review(asked(store))
    async with app.run_test(size=(80, 24)) as pilot:
        while app.listing.cursor_row < 300:
            await pilot.press("pagedown")


HEAD = """# The reviewers' desk over {messages:,} held messages

Written by `make bench-desk` ({runs} runs) on {date}: Python {python}, {machine}, SQLite. Milliseconds, medians; the
screen's rows contain its start by Textual.

| what | ms | of them processor time |
|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="print the table only, leave DESK.md alone")
    given = parser.parse_args()
    rows = asyncio.run(measure(given.messages, given.runs))
    head = HEAD.format(
        messages=given.messages,
        runs=given.runs,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        machine=platform.machine(),
    )
    text = head + "".join(f"| {name} | {wall:.0f} | {cpu:.0f} |\n" for name, wall, cpu in rows)
    print(text)
    if not given.keep:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
