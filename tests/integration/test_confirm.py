"""A sender confirms held mail over SMTP, with the gateway as it is run: notice, reply, release, and what is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders.confirmation_filter import registered
from tests.support.builders.confirmations import CAROL, answer, reply_to
from tests.support.servers.gateway import Gateway, send

JOE, KIM, BOB = "joe@outside.example", "kim@far.example", "bob@example.co.uk"
#: Nothing here takes so long.
PATIENCE_SECONDS = 60.0


def crowd(subject: str = "Crowd", *, id: str = "c1@example.co.uk", text: str = "Hello all") -> bytes:
    return (
        f"From: Carol <{CAROL}>\r\nTo: many@outside.example\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n"
        f"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\n\r\n{text}\r\n"
    ).encode()


class Site:
    """Carol's mail program and mail server, beside a gateway."""

    def __init__(self, gateway: Gateway, signatures: Path) -> None:
        self.gateway = gateway
        self.signatures = signatures

    async def sends(self, *recipients: str, raw: bytes = b"") -> None:
        reply = await send(self.gateway.outbound, CAROL, list(recipients), raw or crowd())
        assert reply.startswith("250 "), reply

    async def replies(self, to: str, *, sender: str = CAROL, raw: bytes = b"", port: int = 0) -> str:
        content = raw or answer(sender=sender)
        return await send(port or self.gateway.outbound, sender, [to], content)

    async def question(self, number: int = 1) -> bytes:
        """Wait for this notice to Carol and return it."""
        found = await self.until(lambda: len(self.questions) >= number and self.questions)
        return found[number - 1]

    async def until(self, look: Any) -> Any:
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            if found := look():
                return found
            await asyncio.sleep(0.05)
        raise TimeoutError(self.gateway.log.read_text())

    @property
    def arrived(self) -> list[bytes]:
        """At the next hop, oldest first."""
        folder = self.gateway.data_dir / "delivered" / "new"
        return [file.read_bytes() for file in sorted(folder.glob("*"), key=lambda file: file.stat().st_mtime_ns)]

    @property
    def questions(self) -> list[bytes]:
        return [one for one in self.arrived if b"\r\nReply-To: <mailwarden+" in one]

    @property
    def delivered(self) -> list[bytes]:
        return [one for one in self.arrived if b"Auto-Submitted:" not in one]

    async def traced(self, text: str, rows: int = 1) -> list[dict[str, Any]]:
        """So many audit rows, once they are there: they are written within a second or so."""

        def look() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = self.gateway.ask("trace", words=[text], limit=100)["rows"]
            return found if len(found) >= rows else []

        found: list[dict[str, Any]] = await self.until(look)
        assert len(found) == rows
        return found


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("PYTHONPATH", registered(tmp_path / "site")["PYTHONPATH"])
    signatures = tmp_path / "signatures"
    filters = (
        f"filters:\n  - asking:\n      signatures: {signatures}\n"
        "      actions: {asking.crowd: {outbound: {do: quarantine, release: sender},"
        " internal: {do: quarantine, release: sender}}}\n"
    )
    more = "control_address: mailwarden@gw.example.co.uk\n"
    async with Gateway(tmp_path, filters=filters, more=more) as gateway:
        yield Site(gateway, signatures)


async def test_a_sender_confirms_by_a_reply(site: Site) -> None:
    """Held, asked, answered, sent; once, and for the whole thread from then on."""
    await site.sends(JOE)
    (held,) = site.gateway.held()
    assert held["waits_for_sender"]["addresses"] == [JOE]
    shown = site.gateway.cli("quarantine", "show", held["id"])
    assert "waits for its sender until" in " ".join(shown.stdout.split())
    to = reply_to(await site.question())
    assert site.delivered == []

    assert (await site.replies(to)).startswith(f"250 2.0.0 Confirmed: {held['id']} is on its way")
    (got,) = await site.until(lambda: site.delivered)
    assert got.endswith(crowd())
    (row,) = await site.traced(held["id"])
    assert [(h["operation"], h["actor"], h["recipients"]) for h in row["history"][-1:]] == [("confirm", CAROL, [JOE])]

    second = await site.replies(to)
    assert second.startswith("550 5.7.1")
    assert "held no more" in second
    await site.sends(KIM, raw=crowd(id="c2@example.co.uk"))  # it is confirmed: nobody is asked again
    assert len(site.delivered) == 2
    assert site.gateway.held() == []
    trail = await site.traced("mailwarden@gw.example.co.uk", rows=2)
    assert sorted((row["recipients"][0]["action"], *row["codes"]) for row in trail) == [
        ("confirm",),
        ("refuse", "confirm.used"),
    ]


async def test_nobody_else_and_no_program_confirms(site: Site) -> None:
    """Another sender, a stranger, an automatic answer, a made-up token; the sender can, after all of these."""
    await site.sends(JOE)
    to = reply_to(await site.question())
    denied = "550 5.7.1 Relaying denied"
    assert await site.replies(to, port=site.gateway.inbound) == denied
    assert (await site.replies(to, sender="dave@example.co.uk")).startswith("550 5.7.1 Only the sender")
    assert (await site.replies("mailwarden+x@gw.example.co.uk")).startswith("550 5.7.1 This confirms nothing")
    away = answer(header="Auto-Submitted: auto-replied\r\n")
    assert (await site.replies(to, raw=away)).startswith("250 2.0.0 Accepted as")
    assert (await site.replies(to, sender="", raw=answer())).startswith("250 2.0.0 Accepted as")
    assert len(site.gateway.held()) == 1
    assert (await site.replies(to)).startswith("250 2.0.0 Confirmed")
    await site.until(lambda: site.delivered)
    assert len(site.delivered) == 1


async def test_one_confirmation_is_for_all_transactions_of_a_mail(site: Site) -> None:
    """Those before the notice, and those behind it; the sender is asked once."""
    await site.sends(JOE)
    await site.sends(KIM)
    to = reply_to(await site.question())
    await site.sends(BOB)
    assert len(site.gateway.held()) == 3
    assert (await site.replies(to)).startswith("250 2.0.0 Confirmed")
    await site.until(lambda: len(site.delivered) == 3)
    await site.sends("ann@outside.example")  # a transaction that comes later still
    assert len(site.delivered) == 4
    assert len(site.questions) == 1


async def test_a_virus_that_is_known_by_then_keeps_it(site: Site) -> None:
    """The reply is refused with what was found; the message stays held."""
    await site.sends(JOE)
    to = reply_to(await site.question())
    site.signatures.touch()
    refused = await site.replies(to)
    assert refused.startswith("550")
    assert len(site.gateway.held()) == 1
    assert site.delivered == []
    (row,) = await site.traced("mailwarden@gw.example.co.uk")
    assert row["codes"] == ["confirm.stopped"]
    assert "A virus was found." in row["reply"]
