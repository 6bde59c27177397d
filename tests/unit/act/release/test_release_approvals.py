"""Notices of a release by two: the approvers hear that it waits, and the first person what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.act.release.release import Signed
from gateway.contract import Payee
from gateway.remember.records import Verification
from tests.support.builders.confirmations import CONTROL, ONE
from tests.support.builders.judgement import finding
from tests.support.builders.requests import BOB, asking_address, last_text, told, writes
from tests.support.servers.embedded_gateway import EmbeddedGateway

ALICE, CAROL, DESK = "alice.r@example.co.uk", "carol.r@example.co.uk", "it@example.co.uk"
MORE = (
    f"{CONTROL}reviewers: {{alice: [reviewer, approver], carol: [approver], dave: [approver]}}\n"
    f"reviewer_addresses: {{alice: {ALICE}, carol: {CAROL}}}\n"
)
CALLED = Verification("Ann Lee", "telephone", "+44 20 7946 0000")


async def signed(gateway: EmbeddedGateway) -> None:
    """Hold a message for Bob, and release it as the first of two people."""
    gateway.probe.finds = [finding("probe.payment", summary="It names another account.")]
    gateway.probe.pays = Payee("", frozenset(), frozenset())
    assert (await gateway.accept(f"in:{BOB}", id=ONE)).ok
    await gateway.tidy()
    done = await gateway.release.release(ONE, actor="alice", uid=1, reason="Ann called them", verification=CALLED)
    assert isinstance(done, Signed)


async def approve(gateway: EmbeddedGateway, **parts: Any) -> None:
    await gateway.release.approve(ONE, **{"actor": "carol", "uid": 2, "reason": "seen the note"} | parts)


async def test_the_approvers_hear_that_it_waits(tmp_path: Path) -> None:
    """Author, reason and command are there; whoever has no address of their own is told at the desk's."""
    async with EmbeddedGateway(tmp_path, more=MORE) as gateway:
        await signed(gateway)
        await gateway.tidy()
        assert [len(told(gateway, person)) for person in (ALICE, CAROL, DESK)] == [0, 1, 1]
        said = last_text(gateway, CAROL)
        for part in (
            "A release waits for your approval alice wants to release this message",
            "It names another account.",
            "From: Eve <eve@outside.example>",
            f"To: {BOB}",
            "Reason: Ann called them",
            "until Thursday 05 March 2026, 09:30 GMT",
            f'mailwarden quarantine approve {ONE} --reason "..."',
        ):
            assert part in said
        assert asking_address(gateway, CAROL) == DESK


@pytest.mark.parametrize("outcome", ["approved", "deleted"])
async def test_the_first_person_hears_the_outcome(tmp_path: Path, outcome: str) -> None:
    """Once, with the name of the person who decided."""
    async with EmbeddedGateway(tmp_path, more=MORE) as gateway:
        await signed(gateway)
        if outcome == "approved":
            await approve(gateway)
        else:
            await gateway.release.delete(ONE, actor="carol", reason="no")
        await gateway.tidy()
        expected = {
            "approved": "Your release was approved carol has approved it",
            "deleted": "The message that you released was deleted carol has deleted it",
        }
        assert len(told(gateway, ALICE)) == 1
        assert last_text(gateway, ALICE).startswith(expected[outcome])


async def test_whoever_asked_hears_when_it_goes(tmp_path: Path) -> None:
    """Not from the first of the two, who sends nothing."""
    async with EmbeddedGateway(tmp_path, more=MORE) as gateway:
        gateway.probe.finds = [finding("probe.payment")]
        await gateway.accept(f"in:{BOB}", id=ONE)
        await gateway.tidy()
        assert (await writes(gateway, asking_address(gateway), text="I telephoned them.")).ok
        await gateway.release.release(ONE, asked=True, actor="alice", uid=1, reason="so", verification=CALLED)
        await gateway.tidy()
        assert len(told(gateway)) == 1
        await approve(gateway)
        await gateway.tidy()
        assert last_text(gateway).startswith("Released: Hello")
