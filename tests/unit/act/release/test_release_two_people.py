"""Release of a change of payment details: verification by a person, a second person, and the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.act.release.account_choice import AccountHandle
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.payment_accounts import NoUsableAccount
from gateway.act.release.release import Released, Signed
from gateway.contract import Account, Payee, Standing
from gateway.remember.database.errors import NotHeld
from gateway.remember.ledger import StoreLedger
from gateway.remember.ledger_keys import handle
from gateway.remember.records import HeldCopy, Verification
from tests.support.builders.authentication import FakeResolver
from tests.support.builders.judgement import PLAIN, finding
from tests.support.servers.embedded_gateway import LEDGER_KEYS, EmbeddedGateway

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN, JOE = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example"
BOTH = ("bob@example.co.uk", "ann@example.co.uk")
TWO = "reviewers: {alice: [reviewer, approver], carol: [approver], dave: [approver]}\n"
NEW = Account("iban", "DE89370400440532013000")
SUPPLIER = Payee("supplier.example", frozenset({NEW}), frozenset({"eve@evil.example", "boss@example.co.uk"}))
ENTERED = (AccountHandle(handle(LEDGER_KEYS.blocked(NEW)), "iban"),)
CALLED = Verification("Ann Lee", "telephone", "+44 20 7946 0000")
ALICE, CAROL, ROOT = 1001, 1002, 0


async def held(gateway: EmbeddedGateway, *recipients: str, code: str = "probe.payment", **parts: Any) -> None:
    gateway.probe.finds = [finding(code)]
    gateway.probe.pays = SUPPLIER
    assert (await gateway.accept(*(recipients or (BOB, ANN)), **parts)).ok


async def release(gateway: EmbeddedGateway, **parts: Any) -> Released | Signed:
    given = {"actor": "alice", "uid": ALICE, "reason": "I know them", "verification": CALLED} | parts
    return await gateway.release.release("m1", **given)


async def approve(gateway: EmbeddedGateway, *, id: str = "m1", **parts: Any) -> Released:
    given = {"actor": "carol", "uid": CAROL, "reason": "seen the note"} | parts
    return await gateway.release.approve(id, **given)


def ledger(gateway: EmbeddedGateway) -> StoreLedger:
    return gateway.store.ledger(LEDGER_KEYS)


async def known(gateway: EmbeddedGateway) -> Standing:
    return await ledger(gateway).standing("supplier.example", [NEW])


async def copies(gateway: EmbeddedGateway) -> dict[str, HeldCopy]:
    return {c.address: c for entry in await gateway.held() for c in entry.copies}


async def states(gateway: EmbeddedGateway) -> set[str]:
    return {c.state for c in (await copies(gateway)).values()}


def relayed(gateway: EmbeddedGateway) -> list[tuple[str, ...]]:
    return [got.recipients for sink in (gateway.home, gateway.world) for got in sink.got if got.mail_from]


async def history(gateway: EmbeddedGateway) -> list[tuple[str, str, str]]:
    return [(h.operation, h.actor, h.reason) for h in (await gateway.trace()).history]


# --- verified --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [{"verification": None}, {"reason": " \u200b"}, {"reason": "", "verification": None}])
async def test_a_change_is_released_only_by_who_says_how_it_was_verified(tmp_path: Path, parts: dict[str, Any]) -> None:
    """And why; the refusal names the options, and nothing has changed."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        with pytest.raises(
            ReleaseStopped, match=r"--verified-by NAME, --how in-person or --how telephone, --contact"
        ) as told:
            await release(gateway, **parts)
        assert told.value.codes == ("probe.payment",)
        assert (await states(gateway), relayed(gateway)) == ({"held"}, [])


async def test_the_record_says_who_verified_it_and_how(tmp_path: Path) -> None:
    """One person releases, as shipped, while fewer than two approvers are named."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        assert await release(gateway) == Released("m1", BOTH, delivered=True, verified=ENTERED)
        assert await history(gateway) == [
            ("release", "alice", "I know them (verified by Ann Lee, telephone: +44 20 7946 0000)")
        ]


async def test_a_verified_account_goes_into_the_ledger(tmp_path: Path) -> None:
    """The account is steady from now on."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await release(gateway)
        found = await known(gateway)
        assert (found.steady, found.others, found.known[NEW].verified) == (1, 1, True)


