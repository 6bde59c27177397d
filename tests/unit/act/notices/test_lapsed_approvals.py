"""A release that nobody approves in time: the first person hears of it once, and the message stays held."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.remember.records import Verification
from tests.support.builders.judgement import finding
from tests.support.builders.requests import last_text, told
from tests.support.servers.embedded_gateway import EmbeddedGateway

pytestmark = pytest.mark.usefixtures("on_both_databases")

TWO = (
    "reviewers: {alice: [reviewer], bob: [approver], carol: [approver]}\nreviewer_addresses: {alice: a@example.co.uk}\n"
)
VERIFIED = Verification("Ann", "telephone", "+44 20")


async def signed(gateway: EmbeddedGateway) -> None:
    gateway.probe.finds = [finding("probe.payment")]
    await gateway.accept("in:bob@example.co.uk", "in:ann@example.co.uk", id="m1")
    await gateway.release.release("m1", actor="alice", uid=1, reason="asked Ann", verification=VERIFIED)


async def test_the_first_person_is_told_once(tmp_path: Path) -> None:
    """Not a second before; the record says that it lapsed."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await signed(gateway)
        gateway.clock.move(days=3)
        await gateway.tidy()
        assert told(gateway, "a@example.co.uk") == []
        gateway.clock.move(minutes=1, seconds=1)
        for _ in range(2):
            await gateway.tidy()
            gateway.clock.move(minutes=2)
        assert len(told(gateway, "a@example.co.uk")) == 1
        said = last_text(gateway, "a@example.co.uk")
        assert said.startswith("Your release was not approved in time")
        assert "It is still held: release it anew" in said
        (entry,) = await gateway.held()
        assert {(c.state, c.signature) for c in entry.copies} == {("held", None)}
        last = (await gateway.trace("m1")).history[-1]
        assert (last.operation, last.actor, set(last.addresses)) == (
            "lapse",
            "mailwarden",
            {"bob@example.co.uk", "ann@example.co.uk"},
        )


async def test_two_keepers_tell_it_once(tmp_path: Path) -> None:
    """Whoever drops the signatures writes the notice, in the same transaction."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await signed(gateway)
        gateway.clock.move(days=4)
        (entry,) = await gateway.held()
        since = gateway.release.rules.since(gateway.clock.now())
        addresses = [c.address for c in entry.copies]
        lapse = gateway.store.quarantine.lapse
        assert await lapse("m1", addresses, since=since, at=gateway.clock.now(), notices=[])
        assert not await lapse("m1", addresses, since=since, at=gateway.clock.now(), notices=[])
