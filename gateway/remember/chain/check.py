"""The check of a whole chain, from its sealed start to its sealed head, in one view of the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.remember.chain.ends import Chain, End, read_ends
from gateway.remember.chain.faults import Fault, from_note
from gateway.remember.chain.links import as_stored, batches, lone_recipients, without_place
from gateway.remember.chain.walk import Link, Walk
from gateway.remember.database.database import record_key
from gateway.remember.database.schema import EPOCH

#: Faults of a chain that are told one by one; with another secret.key every row is one.
TOLD = 100

#: A head that somebody noted: its number, and the first digits of its hash.
Noted = tuple[int, str]


@dataclass(slots=True)
class Checked:
    """The outcome for one chain."""

    chain: Chain
    rows: int = 0
    first: datetime | None = None  # times of the first and of the last row; None without any
    last: datetime | None = None
    purged: int = 0  # number of the row that the purge removed last; 0: none yet, or nobody can say
    purged_at: datetime | None = None  # the time of that purge
    number: int = 0  # of the head
    hash: str = ""  # of the head, hexadecimal
    faults: list[Fault] = field(default_factory=list)  # the first TOLD of them
    more: int = 0  # faults besides
    found: set[Noted] = field(default_factory=set)

    def add(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            if len(self.faults) < TOLD:
                self.faults.append(fault)
            else:
                self.more += 1


async def check_chain(connection: AsyncConnection, chain: Chain, noted: Collection[Noted] = ()) -> Checked:
    """Check every row of a chain; note which of the noted heads are in it. Raises StoreUnavailable."""
    key = record_key(connection)
    checked = Checked(chain)
    async with as_stored(connection):
        ends = await read_ends(connection, key, chain)
        start, head = ends["start"], ends["head"]
        checked.add([Fault("start")] if not start.sealed else [from_note(start.note)] if start.note else [])
        if start.sealed and start.number:
            checked.purged, checked.purged_at = start.number, start.at
        walk = Walk(key, chain, start, head)
        _find(checked, noted, [(start.number, start.hash)])
        async for rows in batches(connection, chain, start.number if start.sealed else None):
            checked.add(walk.take(rows))
            _count(checked, rows)
            _find(checked, noted, [(row.number, row.hash) for row in rows])
        strangers = await without_place(connection, chain, start.number)
        checked.add(walk.take(strangers))
        if chain == "audit":
            checked.add(Fault("recipient", id=id) for id in await lone_recipients(connection))
    checked.add(_end_faults(walk, head))
    checked.number, checked.hash = head.number, head.hash.hex()
    return checked


def _end_faults(walk: Walk, head: End) -> list[Fault]:
    if not head.sealed:
        return [Fault("head")]
    return [Fault("missing", walk.number + 1, other=head.number)] if walk.number < head.number else []


def _count(checked: Checked, rows: list[Link]) -> None:
    times = [row.at for row in rows if type(row.at) is int]
    checked.rows += len(rows)
    if times:
        checked.first = checked.first or _time(times[0])
        checked.last = _time(times[-1]) or checked.last


def _time(microseconds: int) -> datetime | None:
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def _find(checked: Checked, noted: Collection[Noted], rows: Iterable[tuple[Any, Any]]) -> None:
    """Note which of the noted heads stand in these rows, given by number and hash."""
    wanted = {number for number, _ in noted}
    there = {number: hash for number, hash in rows if number in wanted and type(hash) is bytes}
    checked.found.update((n, digits) for n, digits in noted if n in there and there[n].hex().startswith(digits))
