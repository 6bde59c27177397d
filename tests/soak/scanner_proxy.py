"""A proxy before clamd that can lie: it says clean of a virus, found of clean mail, or something without sense.

The mail that it has called clean against clamd's word may pass: `lied` has the tags in it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from tests.soak.mails import TAG
from tests.support.servers.ports import free_port


class ScannerProxy:
    """Modes: honest, says_clean, says_found, talks_nonsense."""

    def __init__(self, clamd_port: int) -> None:
        self.port = free_port()
        self.mode = "honest"
        self.lied: set[str] = set()
        self._clamd_port = clamd_port

    async def __aenter__(self) -> ScannerProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # either side has gone, and so goes the other
            clamd_reader, clamd_writer = await asyncio.open_connection("127.0.0.1", self._clamd_port)
            scanned: deque[set[str]] = deque()
            up = asyncio.ensure_future(self._ask(reader, clamd_writer, scanned))
            down = asyncio.ensure_future(self._answer(clamd_reader, writer, scanned))
            try:
                await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in (up, down):
                    one.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
                clamd_writer.close()
        writer.close()

    async def _ask(self, reader: asyncio.StreamReader, clamd: asyncio.StreamWriter, scanned: deque[set[str]]) -> None:
        while True:
            command = await reader.readuntil(b"\0")
            clamd.write(command)
            if command.endswith(b"INSTREAM\0"):
                tags: set[str] = set()
                scanned.append(tags)
                while size := int.from_bytes(octets := await reader.readexactly(4), "big"):
                    chunk = await reader.readexactly(size)
                    tags.update(found.decode() for found in TAG.findall(chunk))
                    clamd.write(octets + chunk)
                    await clamd.drain()
                clamd.write(octets)
            await clamd.drain()

    async def _answer(
        self, clamd: asyncio.StreamReader, writer: asyncio.StreamWriter, scanned: deque[set[str]]
    ) -> None:
        while True:
            answer = await clamd.readuntil(b"\0")
            if b"stream" in answer.lower():
                answer = self._told(answer, scanned.popleft() if scanned else set())
            writer.write(answer)
            await writer.drain()

    def _told(self, answer: bytes, tags: set[str]) -> bytes:
        """Return the answer to a scan as the mode has it."""
        if self.mode == "talks_nonsense":
            return answer[: len(answer) // 2] + b"\0"
        if self.mode == "says_clean" and answer.endswith(b" FOUND\0"):
            self.lied |= tags
            return answer.partition(b"stream: ")[0] + b"stream: OK\0"
        if self.mode == "says_found":
            return answer.partition(b"stream: ")[0] + b"stream: Soak.Lie FOUND\0"
        return answer
