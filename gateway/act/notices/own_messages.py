"""Messages written by the gateway: notices and reports to our own people, and questions about agreements to outside.

No address and no text from outside can begin a line of such a message, whatever the text holds.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid
from secrets import token_hex
from typing import Literal

from gateway.act.notices.html_alternative import html_of
from gateway.act.notices.notice_templates import COMMAND_MARK
from gateway.message.edits.compose import field_octets, text_entity
from gateway.smtp.reply import printable

#: The last line of a message that can be answered, in no language.
END_OF_NOTICE = "* * *"
#: A Message-ID that can be repeated in a field of ours: one line of ASCII, short enough not to be folded.
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")


def sender_name(organisation: str) -> str:
    """Return the display name from which notices come."""
    return f"{organisation} mail gateway"


def own_header(
    *,
    name: str,
    address: str,
    to: str,
    subject: str,
    now: datetime,
    hostname: str,
    auto_submitted: Literal["auto-generated", "auto-replied"],
    reply_to: str = "",
    answers: str = "",
) -> bytes:
    """Return all header fields but those of MIME, each line ended; RFC 3834 5 defines Auto-Submitted.

    A message with `reply_to` is to be answered by a person: it asks Exchange to send no automatic answers (MS-OXCMAIL
    2.2.3.2.14). `answers`: the Message-ID of the mail that it answers (RFC 3834 3.1.5).
    """
    header = EmailMessage(policy=SMTP)
    header["From"] = formataddr((name, address))
    header["Date"] = format_datetime(now)
    header["Message-ID"] = make_msgid(domain=hostname)
    header["Auto-Submitted"] = auto_submitted
    if reply_to:
        header["X-Auto-Response-Suppress"] = "All"
    # `email` isn't used for subject and addresses: it decodes what looks like an encoded word in them, line breaks
    # included, or refuses the result.
    about = field_octets("Subject", printable(subject))
    addresses = f"To: <{printable(to)}>\r\n" + (f"Reply-To: <{printable(reply_to)}>\r\n" if reply_to else "")
    thread = f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if MESSAGE_ID.fullmatch(answers) else ""
    return header.as_bytes().removesuffix(b"\r\n") + about + f"{addresses}{thread}MIME-Version: 1.0\r\n".encode()


def own_text(
    text: str,
    *,
    organisation: str,
    address: str,
    to: str,
    now: datetime,
    hostname: str,
    reply_to: str = "",
    answers: str = "",
) -> bytes:
    """Return a whole message, as text and as HTML, made of a rendered template whose first line is the subject.

    One that can be answered has a line at its end, by which the words below it in a reply are found.
    """
    subject, _, body = text.strip().partition("\n")
    body = f"{body.rstrip()}\n\n{END_OF_NOTICE}" if reply_to else body
    subject, plain = subject.replace(COMMAND_MARK, ""), body.replace(COMMAND_MARK, "")
    header = own_header(
        name=sender_name(organisation),
        address=address,
        to=to,
        subject=subject,
        now=now,
        hostname=hostname,
        auto_submitted="auto-replied" if answers else "auto-generated",
        reply_to=reply_to,
        answers=answers,
    )
    entities = (text_entity(plain.strip() + "\n"), text_entity(html_of(subject, body), "html"))
    boundary = b"=_" + token_hex(16).encode()  # unpredictable: no text can contain it
    parts = b"".join(b"--" + boundary + b"\r\n" + fields + b"\r\n" + octets + b"\r\n" for fields, octets in entities)
    kind = b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n\r\n'
    return header + kind + parts + b"--" + boundary + b"--\r\n"
