"""Mail that is held until its sender confirms it, the questions about it, and the senders' replies."""

from __future__ import annotations

import re
from typing import Any

from gateway.contract import Client
from gateway.receive.transaction import Received
from gateway.smtp.reply import Reply
from tests.support.builders.judgement import finding, mail
from tests.support.servers.embedded_gateway import STAFF, EmbeddedGateway
from tests.support.servers.sink import ReceivedMessage

CONTROL = "control_address: mailwarden@gw.example.co.uk\n"
FILTERS = "- probe: {actions: {probe.hold: {do: quarantine, release: sender}}}"
CAROL = "carol@example.co.uk"
JOE, KIM, OUR_BOB = "out:joe@outside.example", "out:kim@far.example", "us:bob@example.co.uk"
#: Ids as the gateway makes them.
ONE, TWO, THREE = (f"0199d0aa-5b1c-7c3e-9d55-00000000000{n}" for n in (1, 2, 3))


def newsletter(*, sender: str = CAROL, id: str = "n1@example.co.uk", text: str = "News", more: str = "") -> bytes:
    return (
        f"From: Carol <{sender}>\r\nTo: many@outside.example\r\nSubject: News\r\nMessage-ID: <{id}>\r\n"
        f"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\n{more}\r\n{text}\r\n"
    ).encode()


async def send(gateway: EmbeddedGateway, *recipients: str, id: str = ONE, raw: bytes = b"", **parts: Any) -> Reply:
    """Send mail of Carol's, which is held, and return the reply to it."""
    gateway.probe.finds = [finding(parts.pop("code", "probe.hold"), summary="Many people see each other's addresses.")]
    given = {"sender": CAROL, "raw": raw or newsletter()} | parts
    return await gateway.accept(*(recipients or (JOE,)), id=id, **given)


def questions(gateway: EmbeddedGateway) -> list[ReceivedMessage]:
    """Return the notices that ask for a confirmation."""
    return [got for got in gateway.home.got if got.mail_from == "" and b"\r\nSubject: Not sent yet" in got.content]


async def asked(gateway: EmbeddedGateway) -> str:
    """Return the address to which the last question is answered."""
    await gateway.tidy()
    return reply_to(questions(gateway)[-1].content)


def reply_to(notice: bytes) -> str:
    found = re.search(rb"^Reply-To: <([^>\r]+)>\r$", notice, re.M)
    assert found is not None, notice
    return found[1].decode()


def answer(*, sender: str = CAROL, header: str = "", text: str = "Yes") -> bytes:
    return f"From: Carol <{sender}>\r\nSubject: Re: Not sent yet: News\r\n{header}\r\n{text}\r\n".encode()


async def reply(
    gateway: EmbeddedGateway, to: str, *, sender: str = CAROL, raw: bytes = b"", id: str = "r1", client: Client = STAFF
) -> Reply:
    """Send the answer as the session hands it over, and return the reply to it."""
    about = mail(f"us:{to}", sender=sender)
    received = Received(
        id, gateway.clock.now(), "outbound", client, "ESMTP", about.envelope, raw or answer(sender=sender)
    )
    return await gateway.journey.accept(received)


async def states(gateway: EmbeddedGateway) -> dict[str, str]:
    return {c.address: c.state for entry in await gateway.held() for c in entry.copies}


def relayed(gateway: EmbeddedGateway) -> list[tuple[str, ...]]:
    return [got.recipients for sink in (gateway.world, gateway.home) for got in sink.got if got.mail_from]
