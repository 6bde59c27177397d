"""Conversions between a message's facts and the store's records: quarantine entries, outbox and audit rows.

Pure; both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from gateway.act.relay.commands import Transaction
from gateway.contract import Client, Envelope, Mail, Recipient
from gateway.control.vocabulary import SEVERITY
from gateway.judge.describe import describe_finding
from gateway.judge.policy import Decision, Judged, Verdict
from gateway.message.edits import describe
from gateway.message.retry_key import retry_key
from gateway.remember.records import AuditRow, HeldCopy, HeldMessage, OutboxItem, OutboxKind, RelayOutcome, kept
from gateway.smtp.reply import Reply
from gateway.understand.authentication.header import results

#: Minutes before the outbox tries again; the last value repeats until the outbox gives up.
RETRY_MINUTES = (5, 10, 20, 40, 60)
OUTBOX_LIFE = timedelta(hours=24)


def held_message(
    mail: Mail,
    decisions: Sequence[Decision],
    judged: Sequence[Judged],
    digest: bytes,
    *,
    id: str | None = None,
) -> HeldMessage:
    """Return the entry for the copies in `decisions`; `digest` is the content's, for the retry keys."""
    holding = [j.code for d in decisions for j in d.holding]
    return HeldMessage(
        id=id or mail.id,
        received_at=mail.received_at,
        listener=mail.listener,
        direction=direction_of(d.recipient for d in decisions),
        mail_from=mail.envelope.mail_from,
        subject=kept(mail.message.subject),
        message_id=kept(mail.message.message_id),
        codes=tuple(dict.fromkeys(holding)),
        bytes=len(mail.message.raw),
        client=asdict(mail.client),
        envelope=envelope_json(mail.envelope),
        findings=[describe_finding(j) for j in judged],
        edits=[describe(e) for e in dict.fromkeys(e for d in decisions for e in d.edits)],
        copies=tuple(_copy(mail, d, digest) for d in decisions),
        author=kept(", ".join(mail.message.all("from"))),
        author_addresses=tuple(map(kept, mail.sender.addresses)),
        labels=tuple(sorted(mail.labels)),
        authentication=_results(mail),
    )


def _results(mail: Mail) -> str:
    """Return the results of authentication on one line, without the authserv-id; "" where nobody verified."""
    return results(mail.authentication, "").removeprefix("; ") if mail.authentication.verified else ""


def _copy(mail: Mail, decision: Decision, digest: bytes) -> HeldCopy:
    r = decision.recipient
    return HeldCopy(
        address=r.address,
        direction=r.direction,
        key=retry_key(digest, mail.envelope.mail_from, r.address),
        notify=r.notify,
        orcpt=r.orcpt,
        codes=tuple(dict.fromkeys(j.code for j in decision.holding)),
    )


def direction_of(recipients: Iterable[Recipient]) -> str:
    """Return the recipients' one direction, or "mixed"."""
    directions = {r.direction for r in recipients}
    return directions.pop() if len(directions) == 1 else "mixed"


def envelope_json(envelope: Envelope) -> dict[str, Any]:
    """Return all of the envelope but the recipients, which the copies hold."""
    return {k: v for k, v in asdict(envelope).items() if k != "recipients"}


def envelope_of(held: HeldMessage, copies: Sequence[HeldCopy]) -> Envelope:
    """Return the original envelope for some of its copies."""
    recipients = tuple(Recipient(c.address, c.direction, c.notify, c.orcpt) for c in copies)  # type: ignore[arg-type]
    return Envelope(recipients=recipients, **held.envelope)


def transaction(envelope: Envelope, recipients: Sequence[Recipient], client: Client, mail_id: str) -> Transaction:
    """Return the transaction for the next hop."""
    e = envelope
    return Transaction(e.mail_from, tuple(recipients), e.body, e.smtputf8, e.ret, e.envid, e.auth, client, mail_id)


