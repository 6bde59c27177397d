"""Mail for Bob that is held, the notice about it, and his reply that asks for its release."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import default

from gateway.contract import Client
from gateway.smtp.reply import Reply
from tests.support.builders.confirmations import ONE, answer, reply, reply_to
from tests.support.builders.judgement import finding
from tests.support.servers.embedded_gateway import STAFF, EmbeddedGateway
from tests.support.servers.sink import ReceivedMessage

BOB = "bob@example.co.uk"


async def hold(
    gateway: EmbeddedGateway, *recipients: str, id: str = ONE, code: str = "probe.hold", raw: bytes = b""
) -> None:
    """Hold a message from outside, for Bob unless told otherwise, and send its notices."""
    gateway.probe.finds = [finding(code)]
    more = {"raw": raw} if raw else {}
    assert (await gateway.accept(*(recipients or (f"in:{BOB}",)), id=id, **more)).ok
    await gateway.tidy()


def told(gateway: EmbeddedGateway, person: str = BOB) -> list[ReceivedMessage]:
    """Return the notices that this person has had, oldest first."""
    return [got for got in gateway.home.got if got.mail_from == "" and got.recipients == (person,)]


def asking_address(gateway: EmbeddedGateway, person: str = BOB) -> str:
    """Return the address to which the person's last notice is answered."""
    return reply_to(told(gateway, person)[-1].content)


def last_text(gateway: EmbeddedGateway, person: str = BOB) -> str:
    """Return subject and text of the person's last notice, each run of blanks as one."""
    message = BytesParser(policy=default).parsebytes(told(gateway, person)[-1].content)
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(f"{message['Subject']}\n{body.get_content()}".split())


async def writes(
    gateway: EmbeddedGateway,
    to: str,
    *,
    sender: str = BOB,
    text: str = "I expect this invoice.",
    raw: bytes = b"",
    id: str = "r1",
    client: Client = STAFF,
) -> Reply:
    """Send the person's reply, and return the gateway's."""
    return await reply(gateway, to, sender=sender, raw=raw or answer(sender=sender, text=text), id=id, client=client)
