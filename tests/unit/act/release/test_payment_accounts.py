"""Several accounts in a held message: those verified with its release, and those blocked by a report of a fraud."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.act.release.account_choice import AccountHandle, AmbiguousAccount
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.payment_accounts import NOT_CHOSEN, RELIED_ON, FraudReport, NoUsableAccount
from gateway.act.release.release import Released, Signed
from gateway.contract import Account, Payee
from gateway.remember.ledger_keys import handle
from gateway.remember.records import Verification
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import LEDGER_KEYS, EmbeddedGateway
from tests.unit.act.release.test_release_two_people import ALICE, BOB, TWO, approve, ledger

OLD, NEW, OTHER = (
    Account("iban", number) for number in ("GB82WEST12345698765432", "DE89370400440532013000", "BE68539007547034")
)
WHO = {"actor": "alice", "reason": "asked"}
SUPPLIER, ELSE = "supplier.example", "else.example"


async def held(gateway: EmbeddedGateway, *accounts: Account) -> None:
    gateway.probe.finds = [finding("probe.payment")]
    gateway.probe.pays = Payee(SUPPLIER, frozenset(accounts), frozenset({"ap@supplier.example"}))
    assert (await gateway.accept(BOB)).ok


async def known(gateway: EmbeddedGateway, account: Account, name: str = SUPPLIER, *, days: int = 0) -> None:
    """Enter an account as verified, or as seen on dates so many days apart."""
    now = gateway.clock.now()
    if not days:
        await gateway.store.payments(LEDGER_KEYS).enter([(name, account)], at=now - timedelta(days=1), **WHO)
    for number in range(3 if days else 0):
        await ledger(gateway).add(name, [account], now - timedelta(days=1 + number * days))


async def release(gateway: EmbeddedGateway, *handles: str, id: str = "m1") -> Released | Signed:
    said = Verification("Ann Lee", "telephone", "+44 20 7946 0000", handles)
    return await gateway.release.release(id, uid=ALICE, verification=said, **WHO)


async def fraud(gateway: EmbeddedGateway, *handles: str) -> FraudReport:
    return await gateway.release.report_fraud("m1", accounts=handles, **WHO)


async def verified(gateway: EmbeddedGateway) -> set[Account]:
    found = (await ledger(gateway).standing(SUPPLIER, [OLD, NEW, OTHER])).known
    return {account for account, seen in found.items() if seen.verified}


async def blocked(gateway: EmbeddedGateway) -> set[Account | str]:
    return set(await ledger(gateway).blocked([OLD, NEW, OTHER], ["ap@supplier.example"]))


def h(account: Account) -> str:
    return handle(LEDGER_KEYS.blocked(account))


def named(*accounts: Account) -> tuple[AccountHandle, ...]:
    return tuple(sorted((AccountHandle(h(one), one.kind) for one in accounts), key=lambda one: one.handle))


# --- a verified release ----------------------------------------------------------------------------------------------


async def test_beside_the_usual_account_the_new_one_is_meant(tmp_path: Path) -> None:
    """And the answer says which it was."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await known(gateway, OLD, days=20)
        await held(gateway, OLD, NEW)
        done = await release(gateway)
        assert (done.verified, await verified(gateway)) == (named(NEW), {NEW})


async def test_of_several_new_ones_nobody_can_guess(tmp_path: Path) -> None:
    """The refusal has the handles, and nothing has changed."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, NEW, OTHER)
        with pytest.raises(AmbiguousAccount, match=r"--account HANDLE .* or --account all") as told:
            await release(gateway)
        assert all(f"{h(one)} (iban, new)" in str(told.value) for one in (NEW, OTHER))
        assert (await verified(gateway), gateway.home.got) == (set(), [])
        done = await release(gateway, h(OTHER))
        assert (done.verified, await verified(gateway)) == (named(OTHER), {OTHER})


async def test_all_of_them(tmp_path: Path) -> None:
    """The word `all` names all accounts."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, NEW, OTHER)
        assert (await release(gateway, "all")).verified == named(NEW, OTHER)
        assert await verified(gateway) == {NEW, OTHER}


async def test_a_handle_of_nothing_in_it_is_refused(tmp_path: Path) -> None:
    """A release and a report both refuse the handle."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, NEW)
        with pytest.raises(AmbiguousAccount, match="it names no account 12345678"):
            await release(gateway, "12345678")
        with pytest.raises(AmbiguousAccount, match="it names no account 12345678"):
            await fraud(gateway, "12345678", h(NEW))
        assert (await verified(gateway), await blocked(gateway)) == (set(), set())


async def test_what_needs_no_verification_takes_no_account(tmp_path: Path) -> None:
    """It would be believed to be entered."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, NEW)
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB, id="m2", raw=b"From: x@y.example\r\nMessage-ID: <2@x>\r\n\r\nx\r\n")
        said = Verification("Ann Lee", "telephone", "+44", (h(NEW),))
        with pytest.raises(ReleaseStopped, match="--account is for a change of payment details"):
            await gateway.release.release("m2", verification=said, **WHO)


