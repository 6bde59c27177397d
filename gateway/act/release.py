"""Release of a held message: the chain runs again on the stored bytes with what held it waived, and nothing else.

A virus, or any finding that did not hold it before, stops the release and is named. Every other amendment is made
anew. It counts and learns nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from gateway.act.keeper import Keeper
from gateway.act.records import envelope_of, outbox_item
from gateway.act.sign import Signer
from gateway.act.trace_field import received_field
from gateway.contract import Client, Clock, Finding, Mail, Recipient
from gateway.judge.codes import UNDELIVERED, VIRUS
from gateway.judge.judgement import Judge, Judgement
from gateway.judge.policy import Judged
from gateway.message.labels import labels_of
from gateway.message.model import Message
from gateway.message.parse import parse
from gateway.remember.errors import NotHeld
from gateway.remember.records import HeldCopy, HeldMessage
from gateway.remember.store import Store
from gateway.understand.authentication.verify import Authenticator
from gateway.understand.entry import findings_on_entry
from gateway.understand.unfold import Unfolder

#: A row that the keeper's own round has taken is waited for: it is being sent at this moment.
WAIT_SECONDS = 10.0
WAIT_STEP_SECONDS = 0.1


class Stopped(RuntimeError):
    """The release was stopped; `codes` names the findings."""

    def __init__(self, sentence: str, codes: Sequence[str]) -> None:
        super().__init__(sentence)
        self.codes = tuple(codes)


@dataclass(frozen=True, slots=True)
class Released:
    id: str
    recipients: tuple[str, ...]
    delivered: bool  # False = in the outbox, which goes on trying


class Release:
    def __init__(
        self,
        store: Store,
        unfolder: Unfolder,
        judge: Judge,
        keeper: Keeper,
        clock: Clock,
        new_id: Callable[[], str],
        hostname: str,
        authenticator: Authenticator | None = None,
        signer: Signer | None = None,
    ) -> None:
        self._store = store
        self._unfolder = unfolder
        self._judge = judge
        self._keeper = keeper
        self._clock = clock
        self._new_id = new_id
        self._hostname = hostname
        self._authenticator = authenticator
        self._signer = signer or Signer(clock)

    async def release(
        self, id: str, *, actor: str, reason: str, infected: bool = False, recipients: Sequence[str] = ()
    ) -> Released:
        """Raises NotHeld and Stopped; then nothing has changed."""
        if infected and not reason.strip():
            raise Stopped("an infected message is released only with a reason", (VIRUS,))
        held = await self._store.quarantine.get(id)
        if held is None:
            raise NotHeld(f"no message is held under {id}")
        copies = _copies(held, recipients)
        raw = await self._store.quarantine.content(id)
        now = self._clock.now()
        mail = await self._mail(held, copies, raw)
        judgement = await self._judge.judge(
            mail,
            on_entry=self._on_entry(mail),
            waived={c.address: _waived(c, infected=infected) for c in copies},
        )
        _refuse_new_findings(judgement, infected=infected)
        items = [
            (outbox_item(self._new_id(), mail, recipients, now, "", at_once=True), content)
            for recipients, content in await self._contents(mail, judgement, copies)
        ]
        addresses = tuple(c.address for c in copies)
        await self._store.quarantine.release(id, addresses, items, actor=actor, reason=reason, at=now)
        return Released(id, addresses, await self._sent(tuple(item.id for item, _ in items)))

    async def _mail(self, held: HeldMessage, copies: Sequence[HeldCopy], raw: bytes) -> Mail:
        """As it came. Where it comes from is verified anew: what was waived for that is waived still."""
        mail = _mail(held, copies, await self._unfolder.unfold(parse(raw)))
        if self._authenticator is None:
            return mail
        proven = await self._authenticator.authenticate(mail.message, mail.client, mail.envelope)
        return replace(mail, authentication=proven)

    def _on_entry(self, mail: Mail) -> tuple[Finding, ...]:
        found = findings_on_entry(mail.message, self._hostname)
        added = self._authenticator.findings(mail.authentication, mail.envelope) if self._authenticator else ()
        return (*found, *added)

    async def _contents(
        self, mail: Mail, judgement: Judgement, copies: Sequence[HeldCopy]
    ) -> list[tuple[tuple[Recipient, ...], bytes]]:
        """What goes to whom. A copy that could not be delivered was amended before: it goes as it is stored."""
        if any(UNDELIVERED in c.codes for c in copies):
            return [(mail.envelope.recipients, mail.message.raw)]
        field = received_field(mail, "ESMTP", self._hostname)
        outgoing = await self._signer.outgoing(mail, judgement.copies)
        return [(one.recipients, b"".join(one.below(field))) for one in outgoing]

    async def _sent(self, ids: Collection[str]) -> bool:
        """Try at once; what the next hop doesn't take now stays in the outbox."""
        taken = set(ids) - await self._keeper.empty_outbox()
        for _ in range(int(WAIT_SECONDS / WAIT_STEP_SECONDS)):
            if not await self._store.outbox.under_way(tuple(taken), self._clock.now()):
                break
            await asyncio.sleep(WAIT_STEP_SECONDS)
        return not await self._store.outbox.waiting(tuple(ids))


def _copies(held: HeldMessage, recipients: Sequence[str]) -> tuple[HeldCopy, ...]:
    wanted = {r.lower() for r in recipients}
    left = {c.address.lower(): c for c in held.copies if c.state == "held"}
    missing = [r for r in recipients if r.lower() not in left]
    if missing or not left:
        states = ", ".join(f"{c.address}: {c.state}" for c in held.copies)
        what = (
            f"{held.id} is not held for {', '.join(missing)}" if missing else f"nothing of {held.id} is held any more"
        )
        raise NotHeld(f"{what} ({states})")
    return tuple(c for address, c in left.items() if not wanted or address in wanted)


def _waived(copy: HeldCopy, *, infected: bool) -> frozenset[str]:
    """Exactly the codes that held this copy; a virus only where the reviewer says so."""
    return frozenset({*copy.codes, VIRUS}) if infected else frozenset(copy.codes) - {VIRUS}


def _mail(held: HeldMessage, copies: Sequence[HeldCopy], message: Message) -> Mail:
    return Mail(
        id=held.id,
        received_at=held.received_at,
        listener=held.listener,
        client=Client(**held.client),
        envelope=envelope_of(held, copies),
        message=message,
        labels=labels_of(message),
    )


def _refuse_new_findings(judgement: Judgement, *, infected: bool) -> None:
    verdict = judgement.verdict
    stopping: list[Judged] = [j for d in verdict.decisions for j in d.holding]
    stopping += [j for j in verdict.judged if j.defers]
    if not stopping:
        return
    codes = tuple(dict.fromkeys(j.code for j in stopping))
    sentence = f"stopped by {', '.join(codes)}: {stopping[0].found.finding.summary}"
    if VIRUS in codes and not infected:
        sentence += " Only --infected with a reason releases it."
    raise Stopped(sentence, codes)
