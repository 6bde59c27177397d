"""The commands for one message to a next hop, and the recipients for whom they can't be sent.

Pure. A parameter is sent only where the next hop offers its extension. No text from outside can end a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.act.relay.content import Content
from gateway.act.relay.next_hop import Capabilities
from gateway.contract import Client, Recipient
from gateway.smtp.reply import Reply

#: Characters that no address may hold on its way out: controls, blanks and brackets would end the path or the line.
_UNFIT = re.compile(r"[\x00-\x20\x7f-\x9f<>\u2028\u2029\ud800-\udfff]")
#: A parameter value that may be sent: xtext or a keyword, printable ASCII (RFC 3461 4, RFC 5321 4.1.2).
_FIT_VALUE = re.compile(r"[\x21-\x7e]+")

#: Postfix refuses an XFORWARD value of more than 255 octets (XFORWARD_README). The rest of a long HELO is of no use.
XFORWARD_VALUE_BYTES = 255

BAD_ADDRESS = Reply(553, "5.1.3", "The address can't be sent on: it holds a control character, a blank or a bracket")
BAD_PARAMETER = Reply(501, "5.5.4", "A parameter of the envelope can't be sent on")
BARE_NEWLINE = Reply(550, "5.6.11", "The message holds a bare CR or LF")
TOO_BIG = Reply(552, "5.3.4", "The message is bigger than the next mail server takes")
NO_EIGHT_BIT = Reply(554, "5.6.3", "The message holds 8-bit content, which the next mail server doesn't take")
NO_UTF8_ADDRESS = Reply(553, "5.6.7", "The next mail server takes no addresses outside ASCII")
NO_UTF8_HEADER = Reply(550, "5.6.9", "The next mail server takes no header fields in UTF-8")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One envelope for the next hop. Parameters as in `contract.Envelope`; `client` and `ident` are for XFORWARD."""

    mail_from: str
    recipients: tuple[Recipient, ...]
    body: str | None = None
    smtputf8: bool = False
    ret: str | None = None
    envid: str | None = None
    auth: str | None = None
    client: Client | None = None
    ident: str = ""  # our message id


@dataclass(frozen=True, slots=True)
class Plan:
    """The commands for the recipients that this next hop can take, and the replies for the others."""

    xforward: tuple[bytes, ...]
    mail: bytes
    recipients: tuple[Recipient, ...]
    rcpts: tuple[bytes, ...]
    refused: dict[str, Reply]


def refusal(transaction: Transaction, content: Content) -> Reply | None:
    """Return the reason why no next hop may be sent this message; None if one may."""
    if content.bare_newline:
        return BARE_NEWLINE
    if _UNFIT.search(transaction.mail_from):
        return BAD_ADDRESS
    values = (transaction.body, transaction.ret, transaction.envid, transaction.auth)
    return BAD_PARAMETER if any(value is not None and not _fit(value) for value in values) else None


def plan(transaction: Transaction, content: Content, offered: Capabilities) -> Plan:
    """Return the commands for a next hop with these capabilities, after `refusal` returned None."""
    for_all = _unacceptable(transaction, content, offered)
    refused: dict[str, Reply] = {}
    recipients = []
    for recipient in transaction.recipients:
        reply = for_all or _unsendable(recipient, offered)
        if reply is None:
            recipients.append(recipient)
        else:
            refused[recipient.address] = reply
    return Plan(
        xforward=_xforward(transaction.client, transaction.ident, offered.xforward) if transaction.client else (),
        mail=_mail(transaction, content, offered),
        recipients=tuple(recipients),
        rcpts=tuple(_rcpt(recipient, offered) for recipient in recipients),
        refused=refused,
    )


def probe(mail_from: str, recipient: str, offered: Capabilities) -> tuple[bytes, bytes] | Reply:
    """Return the MAIL and RCPT that only ask about a recipient, or a Reply where they can't be sent."""
    if _UNFIT.search(mail_from) or not recipient or _UNFIT.search(recipient):
        return BAD_ADDRESS
    utf8 = not (mail_from + recipient).isascii()
    if utf8 and not offered.smtputf8:
        return NO_UTF8_ADDRESS
    parameters = " SMTPUTF8" if utf8 else ""
    return f"MAIL FROM:<{mail_from}>{parameters}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode()


