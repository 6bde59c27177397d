"""A store on a real SQLite file and in a real PostgreSQL, and makers of what goes into it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.contract import Recipient
from gateway.remember.records import AuditRow, HeldCopy, HeldMessage, OutboxItem, PendingNotice
from gateway.remember.store import Store
from tests.support.servers.postgresql import BARE, Postgresql

NOW = datetime(2025, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


class Make:
    """Records with sensible values; whatever a test is about is given by name."""

    now = NOW

    def key(self, text: str) -> bytes:
        return hashlib.sha256(text.encode()).digest()

    def copy(self, address: str = "bob@example.com", **values: Any) -> HeldCopy:
        return HeldCopy(**{"address": address, "direction": "inbound", "codes": ("virus.found",)} | values)

    def entry(self, id: str = "m1", *addresses: str, **values: Any) -> HeldMessage:
        copies = tuple(self.copy(a, key=self.key(id + a)) for a in addresses or ("bob@example.com",))
        shipped = {
            "id": id,
            "received_at": NOW,
            "listener": "inbound",
            "direction": "inbound",
            "mail_from": "Eve@Outside.example",
            "subject": "An invoice",
            "message_id": f"<{id}@outside.example>",
            "codes": ("virus.found",),
            "bytes": 1000,
            "client": {"address": "192.0.2.1"},
            "envelope": {"body": "8BITMIME"},
            "findings": [{"code": "virus.found", "summary": "A virus.", "evidence": [{"quote": "secret"}]}],
            "edits": [{"do": "add"}],
            "copies": copies,
        }
        return HeldMessage(**shipped | values)

    def item(self, id: str = "o1", *addresses: str, **values: Any) -> OutboxItem:
        recipients = tuple(Recipient(a, "inbound", "SUCCESS") for a in addresses or ("bob@example.com",))
        shipped = {
            "id": id,
            "mail_id": "m1",
            "kind": "relay",
            "mail_from": "eve@outside.example",
            "recipients": recipients,
            "route": "smtp://127.0.0.1:25",
            "queued_at": NOW,
            "next_attempt_at": NOW,
            "expires_at": NOW + timedelta(days=1),
        }
        return OutboxItem(**shipped | values)

    def notice(self, id: str = "m1", person: str = "bob@example.com", **values: Any) -> PendingNotice:
        shipped = {"person": person, "filter": "virus", "quarantine_id": id, "role": "recipient", "payload": {"id": id}}
        return PendingNotice(**shipped | values)

    def audit(self, id: str = "m1", *addresses: str, **values: Any) -> AuditRow:
        shipped = {
            "id": id,
            "at": NOW,
            "listener": "inbound",
            "client": "192.0.2.1",
            "message_id": f"<{id}@outside.example>",
            "mail_from": "eve@outside.example",
            "recipients": tuple((a, "inbound", "relay") for a in addresses or ("bob@example.com",)),
            "bytes": 1000,
            "codes": ("virus.found",),
            "reply": "250 2.0.0 taken",
            "ms": {"judge": 1.5},
        }
        return AuditRow(**shipped | values)


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL where a store can be made; in PostgreSQL its tables are there already."""
    if request.param == "sqlite":
        yield _file(request)
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    lent = server.lend()
    yield lent
    server.give_back(lent)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL of a database without tables."""
    if request.param == "sqlite":
        yield _file(request)
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    made = server.database(BARE)
    yield made
    server.drop(made)


def _file(request: pytest.FixtureRequest) -> str:
    return f"sqlite:///{request.getfixturevalue('tmp_path')}/store.db"


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Return the URL of an SQLite store, for tests of SQLite's own behaviour."""
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def file_store(file_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(file_url, create=True, key=bytes(32))
    yield opened
    await opened.close()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url, create=True, key=bytes(32))
    yield opened
    await opened.close()


@pytest.fixture
async def second(store: Store, url: str) -> AsyncIterator[Store]:
    """Yield the same store opened once more, as another worker has it."""
    opened = await Store.open(url, create=False, key=bytes(32))
    yield opened
    await opened.close()
