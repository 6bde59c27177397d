"""The text of replies in each of their forms: the person's own words, and what stands below the quoted notice."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.act.notices.own_messages import END_OF_NOTICE, own_text
from gateway.act.release.reply_reading import (
    LAST_LINES,
    MOST_FORMS,
    TEXT_BYTES,
    TEXT_CHARACTERS,
    MessageEnd,
    ReplyText,
    ends_of,
    own_words,
    read_reply,
)
from gateway.message.mime.parse import parse

PARTS = (
    b"Content-Type: multipart/%b; boundary=b\r\n\r\n--b\r\nContent-Type: text/%b\r\n\r\n%b\r\n"
    b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\nContent-Type: text/%b\r\n\r\n%b\r\n--b--\r\n"
)
UTF_16 = b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"


def read(raw: bytes) -> list[str]:
    """Return the words of each form of a reply."""
    return [form.words for form in read_reply(parse(b"From: bob@example.co.uk\r\n" + raw), "Example Ltd")]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\r\nYes\r\n", ["Yes"]),
        (b"\r\n\r\n", [""]),
        (b"\r\n" + b"y " * TEXT_BYTES, []),
        (b"Content-Type: application/pkcs7-mime\r\n\r\nMIIB", []),
        (UTF_16 + b64encode("Yes".encode("utf-16")), ["Yes"]),
        (PARTS % (b"mixed", b"plain", b"Yes", b"plain", b"but not to Kim"), ["Yes\nbut not to Kim"]),
        (PARTS % (b"mixed", b"plain", b"Yes", b"html", b"<p>not to Kim</p>"), ["Yes\nnot to Kim"]),
        (PARTS % (b"alternative", b"plain", b"Yes", b"html", b"<p>not to Kim</p>"), ["Yes", "not to Kim"]),
        (PARTS % (b"alternative", b"plain", b"Yes", b"markdown", b"not to Kim"), ["Yes", "not to Kim"]),
        (PARTS % (b"alternative", b"plain", b"Yes", b"html", b"<img src=x>"), ["Yes", ""]),
    ],
)
def test_the_forms_of_a_reply(raw: bytes, words: list[str]) -> None:
    """A reply without words is told from one that can't be read. Programs show any alternative, and all other parts."""
    assert read(raw) == words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"Content-Type: message/rfc822\r\n\r\nFrom: cleo@example.co.uk\r\n\r\nYes", []),
        (PARTS.replace(b"text/%b", b"message/rfc822", 1) % (b"mixed", b"\r\n\r\nYes", b"plain", b""), [""]),
        (PARTS.replace(b"text/%b", b"message/rfc822", 1) % (b"mixed", b"\r\n\r\nNo", b"plain", b"Yes"), ["Yes"]),
    ],
)
def test_an_attached_mail_is_not_read(raw: bytes, words: list[str]) -> None:
    """Somebody else may have written it."""
    assert read(raw) == words


def test_a_reply_of_many_forms_is_not_read() -> None:
    inside = b"".join(b"--c\r\nContent-Type: text/plain\r\n\r\nYes %d\r\n" % at for at in range(MOST_FORMS))
    assert len(read(b"Content-Type: multipart/alternative; boundary=c\r\n\r\n%b--c--\r\n" % inside)) == MOST_FORMS
    assert not read(b"Content-Type: multipart/alternative; boundary=c\r\n\r\n%b%b--c--\r\n" % (inside, inside))


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ('<p style="color: white">Yes</p>', ["", "Yes"]),
        ('<p style="font-size: 1pt">Yes</p>', ["", "Yes"]),
        ('<p style="display: none">Yes</p>', [""]),
        ("<!--[if mso]><p>No</p><![endif]--><p>Yes</p>", ["Yes", "No\n\nYes"]),
        ('<p>Yes <img alt="not yet"></p>', ["not yet\n\nYes"]),
        ('<p>Yes</p><iframe srcdoc="<p>No</p>"></iframe>', ["Yes\n<p>No</p>"]),
    ],
)
def test_text_that_is_hard_to_see(page: str, words: list[str]) -> None:
    """A page is read as each program shows it."""
    assert read(f"Content-Type: text/html\r\n\r\n{page}".encode()) == words


