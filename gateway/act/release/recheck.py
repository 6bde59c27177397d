"""The chain, run once more on a held message, with the codes waived that held it or that a verification answers.

A virus, or any finding that did not hold the message before, stops the release and is named. Every other amendment is
made anew. The run counts and learns nothing, and changes nothing: the caller commits its result, and then has the
filters that wait for answers told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.act.records import outbox_item
from gateway.act.release.held_mail import HeldMail, ReleaseStopped
from gateway.act.signing.signer import Signer
from gateway.act.trace_field import received_field
from gateway.contract import Clock, Mail, Outcome, Recipient
from gateway.judge.codes import UNDELIVERED, VIRUS
from gateway.judge.judgement import Judge, Judgement
from gateway.judge.policy import Judged
from gateway.remember.records import HeldCopy, HeldMessage, OutboxItem


@dataclass(frozen=True, slots=True)
class PreparedRelease:
    """A release that nothing has stopped."""

    mail: Mail
    copies: tuple[HeldCopy, ...]
    items: list[tuple[OutboxItem, bytes]]
    outcome: Outcome


class Recheck:
    """The chain's second run, under one configuration."""

    def __init__(
        self, held: HeldMail, judge: Judge, signer: Signer, clock: Clock, new_id: Callable[[], str], hostname: str
    ) -> None:
        self.held = held
        self.judge = judge
        self._signer = signer
        self._clock = clock
        self._new_id = new_id
        self._hostname = hostname

    async def prepare(
        self,
        held: HeldMessage,
        copies: Sequence[HeldCopy],
        infected: Mapping[str, bool],
        verified: Collection[str] = (),
    ) -> PreparedRelease:
        """Prepare the copies that would go out. Raises NotHeld and ReleaseStopped.

        `infected`: address -> whether its copy goes although a virus was found. `verified`: addresses of the copies
        that a person has verified. A prepared copy has also the codes that would hold it now, but that this answers.
        """
        examined = await self.held.examine(held, copies)
        mail = examined.mail
        waived = {c.address: _waived(c, infected=infected[c.address]) for c in copies}
        judgement = await self.judge.judge(mail, on_entry=examined.on_entry, waived=waived)
        while found := _answered(judgement, verified):
            copies = [replace(c, codes=(*c.codes, *found.get(c.address, ()))) for c in copies]
            waived = {address: codes.union(found.get(address, ())) for address, codes in waived.items()}
            judgement = await self.judge.judge(mail, on_entry=examined.on_entry, waived=waived)
        _refuse_new_findings(judgement, infected=all(infected.values()))
        now = self._clock.now()
        items = [
            (outbox_item(self._new_id(), mail, recipients, now, "", at_once=True), content)
            for recipients, content in await self._contents(mail, judgement, copies)
        ]
        return PreparedRelease(mail, tuple(copies), items, _outcome(judgement))

    async def committed(self, prepared: PreparedRelease) -> None:
        """Tell the filters that wait for answers that the message goes out."""
        await self.judge.chain.released(prepared.mail, prepared.outcome, self._clock.now())

    async def _contents(
        self, mail: Mail, judgement: Judgement, copies: Sequence[HeldCopy]
    ) -> list[tuple[tuple[Recipient, ...], bytes]]:
        """Return recipients and content. A copy that could not be delivered was amended before: it goes as stored."""
        if any(UNDELIVERED in c.codes for c in copies):
            return [(mail.envelope.recipients, mail.message.raw)]
        field = received_field(mail, "ESMTP", self._hostname)
        outgoing = await self._signer.outgoing(mail, judgement.copies)
        return [(one.recipients, b"".join(one.below(field))) for one in outgoing]


#: Advice about a finding that the message was not held for.
_FOUND_SINCE = (
    "It was not held for that. `mailwarden explain` with its id shows why; when that is settled, such as by "
    "`payments unblock` or `quarantine senders --remove`, release it again."
)

#: Advice where an account became a different one after the message was held: another one was verified meanwhile.
_VERIFY = "It was not held for that: verify it, and release it with --verified-by, --how and --contact."


def _waived(copy: HeldCopy, *, infected: bool) -> frozenset[str]:
    """Return exactly the codes that held this copy; a virus only where the reviewer says so."""
    return frozenset({*copy.codes, VIRUS}) if infected else frozenset(copy.codes) - {VIRUS}


def _outcome(judgement: Judgement) -> Outcome:
    """Return the outcome of the release; a code that held the message counts as enforced, though it is waived now."""
    enforced = (j for j in judgement.verdict.judged if j.enforced)
    codes = frozenset(j.code for j in enforced if j.specs or any(e.why == "waived" for e in j.excused.values()))
    return Outcome({d.recipient.address: "relay" for d in judgement.verdict.decisions}, codes)


def _answered(judgement: Judgement, verified: Collection[str]) -> Mapping[str, Collection[str]]:
    """Return address -> codes that would hold its copy now, and that its verification answers."""
    found = {
        d.recipient.address: tuple(dict.fromkeys(j.code for j in d.holding if _is_answerable(j)))
        for d in judgement.verdict.decisions
        if d.recipient.address in verified
    }
    return {address: codes for address, codes in found.items() if codes}


def _is_answerable(judged: Judged) -> bool:
    entry = judged.found.entry
    return entry is not None and judged.code in entry.answered_by_verification


def _refuse_new_findings(judgement: Judgement, *, infected: bool) -> None:
    verdict = judgement.verdict
    stopping: list[Judged] = [j for d in verdict.decisions for j in d.holding]
    stopping += [j for j in verdict.judged if j.defers]
    if not stopping:
        return
    found = {j.code: j.found.finding.summary for j in reversed(stopping)}
    codes, held = tuple(reversed(found)), any(not j.defers for j in stopping)
    sentence = f"stopped by {' '.join(f'{code}: {found[code]}' for code in codes)}"
    if VIRUS in codes and not infected:
        sentence += " Only --infected with a reason releases it."
    elif all(map(_is_answerable, stopping)):
        sentence += f" {_VERIFY}"
    elif held:
        sentence += f" {_FOUND_SINCE}"
    raise ReleaseStopped(sentence, codes, summary=found[codes[0]], temporary=not held)
