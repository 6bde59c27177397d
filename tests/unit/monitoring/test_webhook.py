"""The webhook: signed, in order, tried again, bounded. The receiver is a real HTTP server on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.monitoring import webhook
from gateway.monitoring.webhook import Target, Webhook
from tests.support.servers.webhook_receiver import receiving

SECRET = b"s" * 32


@asynccontextmanager
async def running(one: Webhook) -> AsyncIterator[None]:
    task = asyncio.ensure_future(one.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def until(seen: Any) -> None:
    async with asyncio.timeout(10):
        while not seen():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BACKOFF_SECONDS", (0.01, 0.02))


async def test_alerts_are_signed_and_come_in_order() -> None:
    """The receiver computes the same signature under the same secret."""
    with receiving() as receiver:
        one = Webhook(now=lambda: 1_780_000_000.5)
        one.configure(Target(receiver.url, SECRET))
        async with running(one):
            for number in range(3):
                one.put({"number": number, "sentence": "ä"})
            await until(lambda: not one.waiting)
    assert [json.loads(body)["number"] for _, _, body in receiver.taken] == [0, 1, 2]
    path, signature, body = receiver.taken[0]
    expected = hmac.new(SECRET, b"1780000000." + body, hashlib.sha256).hexdigest()
    assert (path, signature) == ("/hook?from=mail", f"t=1780000000,v1={expected}")


async def test_what_is_not_taken_is_tried_again() -> None:
    """A redirection isn't followed. The trouble is logged once, and ends when the webhook is back."""
    with receiving(500, 302, 404) as receiver, capture_logs() as lines:
        one = Webhook()
        one.configure(Target(receiver.url, SECRET))
        async with running(one):
            one.put({"number": 1})
            await until(lambda: "it answers 404 Not Found. 1 wait" in one.trouble or not one.waiting)
            await until(lambda: not one.waiting)
            await until(lambda: not one.trouble)
    assert len(receiver.taken) == 4
    assert {path for path, _, _ in receiver.taken} == {"/hook?from=mail"}
    assert [line["event"] for line in lines] == ["alerts.not_taken", "alerts.taken"]


async def test_the_words_of_the_webhook_are_made_readable(unused_tcp_port: int) -> None:
    """They get into a terminal; the URL's path, which may be a password, gets nowhere."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 500 \x1b[2J" + b"x" * 5000 + b"\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", unused_tcp_port):
        one = Webhook()
        one.configure(Target(f"http://127.0.0.1:{unused_tcp_port}/services/T0/secret", SECRET))
        with capture_logs() as lines:
            async with running(one):
                one.put({"number": 1})
                await until(lambda: one.trouble)
    why = f"it answers 500 ?[2J{'x' * 96}"
    place = f"http://127.0.0.1:{unused_tcp_port}"
    assert one.trouble == f"The webhook at {place} takes no alerts: {why}. 1 wait, and are tried again."
    assert (lines[0]["url"], lines[0]["error"]) == (place, why)


async def test_a_webhook_that_answers_by_and_by_is_left(unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would hold all alerts up for days, and nobody would know."""
    monkeypatch.setattr(webhook, "ATTEMPT_SECONDS", 0.05)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        with suppress(ConnectionError):
            while True:
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.01)

    async with await asyncio.start_server(trickle, "127.0.0.1", unused_tcp_port):
        one = Webhook()
        one.configure(Target(f"http://127.0.0.1:{unused_tcp_port}/", SECRET))
        async with running(one):
            one.put({"number": 1})
            await until(lambda: one.trouble)
    assert "1 wait, and are tried again" in one.trouble


async def test_a_webhook_that_is_away_and_comes_back(unused_tcp_port: int) -> None:
    one = Webhook()
    one.configure(Target(f"http://127.0.0.1:{unused_tcp_port}/", SECRET))
    async with running(one):
        one.put({"number": 1})
        await until(lambda: "Connection refused" in one.trouble)
        with receiving() as receiver:
            one.configure(Target(receiver.url, SECRET))
            await until(lambda: not one.waiting and not one.trouble)
        one.configure(None)
        one.put({"number": 2})
        assert one.waiting == 0


async def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is dropped, into the log."""
    monkeypatch.setattr(webhook, "MOST_WAITING", 2)
    one = Webhook()
    one.configure(Target("http://127.0.0.1:9/", SECRET))
    with capture_logs() as lines:
        for number in range(3):
            one.put({"number": number})
    assert one.waiting == 2
    assert [(line["event"], line["alert"]) for line in lines] == [("alerts.dropped", '{"number": 0}')]


async def test_alerts_that_mail_causes_push_out_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a stranger could silence the webhook by many messages."""
    monkeypatch.setattr(webhook, "MOST_WAITING", 2)
    one = Webhook()
    one.configure(Target("http://127.0.0.1:9/", SECRET))
    with capture_logs() as lines:
        one.put({"trouble": 0})
        for number in range(1, 4):
            one.put({"number": number}, by_mail=True)
    assert [line["alert"] for line in lines] == ['{"number": 1}', '{"number": 2}']


async def test_an_alert_is_given_up_after_a_day(unused_tcp_port: int) -> None:
    now = [1000.0]
    one = Webhook(now=lambda: now[0])
    one.configure(Target(f"http://127.0.0.1:{unused_tcp_port}/", SECRET))
    one.put({"number": 1})
    now[0] += webhook.LIFE_SECONDS + 1
    with capture_logs() as lines:
        async with running(one):
            await until(lambda: not one.waiting)
    assert [line["event"] for line in lines] == ["alerts.dropped"]
