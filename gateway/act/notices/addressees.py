"""Who is told of a held copy by what holds it: our recipient, our sender, the reviewers. Pure."""

from __future__ import annotations

from gateway.contract import Notices, Recipient
from gateway.judge.codes import VIRUS
from gateway.judge.policy import Decision, Judged
from gateway.settings.chain.entries import Notify


def to_be_told(decision: Decision) -> set[Notify]:
    """Whom the findings that hold the copy are to tell; unset: our own recipient (inbound) or our own sender (else).

    Of an inbound virus nobody is told unless that is asked for: most have nothing in them that anyone would want.
    """
    recipient = decision.recipient
    silent = recipient.direction == "inbound" and any(j.code == VIRUS for j in decision.holding)
    told = [(j, j.specs[recipient.address].notify) for j in decision.holding]
    return {
        notify
        for judged, asked in told
        for notify in (asked if asked is not None else () if silent else _unset(judged, recipient))
    }


def _unset(judged: Judged, recipient: Recipient) -> tuple[Notify, ...]:
    """A notice of a filter's own is a warning: it goes to our recipient, though one of us seems to have sent it."""
    warned = recipient.direction == "internal" and own_notice(judged)
    return ("recipient",) if recipient.direction == "inbound" or warned else ("sender",)


def own_notice(judged: Judged) -> str:
    """The name of the template that the filter has for this code; "" = the one for all."""
    entry = judged.found.entry
    return entry.cls.notices.get(judged.code, "") if entry and isinstance(entry.cls, Notices) else ""