@pytest.mark.parametrize(
    "struck",
    [
        "<s>Yes</s>",
        "<DEL >Yes</DEL>",
        '<p style="text-decoration: line-through">Yes</p>',
        '<p style="text-decoration: line&#45;through">Yes</p>',
        '<p style="text-decoration: line\\-through">Yes</p>',
        "<style>p {text-decoration: line-through}</style><p>Yes</p>",
    ],
)
@pytest.mark.parametrize("form", [b"plain", b"html"])
def test_a_text_that_is_struck_out_is_not_read(struck: str, form: bytes) -> None:
    """Its writer has taken it back, and the plain text beside it has no marks of that."""
    raw = PARTS % (b"alternative", form, b"Yes", b"html", struck.encode())
    assert not read(raw)
    assert read(raw.replace(struck.encode(), b"<span>Yes</span>"))


OWN = own_text(
    "Held\n\nExample Ltd's gateway holds it.",
    organisation="Example Ltd",
    address="m@example.co.uk",
    to="bob@example.co.uk",
    now=datetime(2026, 3, 2, tzinfo=UTC),
    hostname="gw.example.co.uk",
    reply_to="mailwarden+x@gw.example.co.uk",
)
HELD = "Example Ltd holds it."
WROTE = "On Mon, 2 Mar 2026, Example Ltd mail gateway wrote:\n"
HEADER = "From: Example Ltd mail gateway <m@example.co.uk>\nSent: 2 March 2026\nTo: Bob\nSubject: Held\n\n"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Yes\n-- \nBob\nSales", ReplyText("Yes\n--\nBob\nSales")),
        (f"Yes\n\n{HEADER}{HELD}\n\n{END_OF_NOTICE}\n", ReplyText("Yes")),
        (f"Yes\n\n{HEADER}{HELD}\n\n{END_OF_NOTICE}\nNo", ReplyText("Yes", below="No")),
        (f"Yes\n\n{HEADER}{HELD}\n\n\u00a0{END_OF_NOTICE}\u00a0\nNo", ReplyText("Yes", below="No")),
        (
            f"Yes\n\n{HEADER}{HELD}\n\n{END_OF_NOTICE}\n\nNo\n> {END_OF_NOTICE}",
            ReplyText("Yes", below="No\n* * *"),
        ),
        (f"Yes\n\n> {HELD}\n> {END_OF_NOTICE}\n> No", ReplyText("Yes", below="No")),
        (f"Yes\n\n> {HELD}\n> {END_OF_NOTICE}\n\nNo", ReplyText("Yes\n\nNo")),
        (f"Yes\n\n{WROTE}> {HELD}\n> {END_OF_NOTICE}", ReplyText("Yes")),
        (f"Yes\n\n> {WROTE}> {HELD}\n> {END_OF_NOTICE}", ReplyText("Yes")),
        (f"Yes\n\n{HEADER}> {HELD}\n> {END_OF_NOTICE}\n\nA footer", ReplyText("Yes\n\nA footer")),
    ],
)
def test_the_parts_of_a_form(text: str, reply: ReplyText) -> None:
    """The line at the end of the notice tells it from what follows."""
    assert read_reply(parse(f"From: bob@example.co.uk\n\n{text}\n".encode()), "Example Ltd") == (reply,)