async def test_other_codes_need_no_verification_and_enter_nothing(tmp_path: Path) -> None:
    """Though the filter would name an account."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway, code="probe.hold")
        assert await release(gateway, verification=None, reason="") == Released("m1", BOTH, delivered=True)
        assert (await known(gateway)).others == 0


async def test_nobodys_account_is_not_entered(tmp_path: Path) -> None:
    """Our own announcement: it is released like the others, and the ledger keeps none of ours."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, JOE, sender="carol@example.co.uk")
        gateway.probe.pays = Payee("", frozenset({NEW}), frozenset())
        assert isinstance(await release(gateway), Released)
        assert relayed(gateway) == [("joe@outside.example",)]


async def test_a_release_that_is_stopped_enters_nothing(tmp_path: Path) -> None:
    """Another finding since."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.probe.finds = [finding("probe.payment"), finding("probe.reject")]
        with pytest.raises(ReleaseStopped, match=r"probe\.reject"):
            await release(gateway)
        assert (await known(gateway)).others == 0


# --- two people ------------------------------------------------------------------------------------------------------


async def test_the_first_of_two_lets_nothing_go(tmp_path: Path) -> None:
    """The copies stay held, signed; the answer names who may approve, without the first."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        assert await release(gateway) == Signed("m1", BOTH, ("carol", "dave"), verified=ENTERED)
        assert (await states(gateway), relayed(gateway)) == ({"held"}, [])
        signature = (await copies(gateway))["bob@example.co.uk"].signature
        assert signature is not None
        assert (signature.actor, signature.uid, signature.verification) == (
            "alice",
            ALICE,
            replace(CALLED, accounts=(ENTERED[0].handle,)),
        )
        assert (await known(gateway)).others == 0


async def test_the_second_lets_it_go(tmp_path: Path) -> None:
    """Both are on record; the account is verified from then on."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway)
        assert await approve(gateway) == Released("m1", BOTH, delivered=True, verified=ENTERED)
        assert relayed(gateway) == [BOTH]
        assert [h[:2] for h in await history(gateway)] == [("sign", "alice"), ("approve", "carol")]
        assert all("verified by Ann Lee" in reason for _, _, reason in await history(gateway))
        assert (await known(gateway)).steady == 1


async def test_nobody_approves_their_own_release(tmp_path: Path) -> None:
    """Persons are told apart by the kernel's user number, approvers or not, under whatever name."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway)
        with pytest.raises(ReleaseStopped, match="alice has released it: somebody else has to approve"):
            await approve(gateway, actor="alias of alice", uid=ALICE)
        assert (await states(gateway), relayed(gateway)) == ({"held"}, [])


async def test_root_is_one_person(tmp_path: Path) -> None:
    """A person who released as root does not approve as root."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway, actor="root", uid=ROOT)
        with pytest.raises(ReleaseStopped, match="somebody else"):
            await approve(gateway, actor="root", uid=ROOT)
        assert isinstance(await approve(gateway), Released)


async def test_an_approval_comes_second(tmp_path: Path) -> None:
    """An approval without a release is refused: there is nothing to approve."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        with pytest.raises(NotHeld, match="nobody has released m1 yet, or too long ago"):
            await approve(gateway)
        with pytest.raises(ReleaseStopped, match="needs a reason"):
            await approve(gateway, reason="\u200b")


@pytest.mark.parametrize(("hours", "counts"), [(72, True), (72.001, False)])
async def test_a_release_that_nobody_approves_lapses(tmp_path: Path, hours: float, counts: bool) -> None:
    """After `approval_limit`; then it is made anew."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway)
        gateway.clock.move(hours=hours)
        if counts:
            with pytest.raises(NotHeld, match=r"alice has released m1 .* already"):
                await release(gateway, actor="erin", uid=1005)
            assert isinstance(await approve(gateway), Released)
            return
        with pytest.raises(NotHeld, match="too long ago"):
            await approve(gateway)
        assert isinstance(await release(gateway, actor="erin", uid=1005), Signed)
        assert isinstance(await approve(gateway), Released)


async def test_the_limit_is_configured(tmp_path: Path) -> None:
    """`approval_limit`."""
    async with EmbeddedGateway(tmp_path, more=TWO + "approval_limit: 1h\n") as gateway:
        await held(gateway)
        await release(gateway)
        gateway.clock.move(hours=2)
        with pytest.raises(NotHeld):
            await approve(gateway)


async def test_the_chain_runs_again_when_the_second_approves(tmp_path: Path) -> None:
    """A virus that is known by then stops it; the first signature stays."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway)
        gateway.probe.finds = [finding("probe.payment"), finding("virus.found")]
        with pytest.raises(ReleaseStopped, match=r"virus\.found"):
            await approve(gateway)
        assert (await states(gateway), relayed(gateway)) == ({"held"}, [])
        gateway.probe.finds = [finding("probe.payment")]
        assert isinstance(await approve(gateway), Released)


