"""The command line on a site of its own: a configuration, a real store, messages that went through the real chain."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from gateway import app
from gateway.assemble.store import open_store
from gateway.cli.local import configured, store
from gateway.cli.main import cli
from gateway.contract import Client, Envelope, Recipient
from gateway.receive.transaction import Received
from gateway.remember.in_flight import InFlight
from gateway.remember.message_log import MessageLog
from gateway.services.message_ids import new_id
from tests.support.servers.gateway import Gateway
from tests.support.servers.prompt_store import answers_at_once

PLAIN = b"From: joe@outside.example\r\nTo: bob@example.co.uk\r\nSubject: Plain\r\nMessage-ID: <p@x>\r\n\r\nHello\r\n"


def with_program(subject: str = "An invoice", name: str = "setup.exe", id: str = "e@x") -> bytes:
    """Return a message that the attachments filter holds."""
    program = base64.b64encode(b"MZ" + bytes(200)).decode()
    return (
        f"From: Eve <eve@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        f'--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{program}\r\n--b--\r\n"
    ).encode()


@dataclass
class Site:
    """`site.run("quarantine", "list")`; no gateway runs unless a test starts one."""

    gateway: Gateway

    @property
    def config(self) -> Path:
        return self.gateway.config

    @property
    def delivered(self) -> list[bytes]:
        """Return the messages that the next hop got, notices included."""
        return [file.read_bytes() for file in sorted((self.gateway.data_dir / "delivered" / "new").glob("*"))]

    def run(self, *arguments: str, code: int = 0, input: bytes | None = None) -> Result:
        """One command; its exit code is checked."""
        return self.run_without_config(*arguments, "--config", str(self.config), code=code, input=input)

    def run_without_config(self, *arguments: str, code: int = 0, input: bytes | None = None) -> Result:
        """One command that reads no configuration."""
        done = CliRunner().invoke(cli, arguments, input=input)
        assert done.exit_code == code, (done.output, done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    def rows(self, *arguments: str, code: int = 0, input: bytes | None = None) -> list[dict[str, Any]]:
        """Return the objects that a command prints."""
        return [json.loads(line) for line in self.run(*arguments, "--json", code=code, input=input).stdout.splitlines()]

    def take(self, raw: bytes, *recipients: str, sender: str = "eve@outside.example") -> str:
        """Pass a message through the chain, and return its id."""
        return asyncio.run(self._take(raw, recipients or ("bob@example.co.uk",), sender))

    async def _take(self, raw: bytes, recipients: tuple[str, ...], sender: str) -> str:
        settings = app.read_settings(self.config)
        store = await open_store(settings, create=True)
        try:
            parts = app.build(settings, store)
            learning: list[Coroutine[Any, Any, None]] = []
            journey = app.build_journey(parts, MessageLog(store.audit), learning.append, InFlight())
            envelope = Envelope(sender, tuple(Recipient(r, "inbound") for r in recipients))
            client = Client("192.0.2.7", "mx.outside.example")
            id = new_id()
            reply = await journey.accept(Received(id, datetime.now(UTC), "inbound", client, "ESMTP", envelope, raw))
            assert reply.ok, reply
            for lesson in learning:
                await lesson
            parts.journal.close()
            return id
        finally:
            await store.close()

    def held_state(self, id: str) -> dict[str, str]:
        (entry,) = self.rows("quarantine", "show", id)
        return {c["address"]: c["state"] for c in entry["copies"]}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # The runner's own streams are closed after each command; loggers that had been bound to them would keep them.
    for module in (configured, store):
        monkeypatch.setattr(module, "configure", lambda *_, **__: None)
    structlog.configure(processors=[_drop])
    monkeypatch.setenv("COLUMNS", "80")
    with answers_at_once():
        yield Site(Gateway(tmp_path, workers=1))
    structlog.reset_defaults()


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent
