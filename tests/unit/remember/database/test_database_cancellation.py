"""A deadline or a closed session may cancel a caller anywhere: the store loses no connection and isn't locked."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading

import pytest

from gateway.remember.audit import Audit
from gateway.remember.confirmed import StoreConfirmed
from gateway.remember.correspondents import StoreCorrespondents
from gateway.remember.counters import StoreCounters
from gateway.remember.database.database import to_the_end
from gateway.remember.deferrals import Deferrals
from gateway.remember.ledger import StoreLedger
from gateway.remember.ledger_admin import Payments
from gateway.remember.notices import PendingNotices
from gateway.remember.outbox import Outbox
from gateway.remember.pauses import StorePauses
from gateway.remember.quarantine import Quarantine
from gateway.remember.trail import Trail
from gateway.remember.used_tokens import Tokens

PARTS = (
    *(Audit, StoreCorrespondents, StoreCounters, Deferrals, PendingNotices, Outbox, Quarantine),
    *(StoreLedger, Payments, StorePauses, StoreConfirmed, Tokens, Trail),
)
#: These use no connection themselves, but only by way of others that run to the end.
BY_OTHERS = {
    *(Audit.run, Audit.flush, Audit.close),
    *(Quarantine.known, StoreCorrespondents.known, StoreCounters.total, StoreLedger.blocked),
}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_no_method_was_forgotten(part):
    """Every coroutine that a part offers runs to its end."""
    methods = [m for name, m in vars(part).items() if inspect.iscoroutinefunction(m) and not name.startswith("_")]
    assert methods
    assert [m.__name__ for m in methods if m not in BY_OTHERS and not hasattr(m, "runs_to_the_end")] == []


@pytest.fixture
def no_collection():
    """Disable the garbage collector, which must not be what gives the lock back."""
    gc.disable()
    yield
    gc.enable()


async def test_a_cancelled_hold_leaves_the_store_usable(store, make, no_collection):
    """Wherever the cancellation falls, the entry is there whole or not at all, and the next one is held."""
    await store.quarantine.hold(make.entry("first"), b"raw")
    await store.quarantine.list()
    threads = threading.active_count()
    for number in range(60):
        task = asyncio.ensure_future(store.quarantine.hold(make.entry(f"c{number}"), b"raw"))
        await asyncio.sleep(0.0002 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await store.quarantine.hold(make.entry(f"m{number}"), b"raw")
    entries = await store.quarantine.list(limit=1000)
    assert all(entry.copies for entry in entries)
    assert {f"m{number}" for number in range(60)} <= {entry.id for entry in entries}
    assert threading.active_count() <= threads + 1  # the second reader may have come


async def test_cancelled_reads_leave_the_store_usable(store, make, no_collection):
    """More of them than there are connections to read with."""
    await store.quarantine.hold(make.entry(), b"raw")
    for number in range(40):
        task = asyncio.ensure_future(store.quarantine.list())
        await asyncio.sleep(0.0001 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(await store.quarantine.list()) == 1


async def test_the_caller_is_told_after_the_end():
    """Cancelled twice, it still waits, and then it is cancelled though the work succeeded."""
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), []

    @to_the_end
    async def work() -> None:
        begun.set()
        await may_end.wait()
        ended.append(True)

    task = asyncio.ensure_future(work())
    await begun.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_what_the_work_gives_is_passed_on():
    """Its value, or its exception."""

    @to_the_end
    async def work(value: int) -> int:
        if not value:
            raise OSError("none")
        return value

    assert await work(3) == 3
    with pytest.raises(OSError, match="none"):
        await work(0)