async def test_what_would_be_stopped_is_not_signed(tmp_path: Path) -> None:
    """The first is told at once, not the second."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        gateway.probe.finds = [finding("probe.payment"), finding("virus.found")]
        with pytest.raises(ReleaseStopped, match=r"virus\.found"):
            await release(gateway)
        assert (await copies(gateway))["bob@example.co.uk"].signature is None


async def test_an_infected_message_for_two(tmp_path: Path) -> None:
    """The first person's statement about a virus holds for the second."""
    filters = "- probe: {release: two_people}"
    async with EmbeddedGateway(tmp_path, filters=filters, more=TWO) as gateway:
        await held(gateway, code="virus.found")
        await release(gateway, infected=True, verification=None)
        assert isinstance(await approve(gateway), Released)


async def test_one_copy_at_a_time(tmp_path: Path) -> None:
    """The other is neither signed nor released."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway, recipients=["ann@example.co.uk"])
        with pytest.raises(NotHeld, match="nobody has released"):
            await approve(gateway, recipients=["bob@example.co.uk"])
        with pytest.raises(NotHeld, match="nobody has released"):
            await approve(gateway, recipients=list(BOTH))
        assert (await approve(gateway)).recipients == ("ann@example.co.uk",)
        assert (await copies(gateway))["bob@example.co.uk"].state == "held"
        await release(gateway)
        assert (await approve(gateway)).recipients == ("bob@example.co.uk",)


async def test_of_two_approvals_at_once_one_releases(tmp_path: Path) -> None:
    """The other is told; one message goes out."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway)
        both = (approve(gateway), approve(gateway, actor="dave", uid=1003))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["NotHeld", "Released"]
        assert relayed(gateway) == [BOTH]


async def test_of_two_first_releases_at_once_one_counts(tmp_path: Path) -> None:
    """The second person is no approver by releasing too."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        both = (release(gateway), release(gateway, actor="erin", uid=1005))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["NotHeld", "Signed"]
        assert relayed(gateway) == []


async def test_where_one_is_written_one_releases(tmp_path: Path) -> None:
    """Though two approvers are named; verified all the same."""
    async with EmbeddedGateway(tmp_path, filters="- probe: {release: one}", more=TWO) as gateway:
        await held(gateway)
        with pytest.raises(ReleaseStopped, match="--verified-by"):
            await release(gateway, verification=None)
        assert isinstance(await release(gateway), Released)


async def test_what_an_off_filter_held_needs_what_it_needed(tmp_path: Path) -> None:
    """Switching it off opens nothing."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        rules = gateway.release.rules
        (entry,) = await gateway.held()
        assert rules.of(entry.copies).two_people
        assert rules.of(entry.copies).verification
    (tmp_path / "later").mkdir()
    async with EmbeddedGateway(tmp_path / "later", filters="- probe: {mode: off}", more=TWO) as gateway:
        assert gateway.release.rules.of(entry.copies).two_people


