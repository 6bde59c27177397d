"""Release of a change of payment details: verification by a person, a second person, and the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.act.release.account_choice import Named
from gateway.act.release.held_mail import Stopped
from gateway.act.release.payment_accounts import Unknown
from gateway.act.release.release import Released, Signed
from gateway.contract import Account, Payee, Standing
from gateway.remember.database.errors import NotHeld
from gateway.remember.ledger import StoreLedger
from gateway.remember.ledger_keys import handle
from gateway.remember.records import HeldCopy, Verification
from tests.support.builders.authentication import Zone
from tests.support.builders.judgement import PLAIN, finding
from tests.support.servers.embedded_gateway import LEDGER_KEYS, House

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN, JOE = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example"
BOTH = ("bob@example.co.uk", "ann@example.co.uk")
TWO = "reviewers: {alice: [reviewer, approver], carol: [approver], dave: [approver]}\n"
NEW = Account("iban", "DE89370400440532013000")
SUPPLIER = Payee("supplier.example", frozenset({NEW}), frozenset({"eve@evil.example", "boss@example.co.uk"}))
ENTERED = (Named(handle(LEDGER_KEYS.blocked(NEW)), "iban"),)
CALLED = Verification("Ann Lee", "telephone", "+44 20 7946 0000")
ALICE, CAROL, ROOT = 1001, 1002, 0


async def held(house: House, *recipients: str, code: str = "probe.payment", **parts: Any) -> None:
    house.probe.finds = [finding(code)]
    house.probe.pays = SUPPLIER
    assert (await house.accept(*(recipients or (BOB, ANN)), **parts)).ok


async def release(house: House, **parts: Any) -> Released | Signed:
    given = {"actor": "alice", "uid": ALICE, "reason": "I know them", "verification": CALLED} | parts
    return await house.release.release("m1", **given)


async def approve(house: House, **parts: Any) -> Released:
    given = {"actor": "carol", "uid": CAROL, "reason": "seen the note"} | parts
    return await house.release.approve("m1", **given)


def ledger(house: House) -> StoreLedger:
    return house.store.ledger(LEDGER_KEYS)


async def known(house: House) -> Standing:
    return await ledger(house).standing("supplier.example", [NEW])


async def copies(house: House) -> dict[str, HeldCopy]:
    return {c.address: c for entry in await house.held() for c in entry.copies}


async def states(house: House) -> set[str]:
    return {c.state for c in (await copies(house)).values()}


def relayed(house: House) -> list[tuple[str, ...]]:
    return [got.recipients for sink in (house.home, house.world) for got in sink.got if got.mail_from]


async def history(house: House) -> list[tuple[str, str, str]]:
    return [(h.operation, h.actor, h.reason) for h in (await house.trace()).history]


# --- verified --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [{"verification": None}, {"reason": " \u200b"}, {"reason": "", "verification": None}])
async def test_a_change_is_released_only_by_who_says_how_it_was_verified(tmp_path: Path, parts: dict[str, Any]) -> None:
    """And why; the refusal names the options, and nothing has changed."""
    async with House(tmp_path) as house:
        await held(house)
        with pytest.raises(Stopped, match=r"--verified-by NAME, --how in-person or --how telephone, --contact") as told:
            await release(house, **parts)
        assert told.value.codes == ("probe.payment",)
        assert (await states(house), relayed(house)) == ({"held"}, [])


async def test_the_record_says_who_verified_it_and_how(tmp_path: Path) -> None:
    """One person releases, as shipped, while fewer than two approvers are named."""
    async with House(tmp_path) as house:
        await held(house)
        assert await release(house) == Released("m1", BOTH, delivered=True, verified=ENTERED)
        assert await history(house) == [
            ("release", "alice", "I know them (verified by Ann Lee, telephone: +44 20 7946 0000)")
        ]


async def test_a_verified_account_goes_into_the_ledger(tmp_path: Path) -> None:
    """The account is steady from now on."""
    async with House(tmp_path) as house:
        await held(house)
        await release(house)
        found = await known(house)
        assert (found.steady, found.others, found.known[NEW].verified) == (1, 1, True)


async def test_other_codes_need_no_verification_and_enter_nothing(tmp_path: Path) -> None:
    """Though the filter would name an account."""
    async with House(tmp_path, more=TWO) as house:
        await held(house, code="probe.hold")
        assert await release(house, verification=None, reason="") == Released("m1", BOTH, delivered=True)
        assert (await known(house)).others == 0


async def test_nobodys_account_is_not_entered(tmp_path: Path) -> None:
    """Our own announcement: it is released like the others, and the ledger keeps none of ours."""
    async with House(tmp_path) as house:
        await held(house, JOE, sender="carol@example.co.uk")
        house.probe.pays = Payee("", frozenset({NEW}), frozenset())
        assert isinstance(await release(house), Released)
        assert relayed(house) == [("joe@outside.example",)]


async def test_a_release_that_is_stopped_enters_nothing(tmp_path: Path) -> None:
    """Another finding since."""
    async with House(tmp_path) as house:
        await held(house)
        house.probe.finds = [finding("probe.payment"), finding("probe.reject")]
        with pytest.raises(Stopped, match=r"probe\.reject"):
            await release(house)
        assert (await known(house)).others == 0


# --- two people ------------------------------------------------------------------------------------------------------


async def test_the_first_of_two_lets_nothing_go(tmp_path: Path) -> None:
    """The copies stay held, signed; the answer names who may approve, without the first."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        assert await release(house) == Signed("m1", BOTH, ("carol", "dave"), verified=ENTERED)
        assert (await states(house), relayed(house)) == ({"held"}, [])
        signature = (await copies(house))["bob@example.co.uk"].signature
        assert signature is not None
        assert (signature.actor, signature.uid, signature.verification) == (
            "alice",
            ALICE,
            replace(CALLED, accounts=(ENTERED[0].handle,)),
        )
        assert (await known(house)).others == 0


