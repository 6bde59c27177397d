"""The webhook: sends each alert as one POST of signed JSON, in order, and tries again until it is taken.

Alerts wait in memory. The connection runs in a thread, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import structlog

#: Alerts that wait; beyond them one is dropped. Each is some hundred octets.
MOST_WAITING = 500
#: Seconds that the webhook may be silent, and those of a whole attempt: octets that trickle in must not hold one up.
SILENT_SECONDS = 10.0
ATTEMPT_SECONDS = 20.0
#: Seconds until the next attempt: the first pause, which doubles up to the last.
BACKOFF_SECONDS = (2.0, 300.0)
#: Seconds after which an alert is given up.
LIFE_SECONDS = 24 * 3600.0

#: Characters of the webhook's own words in a sentence for people.
REASON_CHARACTERS = 100

SIGNATURE_FIELD = "X-Mailwarden-Signature"

log = structlog.get_logger("alerts")


@dataclass(frozen=True, slots=True)
class Target:
    """The place of the POSTs, and the secret that signs them."""

    url: str
    secret: bytes = field(repr=False)

    @property
    def place(self) -> str:
        """The URL without its path, which is the password of many a webhook."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class _Waiting:
    queued_at: float
    body: bytes
    by_mail: bool


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the field's value: the time, and the HMAC-SHA256 of time, full stop and body."""
    digest = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Webhook:
    """The alerts that wait, and their delivery."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.trouble = ""  # a sentence, while the last attempt failed
        self._now = now
        self._target: Target | None = None
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> int:
        """The number of alerts that wait."""
        return len(self._waiting)

    def configure(self, target: Target | None) -> None:
        """Set the target; without one nothing waits any more."""
        self._target = target
        if target is None:
            self._waiting.clear()
            self.trouble = ""
        self._wake.set()

    def put(self, alert: Mapping[str, Any], *, by_mail: bool = False) -> None:
        """Queue an alert; `by_mail` are those that a message causes."""
        if self._target is None:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._drop_one()
        self._waiting.append(_Waiting(self._now(), json.dumps(alert, ensure_ascii=True).encode(), by_mail))
        self._wake.set()

    def _drop_one(self) -> None:
        """Drop the oldest that a message caused: with many a stranger could push out an alert of trouble."""
        place = next((place for place, one in enumerate(self._waiting) if one.by_mail), 0)
        log.error("alerts.dropped", alert=self._waiting[place].body.decode(), why=f"more than {MOST_WAITING} wait")
        del self._waiting[place]

    async def run(self) -> None:
        """Send what waits, one after the other, until cancelled."""
        pause = BACKOFF_SECONDS[0]
        while True:
            self._wake.clear()
            if not self._waiting or self._target is None:
                await self._wake.wait()
                continue
            if await self._sent(self._target):
                pause = BACKOFF_SECONDS[0]
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, BACKOFF_SECONDS[1])

    async def _sent(self, target: Target) -> bool:
        """Try the first alert; return whether it is done with."""
        first = self._waiting[0]
        queued_at, body = first.queued_at, first.body
        why = await asyncio.to_thread(_attempt, target, body, int(self._now()))
        if why and self._now() - queued_at > LIFE_SECONDS:
            log.error("alerts.dropped", alert=body.decode(), why=why)
        elif why:
            said = f"The webhook at {target.place} takes no alerts: {why}. {self.waiting} wait, and are tried again."
            if not self.trouble:
                log.warning("alerts.not_taken", url=target.place, error=why)
            self.trouble = said
            return False
        if not why and self.trouble:
            log.info("alerts.taken", url=target.place)
        self.trouble = "" if not why else self.trouble
        if self._waiting and self._waiting[0] is first:  # else a newer one has pushed it out meanwhile
            self._waiting.popleft()
        return True


def _attempt(target: Target, body: bytes, timestamp: int) -> str:
    """Send one POST; return why it was not taken, or "". A redirection is not followed: it is no 2xx."""
    parts = urlsplit(target.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SILENT_SECONDS)
    fields = {"Content-Type": "application/json", SIGNATURE_FIELD: signature(target.secret, timestamp, body)}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    ending = Timer(ATTEMPT_SECONDS, _end, [connection])
    ending.daemon = True
    ending.start()
    try:
        connection.request("POST", path, body, {**fields, "User-Agent": "Mailwarden", "Connection": "close"})
        answer = connection.getresponse()
        return "" if 200 <= answer.status < 300 else f"it answers {answer.status} {_readable(answer.reason)}"
    except (OSError, HTTPException) as error:
        return _readable(str(error)) or type(error).__name__
    finally:
        ending.cancel()
        connection.close()


def _end(connection: HTTPConnection) -> None:
    """End the attempt that waits for this connection."""
    with suppress(OSError):  # the webhook has ended it meanwhile
        if connection.sock is not None:
            connection.sock.shutdown(SHUT_RDWR)


def _readable(text: str) -> str:
    """Return a server's words fit for the log and a terminal."""
    return "".join(one if one.isprintable() else "?" for one in text[:REASON_CHARACTERS])