async def test_our_own_announcement_waits_for_approval(tmp_path: Path) -> None:
    """Outbound, by the same means."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway, JOE, sender="bob@example.co.uk")
        assert isinstance(await release(gateway), Signed)
        assert relayed(gateway) == []
        await approve(gateway)
        assert relayed(gateway) == [("joe@outside.example",)]


# --- fraud -----------------------------------------------------------------------------------------------------------


async def test_a_fraud_blocks_the_account_and_the_sender(tmp_path: Path) -> None:
    """The account is blocked from then on, and the sender if it is proven.

    The message is gone, and the report is on record.
    """
    async with EmbeddedGateway(
        tmp_path, resolver=FakeResolver({"outside.example": "v=spf1 ip4:192.0.2.7 -all"})
    ) as gateway:
        await held(gateway)
        gateway.probe.pays = replace(SUPPLIER, senders=SUPPLIER.senders | {"eve@outside.example"})
        await gateway.release.report_fraud("m1", actor="alice", reason="they know nothing of it")
        assert await states(gateway) == {"deleted"}
        senders = ["eve@evil.example", "eve@outside.example"]
        assert await ledger(gateway).blocked([NEW], senders) == {NEW, "eve@outside.example"}
        assert await history(gateway) == [("fraud", "alice", "they know nothing of it")]
        assert {b.mail_id for b in await gateway.store.payments(LEDGER_KEYS).blocks()} == {"m1"}


async def test_an_address_of_ours_is_never_blocked(tmp_path: Path) -> None:
    """A thief writes in the name of those whom people obey: their own mail must pass."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await gateway.release.report_fraud("m1", actor="alice", reason="x")
        assert not await ledger(gateway).blocked([], ["boss@example.co.uk"])


async def test_a_fraud_that_names_nothing_is_refused(tmp_path: Path) -> None:
    """It would block nothing, and the person must not believe that it did."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.probe.pays = Payee("", frozenset(), frozenset({"boss@example.co.uk"}))
        with pytest.raises(NoUsableAccount, match="without --fraud"):
            await gateway.release.report_fraud("m1", actor="alice", reason="x")
        assert await states(gateway) == {"held"}


async def test_a_fraud_is_reported_after_its_release_too(tmp_path: Path) -> None:
    """While the content is there: the call turned out to be the thief's."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await release(gateway)
        await gateway.release.report_fraud("m1", actor="alice", reason="x")
        assert await ledger(gateway).blocked([NEW], [])
        with pytest.raises(NotHeld):
            await gateway.release.report_fraud("m1", actor="alice", reason="x")


async def test_a_binned_message_is_reported_too(tmp_path: Path) -> None:
    """Somebody had deleted it as junk. It stays in the bin since then, and is reported once."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await gateway.store.quarantine.delete("m1", actor="bob", reason="junk", at=gateway.clock.now())
        gateway.clock.move(hours=1)
        await gateway.release.report_fraud("m1", actor="alice", reason="a thief's")
        assert await ledger(gateway).blocked([NEW], [])
        (entry,) = await gateway.held()
        assert entry.deleted_at == gateway.clock.now() - timedelta(hours=1)
        assert [one[:2] for one in await history(gateway)] == [("delete", "bob"), ("fraud", "alice")]
        with pytest.raises(NotHeld, match="was reported already"):
            await gateway.release.report_fraud("m1", actor="alice", reason="x")


async def test_a_restored_fraud_leaves_its_blocks(tmp_path: Path) -> None:
    """An administrator lifts them: a reviewer's slip of the hand doesn't."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await gateway.release.report_fraud("m1", actor="alice", reason="a thief's")
        await gateway.store.quarantine.restore("m1", actor="alice", reason="undo", at=gateway.clock.now())
        assert await states(gateway) == {"held"}
        assert await ledger(gateway).blocked([NEW], [])
        (block,) = await gateway.store.payments(LEDGER_KEYS).blocks(mail_id="m1")
        assert block.handle == ENTERED[0].handle
        assert not await gateway.store.payments(LEDGER_KEYS).blocks(mail_id="m2")


async def test_what_was_released_is_not_deleted(tmp_path: Path) -> None:
    """The refusal says that it can't be called back; of two copies the one that is held still is deleted."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await release(gateway, recipients=[BOTH[0]])
        delete = partial(gateway.store.quarantine.delete, "m1", actor="alice", reason="junk", at=gateway.clock.now())
        await delete()
        await gateway.store.quarantine.restore("m1", actor="alice", reason="undo", at=gateway.clock.now())
        await release(gateway, recipients=[BOTH[1]])
        with pytest.raises(NotHeld, match="m1 was released: nothing of it is held, and what was sent can't be called"):
            await delete()
        assert {copy.state for copy in (await copies(gateway)).values()} == {"released"}


async def test_what_was_released_was_what_came(tmp_path: Path) -> None:
    """Octet for octet, after two people."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway)
        await release(gateway)
        await approve(gateway)
        (got,) = [g for g in gateway.home.got if g.mail_from]
        assert got.content.endswith(b"\r\n" + PLAIN)
