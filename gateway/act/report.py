"""Reports of non-delivery to our own senders (RFC 3464, in the multipart/report of RFC 6522)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from gateway.contract import Recipient
from gateway.receive.reply import Reply


def wants_report(recipient: Recipient) -> bool:
    """RFC 3461 4.1: a failure is reported unless NOTIFY says otherwise."""
    return recipient.notify is None or "FAILURE" in recipient.notify.split(",")


def non_delivery_report(
    *,
    to: str,
    notices_from: str,
    hostname: str,
    mail_id: str,
    envid: str | None,
    failed: Mapping[Recipient, Reply],
    arrived_at: datetime,
    now: datetime,
    original: bytes,
) -> bytes:
    """The whole report; it carries the original's header block only, never its content."""
    report = EmailMessage(policy=SMTP)
    report["From"] = f"Mail delivery <{notices_from}>"
    report["To"] = to
    report["Subject"] = "Your message could not be delivered"
    report["Date"] = format_datetime(now)
    report["Message-ID"] = make_msgid(domain=hostname)
    report["Auto-Submitted"] = "auto-replied"
    report.set_content(_for_people(mail_id, failed))
    report.make_mixed()
    report.set_type("multipart/report")
    report.set_param("report-type", "delivery-status")
    report.attach(_delivery_status(hostname, mail_id, envid, failed, arrived_at))  # type: ignore[arg-type]
    headers = EmailMessage(policy=SMTP)
    headers.set_content(_header_block(original), maintype="text", subtype="rfc822-headers", cte="base64")
    report.attach(headers)
    return report.as_bytes()


def _for_people(mail_id: str, failed: Mapping[Recipient, Reply]) -> str:
    lines = [f"  {r.address}\n    {reply}\n" for r, reply in failed.items()]
    return (
        "Your message could not be delivered to:\n\n"
        + "\n".join(lines)
        + f"\nNothing more will be tried for these recipients. The message's id with us is {mail_id}.\n"
    )


def _delivery_status(
    hostname: str, mail_id: str, envid: str | None, failed: Mapping[Recipient, Reply], arrived_at: datetime
) -> Message:
    fields = [
        [
            ("Reporting-MTA", f"dns; {hostname}"),
            ("X-Mailwarden-ID", mail_id),
            ("Arrival-Date", format_datetime(arrived_at)),
        ]
    ]
    if envid:
        fields[0].insert(0, ("Original-Envelope-Id", envid))
    for recipient, reply in failed.items():
        group = [("Original-Recipient", recipient.orcpt)] if recipient.orcpt else []
        group += [
            ("Final-Recipient", f"rfc822; {recipient.address}"),
            ("Action", "failed"),
            ("Status", reply.status if reply.status.startswith("5") else "5.0.0"),
            ("Diagnostic-Code", f"smtp; {reply}"),
        ]
        fields.append(group)
    part = Message(policy=SMTP)
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([_fields(group) for group in fields])
    return part


def _fields(group: list[tuple[str, str]]) -> Message:
    message = Message(policy=SMTP)
    for name, value in group:
        message[name] = value
    return message


def _header_block(original: bytes) -> bytes:
    end = original.find(b"\r\n\r\n")
    return original if end < 0 else original[: end + 2]
