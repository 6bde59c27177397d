"""A next hop with a script: a real SMTP or LMTP server on loopback that replies as a test tells it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.act.relay.next_hop import NextHop

HANG_UP = "hang up"  # as a reply: close the connection and say nothing
HANG = "hang"  # as a reply: say nothing, keep the connection

#: What a modern server offers.
OFFERS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")

Answer = str | bytes | Sequence["str | bytes"]

_REPLIES: dict[str, Answer] = {
    "banner": "220 hop.test ESMTP",
    "HELO": "250 hop.test",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go on",
    ".": "250 2.0.0 Ok: queued as 1",
    "RSET": "250 2.0.0 Ok",
    "XFORWARD": "250 2.0.0 Ok",
    "STARTTLS": "220 2.0.0 Ready",
    "AUTH": "235 2.7.0 Welcome",
    "QUIT": "221 2.0.0 Bye",
}


class ScriptedHop:
    """Keys of `replies` are the beginnings of commands ("RCPT TO:<b@"), the longest that fits counts.

    A value is the reply, HANG_UP, HANG, octets that go out as they are, or a sequence of those: one after the other,
    the last for good; that is over all connections.
    """

    def __init__(
        self,
        *,
        offers: Sequence[str] = OFFERS,
        replies: Mapping[str, Answer] | None = None,
        scheme: str = "smtp",
        tls: ssl.SSLContext | None = None,
        reads_content: bool = True,
    ) -> None:
        self.offers = offers
        self.replies: dict[str, Answer] = {**_REPLIES, **(replies or {})}
        self.scheme = scheme
        self.tls = tls
        self.reads_content = reads_content
        self.said: list[str] = []  # every command, over all connections
        self.contents: list[bytes] = []  # as they came over the wire, with the final dot
        self.connections = 0
        self.open = 0
        self.encrypted: list[bool] = []  # for each MAIL
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> NextHop:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.tls if self.scheme == "smtps" else None, limit=2**24
        )
        port = self._server.sockets[0].getsockname()[1]
        return NextHop(self.scheme, host="127.0.0.1", port=port)  # type: ignore[arg-type]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        while self.open:
            await asyncio.sleep(0.001)

    def drop(self) -> None:
        """Cut every connection."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def said_to_have(self, line: str) -> None:
        """Wait until that command has come."""
        while line not in self.said:
            await asyncio.sleep(0.001)

    def verbs(self) -> list[str]:
        return [line.split()[0] for line in self.said]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if await self._answer(writer, "banner"):
                await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client hung up, which is for the test to judge
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()
            self.open -= 1

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted: list[str] = []
        while line := (await reader.readline()).decode().removesuffix("\r\n"):
            self.said.append(line)
            verb = line.split(" ")[0].upper()
            if verb in ("EHLO", "LHLO") and verb not in self.replies:
                await self._write(writer, "\r\n".join(["250-hop.test", *(f"250-{o}" for o in self.offers), "250 HELP"]))
                continue
            if verb == "MAIL":
                accepted = []
                self.encrypted.append(writer.get_extra_info("sslcontext") is not None)
            said = await self._answer(writer, line)
            if said is None:
                return
            if verb == "RCPT" and said.startswith("2"):
                accepted.append(line)
            if verb == "STARTTLS" and said.startswith("220"):
                if self.tls is None:  # a broken server
                    await reader.read(1)
                    writer.write(b"no TLS here, sorry\r\n")
                    return
                await writer.start_tls(self.tls)
            if verb == "DATA" and said.startswith("354") and not await self._content(reader, writer, accepted):
                return
            if verb == "QUIT":
                return

    async def _content(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, accepted: list[str]) -> bool:
        if not self.reads_content:
            return await self._answer(writer, ".") is not None
        content = b"\r\n"
        while not content.endswith(b"\r\n.\r\n"):
            content += await reader.readuntil(b".\r\n")
        self.contents.append(content.removeprefix(b"\r\n"))
        for _ in accepted if self.scheme == "lmtp" else ("all",):
            if await self._answer(writer, ".") is None:
                return False
        return True

    async def _answer(self, writer: asyncio.StreamWriter, line: str) -> str | None:
        """Say the scripted reply; None where the connection is to be closed."""
        key = max((key for key in self.replies if line.upper().startswith(key.upper())), key=len, default="")
        answer = self.replies.get(key, "502 5.5.2 Unknown")
        if not isinstance(answer, str | bytes):
            answer, *rest = answer
            self.replies[key] = rest if rest else answer
        if answer == HANG_UP:
            return None
        if answer == HANG:
            await asyncio.Event().wait()
        await self._write(writer, answer)
        return answer if isinstance(answer, str) else answer.decode("latin-1")

    async def _write(self, writer: asyncio.StreamWriter, answer: str | bytes) -> None:
        writer.write(answer if isinstance(answer, bytes) else answer.encode() + b"\r\n")
        await writer.drain()


def with_policy(hop: NextHop, **changes: str) -> NextHop:
    """Return the same next hop under another policy; `host` too, for certificates."""
    return replace(hop, **changes)  # type: ignore[arg-type]
