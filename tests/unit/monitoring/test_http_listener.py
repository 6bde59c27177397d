"""The HTTP listener: requests of clients that behave, and of those that don't."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.monitoring import http_listener
from gateway.monitoring.http_listener import Answer, HttpListener
from gateway.settings.network import ListenAddress
from tests.support.servers.ports import free_port

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n\r\n"


async def healthz(accept: str) -> Answer:
    return Answer(HTTPStatus.OK, f"ok {accept}\n".encode())


async def broken(_: str) -> Answer:
    raise ArithmeticError("a mistake")


async def stuck(_: str) -> Answer:
    await asyncio.sleep(60)
    raise AssertionError


async def large(_: str) -> Answer:
    return Answer(HTTPStatus.OK, bytes(2**24))


PAGES = {"/healthz": healthz, "/broken": broken, "/stuck": stuck}


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[HttpListener]:
    listener = HttpListener()
    listener.configure(ListenAddress("127.0.0.1", port), PAGES)
    running = asyncio.ensure_future(listener.run())
    await until_open(port)
    try:
        yield listener
    finally:
        running.cancel()
        await asyncio.wait([running])


async def until_open(port: int) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                return
            except OSError:
                await asyncio.sleep(0.005)


def said(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [line["event"] for line in lines if line["log_level"] in ("warning", "error")]


async def ask(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return (await reader.read()).decode()
    except ConnectionResetError:  # it was cut off with octets unread
        return ""
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("request_", "status", "body"),
    [
        (GET, 200, "ok text/plain\n"),
        (GET.replace(b"GET", b"HEAD"), 200, ""),
        (GET.replace(b"/healthz", b"/healthz?x=1"), 200, "ok text/plain\n"),
        (GET.replace(b"GET", b"POST"), 405, "GET and HEAD alone are answered.\n"),
        (GET.replace(b"GET", b"DELETE"), 405, "GET and HEAD alone are answered.\n"),
        (GET.replace(b"/healthz", b"/"), 404, "There is nothing here but /healthz, /broken, /stuck.\n"),
        (GET.replace(b"/healthz", b"/../etc/passwd"), 404, "There is nothing here but /healthz, /broken, /stuck.\n"),
        (b"EHLO spammer\r\n\r\n", 400, "This is no request of HTTP/1.1.\n"),
        (b"\r\n\r\n", 400, "This is no request of HTTP/1.1.\n"),
    ],
)
async def test_requests(request_: bytes, status: int, body: str) -> None:
    port = free_port()
    async with listening(port):
        head, _, got = (await ask(port, request_)).partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert got == body
    assert ("Allow: GET, HEAD" in head) == (status == 405)


async def test_a_page_that_fails_or_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is told, and the next one is answered."""
    monkeypatch.setattr(http_listener, "ANSWER_SECONDS", 0.01)
    port = free_port()
    async with listening(port):
        with capture_logs() as lines:
            assert (await ask(port, GET.replace(b"healthz", b"broken"))).startswith("HTTP/1.1 500 ")
        assert said(lines) == ["http.error"]
        assert (await ask(port, GET.replace(b"healthz", b"stuck"))).startswith("HTTP/1.1 503 ")
        assert (await ask(port, GET)).startswith("HTTP/1.1 200 ")


async def test_clients_that_hold_their_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent client, an endless header, and more connections than there may be: each is cut off."""
    monkeypatch.setattr(http_listener, "CLIENT_SECONDS", 0.05)
    monkeypatch.setattr(http_listener, "CONNECTIONS", 2)
    port = free_port()
    async with listening(port):
        assert await ask(port, b"GET /heal") == ""
        assert await ask(port, b"GET /" + b"x" * (http_listener.REQUEST_BYTES + 1)) == ""
        answers = await asyncio.gather(*(ask(port, GET.replace(b"healthz", b"stuck")[:-2]) for _ in range(5)))
        assert set(answers) == {""}
        assert (await ask(port, GET)).startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("begun", [b"GET /hea", GET.replace(b"healthz", b"large")])
async def test_connections_that_are_held_open_keep_nobody_out(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that send no request, and those that read no answer: the oldest of them makes room."""
    monkeypatch.setattr(http_listener, "CONNECTIONS", 2)
    monkeypatch.setitem(PAGES, "/large", large)
    port = free_port()
    async with listening(port):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        for _, writer in held:
            writer.write(begun)
        await asyncio.sleep(0.05)
        assert (await ask(port, GET)).startswith("HTTP/1.1 200 ")
        for _, writer in held:
            writer.close()


async def test_a_taken_port_is_trouble_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else stops; another address is taken over at once."""
    monkeypatch.setattr(http_listener, "RETRY_SECONDS", 0.01)
    listener, (port, other) = HttpListener(), (free_port(), free_port())
    with socket.socket() as taken, capture_logs() as lines:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        listener.configure(ListenAddress("127.0.0.1", port), PAGES)
        running = asyncio.ensure_future(listener.run())
        async with asyncio.timeout(5):
            while not listener.trouble:
                await asyncio.sleep(0.005)
        assert "give `http:` another one" in listener.trouble
        await asyncio.sleep(0.05)
    assert said(lines) == ["http.no_port"]  # once
    await until_open(port)
    assert listener.trouble == ""
    listener.configure(ListenAddress("127.0.0.1", other), PAGES)
    await until_open(other)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    listener.configure(None, PAGES)
    async with asyncio.timeout(5):
        while True:
            try:
                (await asyncio.open_connection("127.0.0.1", other))[1].close()
            except OSError:
                break
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait([running])
