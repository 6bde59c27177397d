"""Clients that behave like mail servers: they keep a message until it gets 250 or 5xx, and try again after all else.

And the account at the end: what got 250 is at the next hop, in the quarantine or in the outbox, for each recipient.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers.gateway import Gateway, send
from tests.support.servers.sink import ReceivedMessage

BOB, CAROL = "bob@example.co.uk", "carol@example.co.uk"

#: A mail server waits ten minutes for the reply to its final dot (RFC 5321 4.5.3.2.6); nothing here takes so long.
REPLY_SECONDS = 60.0
PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Message:
    """One message; its tag is the local part of its sender, and stands in its subject."""

    tag: str
    recipients: tuple[str, ...]
    is_held: bool
    more_bytes: int = 0

    @property
    def sender(self) -> str:
        return f"{self.tag}@far.example"

    @property
    def content(self) -> bytes:
        name = "setup.exe" if self.is_held else "notes.txt"
        head = f"Subject: {self.tag}\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name={name}\r\n"
        # Different octets in each, so that packing doesn't make them small.
        filler = "".join(f"{hash((self.tag, n)) & 0xFFFFFFFFFFFFFFFF:016x}\r\n" for n in range(self.more_bytes // 18))
        return f"{head}\r\nThis is {self.tag}.\r\n{filler}".encode()


def messages(count: int, *, more_bytes: int = 0) -> list[Message]:
    """Every third is held; every second has two recipients."""
    return [
        Message(f"m{n}", (BOB, CAROL) if n % 2 else (BOB,), is_held=n % 3 == 0, more_bytes=more_bytes)
        for n in range(count)
    ]


@dataclass
class Traffic:
    """`async with TaskGroup: create_task(traffic.run())`, while the test breaks things."""

    port: int
    messages: list[Message]
    clients: int = 8
    tries: int = 600
    accepted: dict[str, Message] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)  # tag -> last reply: the client still has it
    replies: Counter[str] = field(default_factory=Counter)

    async def run(self) -> None:
        """Until each message is accepted, or refused for good, or has been tried often enough."""
        waiting = iter(self.messages)
        async with asyncio.TaskGroup() as clients:
            for _ in range(self.clients):
                clients.create_task(self._client(waiting))

    async def reached(self, accepted: int) -> None:
        """Until so many are accepted. Raises TimeoutError."""
        async with asyncio.timeout(120):
            while len(self.accepted) < accepted:
                await asyncio.sleep(0.01)

    async def _client(self, waiting: Iterable[Message]) -> None:
        for message in waiting:
            for _ in range(self.tries):
                reply = await self._try(message)
                self.replies[reply[:9]] += 1
                if reply.startswith("250"):
                    self.accepted[message.tag] = message
                    self.kept.pop(message.tag, None)
                    break
                self.kept[message.tag] = reply
                if reply.startswith("5"):
                    break
                await asyncio.sleep(PAUSE_SECONDS)

    async def _try(self, message: Message) -> str:
        """The reply; "" where the connection failed."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                return await send(self.port, message.sender, list(message.recipients), message.content)
        except (OSError, TimeoutError):
            return ""


# --- the account -----------------------------------------------------------------------------------------------------

Copy = tuple[str, str]  # (tag, recipient)
Naming = tuple[str, str]  # (recipient, id of the held message)


def copies(accepted: Iterable[Message]) -> set[Copy]:
    return {(message.tag, recipient) for message in accepted for recipient in message.recipients}


def arrived(got: Iterable[ReceivedMessage]) -> Counter[Copy]:
    """Copies at the next hop; notices left out."""
    return Counter((one.mail_from.split("@")[0], to) for one in got if one.mail_from for to in one.recipients)


class StoreFile:
    """A look into the store from outside, as an administrator could with sqlite3."""

    def __init__(self, gateway: Gateway) -> None:
        self._path = gateway.data_dir / "mailwarden.db"

    def held(self) -> Counter[Copy]:
        rows = self._rows("SELECT mail_from, address FROM held JOIN held_copies ON held_id = id")
        return Counter((str(sender).split("@")[0], str(address)) for sender, address in rows)

    def held_ids(self) -> set[Naming]:
        """(recipient, id) of every held copy: what notices are to name."""
        return {(str(to), str(id)) for to, id in self._rows("SELECT address, held_id FROM held_copies")}

    def outbox(self) -> list[tuple[str, str]]:
        """(kind, sender) of every row."""
        return [(str(kind), str(sender)) for kind, sender in self._rows("SELECT kind, mail_from FROM outbox")]

    def unsent_notices(self) -> int:
        return len(self._rows("SELECT number FROM pending_notices WHERE sent_at IS NULL"))

    def hurry(self) -> None:
        """Make the next attempt of every outbox row due, and end the hour after every notice."""
        self._write("UPDATE outbox SET next_attempt_at = 0", "UPDATE notice_times SET last_sent_at = 0")

    def forget(self) -> None:
        """Everything but the audit trail, as in a new store."""
        held = "held_codes", "held_copies", "held", "retry_keys"
        tables = "outbox", *held, "contents", "pending_notices", "notice_times"
        self._write(*(f"DELETE FROM {table}" for table in tables))

    def expire(self) -> None:
        """End the time for which the outbox tries each of its rows."""
        self._write("UPDATE outbox SET expires_at = 0, next_attempt_at = 0")

    def attempts(self) -> list[int]:
        return [int(str(row[0])) for row in self._rows("SELECT attempts FROM outbox")]

    def leases(self) -> list[float]:
        """Seconds that are left of each."""
        rows = self._rows("SELECT claimed_until FROM outbox WHERE claimed_until IS NOT NULL")
        return [int(str(row[0])) / 1e6 - time.time() for row in rows]

    def end_leases(self) -> None:
        """End the time of every lease."""
        self._write("UPDATE outbox SET claimed_until = 0 WHERE claimed_until IS NOT NULL")

    def is_sound(self) -> bool:
        """Return whether SQLite finds the store whole, with every reference kept."""
        return self._rows("PRAGMA integrity_check") == [("ok",)] and not self._rows("PRAGMA foreign_key_check")

    def _write(self, *statements: str) -> None:
        connection = sqlite3.connect(self._path, timeout=20)
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


def missing(expected: Collection[Copy], *places: Iterable[Copy]) -> set[Copy]:
    """Return the expected copies that are in none of the places."""
    return set(expected) - {copy for place in places for copy in place}


async def settled(gateway: Gateway, seconds: float = 150) -> StoreFile:
    """The store once the outbox is empty and every notice is sent; what a killed keeper had claimed takes a minute."""
    store = StoreFile(gateway)
    async with asyncio.timeout(seconds):
        while store.outbox() or store.unsent_notices():
            await asyncio.to_thread(store.hurry)
            await asyncio.sleep(0.3)
    return store


def named_in_notices(got: Iterable[ReceivedMessage], namings: Iterable[Naming]) -> Counter[Naming]:
    """Return for each person and id the number of different notices to the person that name the id.

    A notice is sent twice if a kill falls between the next hop's 250 and our record of it. Both have one Message-ID.
    """
    notices = {_message_id(one.content): one for one in got if not one.mail_from}
    named = Counter[Naming]()
    for to, id in namings:
        named[to, id] = sum(to in one.recipients and id.encode() in one.content for one in notices.values())
    return named


def _message_id(content: bytes) -> bytes:
    return content.partition(b"Message-ID:")[2].partition(b"\r\n")[0]


def log_of(gateway: Gateway) -> str:
    return Path(gateway.log).read_text(errors="replace")
