"""A next hop in trouble: it answers 4xx or 5xx, stalls, hangs up, or takes a message and says nothing.

It keeps what came and when, and what it has taken without saying so: of these the gateway can't know.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

from tests.soak.mails import TAG
from tests.support.servers.sink import ReceivedMessage, Sink

_FINAL = re.compile(rb"^Final-Recipient: *rfc822; *(\S+)", re.IGNORECASE | re.MULTILINE)

#: Replies to the final dot, by mode.
_REPLIES = {"says_4xx": b"451 4.3.0 come again", "says_5xx": b"554 5.3.0 this is a bad day"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Copies of one message that the next hop took at a time; `is_said`: the gateway was told."""

    tag: str
    recipients: tuple[str, ...]
    at: float
    is_said: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A report of non-delivery to a sender of ours, with its own Message-ID and the recipients that it names.

    One that the next hop has refused for good is known here too: it ends there, nothing answers it.
    """

    id: bytes
    tag: str
    recipients: tuple[str, ...]
    at: float
    is_said: bool


@dataclass
class TroubledHop(Sink):
    """Modes: fine, says_4xx, says_5xx, stalls, hangs_up, takes_and_hangs_up, mailbox_full."""

    mode: str = "fine"
    deliveries: list[Delivery] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    notices: list[tuple[float, bool]] = field(default_factory=list)  # our own mail: when, and whether we said so

    def __post_init__(self) -> None:
        self.rcpt_reply = self._reply_to_recipient
        self._fine = asyncio.Event()
        self._fine.set()

    def set_mode(self, mode: str) -> None:
        self.mode = mode
        self._fine.clear() if mode == "stalls" else self._fine.set()

    def _reply_to_recipient(self, address: str) -> bytes | None:
        if address.startswith("gone"):
            return b"550 5.1.1 no such person"
        if self.mode == "mailbox_full" and address.startswith("p1"):
            return b"452 4.2.2 mailbox full"
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "hangs_up":
            writer.transport.abort()
            return
        await self._fine.wait()
        await super()._serve(reader, writer)

    async def _answer(self, writer: asyncio.StreamWriter, message: ReceivedMessage) -> bool:
        await self._fine.wait()
        if self.mode == "hangs_up":
            writer.transport.abort()
            return False
        if reply := _REPLIES.get(self.mode):
            if self.mode == "says_5xx" and not message.mail_from:
                self._keep_report(message, time.monotonic(), is_said=True)
            writer.write(reply + b"\r\n")
            return True
        is_said = self.mode != "takes_and_hangs_up"
        self._keep(message, is_said)
        if is_said:
            writer.write(b"250 2.0.0 taken\r\n")
        else:
            writer.transport.abort()
        return is_said

    def _keep(self, message: ReceivedMessage, is_said: bool) -> None:
        at = time.monotonic()
        if message.mail_from:
            tag = message.mail_from.partition("@")[0]
            self.deliveries.append(Delivery(tag, message.recipients, at, is_said))
            return
        self.notices.append((at, is_said))
        self._keep_report(message, at, is_said)

    def _keep_report(self, message: ReceivedMessage, at: float, is_said: bool) -> None:
        if b"multipart/report" in message.content and (tagged := TAG.search(message.content)):
            named = tuple(found.decode() for found in _FINAL.findall(message.content))
            id = message.content.partition(b"Message-ID:")[2].partition(b"\r\n")[0]
            self.reports.append(Report(id, tagged[0].decode(), named, at, is_said))
