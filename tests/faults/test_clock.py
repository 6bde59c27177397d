"""A clock that jumps: what was accepted stays accepted, and what depends on times of day is late or early, not lost."""

from __future__ import annotations

from pathlib import Path

from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import House
from tests.support.servers.sink import Sink

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"


def busy() -> Sink:
    """Ann's mailbox is full."""
    return Sink(rcpt_reply=lambda address: b"450 4.2.1 busy" if address.startswith("ann@") else None)


async def test_the_outbox_and_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """The next attempt waits for the clock to come there again."""
    home = busy()
    async with House(tmp_path, home=home) as house:
        assert (await house.accept(BOB, ANN)).ok
        home.rcpt_reply = lambda _: None
        house.clock.move(hours=-1)
        await house.tidy()
        assert await house.waiting() == {"relay": ["ann@example.co.uk"]}
        house.clock.move(hours=1, minutes=5)
        await house.tidy()
        assert await house.waiting() == {}


async def test_the_outbox_and_a_clock_that_is_set_on(tmp_path: Path) -> None:
    """More than a day: the next attempt is the last, and what it can't deliver is held as delivery.failed."""
    async with House(tmp_path, home=busy()) as house:
        assert (await house.accept(BOB, ANN)).ok
        house.clock.move(days=2)
        await house.tidy()
        assert await house.waiting() == {}
        assert [held.codes for held in await house.store.quarantine.list()] == [("delivery.failed",)]


async def test_a_deferral_and_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """The limit counts from the time that was noted: the message is held later than it would have been, yet it is."""
    async with House(tmp_path) as house:
        house.probe.finds = [finding("probe.away")]
        assert (await house.accept(BOB)).code == 451
        house.clock.move(hours=-2)
        assert (await house.accept(BOB)).code == 451
        house.clock.move(hours=6, seconds=1)
        assert (await house.accept(BOB)).code == 250
        assert [held.codes for held in await house.store.quarantine.list()] == [("gateway.deferred",)]


async def test_the_purge_and_a_clock_that_is_set_on(tmp_path: Path) -> None:
    """The clock is set on by more than the retention: held messages are purged as if they were that old."""
    async with House(tmp_path) as house:
        house.probe.finds = [finding("probe.hold")]
        assert (await house.accept(BOB)).ok
        house.clock.move(days=29)
        await house.keeper.work()
        assert len(await house.store.quarantine.list()) == 1
        house.clock.move(days=2)
        await house.keeper.work()
        assert await house.store.quarantine.list() == []
