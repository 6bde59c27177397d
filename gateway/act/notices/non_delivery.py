"""Reports of non-delivery to our own senders (RFC 3464, in the multipart/report of RFC 6522)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from secrets import token_hex

from gateway.act.notices.own_messages import own_header
from gateway.contract import Recipient
from gateway.message.edits.compose import text_entity
from gateway.smtp.reply import Reply, printable

#: The most characters of a field in the machine-readable part; a line has at most 998 octets (RFC 5322 2.1.1).
FIELD_CHARACTERS = 900

_XTEXT = re.compile(r"\+([0-9A-F]{2})")


def wants_report(recipient: Recipient) -> bool:
    """Return whether a failure is reported; it is unless NOTIFY says otherwise (RFC 3461 4.1)."""
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
    """Return the whole report; it carries the original's header section only, never its body."""
    header = own_header(
        name="Mail delivery",
        address=notices_from,
        to=to,
        subject="Your message could not be delivered",
        now=now,
        hostname=hostname,
        auto_submitted="auto-replied",
    )
    status = _delivery_status(hostname, mail_id, envid, failed, arrived_at)
    return header + _multipart(
        (
            _text(_for_people(mail_id, failed)),
            b"Content-Type: message/delivery-status\r\n\r\n" + status,
            _text(_header_block(original).decode("utf-8", "replace"), "rfc822-headers"),
        )
    )


def _multipart(entities: Sequence[bytes]) -> bytes:
    boundary = b"=_" + token_hex(16).encode()  # unpredictable: the original can't contain it
    kind = b'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="' + boundary + b'"\r\n\r\n'
    parts = b"".join(b"--" + boundary + b"\r\n" + entity + b"\r\n" for entity in entities)
    return kind + parts + b"--" + boundary + b"--\r\n"


def _text(text: str, subtype: str = "plain") -> bytes:
    fields, body = text_entity(text, subtype)
    return fields + b"\r\n" + body


def _for_people(mail_id: str, failed: Mapping[Recipient, Reply]) -> str:
    lines = [f"  {printable(r.address)}\n    {reply}\n" for r, reply in failed.items()]
    return (
        "Your message could not be delivered to:\n\n"
        + "\n".join(lines)
        + f"\nNothing more will be tried for these recipients. The message's id with us is {mail_id}.\n"
    )


def _delivery_status(
    hostname: str, mail_id: str, envid: str | None, failed: Mapping[Recipient, Reply], arrived_at: datetime
) -> bytes:
    """Return a group of fields for the message, then one for each recipient (RFC 3464 2.2 and 2.3)."""
    message = [
        ("Reporting-MTA", f"dns; {hostname}"),
        ("Arrival-Date", format_datetime(arrived_at)),
        ("X-Mailwarden-ID", mail_id),
    ]
    if envid:
        message.insert(0, ("Original-Envelope-Id", _from_xtext(envid)))
    return b"\r\n".join(map(_group, (message, *(_of_recipient(r, reply) for r, reply in failed.items()))))


def _of_recipient(recipient: Recipient, reply: Reply) -> list[tuple[str, str]]:
    fields = [
        ("Final-Recipient", _typed(recipient.address)),
        ("Action", "failed"),
        ("Status", reply.with_status().status),  # 4.x.x: the failure was temporary until we gave up (RFC 3464 2.3.4)
        ("Diagnostic-Code", f"smtp; {reply}"),
    ]
    if recipient.orcpt:
        fields.insert(0, ("Original-Recipient", _from_xtext(recipient.orcpt)))
    return fields


def _group(fields: Sequence[tuple[str, str]]) -> bytes:
    lines = (f"{name}: {printable(value)[:FIELD_CHARACTERS]}\r\n" for name, value in fields)
    return "".join(lines).encode("ascii", "replace")


def _typed(address: str) -> str:
    """Return the typed address; outside ASCII in the form that a seven-bit report can carry (RFC 6533 3)."""
    if address.isascii():
        return f"rfc822; {address}"
    return "utf-8; " + "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in address)


def _from_xtext(text: str) -> str:
    """Decode ENVID or ORCPT, which travel as xtext and are reported decoded (RFC 3461 4)."""
    return _XTEXT.sub(lambda match: chr(int(match[1], 16)), text)


def _header_block(original: bytes) -> bytes:
    end = original.find(b"\r\n\r\n")
    return original if end < 0 else original[: end + 2]
