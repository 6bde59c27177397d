"""Our own messages: text and HTML alike, marked as automatic, and an address for replies on one line."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import ClassVar

import pytest

from gateway.act.notices.own_messages import own_header, own_text
from tests.support.builders.judgement import NOW


def made(text: str, **parts: str) -> bytes:
    given = {
        "organisation": "Example Ltd",
        "address": "postmaster@example.co.uk",
        "to": "bob@example.co.uk",
        "hostname": "gw.example.co.uk",
    }
    return own_text(text, now=NOW, **given | parts)  # type: ignore[arg-type]


def read(octets: bytes) -> EmailMessage:
    message = message_from_bytes(octets, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_text_and_html_say_the_same() -> None:
    """RFC 2046 5.1.4: the plain one first."""
    message = read(made("A subject\n\nOne line\nand another: Grüße\n\n  From:     Eve <eve@x.example>\n"))
    assert (message["Subject"], message["Auto-Submitted"]) == ("A subject", "auto-generated")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, html = (str(part.get_payload(decode=True), "utf-8").replace("\r\n", "\n") for part in message.iter_parts())  # type: ignore[arg-type]
    assert plain == "One line\nand another: Grüße\n\n  From:     Eve <eve@x.example>\n"
    assert "<p><bdi>One line and another: Grüße</bdi></p>" in html
    assert "<bdi>Eve &lt;eve@x.example&gt;</bdi>" in html
    assert [part.defects for part in message.walk()] == [[]] * 3


def test_a_command_has_no_marks_in_the_text() -> None:
    """Nor in the subject."""
    message = read(made("A \x02subject\x02\n\nDo \x02mailwarden status\x02.\n"))
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert (message["Subject"], plain.get_content().strip()) == ("A subject", "Do mailwarden status.")
    assert "<code>mailwarden status</code>" in html.get_content()


def test_where_replies_go() -> None:
    """A message with an address for replies asks for no automatic one, and its text has an end; else it has neither."""
    octets = made("A subject\n\nx\n", reply_to="it@example.co.uk")
    assert b"\r\nx\r\n\r\n* * *\r\n" in octets
    assert b"* * *" not in made("A subject\n\nx\n")
    assert b"\r\nReply-To: <it@example.co.uk>\r\n" in octets
    assert b"\r\nX-Auto-Response-Suppress: All\r\n" in octets
    assert b"Reply-To" not in made("A subject\n\nx\n")


@pytest.mark.parametrize(
    ("id", "expected"),
    [("<r1@example.co.uk>", True), ("", False), ("<a b@x>", False), ("<a@x>\r\nBcc: y", False), ("<é@x>", False)],
)
def test_an_answer_names_what_it_answers(id: str, expected: bool) -> None:
    """RFC 3834 3.1.5; an id that could break the field is left out."""
    message = read(made("A subject\n\nx\n", answers=id))
    assert (message["In-Reply-To"], message["References"]) == ((id, id) if expected else (None, None))
    assert message["Auto-Submitted"] == ("auto-replied" if id else "auto-generated")
    assert message["Bcc"] is None


@pytest.mark.parametrize("length", [1_000, 1_000_000])
def test_a_long_line_is_sent_whole(length: int) -> None:
    """No line on the wire passes 998 octets (RFC 5322 2.1.1), and nothing of it becomes an element."""
    octets = made(f"A subject\n\n  Subject:  {'<b>' * (length // 3)}\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998

    class Tags(HTMLParser):
        found: ClassVar[set[str]] = set()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.found.add(tag)

    html = read(octets).get_body(("html",))
    assert html is not None
    tags = Tags()
    tags.feed(html.get_content())
    assert tags.found == {"html", "head", "meta", "title", "body", "h1", "table", "tr", "td", "bdi"}


def test_no_address_begins_a_line() -> None:
    """Whatever it holds."""
    header = own_header(
        name="x",
        address="a@b.example",
        to="a\r\nBcc: x@y.example",
        subject="s\r\nBcc: y",
        now=NOW,
        hostname="h.example",
        auto_submitted="auto-replied",
        reply_to="r\r\nBcc: z@y.example",
    )
    assert b"\nBcc" not in header


@pytest.mark.parametrize(
    "subject",
    [
        "Not released: =?utf-8?q?a=0d=0aReply-To:_x@evil.example=0d=0a=0d=0aPay_now=21?=",
        "Not released: =?utf-7?q?+2AA-?=",
        "Not released: =?utf-8?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
        "Not released: \ud800 \x1b[2J",
    ],
)
def test_an_encoded_word_in_a_subject_from_outside_stays_text(subject: str) -> None:
    """A subject that was decoded once may hold another encoded word: of line breaks, or of what can't be written."""
    message = read(made(f"{subject}\n\nThe text.\n", reply_to="it@example.co.uk"))
    plain = read(made("Plain\n\nThe text.\n", reply_to="it@example.co.uk"))
    assert sorted(message.keys()) == sorted(plain.keys())
    assert message["Reply-To"] == "it@example.co.uk"
    assert "Pay now" not in str(next(message.iter_parts()))
