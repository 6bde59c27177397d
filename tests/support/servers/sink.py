"""A next hop that keeps messages: a small SMTP server that can be told to refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

OFFERS = (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"DSN", b"SIZE 0", b"ENHANCEDSTATUSCODES")


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One message as it arrived: commands with their parameters, content dot-unstuffed."""

    mail: bytes  # "<a@x> SIZE=10"
    rcpts: tuple[bytes, ...]
    content: bytes

    @property
    def mail_from(self) -> str:
        return self.mail[1:].partition(b">")[0].decode()

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(r[1:].partition(b">")[0].decode() for r in self.rcpts)


@dataclass
class Sink:
    """`async with Sink() as sink`. `rcpt_reply(address)` and `data_reply(content)` give replies that aren't 250."""

    rcpt_reply: Callable[[str], bytes | None] = lambda _: None
    data_reply: Callable[[bytes], bytes | None] = lambda _: None
    offers: tuple[bytes, ...] = OFFERS
    starttls_reply: bytes | None = None  # said to STARTTLS, and no TLS begun
    port: int = 0  # 0 = a free one, known once it is open
    got: list[ReceivedMessage] = field(default_factory=list)

    async def __aenter__(self) -> Sink:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def of(self, mail_from: str) -> list[ReceivedMessage]:
        """Return the mail from one reverse-path; notices come from the null sender."""
        return [g for g in self.got if g.mail_from == mail_from]

    async def wait(self, count: int, seconds: float = 20) -> None:
        """Until so many messages have come. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.got) < count:
                await asyncio.sleep(0.02)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink.example ESMTP\r\n")
        mail = b""
        rcpts: list[bytes] = []
        try:
            while line := await reader.readline():
                verb, _, rest = line.strip().partition(b" ")
                match verb.upper():
                    case b"EHLO":
                        writer.write(
                            b"".join(b"250-%s\r\n" % o for o in (b"sink.example", *self.offers)) + b"250 HELP\r\n"
                        )
                    case b"MAIL":
                        mail, rcpts = rest.partition(b":")[2], []
                        writer.write(b"250 2.1.0 ok\r\n")
                    case b"RCPT":
                        path = rest.partition(b":")[2]
                        reply = self.rcpt_reply(path[1:].partition(b">")[0].decode())
                        if reply is None:
                            rcpts.append(path)
                        writer.write((reply or b"250 2.1.5 ok") + b"\r\n")
                    case b"DATA":
                        if not await self._data(reader, writer, mail, tuple(rcpts)):
                            return
                    case b"STARTTLS" if self.starttls_reply is not None:
                        writer.write(self.starttls_reply + b"\r\n")
                        await writer.drain()
                        return
                    case b"QUIT":
                        writer.write(b"221 2.0.0 bye\r\n")
                        return
                    case _:
                        writer.write(b"250 2.0.0 ok\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):  # cancelled: the test has ended
            return
        finally:
            writer.close()

    async def _data(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mail: bytes, rcpts: tuple[bytes, ...]
    ) -> bool:
        if not rcpts:
            writer.write(b"554 5.5.1 no valid recipients\r\n")
            return True
        writer.write(b"354 go\r\n")
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        return await self._answer(writer, ReceivedMessage(mail, rcpts, b"".join(lines)))

    async def _answer(self, writer: asyncio.StreamWriter, message: ReceivedMessage) -> bool:
        """Keep the message unless it is refused, and answer its final dot. Return False to hang up."""
        reply = self.data_reply(message.content)
        if reply is None:
            self.got.append(message)
        writer.write((reply or b"250 2.0.0 taken") + b"\r\n")
        return True
