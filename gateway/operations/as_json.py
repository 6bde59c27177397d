"""Entries of the quarantine and rows of the audit trail as plain JSON, which the command line prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gateway.characters.disclosed import disclosed
from gateway.contract import HistoryRow
from gateway.remember.chain.check import Checked
from gateway.remember.chain.faults import Fault
from gateway.remember.records import Aftermath, AuditRow, HeldCopy, HeldMessage, ReleaseRequest


def listed(entry: HeldMessage) -> dict[str, Any]:
    """Return an entry with the keys of `quarantine list --json`, which the design fixes."""
    return {
        "id": entry.id,
        "received_at": entry.received_at.isoformat(),
        "direction": entry.direction,
        "from": entry.mail_from,
        "recipients": [{"address": c.address, "state": c.state} for c in entry.copies],
        "subject": entry.subject,
        "codes": list(entry.codes),
        "bytes": entry.bytes,
        "author": entry.author,
        "assigned_to": entry.assigned_to,
    }


def requested(request: ReleaseRequest) -> dict[str, Any]:
    """Return a request for a release; the person's own words have misleading characters written out."""
    return {
        "person": request.person,
        "at": request.asked_at.isoformat(),
        "recipients": list(request.addresses),
        "text": disclosed(request.text),
        "state": request.state,
        "answered_at": request.answered_at and request.answered_at.isoformat(),
        "answered_by": request.answered_by,
        "answer": request.answer,
    }


def _signature(copy: HeldCopy) -> dict[str, Any] | None:
    """Return the release by the first of two people, for the second to read; None where there is none."""
    first = copy.signature
    if first is None:
        return None
    verified = asdict(first.verification) if first.verification else None
    return {"actor": first.actor, "at": first.at.isoformat(), "reason": first.reason, "verification": verified}


def details(entry: HeldMessage) -> dict[str, Any]:
    return {
        "listener": entry.listener,
        "message_id": entry.message_id,
        "authentication": entry.authentication,
        "keep_until": entry.keep_until and entry.keep_until.isoformat(),
        "deleted_at": entry.deleted_at and entry.deleted_at.isoformat(),
        "client": entry.client,
        "envelope": {k: v for k, v in entry.envelope.items() if k != "mail_from"},
        "findings": entry.findings,
        "edits": entry.edits,
        "copies": [
            {
                "address": c.address,
                "direction": c.direction,
                "state": c.state,
                "codes": list(c.codes),
                "changed_at": c.changed_at and c.changed_at.isoformat(),
                "changed_by": c.changed_by,
                "reason": c.reason,
                "signature": _signature(c),
            }
            for c in entry.copies
        ],
    }


def acted(row: HistoryRow) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.operation,
        "id": row.mail_id,
        "reason": row.reason,
        "recipients": list(row.addresses),
    }


def checked(chain: Checked) -> dict[str, Any]:
    """Return the outcome of a chain's check; the faults have their sentences."""
    return {
        "chain": chain.chain,
        "rows": chain.rows,
        "first": chain.first and chain.first.isoformat(),
        "last": chain.last and chain.last.isoformat(),
        "purged": chain.purged_at and {"number": chain.purged, "at": chain.purged_at.isoformat()},
        "head": {"number": chain.number, "hash": chain.hash},
        "faults": [_fault(one) for one in chain.faults],
        "more_faults": chain.more,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "number": fault.number,
        "other": fault.other,
        "id": fault.id,
        "purged": fault.purged,
        "sentence": fault.sentence,
    }


def traced(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "listener": row.listener,
        "client": row.client,
        "login": row.login,
        "message_id": row.message_id,
        "from": row.mail_from,
        "recipients": [{"address": a, "direction": d, "action": does} for a, d, does in row.recipients],
        "bytes": row.bytes,
        "codes": list(row.codes),
        "reply": row.reply,
        "ms": dict(row.ms),
        "monitored": dict(row.monitored),
        "history": [past(one) for one in row.history],
    }


def became(arrived: dict[str, Any], later: Aftermath) -> dict[str, Any]:
    """Return a traced row with what became of it: entries in the quarantine without evidence, notices, the outbox.

    Copies that were given up have an entry of their own, whose history belongs to the message's.
    """
    return arrived | outcomes(later) | {"history": [*arrived["history"], *map(past, later.acts)]}


def outcomes(later: Aftermath) -> dict[str, Any]:
    return {
        "held": later.held and _kept(later.held),
        "notices": [
            {
                "person": one.person,
                "role": one.role,
                "queued_at": one.queued_at.isoformat(),
                "sent_at": one.sent_at and one.sent_at.isoformat(),
            }
            for one in later.notices
        ],
        "outcomes": [
            {
                "at": one.at.isoformat(),
                "outcome": one.outcome,
                "reply": one.reply,
                "recipients": list(one.addresses),
                "held_as": one.held_as,
            }
            for one in later.outcomes
        ],
        "queued": [
            {
                "recipients": list(one.addresses),
                "queued_at": one.queued_at.isoformat(),
                "next_attempt_at": one.next_attempt_at.isoformat(),
                "attempts": one.attempts,
                "last_reply": one.last_reply,
            }
            for one in later.queued
        ],
        "undelivered": [{"id": one.id, **_kept(one)} for one in later.undelivered],
        "receipt_due_at": later.receipt_due_at and later.receipt_due_at.isoformat(),
    }


def _kept(entry: HeldMessage) -> dict[str, Any]:
    return {
        "codes": list(entry.codes),
        "copies": [{"address": c.address, "state": c.state} for c in entry.copies],
        "findings": [{name: one.get(name) for name in ("code", "action", "mode", "clause")} for one in entry.findings],
        "assigned_to": entry.assigned_to,
        "keep_until": entry.keep_until and entry.keep_until.isoformat(),
        "deleted_at": entry.deleted_at and entry.deleted_at.isoformat(),
    }


def past(row: HistoryRow) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "actor": row.actor,
        "operation": row.operation,
        "reason": row.reason,
        "recipients": list(row.addresses),
    }
