"""A judgement as plain JSON: for `explain`, for the quarantine's record and for the readers of either."""

from __future__ import annotations

from typing import Any

from gateway.contract import Evidence
from gateway.control.vocabulary import SEVERITY
from gateway.judge.policy import Decision, Judged, Verdict


def describe_finding(judged: Judged) -> dict[str, Any]:
    """Return one finding. `action` is the configuration's action for it, whatever the mode."""
    finding = judged.found.finding
    return {
        "filter": judged.found.filter_name,
        "code": finding.code,
        "summary": finding.summary,
        "evidence": [describe_evidence(e) for e in finding.evidence],
        "part": finding.part,
        "recipients": None if finding.recipients is None else sorted(finding.recipients),
        "action": judged.action,
        "mode": judged.found.entry.mode if judged.found.entry else "enforce",
        "clause": judged.clause,
        "config": judged.where,
    }


def describe_evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "what": evidence.what,
        "quote": evidence.quote,
        "part": evidence.part,
        "span": None if evidence.span is None else list(evidence.span),
        "weight": evidence.weight,
    }


def action_of(decision: Decision, verdict: Verdict) -> str:
    """Return the action for one recipient: relay, amend (any edit or tag), discard, quarantine, defer or reject."""
    if verdict.deferred_by:
        return "defer"
    if decision.disposition == "relay" and decision.edits:
        return "amend"
    return decision.disposition


def action_of_message(verdict: Verdict) -> str:
    """Return the gravest action among the message's recipients."""
    return max((action_of(d, verdict) for d in verdict.decisions), key=SEVERITY.index, default="relay")


def codes_of(verdict: Verdict) -> tuple[str, ...]:
    """Return all finding codes, each once, in the chain's order."""
    return tuple(dict.fromkeys(j.code for j in verdict.judged))
