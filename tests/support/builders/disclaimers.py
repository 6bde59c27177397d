"""Mail that leaves, the filter `disclaimer` as configured, and the mail as amended."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filters.disclaimer.filter import Disclaimer
from filters.disclaimer.settings import DisclaimerSettings
from gateway.contract import Client, Envelope, Finding, Mail, Organisation, Person, Recipient
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.edits import render
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.services.keyed_hash import HmacHash
from tests.support.builders.judgement import FakeClock

SHIPPED = Path(__file__).parents[3] / "config" / "disclaimers"

#: Words that stand in no message of the tests; more than twenty letters, so that they are known again.
TEXT = "Registered as Example Trading Limited, number 01234567.\n\nE-mail is monitored by automated means."
HTML = "<p>Registered as Example Trading Limited, number 01234567.</p>\n<p>E-mail is monitored by automated means.</p>"
WORDS = "E-mail is monitored by automated means."
PERSONAL = "This is a personal message, and binds nobody but its sender."

ORGANISATION = Organisation(
    name="Example Ltd",
    registered_name="Example Trading Limited",
    company_number="01234567",
    registered_office="1 High Street, Exampleton EX1 1EX",
    place_of_registration="England and Wales",
    contact="IT Service Desk <it@example.co.uk>",
    timezone="Europe/London",
)
ANN = Person(
    "Ann Archer", ("ann@example.co.uk",), "Finance Director", "Finance", "+44 20 7946 0001", frozenset({"fin"})
)
DIRECTORY = ConfiguredDirectory([ANN], {"lab": ["lab@example.co.uk"]}, ["example.co.uk"])
MARKS = HmacHash(b"k" * 32)

FIELDS = "From: Ann <ann@example.co.uk>\r\nTo: bob@partner.example\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"


def settings(**values: Any) -> DisclaimerSettings:
    short = {"text": TEXT, "html": HTML, "personal_text": PERSONAL, "personal_html": f"<p>{PERSONAL}</p>"}
    return DisclaimerSettings(**{**short, **values})


def shipped() -> dict[str, str]:
    """Return the shipped templates."""
    names = {"text": "standard.txt", "html": "standard.html"}
    names |= {"personal_text": "personal.txt", "personal_html": "personal.html"}
    return {key: (SHIPPED / name).read_text("utf-8") for key, name in names.items()}


def disclaimer(clock: FakeClock | None = None, **values: Any) -> Disclaimer:
    return Disclaimer(settings(**values), clock or FakeClock(), DIRECTORY, ORGANISATION, MARKS)


def mail(raw: bytes, *to: Recipient, sender: str = "ann@example.co.uk", labels: frozenset[str] = frozenset()) -> Mail:
    recipients = to or (Recipient("bob@partner.example", "outbound"),)
    client = Client("192.0.2.1", trusted=True)
    envelope = Envelope(sender, recipients)
    return Mail("id", datetime.now(UTC), "outbound", client, envelope, parse(raw), labels=labels)


async def findings(raw: bytes, *to: Recipient, labels: frozenset[str] = frozenset(), **values: Any) -> list[Finding]:
    return list(await disclaimer(**values).check(mail(raw, *to, labels=labels)))


async def amended(raw: bytes, **values: Any) -> Message:
    """Return the message as it leaves: with the edits of its one finding."""
    (finding,) = await findings(raw, **values)
    assert finding.code == "disclaimer.added"
    return parse(render(parse(raw), finding.edits))


def entity(content_type: str, body: str, *fields: str) -> bytes:
    return "\r\n".join([f"Content-Type: {content_type}", *fields, "", body]).encode()


def multipart(kind: str, *entities: bytes, boundary: str = "b", more: str = "") -> bytes:
    """Return a multipart entity; put FIELDS before it for a message."""
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n\r\n'.encode()
    line = f"--{boundary}".encode()
    return head + b"".join(line + b"\r\n" + one + b"\r\n" for one in entities) + line + b"--\r\n"


def message(body: bytes) -> bytes:
    return FIELDS.encode() + body


def texts(found: Message) -> list[tuple[str, int]]:
    """Return the path of each text part, and how often the words occur in it."""
    return [(part.path, part.text.count(WORDS)) for part in found.leaves if part.content_type.startswith("text/")]


def part(found: Message, path: str) -> Part:
    one = found.part(path)
    assert one is not None
    return one
