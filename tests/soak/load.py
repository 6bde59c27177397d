"""The load: clients that keep a message until it gets 250 or 5xx and try again after all else, each try on record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.soak.mails import Mail

#: A client gives up the connection after so long: no fault here lasts as long, and the gateway's own limit is 90.
REPLY_SECONDS = 120.0
AGAIN_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a message.

    `was_sent`: the content went out with its final dot. `reply` is the last one, "" where the connection failed.
    """

    mail: Mail
    recipients: tuple[str, ...]
    ended: float
    was_sent: bool
    reply: str

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the client can't know what became of the message (RFC 1047)."""
        return self.was_sent and not self.reply


@dataclass
class Load:
    """Clients side by side, which send what `mails` yields until `stop` is called, so many messages a second.

    A listener may have the ports of several gateways: each try goes to the next of them.
    """

    ports: Mapping[str, Sequence[int]]
    mails: Iterator[Mail]
    rate: float
    clients: int = 16
    attempts: list[Attempt] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)  # tags that a client still has
    accepted: dict[str, tuple[Mail, tuple[str, ...]]] = field(default_factory=dict)  # by tag, with its recipients
    refused: dict[str, str] = field(default_factory=dict)  # tag -> reply
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self.clients):
                tasks.create_task(self._client())

    def stop(self) -> None:
        """Begin no further message; those that wait are tried on."""
        self.stopped.set()

    async def reached(self, accepted: int) -> None:
        """Until so many messages were accepted. Raises TimeoutError."""
        async with asyncio.timeout(120):
            while len(self.accepted) < accepted:
                await asyncio.sleep(0.02)

    async def _client(self) -> None:
        pause = self.clients / self.rate
        while not self.stopped.is_set():
            began = time.monotonic()
            await self._deliver(next(self.mails))
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    async def _deliver(self, mail: Mail) -> None:
        self.waiting.add(mail.tag)
        while mail.tag in self.waiting:
            attempt = await self._try(mail)
            self.attempts.append(attempt)
            if attempt.reply[:1] == "2" and attempt.was_sent:
                self.accepted[mail.tag] = mail, attempt.recipients
                self.waiting.discard(mail.tag)
            elif attempt.reply[:1] == "5":
                self.refused[mail.tag] = attempt.reply
                self.waiting.discard(mail.tag)
            else:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _try(self, mail: Mail) -> Attempt:
        dialog = _Dialog(mail)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                ports = self.ports[mail.listener]
                await dialog.run(ports[len(self.attempts) % len(ports)])
        except (OSError, TimeoutError):
            dialog.reply = ""
        return Attempt(mail, tuple(dialog.recipients), time.monotonic(), dialog.was_sent, dialog.reply)


class _Dialog:
    """One transaction. A recipient who is refused for good is left out, as a mail server would do."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self.recipients: list[str] = []
        self.was_sent = False
        self.reply = ""

    async def run(self, port: int) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        try:
            await self._talk()
        finally:
            self._writer.close()

    async def _talk(self) -> None:
        for command in ("", "EHLO client.far.example\r\n", f"MAIL FROM:<{self._mail.sender}>\r\n"):
            if not await self._is_fine(command):
                return
        for recipient in self._mail.recipients:
            if await self._is_fine(f"RCPT TO:<{recipient}>\r\n"):
                self.recipients.append(recipient)
            elif self.reply[:1] != "5":
                return
        if not self.recipients or not await self._is_fine("DATA\r\n"):
            return
        stuffed = (b"\r\n" + self._mail.content).replace(b"\r\n.", b"\r\n..")[2:]
        self.reply = ""
        self._writer.write(stuffed + b".\r\n")
        self.was_sent = True
        await self._read()
        self._writer.write(b"QUIT\r\n")

    async def _is_fine(self, command: str) -> bool:
        self._writer.write(command.encode())
        await self._read()
        return self.reply[:1] in ("2", "3")

    async def _read(self) -> None:
        """Read a reply; "" at the end of the connection."""
        self.reply = ""
        while True:
            line = (await self._reader.readline()).decode()
            if not line.endswith("\n"):
                raise ConnectionResetError
            if line[3:4] != "-":
                self.reply = line.strip()
                return