@pytest.mark.parametrize(
    "quotation",
    [
        f"{HEADER}{HELD}\n\nNo",
        f"{HEADER}Subject: {END_OF_NOTICE}\n\nHeld.",
        *(f"{HEADER}{HELD}\n\n{end}\nNo" for end in ("***", "*  *  *", r"\* \* \*", "\u2022 \u2022 \u2022", "---")),
        f"{HEADER}{HELD}\n\n{END_OF_NOTICE} No, wait",
        f"{HEADER}{HELD}\n\n{END_OF_NOTICE}\u2028No, wait",
        f"> {HELD}\n> No, wait {END_OF_NOTICE}",
        "> Held",
        f"> No, wait\n\n{WROTE}> {HELD}\n> {END_OF_NOTICE}",
        f"> No, wait\n\n{HEADER}{HELD}\n{END_OF_NOTICE}",
        f"> No, wait\nBob\n> {HELD}\n> {END_OF_NOTICE}",
        f"> {HELD}\n> {END_OF_NOTICE}\nBob\n> No, wait",
    ],
)
def test_a_reply_that_quotes_anything_but_one_whole_notice_is_not_read(quotation: str) -> None:
    """Nobody can tell whose words stand in it."""
    assert not read(f"\n\nYes\n\n{quotation}\n".encode())


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\r\nPlease\r\n\r\nOn Mon, 2 Mar 2026, Example Ltd mail gateway wrote:\r\n> held\r\n", "Please"),
        (b"Content-Type: text/html\r\n\r\n<p>Please <b>send</b> it</p><script>x</script>", "Please send it"),
        (b"\r\n" + b"y" * 10_000, "y" * TEXT_CHARACTERS),
        (b"\r\n" + b"y " * TEXT_BYTES, ""),
        (b"Content-Type: application/pdf\r\n\r\n%PDF", ""),
    ],
)
def test_own_words(raw: bytes, words: str) -> None:
    """The quoted notice is left out, and what would take long to read."""
    assert own_words(parse(b"From: bob@example.co.uk\r\n" + raw)) == words


OUTLOOK = (
    '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Example Ltd mail gateway<br>'
    "<b>Sent:</b> 2 March 2026<br><b>To:</b> Bob<br><b>Subject:</b> Held</p></div>"
)
GMAIL = f'<div class="gmail_quote"><div class="gmail_attr">{WROTE}</div><blockquote>'
GMX = (
    '<div name="quote"><b>Gesendet:</b> Montag, 2. M\u00e4rz 2026<br><b>Von:</b> Example Ltd mail gateway<br>'
    "<b>An:</b> Bob<br><b>Betreff:</b> Held</div>"
)


@pytest.mark.parametrize("frame", [OUTLOOK, GMAIL, GMX])
@pytest.mark.parametrize(
    ("below", "words"),
    [("", ""), ("<p>No, wait</p>", "No, wait"), ('<img src="x" alt="No, wait">', "No, wait")],
)
def test_the_end_of_a_notice_in_html(frame: str, below: str, words: str) -> None:
    """Everything below the first line of the quotation belongs to it, as Outlook, Gmail and GMX quote."""
    notice = message_from_bytes(OWN, policy=default).get_body(("html",)).get_content()
    reply = f"From: bob@example.co.uk\nSubject: Re: Held\nContent-Type: text/html\n\n<p>Yes</p>{frame}{notice}{below}"
    assert read_reply(parse(reply.encode()), "Example Ltd") == (ReplyText("Yes", below=words),)


@pytest.mark.parametrize("own", ["<p>Yes</p><blockquote>but not to Kim</blockquote>", "<blockquote>Yes</blockquote>"])
def test_a_blockquote_above_the_notice(own: str) -> None:
    """It may be the writer's own text, or anybody's."""
    notice = message_from_bytes(OWN, policy=default).get_body(("html",)).get_content()
    assert not read(f"Content-Type: text/html\n\n{own}{GMAIL}{notice}".encode())
    assert not read(f"Content-Type: text/html\n\n{own}{OUTLOOK}{notice}".encode())


@pytest.mark.parametrize(
    ("text", "own", "everything"),
    [
        ("Hello\n\nBob\nSales", "Hello\n\nBob\nSales", ""),
        ("Hello\n\nBob\n\n> Hi\n\nFooter", "Hello\n\nBob\n\nFooter", "Hello\n\nBob\n\nHi\n\nFooter"),
        ("a\n" * LAST_LINES * 2, "a\n" * (LAST_LINES - 1) + "a", ""),
    ],
)
def test_the_end_of_a_held_message(text: str, own: str, everything: str) -> None:
    assert ends_of(parse(f"From: bob@example.co.uk\n\n{text}\n".encode())) == [MessageEnd(own, everything)]
