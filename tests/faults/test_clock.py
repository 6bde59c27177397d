"""A clock that jumps: what was accepted stays accepted, and what depends on times of day is late or early, not lost."""

from __future__ import annotations

from pathlib import Path

from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.support.servers.sink import Sink

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"


def busy() -> Sink:
    """Ann's mailbox is full."""
    return Sink(rcpt_reply=lambda address: b"450 4.2.1 busy" if address.startswith("ann@") else None)


async def test_the_outbox_and_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """The next attempt waits for the clock to come there again."""
    home = busy()
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        assert (await gateway.accept(BOB, ANN)).ok
        home.rcpt_reply = lambda _: None
        gateway.clock.move(hours=-1)
        await gateway.tidy()
        assert await gateway.waiting() == {"relay": ["ann@example.co.uk"]}
        gateway.clock.move(hours=1, minutes=5)
        await gateway.tidy()
        assert await gateway.waiting() == {}


async def test_the_outbox_and_a_clock_that_is_set_on(tmp_path: Path) -> None:
    """More than a day: the next attempt is the last, and what it can't deliver is held as delivery.failed."""
    async with EmbeddedGateway(tmp_path, home=busy()) as gateway:
        assert (await gateway.accept(BOB, ANN)).ok
        gateway.clock.move(days=2)
        await gateway.tidy()
        assert await gateway.waiting() == {}
        assert [held.codes for held in await gateway.store.quarantine.list()] == [("delivery.failed",)]


async def test_a_deferral_and_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """The limit counts from the time that was noted: the message is held later than it would have been, yet it is."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.away")]
        assert (await gateway.accept(BOB)).code == 451
        gateway.clock.move(hours=-2)
        assert (await gateway.accept(BOB)).code == 451
        gateway.clock.move(hours=6, seconds=1)
        assert (await gateway.accept(BOB)).code == 250
        assert [held.codes for held in await gateway.store.quarantine.list()] == [("gateway.deferred",)]


async def test_the_purge_and_a_clock_that_is_set_on(tmp_path: Path) -> None:
    """The clock is set on by more than the retention: held messages are purged as if they were that old."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept(BOB)).ok
        gateway.clock.move(days=29)
        await gateway.keeper.work()
        assert len(await gateway.store.quarantine.list()) == 1
        gateway.clock.move(days=2)
        await gateway.keeper.work()
        assert await gateway.store.quarantine.list() == []
