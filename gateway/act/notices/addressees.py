"""The persons told of a held copy, chosen by its findings: our recipient, our sender, the reviewers. Pure."""

from __future__ import annotations

from gateway.contract import Notices, Recipient, TellsAtOnce
from gateway.judge.codes import BLOCKED, VIRUS
from gateway.judge.policy import Decision, Judged
from gateway.settings.chain.consequences import told_unasked
from gateway.settings.chain.entries import Notify


def to_be_told(decision: Decision) -> set[Notify]:
    """Return the roles that the holding findings notify; unset means our recipient (inbound) or our sender (else).

    Nobody is told of an inbound virus unless the configuration asks for it: most such messages have nothing in them
    that anyone would want. Nor is anybody told of mail from a sender whom reviewers have blocked.
    """
    recipient = decision.recipient
    silent = recipient.direction == "inbound" and any(j.code in (VIRUS, BLOCKED) for j in decision.holding)
    told = [(j, j.specs[recipient.address].notify) for j in decision.holding]
    return {
        notify
        for judged, asked in told
        for notify in (asked if asked is not None else () if silent else (_unasked(judged, recipient),))
    }


def _unasked(judged: Judged, recipient: Recipient) -> Notify:
    entry = judged.found.entry
    return told_unasked(entry.cls if entry else None, judged.code, recipient.direction)


def own_notice(judged: Judged) -> str:
    """Return the name of the filter's own template for this code; "" means the common template."""
    entry = judged.found.entry
    return entry.cls.notices.get(judged.code, "") if entry and isinstance(entry.cls, Notices) else ""


def told_at_once(judged: Judged) -> bool:
    """Return whether the finding is about danger to people, of whom nobody is told late."""
    entry = judged.found.entry
    return bool(entry and isinstance(entry.cls, TellsAtOnce) and judged.code in entry.cls.at_once)