def _unacceptable(transaction: Transaction, content: Content, offered: Capabilities) -> Reply | None:
    """Return why this next hop can't take the message for any recipient. The message is refused rather than mangled."""
    if offered.size is not None and content.size > offered.size:
        return TOO_BIG
    if not offered.smtputf8:
        if not transaction.mail_from.isascii():
            return NO_UTF8_ADDRESS
        # A client may say SMTPUTF8 for a message that turns out not to need it (RFC 6531 3.6).
        if transaction.smtputf8 and content.eight_bit_header:
            return NO_UTF8_HEADER
    return NO_EIGHT_BIT if not offered.eightbitmime and content.eight_bit else None


def _unsendable(recipient: Recipient, offered: Capabilities) -> Reply | None:
    if not recipient.address or _UNFIT.search(recipient.address):
        return BAD_ADDRESS
    if not offered.smtputf8 and not recipient.address.isascii():
        return NO_UTF8_ADDRESS
    values = (recipient.notify, recipient.orcpt)
    return BAD_PARAMETER if any(value is not None and not _fit(value) for value in values) else None


def _fit(value: str) -> bool:
    return bool(_FIT_VALUE.fullmatch(value))


def _mail(transaction: Transaction, content: Content, offered: Capabilities) -> bytes:
    words = [f"MAIL FROM:<{transaction.mail_from}>", f"SIZE={content.size}" if offered.announces_size else ""]
    if offered.eightbitmime:
        # A message that was declared 7BIT and isn't is declared 8BITMIME: some clients never send BODY.
        body = "8BITMIME" if content.eight_bit else transaction.body
        words.append(f"BODY={body}" if body else "")
    if offered.smtputf8 and _needs_utf8(transaction):
        words.append("SMTPUTF8")
    if offered.dsn:
        words += [
            f"RET={transaction.ret}" if transaction.ret else "",
            f"ENVID={transaction.envid}" if transaction.envid else "",
        ]
    if offered.auth and transaction.auth:
        words.append(f"AUTH={transaction.auth}")
    return _line(words)


def _needs_utf8(transaction: Transaction) -> bool:
    return transaction.smtputf8 or not all(
        a.isascii() for a in (transaction.mail_from, *(r.address for r in transaction.recipients))
    )


def _rcpt(recipient: Recipient, offered: Capabilities) -> bytes:
    words = [f"RCPT TO:<{recipient.address}>"]
    if offered.dsn and (recipient.notify or recipient.orcpt):
        words += [
            f"NOTIFY={recipient.notify}" if recipient.notify else "",
            f"ORCPT={recipient.orcpt}" if recipient.orcpt else "",
        ]
    return _line(words)


def _line(words: Iterable[str]) -> bytes:
    return (" ".join(filter(None, words)) + "\r\n").encode()


def _xforward(client: Client, ident: str, names: frozenset[str]) -> tuple[bytes, ...]:
    """Return two XFORWARD commands, as Postfix does.

    One command with long values would exceed the 512 octets of a command line.
    """
    values = {
        "NAME": client.name,
        "ADDR": f"IPv6:{client.address}" if ":" in client.address else client.address,
        "PORT": str(client.port or ""),
        "PROTO": "ESMTP",
        "HELO": client.helo,
        "IDENT": ident,
        "SOURCE": "LOCAL" if client.trusted else "REMOTE",
    }
    lines = []
    for group in (("NAME", "ADDR", "PORT"), ("PROTO", "HELO", "IDENT", "SOURCE")):
        words = [f"{name}={_xtext(values[name]) or '[UNAVAILABLE]'}" for name in group if name in names]
        if words:
            lines.append(_line(["XFORWARD", *words]))
    return tuple(lines)


def _xtext(value: str) -> str:
    """Encode as xtext (RFC 3461 4): octets outside printable ASCII, "+" and "=" become +XX."""
    octets = value.encode("utf-8", "replace")[:XFORWARD_VALUE_BYTES]
    return "".join(chr(o) if 0x21 <= o <= 0x7E and o not in b"+=" else f"+{o:02X}" for o in octets)