def outbox_item(
    new_id: str, mail: Mail, recipients: Sequence[Recipient], now: datetime, last_reply: str, *, at_once: bool = False
) -> OutboxItem:
    """Return the outbox row for copies still to be relayed; the first attempt has been made unless `at_once`."""
    e = mail.envelope
    return OutboxItem(
        id=new_id,
        mail_id=mail.id,
        kind="relay",
        mail_from=e.mail_from,
        recipients=tuple(recipients),
        route=mail.listener,
        queued_at=now,
        next_attempt_at=now if at_once else next_attempt(now, 0),
        expires_at=now + OUTBOX_LIFE,
        attempts=0 if at_once else 1,
        body=e.body,
        smtputf8=e.smtputf8,
        ret=e.ret,
        envid=e.envid,
        auth=e.auth,
        client=asdict(mail.client),
        last_reply=last_reply,
    )


def own_item(new_id: str, kind: OutboxKind, to: str, mail_id: str, route: str, now: datetime) -> OutboxItem:
    """Return the outbox row of our own notice or report, from the null sender so that nothing can bounce back."""
    return OutboxItem(
        id=new_id,
        mail_id=mail_id,
        kind=kind,
        mail_from="",
        recipients=(Recipient(to, "internal", notify="NEVER"),),
        route=route,
        queued_at=now,
        next_attempt_at=now,
        expires_at=now + OUTBOX_LIFE,
        smtputf8=not to.isascii(),
    )


def item_transaction(item: OutboxItem, recipients: Sequence[Recipient]) -> Transaction:
    client = Client(**item.client) if item.client else None
    return Transaction(
        item.mail_from,
        tuple(recipients),
        item.body,
        item.smtputf8,
        item.ret,
        item.envid,
        item.auth,
        client,
        item.mail_id,
    )


def relay_outcomes(
    item: OutboxItem, ended: Mapping[Recipient, Reply], now: datetime, entry: HeldMessage | None = None
) -> list[RelayOutcome]:
    """Return the outcomes for copies that aren't tried again, one for each reply; none for mail of our own.

    `entry` holds those that were given up, unless their sender has a report.
    """
    if item.kind != "relay":
        return []
    held = {copy.address for copy in entry.copies} if entry else set()
    alike: dict[tuple[bool, str, str], list[str]] = {}
    for recipient, reply in ended.items():
        held_as = entry.id if entry and not reply.ok and recipient.address in held else ""
        alike.setdefault((reply.ok, str(reply), held_as), []).append(recipient.address)
    return [
        RelayOutcome(item.mail_id, now, "relayed" if ok else "failed", reply, tuple(addresses), held_as)
        for (ok, reply, held_as), addresses in alike.items()
    ]


def next_attempt(now: datetime, attempts: int) -> datetime:
    """Return the time of the next attempt, after one that `attempts` others went before."""
    return now + timedelta(minutes=RETRY_MINUTES[min(attempts, len(RETRY_MINUTES) - 1)])


def audit_row(
    mail: Mail, verdict: Verdict | None, actions: Mapping[str, str], reply: Reply, ms: Mapping[str, float]
) -> AuditRow:
    codes = tuple(dict.fromkeys(j.code for j in verdict.judged)) if verdict else ()
    return AuditRow(
        id=mail.id,
        at=mail.received_at,
        listener=mail.listener,
        client=mail.client.address,
        message_id=kept(mail.message.message_id),
        mail_from=mail.envelope.mail_from,
        recipients=tuple((r.address, r.direction, actions.get(r.address, "none")) for r in mail.envelope.recipients),
        bytes=len(mail.message.raw),
        codes=codes,
        reply=str(reply),
        ms=ms,
        monitored=_monitored(verdict.judged if verdict else ()),
        login=mail.client.login,
    )


def _monitored(judged: Iterable[Judged]) -> dict[str, str]:
    """Return each code that a filter in monitor found, with the gravest action that it would have had."""
    found: dict[str, str] = {}
    for one in judged:
        if not one.enforced:
            found[one.code] = max(one.action, found.get(one.code, one.action), key=SEVERITY.index)
    return found