async def test_the_second_lets_it_go(tmp_path: Path) -> None:
    """Both are on record; the account is verified from then on."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house)
        assert await approve(house) == Released("m1", BOTH, delivered=True, verified=ENTERED)
        assert relayed(house) == [BOTH]
        assert [h[:2] for h in await history(house)] == [("sign", "alice"), ("approve", "carol")]
        assert all("verified by Ann Lee" in reason for _, _, reason in await history(house))
        assert (await known(house)).steady == 1


async def test_nobody_approves_their_own_release(tmp_path: Path) -> None:
    """Persons are told apart by the kernel's user number, approvers or not, under whatever name."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house)
        with pytest.raises(Stopped, match="alice has released it: somebody else has to approve"):
            await approve(house, actor="alias of alice", uid=ALICE)
        assert (await states(house), relayed(house)) == ({"held"}, [])


async def test_root_is_one_person(tmp_path: Path) -> None:
    """A person who released as root does not approve as root."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house, actor="root", uid=ROOT)
        with pytest.raises(Stopped, match="somebody else"):
            await approve(house, actor="root", uid=ROOT)
        assert isinstance(await approve(house), Released)


async def test_an_approval_comes_second(tmp_path: Path) -> None:
    """An approval without a release is refused: there is nothing to approve."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        with pytest.raises(NotHeld, match="nobody has released m1 yet, or too long ago"):
            await approve(house)
        with pytest.raises(Stopped, match="needs a reason"):
            await approve(house, reason="\u200b")


@pytest.mark.parametrize(("hours", "counts"), [(72, True), (72.001, False)])
async def test_a_release_that_nobody_approves_lapses(tmp_path: Path, hours: float, counts: bool) -> None:
    """After `approval_limit`; then it is made anew."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house)
        house.clock.move(hours=hours)
        if counts:
            with pytest.raises(NotHeld, match=r"alice has released m1 .* already"):
                await release(house, actor="erin", uid=1005)
            assert isinstance(await approve(house), Released)
            return
        with pytest.raises(NotHeld, match="too long ago"):
            await approve(house)
        assert isinstance(await release(house, actor="erin", uid=1005), Signed)
        assert isinstance(await approve(house), Released)


async def test_the_limit_is_configured(tmp_path: Path) -> None:
    """`approval_limit`."""
    async with House(tmp_path, more=TWO + "approval_limit: 1h\n") as house:
        await held(house)
        await release(house)
        house.clock.move(hours=2)
        with pytest.raises(NotHeld):
            await approve(house)


async def test_the_chain_runs_again_when_the_second_approves(tmp_path: Path) -> None:
    """A virus that is known by then stops it; the first signature stays."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house)
        house.probe.finds = [finding("probe.payment"), finding("virus.found")]
        with pytest.raises(Stopped, match=r"virus\.found"):
            await approve(house)
        assert (await states(house), relayed(house)) == ({"held"}, [])
        house.probe.finds = [finding("probe.payment")]
        assert isinstance(await approve(house), Released)


async def test_what_would_be_stopped_is_not_signed(tmp_path: Path) -> None:
    """The first is told at once, not the second."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        house.probe.finds = [finding("probe.payment"), finding("virus.found")]
        with pytest.raises(Stopped, match=r"virus\.found"):
            await release(house)
        assert (await copies(house))["bob@example.co.uk"].signature is None


async def test_an_infected_message_for_two(tmp_path: Path) -> None:
    """The first person's statement about a virus holds for the second."""
    filters = "- probe: {release: two_people}"
    async with House(tmp_path, filters=filters, more=TWO) as house:
        await held(house, code="virus.found")
        await release(house, infected=True, verification=None)
        assert isinstance(await approve(house), Released)


