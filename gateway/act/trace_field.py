"""Our `Received:` field (RFC 5321 4.4)."""

from __future__ import annotations

import re
from email.utils import format_datetime

from gateway.contract import Mail

#: Characters outside ASCII, and those that could end a word, a comment, a clause or the line (RFC 5321 4.4).
_UNSAFE = re.compile(r"[^!-~]|[()\\;<>\",]")
#: The most characters of a host name: it has at most 255 octets (RFC 1035 2.3.4), a line 998 (RFC 5322 2.1.1).
_NAME_CHARACTERS = 255


def received_field(mail: Mail, protocol: str, hostname: str) -> bytes:
    """Return one folded field. It has `for` only with a single recipient: others would be disclosed (law 7)."""
    client, recipients = mail.client, mail.envelope.recipients
    name = _word(client.name)
    literal = f"IPv6:{client.address}" if ":" in client.address else client.address
    comment = f"{name} [{literal}]".strip() if client.address else name or "unknown"
    for_whom = f"\r\n\tfor <{recipients[0].address}>" if len(recipients) == 1 else ""
    helo = _word(client.helo) or "unknown"
    text = (
        f"Received: from {helo} ({comment})\r\n\tby {hostname} (Mailwarden) with {_with(mail, protocol)} id {mail.id}"
        f"{for_whom};\r\n\t{format_datetime(mail.received_at)}\r\n"
    )
    return text.encode()


def _word(text: str) -> str:
    return _UNSAFE.sub("?", text[:_NAME_CHARACTERS])


def _with(mail: Mail, protocol: str) -> str:
    """Return the protocol; internationalised mail has its own names, UTF8SMTP and UTF8SMTPS (RFC 6531 4.3)."""
    return protocol.replace("ESMTP", "UTF8SMTP") if mail.envelope.smtputf8 else protocol
