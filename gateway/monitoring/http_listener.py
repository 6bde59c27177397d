"""The HTTP listener for monitoring: GET and HEAD of a few fixed paths, one answer a connection.

It is part of the keeper and takes no mail. A port that it can't have is trouble in `status`, and stops nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from gateway.settings.network import ListenAddress

#: Octets of a request's header; Prometheus sends some 300.
REQUEST_BYTES = 8 * 1024
#: Seconds in which a client has to send its request, and then to read the answer.
CLIENT_SECONDS = 5.0
#: Seconds in which an answer has to be there; after that the client gets 503.
ANSWER_SECONDS = 8.0
#: Connections at a time, each a file descriptor of the keeper. A further one takes the place of the one that has waited
#: longest for its client to send or read: who holds connections open must not keep Prometheus out.
CONNECTIONS = 32
#: Seconds until a port that could not be had is tried again.
RETRY_SECONDS = 30.0

TEXT = "text/plain; charset=utf-8"

log = structlog.get_logger("http")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request."""

    status: HTTPStatus
    body: bytes
    content_type: str = TEXT


#: Makes the answer to a GET; it is given the request's field `Accept`.
Page = Callable[[str], Awaitable[Answer]]


class HttpListener:
    """Listener at one address, which a reload may change; without an address it listens nowhere."""

    def __init__(self) -> None:
        self.trouble = ""  # a sentence, while the port can't be had
        self._pages: Mapping[str, Page] = {}
        self._address: ListenAddress | None = None
        self._listening_at: ListenAddress | None = None
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self._connections = 0
        self._idle: dict[asyncio.StreamWriter, None] = {}  # those whose client has to send or read, oldest first

    def configure(self, address: ListenAddress | None, pages: Mapping[str, Page]) -> None:
        """Set the address and the pages by their paths; `run` takes a new address over."""
        self._address, self._pages = address, pages
        self._changed.set()

    async def run(self) -> None:
        """Listen until cancelled; try again and again where the port can't be had."""
        try:
            while True:
                self._changed.clear()
                await self._listen()
                try:
                    async with asyncio.timeout(RETRY_SECONDS if self.trouble else None):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            self._close()

    async def _listen(self) -> None:
        """Listen at the address, and nowhere else."""
        if self._server is not None and self._listening_at == self._address:
            return
        self._close()
        before, self.trouble = self.trouble, ""
        address = self._address
        if address is None:
            return
        try:
            self._server = await asyncio.start_server(
                self._serve, address.host, address.port, limit=REQUEST_BYTES, reuse_address=True
            )
        except OSError as error:
            self.trouble = (
                f"Monitoring can't have {address} ({error.strerror or error}): mail goes on, but nothing can read "
                "/metrics. Stop the program that has the port, or give `http:` another one, or `off`, and reload."
            )
            if self.trouble != before:
                log.warning("http.no_port", address=str(address), error=str(error))
            return
        self._listening_at = address
        log.info("http.listening", address=str(address))

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = self._listening_at = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request. A client that sends or reads nothing is left after CLIENT_SECONDS."""
        self._connections += 1
        try:
            if self._connections > CONNECTIONS and not self._dropped_one():
                return
            self._idle[writer] = None
            async with asyncio.timeout(CLIENT_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
            self._idle.pop(writer, None)
            octets = await self._answered(request)
            self._idle[writer] = None
            async with asyncio.timeout(CLIENT_SECONDS):
                writer.write(octets)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.debug("http.cut", error=repr(error))
        finally:
            writer.transport.abort()
            self._idle.pop(writer, None)
            self._connections -= 1

    def _dropped_one(self) -> bool:
        """Drop the connection that has waited longest for its client; return whether there was one."""
        oldest = next(iter(self._idle), None)
        if oldest is None:
            return False
        del self._idle[oldest]
        oldest.transport.abort()
        return True

    async def _answered(self, request: bytes) -> bytes:
        line, *fields = request.decode("latin-1").split("\r\n")
        method, target, version = ([*line.split(" "), "", "", ""])[:3]
        page = self._pages.get(target.partition("?")[0])
        if not version.startswith("HTTP/1."):
            answer = Answer(HTTPStatus.BAD_REQUEST, b"This is no request of HTTP/1.1.\n")
        elif method not in ("GET", "HEAD"):
            answer = Answer(HTTPStatus.METHOD_NOT_ALLOWED, b"GET and HEAD alone are answered.\n")
        elif page is None:
            known = f"There is nothing here but {', '.join(self._pages)}.\n"
            answer = Answer(HTTPStatus.NOT_FOUND, known.encode())
        else:
            answer = await _page(page, _field(fields, "accept"))
        return _octets(answer, with_body=method != "HEAD")


async def _page(page: Page, accept: str) -> Answer:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await page(accept)
    except TimeoutError:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"The gateway gives no answer in time.\n")
    except Exception:
        log.exception("http.error")
        return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"The page can't be made: the log says why.\n")


def _field(fields: list[str], name: str) -> str:
    """Return the value of a header field; "" without one."""
    values = (value for key, _, value in (field.partition(":") for field in fields) if key.strip().lower() == name)
    return next(values, "").strip()


def _octets(answer: Answer, *, with_body: bool) -> bytes:
    """Return the answer as HTTP/1.1 has it."""
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
    )
    if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
        head += "Allow: GET, HEAD\r\n"
    return f"{head}\r\n".encode("latin-1") + (answer.body if with_body else b"")
