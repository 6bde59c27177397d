"""Release of a held message: the chain runs again on the stored bytes with what held it waived, and nothing else.

A virus, or any finding that did not hold it before, stops the release and is named. Every other amendment is made
anew. It counts and learns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.act.keeper import Keeper
from gateway.act.records import envelope_of, outbox_item
from gateway.act.trace_field import received_field
from gateway.contract import Client, Clock, Mail
from gateway.judge.judgement import Judge, Judgement
from gateway.judge.policy import Judged
from gateway.message.parse import parse
from gateway.remember.errors import NotHeld
from gateway.remember.records import HeldCopy, HeldMessage
from gateway.remember.store import Store
from gateway.understand.entry import entry_edits

#: What nothing but `--infected` releases.
VIRUS = "virus.found"


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
        judge: Judge,
        keeper: Keeper,
        clock: Clock,
        new_id: Callable[[], str],
        hostname: str,
    ) -> None:
        self._store = store
        self._judge = judge
        self._keeper = keeper
        self._clock = clock
        self._new_id = new_id
        self._hostname = hostname

    async def release(
        self, id: str, *, actor: str, reason: str, infected: bool = False, recipients: Sequence[str] = ()
    ) -> Released:
        """Raises NotHeld and Stopped; then nothing has changed."""
        held = await self._store.quarantine.get(id)
        if held is None:
            raise NotHeld(f"no message is held under {id}")
        copies = _copies(held, recipients)
        raw = await self._store.quarantine.content(id)
        now = self._clock.now()
        mail = _mail(held, copies, raw)
        judgement = await self._judge.judge(
            mail,
            entry_edits=entry_edits(mail.message, self._hostname),
            waived=_waived(copies, infected=infected),
        )
        _refuse_new_findings(judgement, infected=infected)
        field = received_field(mail, "ESMTP", self._hostname)
        items = [
            (outbox_item(self._new_id(), mail, c.recipients, now, "", at_once=True), field + c.content)
            for c in judgement.copies
        ]
        addresses = tuple(c.address for c in copies)
        await self._store.quarantine.release(id, addresses, items, actor=actor, reason=reason, at=now)
        return Released(id, addresses, await self._sent(tuple(item.id for item, _ in items)))

    async def _sent(self, ids: tuple[str, ...]) -> bool:
        """Try at once; what the next hop doesn't take now stays in the outbox."""
        await self._keeper.empty_outbox()
        return not await self._store.outbox.waiting(ids)


def _copies(held: HeldMessage, recipients: Sequence[str]) -> tuple[HeldCopy, ...]:
    wanted = {r.lower() for r in recipients}
    copies = tuple(c for c in held.copies if c.state == "held" and (not wanted or c.address.lower() in wanted))
    if not copies:
        states = ", ".join(f"{c.address}: {c.state}" for c in held.copies)
        raise NotHeld(f"nothing of {held.id} is held any more ({states})")
    return copies


def _waived(copies: Sequence[HeldCopy], *, infected: bool) -> frozenset[str]:
    """Exactly the codes that held these copies; a virus only where the reviewer says so."""
    codes = {code for copy in copies for code in copy.codes}
    return frozenset(codes if infected else codes - {VIRUS})


def _mail(held: HeldMessage, copies: Sequence[HeldCopy], raw: bytes) -> Mail:
    return Mail(
        id=held.id,
        received_at=held.received_at,
        listener=held.listener,
        client=Client(**held.client),
        envelope=envelope_of(held, copies),
        message=parse(raw),
    )


def _refuse_new_findings(judgement: Judgement, *, infected: bool) -> None:
    verdict = judgement.verdict
    stopping: list[Judged] = [j for d in verdict.decisions for j in d.holding]
    stopping += [j for j in verdict.judged if j.found.filter_name in verdict.deferred_by and j.action == "defer"]
    if not stopping:
        return
    codes = tuple(dict.fromkeys(j.code for j in stopping))
    sentence = f"stopped by {', '.join(codes)}: {stopping[0].found.finding.summary}"
    if VIRUS in codes and not infected:
        sentence += " Only --infected with a reason releases it."
    raise Stopped(sentence, codes)
