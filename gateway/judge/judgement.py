"""Judgement of one message: the chain's findings, the memory of deferrals, the policy, and the copies to relay.

The same call serves traffic, `explain` and release; only traffic remembers a deferral.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from gateway.contract import Clock, Finding, Mail, Recipient
from gateway.judge.chain import Chain, Found
from gateway.judge.codes import CONFLICT, DEFERRED
from gateway.judge.policy import Decision, Terms, Verdict, decide
from gateway.message.edits import Edit, render

log = structlog.get_logger("judge")

_CONFLICT = "The message can't be amended as the policy wants: {}."

#: (filter name, mail) -> the time when that filter first deferred this message.
FirstDeferred = Callable[[str, Mail], Awaitable[datetime]]


@dataclass(frozen=True, slots=True)
class Copy:
    """One version of the message and the recipients that get it."""

    recipients: tuple[Recipient, ...]
    content: bytes
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    copies: tuple[Copy, ...]  # for the recipients whose copy is relayed


class Judge:
    """Judge of messages, with all that every judgement needs."""

    def __init__(
        self,
        chain: Chain,
        clock: Clock,
        groups_of: Callable[[str], frozenset[str]],
        judge_seconds: float,
        defer_limit_seconds: float,
    ) -> None:
        self.chain = chain
        self._clock = clock
        self._groups_of = groups_of
        self._judge_seconds = judge_seconds
        self._defer_limit_seconds = defer_limit_seconds

    async def judge(
        self,
        mail: Mail,
        *,
        on_entry: Sequence[Finding] = (),
        after_queue: bool = False,
        waived: Mapping[str, Collection[str]] | None = None,
        first_deferred: FirstDeferred | None = None,
        spent_seconds: float = 0.0,
    ) -> Judgement:
        """Judge a message. `on_entry` are the gateway's own findings; their edits go before the filters'.

        `waived`: address -> codes that are overridden for that recipient (release). `spent_seconds` of the filters'
        time went on understanding.
        """
        terms = Terms(self._groups_of, after_queue, waived or {})
        found = [Found(finding) for finding in on_entry] + await self.chain.run(
            mail, self._judge_seconds - spent_seconds
        )
        verdict = decide(mail, found, terms)
        if verdict.deferred_by and first_deferred:
            found = await self._overdue(mail, found, verdict, first_deferred)
            verdict = decide(mail, found, terms)
        return self._with_copies(mail, found, verdict, terms)

    def hold(self, mail: Mail, finding: Finding, *, after_queue: bool = False) -> Judgement:
        """Apply the policy to a finding of the gateway's own. No filter is asked, and nothing is rendered."""
        return Judgement(decide(mail, [Found(finding)], Terms(self._groups_of, after_queue)), ())

    async def _overdue(
        self, mail: Mail, found: list[Found], verdict: Verdict, first_deferred: FirstDeferred
    ) -> list[Found]:
        """Replace the deferring findings of a filter that has deferred this message for too long by one that holds."""
        late: set[str] = set()
        for name in verdict.deferred_by:
            since = await first_deferred(name, mail)
            if (mail.received_at - since).total_seconds() > self._defer_limit_seconds:
                late.add(name)
        if not late:
            return found
        defers = {id(j.found) for j in verdict.judged if j.found.filter_name in late and j.defers}
        sentence = "The check “{}” has been impossible for too long; the message is held for a person to look at."
        return [
            replace(f, finding=replace(f.finding, code=DEFERRED, summary=sentence.format(f.filter_name)))
            if id(f) in defers
            else f
            for f in found
        ]

    def _with_copies(self, mail: Mail, found: list[Found], verdict: Verdict, terms: Terms) -> Judgement:
        """Render each version once. Amendments that can't all be made hold the copy: no amendment wins silently."""
        copies: list[Copy] = []
        for edits, decisions in _by_edits(verdict.decisions).items():
            recipients = tuple(d.recipient for d in decisions)
            try:
                copies.append(Copy(recipients, render(mail.message, edits), edits))
            except ValueError as conflict:  # EditConflict, an edit inside signed content, or one that doesn't fit
                if all(CONFLICT in terms.waived.get(r.address, ()) for r in recipients):
                    # A reviewer releases the copy without the filters' amendments.
                    ours = tuple(e for f in found if f.entry is None for e in f.finding.edits)
                    copies.append(Copy(recipients, render(mail.message, ours), ours))
                    continue
                log.warning("edit.conflict", id=mail.id, error=str(conflict))
                concerned = frozenset(r.address for r in recipients)
                found = [*found, Found(Finding(CONFLICT, _CONFLICT.format(conflict), recipients=concerned))]
                return self._with_copies(mail, found, decide(mail, found, terms), terms)
        return Judgement(verdict, tuple(copies))


def _by_edits(decisions: Sequence[Decision]) -> dict[tuple[Edit, ...], list[Decision]]:
    groups: dict[tuple[Edit, ...], list[Decision]] = {}
    for decision in decisions:
        if decision.disposition == "relay":
            groups.setdefault(decision.edits, []).append(decision)
    return groups