async def test_one_copy_at_a_time(tmp_path: Path) -> None:
    """The other is neither signed nor released."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house, recipients=["ann@example.co.uk"])
        with pytest.raises(NotHeld, match="nobody has released"):
            await approve(house, recipients=["bob@example.co.uk"])
        with pytest.raises(NotHeld, match="nobody has released"):
            await approve(house, recipients=list(BOTH))
        assert (await approve(house)).recipients == ("ann@example.co.uk",)
        assert (await copies(house))["bob@example.co.uk"].state == "held"
        await release(house)
        assert (await approve(house)).recipients == ("bob@example.co.uk",)


async def test_of_two_approvals_at_once_one_releases(tmp_path: Path) -> None:
    """The other is told; one message goes out."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house)
        both = (approve(house), approve(house, actor="dave", uid=1003))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["NotHeld", "Released"]
        assert relayed(house) == [BOTH]


async def test_of_two_first_releases_at_once_one_counts(tmp_path: Path) -> None:
    """The second person is no approver by releasing too."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        both = (release(house), release(house, actor="erin", uid=1005))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["NotHeld", "Signed"]
        assert relayed(house) == []


async def test_where_one_is_written_one_releases(tmp_path: Path) -> None:
    """Though two approvers are named; verified all the same."""
    async with House(tmp_path, filters="- probe: {release: one}", more=TWO) as house:
        await held(house)
        with pytest.raises(Stopped, match="--verified-by"):
            await release(house, verification=None)
        assert isinstance(await release(house), Released)


async def test_what_an_off_filter_held_needs_what_it_needed(tmp_path: Path) -> None:
    """Switching it off opens nothing."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        rules = house.release.rules
        (entry,) = await house.held()
        assert rules.of(entry.copies).two_people
        assert rules.of(entry.copies).verification
    (tmp_path / "later").mkdir()
    async with House(tmp_path / "later", filters="- probe: {mode: off}", more=TWO) as house:
        assert house.release.rules.of(entry.copies).two_people


async def test_our_own_announcement_waits_for_approval(tmp_path: Path) -> None:
    """Outbound, by the same means."""
    async with House(tmp_path, more=TWO) as house:
        await held(house, JOE, sender="bob@example.co.uk")
        assert isinstance(await release(house), Signed)
        assert relayed(house) == []
        await approve(house)
        assert relayed(house) == [("joe@outside.example",)]


# --- fraud -----------------------------------------------------------------------------------------------------------


async def test_a_fraud_blocks_the_account_and_the_sender(tmp_path: Path) -> None:
    """The account is blocked from then on, and the sender if it is proven.

    The message is gone, and the report is on record.
    """
    async with House(tmp_path, resolver=Zone({"outside.example": "v=spf1 ip4:192.0.2.7 -all"})) as house:
        await held(house)
        house.probe.pays = replace(SUPPLIER, senders=SUPPLIER.senders | {"eve@outside.example"})
        await house.release.report_fraud("m1", actor="alice", reason="they know nothing of it")
        assert await states(house) == {"deleted"}
        senders = ["eve@evil.example", "eve@outside.example"]
        assert await ledger(house).blocked([NEW], senders) == {NEW, "eve@outside.example"}
        assert await history(house) == [("fraud", "alice", "they know nothing of it")]
        assert {b.mail_id for b in await house.store.payments(LEDGER_KEYS).blocks()} == {"m1"}


async def test_an_address_of_ours_is_never_blocked(tmp_path: Path) -> None:
    """A thief writes in the name of those whom people obey: their own mail must pass."""
    async with House(tmp_path) as house:
        await held(house)
        await house.release.report_fraud("m1", actor="alice", reason="x")
        assert not await ledger(house).blocked([], ["boss@example.co.uk"])


async def test_a_fraud_that_names_nothing_is_refused(tmp_path: Path) -> None:
    """It would block nothing, and the person must not believe that it did."""
    async with House(tmp_path) as house:
        await held(house)
        house.probe.pays = Payee("", frozenset(), frozenset({"boss@example.co.uk"}))
        with pytest.raises(Unknown, match="without --fraud"):
            await house.release.report_fraud("m1", actor="alice", reason="x")
        assert await states(house) == {"held"}


async def test_a_fraud_is_reported_after_its_release_too(tmp_path: Path) -> None:
    """While the content is there: the call turned out to be the thief's."""
    async with House(tmp_path) as house:
        await held(house)
        await release(house)
        await house.release.report_fraud("m1", actor="alice", reason="x")
        assert await ledger(house).blocked([NEW], [])
        with pytest.raises(NotHeld):
            await house.release.report_fraud("m1", actor="alice", reason="x")


async def test_what_was_released_was_what_came(tmp_path: Path) -> None:
    """Octet for octet, after two people."""
    async with House(tmp_path, more=TWO) as house:
        await held(house)
        await release(house)
        await approve(house)
        (got,) = [g for g in house.home.got if g.mail_from]
        assert got.content.endswith(b"\r\n" + PLAIN)
