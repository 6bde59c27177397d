"""The text of replies: the person's own words, the signature, and what stands below the quoted notice."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.act.notices.own_messages import END_OF_NOTICE, own_text
from gateway.act.release.reply_reading import TEXT_BYTES, TEXT_CHARACTERS, ReplyText, own_words, read_reply
from gateway.message.mime.parse import parse

MIXED = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/%b\r\n\r\n%b\r\n"
    b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\nContent-Type: text/%b\r\n\r\n%b\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\r\nYes\r\n", "Yes"),
        (b"\r\n\r\n", ""),
        (b"\r\n" + b"y " * TEXT_BYTES, None),
        (b"Content-Type: application/pkcs7-mime\r\n\r\nMIIB", None),
        (MIXED % (b"plain", b"Yes", b"plain", b"but not to Kim"), "Yes\nbut not to Kim"),
        (MIXED % (b"plain", b"Yes", b"html", b"<p>Yes</p>"), "Yes"),
        (MIXED % (b"plain", b"", b"html", b"<p>Yes</p>"), "Yes"),
    ],
)
def test_words_that_can_be_read(raw: bytes, words: str | None) -> None:
    """A reply without words is told from one that can't be read. Words below a picture count, another form doesn't."""
    reply = read_reply(parse(b"From: bob@example.co.uk\r\n" + raw))
    assert (reply and reply.words) == words


@pytest.mark.parametrize(
    "struck", ["<s>Yes</s>", "<DEL >Yes</DEL>", '<p style="text-decoration: line-through">Yes</p>']
)
@pytest.mark.parametrize("form", [b"plain", b"html"])
def test_a_text_that_is_struck_out_is_not_read(struck: str, form: bytes) -> None:
    """Its writer has taken it back, and the plain text beside it has no marks of that."""
    raw = MIXED % (form, b"Yes", b"html", struck.encode())
    assert read_reply(parse(b"From: bob@example.co.uk\r\n" + raw)) is None
    assert read_reply(parse(b"From: bob@example.co.uk\r\n" + raw.replace(struck.encode(), b"<span>Yes</span>")))


OWN = own_text(
    "Held\n\nYour message is held.",
    organisation="Example Ltd",
    address="m@example.co.uk",
    to="bob@example.co.uk",
    now=datetime(2026, 3, 2, tzinfo=UTC),
    hostname="gw.example.co.uk",
    reply_to="mailwarden+x@gw.example.co.uk",
)
HEADER = "From: Mailwarden <m@example.co.uk>\nSent: 2 March 2026\nTo: Bob\nSubject: Held\n\n"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Yes\n-- \nBob\nSales", ReplyText("Yes", "Bob\nSales")),
        (f"Yes\n\n{HEADER}Held.\n\n{END_OF_NOTICE}\n", ReplyText("Yes")),
        (f"Yes\n\n{HEADER}Held.\n\n{END_OF_NOTICE}\nNo", ReplyText("Yes", below="No")),
        (f"Yes\n\n{HEADER}Held.\n\n{END_OF_NOTICE} No, wait", ReplyText("Yes", below="No, wait")),
        (f"Yes\n\n{HEADER}Held.\n\n{END_OF_NOTICE}\n\nNo\n> {END_OF_NOTICE}", ReplyText("Yes", below="No\n* * *")),
        (f"Yes\n\n{HEADER}Held.\n\nNo", ReplyText("Yes")),
        (f"Yes\n\n{HEADER}Subject: {END_OF_NOTICE}\n\nHeld.", ReplyText("Yes")),
        (f"Yes\n\n> Held\n> {END_OF_NOTICE}\n> No", ReplyText("Yes", below="No")),
        (f"Yes\n\n> Held\n> {END_OF_NOTICE}\n\nNo", ReplyText("Yes\nNo")),
    ],
)
def test_parts_of_a_reply(text: str, reply: ReplyText) -> None:
    """The line at the end of the notice tells it from what follows."""
    assert read_reply(parse(f"From: bob@example.co.uk\n\n{text}\n".encode())) == reply


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\r\nPlease\r\n\r\nOn Mon, 2 Mar 2026, Mailwarden wrote:\r\n> held\r\n", "Please"),
        (b"Content-Type: text/html\r\n\r\n<p>Please <b>send</b> it</p><script>x</script>", "Please send it"),
        (b"\r\n" + b"y" * 10_000, "y" * TEXT_CHARACTERS),
        (b"\r\n" + b"y " * TEXT_BYTES, ""),
        (b"Content-Type: application/pdf\r\n\r\n%PDF", ""),
    ],
)
def test_own_words(raw: bytes, words: str) -> None:
    """The quoted notice is left out, and what would take long to read."""
    assert own_words(parse(b"From: bob@example.co.uk\r\n" + raw)) == words


@pytest.mark.parametrize("below", ["", "<p>No, wait</p>"])
def test_the_end_of_a_notice_in_html(below: str) -> None:
    """As Outlook quotes it: everything below its frame's first line is the quotation."""
    notice = message_from_bytes(OWN, policy=default).get_body(("html",)).get_content()
    frame = '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Mailwarden<br><b>Sent:</b> 2 March'
    page = f"<p>Yes</p>{frame} 2026<br><b>To:</b> Bob<br><b>Subject:</b> Held</p></div>{notice}{below}"
    reply = read_reply(parse(f"From: bob@example.co.uk\nContent-Type: text/html\n\n{page}".encode()))
    assert reply == ReplyText("Yes", below="No, wait" if below else "")