async def test_the_second_person_enters_what_the_first_asked_about(tmp_path: Path) -> None:
    """Kept with the first one's word."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await held(gateway, NEW, OTHER)
        first = await release(gateway, h(NEW))
        assert (first.verified, await verified(gateway)) == (named(NEW), set())
        ((copy,),) = [entry.copies for entry in await gateway.held()]
        assert copy.signature is not None
        assert copy.signature.verification is not None
        assert copy.signature.verification.accounts == (h(NEW),)
        assert (await approve(gateway)).verified == named(NEW)
        assert await verified(gateway) == {NEW}


async def two_of_one_supplier(gateway: EmbeddedGateway) -> None:
    """Hold two messages that name different accounts of one supplier, and release the first, `m1`."""
    await held(gateway, NEW)
    gateway.probe.pays = Payee(SUPPLIER, frozenset({OTHER}), frozenset())
    assert (await gateway.accept(BOB, id="m2", raw=b"From: ap@supplier.example\r\nMessage-ID: <2@x>\r\n\r\nx\r\n")).ok
    gateway.probe.pays = Payee(SUPPLIER, frozenset({NEW}), frozenset())
    if isinstance(await release(gateway), Signed):
        await approve(gateway)
    gateway.probe.pays = Payee(SUPPLIER, frozenset({OTHER}), frozenset())
    gateway.probe.finds = [finding("probe.payment"), finding("probe.account")]  # the ledger knows an account by now


async def test_two_messages_name_different_accounts_of_one_supplier(tmp_path: Path) -> None:
    """The first verification makes the other account a different one, which the second verification answers."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await two_of_one_supplier(gateway)
        assert await release(gateway, id="m2") == Released("m2", ("bob@example.co.uk",), True, named(OTHER))
        assert await verified(gateway) == {NEW, OTHER}


async def test_the_second_of_two_people_lets_the_second_message_go_too(tmp_path: Path) -> None:
    """The approval runs the chain once more."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        await two_of_one_supplier(gateway)
        assert isinstance(await release(gateway, id="m2"), Signed)
        assert (await approve(gateway, id="m2")).verified == named(OTHER)


async def test_a_block_since_then_is_answered_by_no_verification(tmp_path: Path) -> None:
    """Somebody has reported the account: whoever lifts the block knows of that."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await two_of_one_supplier(gateway)
        gateway.probe.finds = [finding("probe.payment"), finding("probe.blocked")]
        with pytest.raises(ReleaseStopped, match=r"stopped by probe\.blocked") as told:
            await release(gateway, id="m2")
        assert told.value.codes == ("probe.blocked",)
        assert await verified(gateway) == {NEW}


async def test_an_account_that_is_different_by_now_is_verified_too(tmp_path: Path) -> None:
    """Another filter held the message. The release then needs what every release of a payment needs: two people."""
    async with EmbeddedGateway(tmp_path, more=TWO) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        gateway.probe.pays = Payee(SUPPLIER, frozenset({NEW}), frozenset())
        await gateway.accept(BOB)
        gateway.probe.finds = [finding("probe.hold"), finding("probe.account")]
        with pytest.raises(ReleaseStopped, match="verify it, and release it with --verified-by, --how and --contact"):
            await gateway.release.release("m1", **WHO)
        assert isinstance(await release(gateway), Signed)
        assert (await approve(gateway)).verified == named(NEW)
        assert await verified(gateway) == {NEW}


# --- a fraud ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 20], ids=["verified", "steady"])
@pytest.mark.parametrize("name", [SUPPLIER, ELSE])
async def test_what_anybody_relies_on_is_left_alone(tmp_path: Path, name: str, days: int) -> None:
    """An account stays if this counterparty or another relies on it, even by mail alone; the report says so."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await known(gateway, OLD, name, days=days)
        await held(gateway, OLD, NEW)
        done = await fraud(gateway)
        assert [(one.what, one.kind) for one in done.blocked] == [(h(NEW), "iban")]
        assert (h(OLD), RELIED_ON) in [(one.what, one.why) for one in done.not_blocked]
        assert await blocked(gateway) == {NEW}


async def test_what_was_seen_a_few_times_is_not_relied_on(tmp_path: Path) -> None:
    """A thief's first bills protect nothing."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await known(gateway, NEW, days=1)
        await held(gateway, NEW)
        await fraud(gateway)
        assert await blocked(gateway) == {NEW}


async def test_of_several_strange_ones_one_is_chosen(tmp_path: Path) -> None:
    """The others are left alone, and named."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, NEW, OTHER)
        with pytest.raises(AmbiguousAccount, match="--account"):
            await fraud(gateway)
        done = await fraud(gateway, h(OTHER))
        assert await blocked(gateway) == {OTHER}
        assert (h(NEW), NOT_CHOSEN) in [(one.what, one.why) for one in done.not_blocked]


async def test_naming_one_that_somebody_relies_on_blocks_nothing(tmp_path: Path) -> None:
    """Nor does `all`; with nothing else to block, nothing is deleted, and the reason is told."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await known(gateway, OLD, ELSE)
        await held(gateway, OLD)
        for one in (h(OLD), "all"):
            with pytest.raises(NoUsableAccount, match=f"{h(OLD)}: somebody relies on it.*`payments block`"):
                await fraud(gateway, one)
        assert await blocked(gateway) == set()
        assert [c.state for entry in await gateway.held() for c in entry.copies] == ["held"]


async def test_what_its_own_release_has_verified_is_blocked(tmp_path: Path) -> None:
    """The call was the thief's; but not what was verified before."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await known(gateway, OLD)
        await held(gateway, OLD, NEW)
        await release(gateway)
        gateway.clock.move(hours=1)
        await fraud(gateway)
        assert await blocked(gateway) == {NEW}
