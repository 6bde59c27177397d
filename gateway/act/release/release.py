"""Release of a held message by a person at this machine: the chain runs again, the codes that held it waived.

Where two people release, the first one's decision is recorded and nothing goes out. The chain runs once more when the
second approves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.act.keeper import Keeper
from gateway.act.local_time import local_time
from gateway.act.notices.entry_notices import EntryNotices, Step
from gateway.act.release.account_choice import AccountHandle, OfferedAccount
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.payment_accounts import FraudReport, PaymentAccounts, VerifiedAccounts
from gateway.act.release.recheck import PreparedRelease, Recheck
from gateway.act.rules.release_rules import ReleaseNeeds, ReleaseRules
from gateway.contract import Clock, says_something
from gateway.judge.codes import POISON, VIRUS
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import HeldCopy, HeldMessage, PendingNotice, ReleaseRequest, Signature, Verification
from gateway.remember.rows.approvals import SecondApproval
from gateway.remember.store import Store

#: Seconds to wait for a row that the keeper's own round has claimed: it is being sent at this moment.
WAIT_SECONDS = 10.0
WAIT_STEP_SECONDS = 0.1
#: The uid of a person who gives none; two such persons count as one.
NOBODY = -1

_UNREAD = (
    "workers died while they examined this message: the gateway doesn't read it, so it can't be reported as a fraud"
)

_UNVERIFIED = (
    "a change of payment details is released only with --verified-by NAME, --how in-person or --how telephone, "
    "--contact WHOM-OR-NUMBER and --reason: whom you asked, on a number that you had before this message"
)


@dataclass(frozen=True, slots=True)
class Released:
    id: str
    recipients: tuple[str, ...]
    delivered: bool  # False: in the outbox, which goes on trying
    verified: tuple[AccountHandle, ...] = ()  # accounts that the ledger holds as verified with this release


@dataclass(frozen=True, slots=True)
class Signed:
    """A release by the first of two people, which waits for one of the approvers."""

    id: str
    recipients: tuple[str, ...]
    approvers: tuple[str, ...]  # those named, without the first person
    delivered: bool = False
    verified: tuple[AccountHandle, ...] = ()  # accounts that the ledger will hold as verified with the approval


class Release:
    """Release of held messages under one configuration."""

    def __init__(
        self,
        store: Store,
        second_run: Recheck,
        keeper: Keeper,
        rules: ReleaseRules,
        payees: PaymentAccounts,
        clock: Clock,
        notices: EntryNotices,
    ) -> None:
        self._store = store
        self.second_run = second_run
        self._held = second_run.held
        self._keeper = keeper
        self.rules = rules
        self._payees = payees
        self._clock = clock
        self._notices = notices

    async def release(
        self,
        id: str,
        *,
        actor: str,
        reason: str,
        uid: int = NOBODY,
        infected: bool = False,
        recipients: Sequence[str] = (),
        asked: bool = False,
        verification: Verification | None = None,
    ) -> Released | Signed:
        """Release a message, or record the first of two people's releases.

        `asked`: only the copies that somebody asks for; the request is the reason where none is given. Raises
        NotHeld and ReleaseStopped, with nothing changed.
        """
        if infected and not says_something(reason):
            raise ReleaseStopped("an infected message is released only with a reason", (VIRUS,))
        held = await self._held.entry(id)
        copies = await self._held.copies(held, (*recipients, *(self._asked_for(held) if asked else ())))
        if asked and not says_something(reason):
            persons = dict.fromkeys(one.person for one in held.requests if one.state == "open")
            reason = f"asked for by {', '.join(persons)}"
        needs = self.rules.of(copies)
        if needs.verification and not (verification and says_something(reason)):
            raise ReleaseStopped(_UNVERIFIED, held.codes)
        verified = [c.address for c in copies if verification and says_something(reason)]
        prepared = await self.second_run.prepare(held, copies, {c.address: infected for c in copies}, verified)
        needs = self.rules.of(prepared.copies)
        if verification and verification.accounts and not needs.verification:
            raise ReleaseStopped(
                "--account is for a change of payment details: nothing else goes into the ledger", held.codes
            )
        handles = verification.accounts if verification else ()
        entered = await self._entered(prepared, needs, handles)
        if needs.two_people:
            said = verification and replace(verification, accounts=tuple(one.handle for one in entered.accounts))
            first = Signature("", self._clock.now(), uid, actor, reason, infected, said)
            return await self._sign(held, copies, first, entered)
        return await self._let_go(prepared, entered, actor=actor, reason=_recorded(reason, verification))

    def _asked_for(self, held: HeldMessage) -> tuple[str, ...]:
        """Return the recipients whose copies somebody asks for and are still held.

        Raises NotHeld where there are none, which says who has refused them.
        """
        still_held = {copy.address for copy in held.copies if copy.state == "held"}
        asked = dict.fromkeys(a for one in held.requests if one.state == "open" for a in one.addresses)
        if found := tuple(address for address in asked if address in still_held):
            return found
        refused = [one for one in held.requests if one.answer and not still_held.isdisjoint(one.addresses)]
        if not refused:
            raise NotHeld(f"nobody has asked for {held.id} and waits for an answer")
        said = "; ".join(self._refusal(one) for one in refused)
        copies = dict.fromkeys(a for one in refused for a in one.addresses if a in still_held)
        options = " ".join(f"--recipient {address}" for address in copies)
        raise NotHeld(
            f"{said}. It is still held: `mailwarden quarantine release {held.id} {options} --reason WHY` releases it "
            "nevertheless"
        )

    def _refusal(self, request: ReleaseRequest) -> str:
        at = local_time(request.answered_at, self._notices.timezone) if request.answered_at else "an unknown day"
        said = request.answer.rstrip(".")
        return f"the request of {request.person} was refused by {request.answered_by} on {at}: \u201c{said}\u201d"

    async def approve(self, id: str, *, actor: str, uid: int, reason: str, recipients: Sequence[str] = ()) -> Released:
        """Release what somebody else has signed for. Raises NotHeld and ReleaseStopped; then nothing has changed."""
        if not says_something(reason):
            raise ReleaseStopped("an approval needs a reason")
        held = await self._held.entry(id)
        now = self._clock.now()
        copies = await self._held.copies(held, recipients)
        waiting = [c for c in copies if recipients or self.rules.live(c, now)]
        signed = {c.address: s for c in waiting if (s := self.rules.live(c, now))}
        if not signed or len(signed) < len(waiting):
            raise NotHeld(f"nobody has released {id} yet, or too long ago: `quarantine release` comes first")
        if self.rules.of(waiting).verification and not all(s.verification for s in signed.values()):
            raise ReleaseStopped(f"nobody has said who verified it: {_UNVERIFIED}", held.codes)
        for first in signed.values():
            if first.uid == uid:
                raise ReleaseStopped(f"{first.actor} has released it: somebody else has to approve")
        infected = {address: s.infected for address, s in signed.items()}
        verified = [address for address, s in signed.items() if s.verification]
        prepared = await self.second_run.prepare(held, waiting, infected, verified)
        second = SecondApproval(uid, self.rules.since(self._clock.now()))
        handles = {handle for s in signed.values() if s.verification for handle in s.verification.accounts}
        entered = await self._entered(prepared, self.rules.of(prepared.copies), handles)
        for said in dict.fromkeys(s.verification for s in signed.values()):  # the ledger's record has this reason alone
            reason = _recorded(reason, said)
        notices = self._steps(held, "approved", signed.values(), actor)
        return await self._let_go(prepared, entered, actor=actor, reason=reason, second=second, notices=notices)

    async def delete(self, id: str, *, actor: str, reason: str) -> None:
        """Put the message into the bin; whoever has released it, and waits for an approval, is told. Raises NotHeld."""
        held = await self._held.entry(id)
        now = self._clock.now()
        notices = self._steps(held, "deleted", self._live(held), actor)
        await self._store.quarantine.delete(id, actor=actor, reason=reason, at=now, notices=notices)

    def _live(self, held: HeldMessage) -> list[Signature]:
        """Return the first signatures that wait for a second."""
        now = self._clock.now()
        return [signed for copy in held.copies if (signed := self.rules.live(copy, now))]

    def _steps(
        self, held: HeldMessage, step: Step, signatures: Iterable[Signature], by: str = ""
    ) -> list[PendingNotice]:
        """Return the notices of a step, one for each of the persons who signed first."""
        of: dict[str, list[Signature]] = {}
        for one in signatures:
            of.setdefault(one.actor, []).append(one)
        return [
            notice
            for several in of.values()
            for notice in self._notices.approval(held, step, several[0], [one.address for one in several], by)
        ]

    async def report_fraud(self, id: str, *, actor: str, reason: str, accounts: Collection[str] = ()) -> FraudReport:
        """Delete the message, and block its accounts and senders from now on.

        Raises NotHeld, ReleaseStopped, AmbiguousAccount and NoUsableAccount.
        """
        held = await self._held.entry(id)
        if POISON in held.codes:
            raise ReleaseStopped(_UNREAD, (POISON,))
        mail = (await self._held.examine(held, held.copies)).mail
        now = self._clock.now()
        released = {c.changed_at for c in held.copies if c.state == "released" and c.changed_at}
        fraud = await self._payees.fraudulent(mail, accounts, released_at=released, actor=actor, reason=reason, at=now)
        notices = self._steps(held, "deleted", self._live(held), actor)
        await self._store.quarantine.delete(id, actor=actor, reason=reason, at=now, blocks=fraud.rows, notices=notices)
        return fraud

    async def offers(self, held: HeldMessage) -> list[OfferedAccount]:
        """Return the accounts that a person may choose among; none for a deleted or unexamined message."""
        if POISON in held.codes:
            return []
        try:
            examined = await self._held.examine(held, held.copies, verify=False)
        except NotHeld:
            return []  # the accounts went with the content
        return await self._payees.offers(examined.mail)

    async def _entered(
        self, prepared: PreparedRelease, needs: ReleaseNeeds, handles: Collection[str]
    ) -> VerifiedAccounts:
        if not needs.verification:
            return VerifiedAccounts(self._clock.now())
        codes = {code for c in prepared.copies for code in c.codes}
        return await self._payees.verified(prepared.mail, codes, handles, self._clock.now())

    async def _sign(
        self, held: HeldMessage, copies: Sequence[HeldCopy], first: Signature, entered: VerifiedAccounts
    ) -> Signed:
        """Record the first person's release; nothing goes out."""
        addresses = tuple(c.address for c in copies)
        since = self.rules.since(first.at)
        reason = _recorded(first.reason, first.verification)
        signed = [replace(first, address=address) for address in addresses]
        notices = self._notices.approval(held, "waits", first, addresses)
        await self._store.quarantine.sign(held.id, signed, reason=reason, since=since, notices=notices)
        approvers = tuple(a for a in self.rules.approvers if a != first.actor)
        return Signed(held.id, addresses, approvers, verified=entered.accounts)

    async def _let_go(
        self,
        prepared: PreparedRelease,
        entered: VerifiedAccounts,
        *,
        actor: str,
        reason: str,
        second: SecondApproval | None = None,
        notices: Sequence[PendingNotice] = (),
    ) -> Released:
        """Commit the release with its ledger rows, then try to deliver at once."""
        mail, items = prepared.mail, prepared.items
        addresses = tuple(c.address for c in prepared.copies)
        await self._store.quarantine.release(
            mail.id,
            addresses,
            items,
            actor=actor,
            reason=reason,
            at=entered.at,
            second=second,
            verified=entered.rows,
            notices=notices,
        )
        await self.second_run.committed(prepared)
        sent = await self._sent(tuple(item.id for item, _ in items))
        return Released(mail.id, addresses, sent, entered.accounts)

    async def _sent(self, ids: Collection[str]) -> bool:
        """Try to deliver at once; copies that the next hop doesn't take now stay in the outbox.

        Return whether all went.
        """
        taken = set(ids) - await self._keeper.empty_outbox()
        for _ in range(int(WAIT_SECONDS / WAIT_STEP_SECONDS)):
            if not await self._store.outbox.under_way(tuple(taken), self._clock.now()):
                break
            await asyncio.sleep(WAIT_STEP_SECONDS)
        return not await self._store.outbox.waiting(tuple(ids))


class ReleaseWhenNeeded:
    """A Release made on first use: its chain takes a third of a second, and memory in each worker."""

    def __init__(self, make: Callable[[], Release]) -> None:
        self._make = make
        self._making = asyncio.Lock()
        self._made: Release | None = None

    async def __call__(self) -> Release:
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made


def _recorded(reason: str, verification: Verification | None) -> str:
    """Return the reason with who verified the message and how, as the history records it."""
    v = verification
    return f"{reason} (verified by {v.by}, {v.how}: {v.contact})" if v else reason
