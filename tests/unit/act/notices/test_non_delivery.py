"""Reports of non-delivery, as Python's own parser and RFC 3464 read them."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

import pytest

from gateway.act.notices.non_delivery import FIELD_CHARACTERS, non_delivery_report, wants_report
from gateway.contract import Recipient
from gateway.smtp.reply import Reply

JOE = Recipient("joe@outside.example", "outbound", orcpt="rfc822;j+2Boe@outside.example")
JIM = Recipient("jim@outside.example", "outbound")
NO, LATER = Reply(550, "5.1.1", "No such mailbox"), Reply(451, "4.4.1", "No answer")
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ORIGINAL = b"Subject: Gr\xfc\xdfe\r\nFrom: ann@example.co.uk\r\n\r\nConfidential text\r\n"


def made(failed: dict[Recipient, Reply] | None = None, **parts: Any) -> bytes:
    given: dict[str, Any] = {
        "to": "ann@example.co.uk",
        "notices_from": "postmaster@example.co.uk",
        "hostname": "gw.example.co.uk",
        "mail_id": "m1",
        "envid": "QQ+2B314",
        "failed": failed or {JOE: NO, JIM: LATER},
        "arrived_at": AT,
        "now": AT,
        "original": ORIGINAL,
    }
    return non_delivery_report(**given | parts)


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def groups(content: bytes) -> list[Message]:
    """Return the groups of fields of the machine-readable part."""
    return list(list(parsed(content).iter_parts())[1].get_payload())  # type: ignore[arg-type]


def test_it_is_a_report_of_three_parts() -> None:
    """RFC 6522 3: for people, for machines, and the original's header."""
    report = parsed(made())
    assert report.get_content_type() == "multipart/report"
    assert report["Content-Type"].params["report-type"] == "delivery-status"
    assert [part.get_content_type() for part in report.iter_parts()] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert report.defects == []
    assert made().isascii()


def test_its_header_says_that_it_is_automatic() -> None:
    """RFC 3834 5; from the postmaster to the sender."""
    report = parsed(made())
    assert (report["To"], report["Auto-Submitted"]) == ("ann@example.co.uk", "auto-replied")
    assert report["From"] == "Mail delivery <postmaster@example.co.uk>"
    assert report["Message-ID"].endswith("@gw.example.co.uk>")
    assert report["Date"].datetime == AT
    assert report["MIME-Version"] == "1.0"


def test_the_fields_of_the_message() -> None:
    """RFC 3464 2.2; ENVID is reported as what the xtext stands for (RFC 3461 6.3)."""
    of_message = groups(made())[0]
    assert dict(of_message.items()) == {
        "Original-Envelope-Id": "QQ+314",
        "Reporting-MTA": "dns; gw.example.co.uk",
        "Arrival-Date": "Mon, 02 Mar 2026 09:30:00 +0000",
        "X-Mailwarden-ID": "m1",
    }
    assert "Original-Envelope-Id" not in groups(made(envid=None))[0]


def test_the_fields_of_each_recipient() -> None:
    """RFC 3464 2.3; a status that stayed temporary is reported as such."""
    _, joe, jim = groups(made())
    assert dict(joe.items()) == {
        "Original-Recipient": "rfc822;j+oe@outside.example",
        "Final-Recipient": "rfc822; joe@outside.example",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 No such mailbox",
    }
    assert dict(jim.items()) == {
        "Final-Recipient": "rfc822; jim@outside.example",
        "Action": "failed",
        "Status": "4.4.1",
        "Diagnostic-Code": "smtp; 451 4.4.1 No answer",
    }


def test_a_reply_without_a_status_has_that_of_its_class() -> None:
    """Status is required (RFC 3464 2.3.4)."""
    assert groups(made({JIM: Reply(554, "", "No")}))[1]["Status"] == "5.0.0"


def test_it_carries_the_header_and_not_the_content() -> None:
    """Readable, whatever octets were in it."""
    assert b"Confidential" not in made()
    header = list(parsed(made()).iter_parts())[2].get_content()
    assert "From: ann@example.co.uk" in (header if isinstance(header, str) else header.decode())


def test_an_original_without_a_body_is_all_header() -> None:
    """Nor does one without anything break it."""
    for original in (b"Subject: x\r\n", b""):
        assert list(parsed(made(original=original)).iter_parts())[2].get_content_type() == "text/rfc822-headers"


def test_people_read_who_and_why() -> None:
    """The report has our id for the service desk."""
    text = next(parsed(made()).iter_parts()).get_content()
    for part in ("joe@outside.example", "550 5.1.1 No such mailbox", "451 4.4.1 No answer", "id with us is m1"):
        assert part in text


@pytest.mark.parametrize(
    "hostile",
    [
        "x\r\nAction: delivered",
        "x\r\n\r\nFinal-Recipient: rfc822; a@b",
        "=?utf-8?q?=0D=0AAction:_delivered?=",
        "x" * 5000,
    ],
)
def test_no_text_from_outside_begins_a_field(hostile: str) -> None:
    """A next hop's reply, and what a client put into ENVID and ORCPT."""
    joe = Recipient("joe@outside.example", "outbound", orcpt=f"rfc822;{hostile}")
    content = made({joe: Reply(550, "5.0.0", hostile)}, envid="a+0D+0AAction:delivered")
    assert [[len(group.get_all(name, [])) for name in ("Action", "Final-Recipient")] for group in groups(content)] == [
        [0, 0],
        [1, 1],
    ]
    assert max(map(len, content.split(b"\r\n"))) < FIELD_CHARACTERS + 30


@pytest.mark.parametrize("to", ["=?utf-8?q?a=0D=0ABcc:x@y?=@example.co.uk", "a..b@example.co.uk", "x" * 400 + "@e.x"])
def test_any_sender_can_be_told(to: str) -> None:
    """Its address stands in `To` as it is, on one line."""
    assert f"\r\nTo: <{to}>\r\n".encode() in made(to=to)


def test_an_address_outside_ascii_is_reported_in_ascii() -> None:
    """RFC 6533 3."""
    content = made({Recipient("jörg@outside.example", "outbound"): NO})
    assert groups(content)[1]["Final-Recipient"] == r"utf-8; j\x{F6}rg@outside.example"
    assert content.isascii()


@pytest.mark.parametrize(
    ("notify", "wanted"),
    [
        (None, True),
        ("FAILURE", True),
        ("SUCCESS,FAILURE", True),
        ("SUCCESS", False),
        ("NEVER", False),
        ("DELAY", False),
    ],
)
def test_who_wants_a_report(notify: str | None, wanted: bool) -> None:
    """RFC 3461 4.1."""
    assert wants_report(Recipient("a@b", "outbound", notify=notify)) is wanted
