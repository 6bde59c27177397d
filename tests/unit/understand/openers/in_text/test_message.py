"""Messages as files: which octets are one, and how mailboxes are taken apart."""

from __future__ import annotations

import pytest

from gateway.understand.member import Declared
from gateway.understand.openers.in_text.message import ELSEWHERE, MESSAGE, looks_like_message
from tests.corpus.payloads import TEXT, multipart
from tests.support.probes.opener import fits, opened

MAIL = multipart(TEXT)
FROM = b"From a@x.test Mon Jan  5 10:00:00 2026\n"


@pytest.mark.parametrize("name", ["f.eml", "f.mht", "F.MHTML", "f.nws", "f.dat", "f", ""])
def test_a_mail_by_name_or_by_look(name: str) -> None:
    """It is given out whole."""
    found = opened(MESSAGE, MAIL, name)
    assert [(one.content, one.media_type) for one in found.members] == [(MAIL, "message/rfc822")]


@pytest.mark.parametrize("media_type", ["text/rfc822-headers", "text/rfc822", "application/mbox"])
def test_a_mail_by_its_type(media_type: str) -> None:
    """A mail is opened by its type, though its name says otherwise."""
    assert opened(MESSAGE, MAIL, media_type=media_type).contents == (MAIL,)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\r\n", b" \r\n"])
def test_blanks_before_the_header(before: bytes) -> None:
    """Are passed over."""
    assert looks_like_message(before + MAIL, Declared())


@pytest.mark.parametrize(
    "text",
    [
        b"Dear all,\r\n\r\nfrom: now on\r\n",
        b"From: Alice\r\nTo: Bob\r\nSubject: lunch\r\nDate: Monday\r\n\r\nForwarded by hand\r\n",
        b"Content-Type: text/html\r\nDate: x\r\nServer: y\r\nContent-Length: 3\r\n\r\n<p>",
        b"Name: x\r\nVersion: 1\r\nRequires: y\r\n\r\ntext",
        b"From: a\r\nReceived: b\r\nthis is no field\r\n\r\ntext",
        b"MZ\x90\0" + bytes(100),
        b"From: a\r\nReceived: from b\r\nMessage-ID: <c>\r\n\r\n",
        b"",
    ],
)
def test_other_files(text: bytes) -> None:
    """Letters, HTTP, packages' metadata, and headers with nothing behind them."""
    assert not looks_like_message(text, Declared())


@pytest.mark.parametrize(
    "declared",
    [Declared((), "text/plain"), Declared(("a.txt",), "text/plain"), Declared(("a.py",)), Declared(("a.log",))],
)
def test_what_is_shown_as_text(declared: Declared) -> None:
    """Bodies and files of text that begin with a mail's header."""
    assert not looks_like_message(MAIL, declared)


@pytest.mark.parametrize("media_type", ["message/rfc822", "message/global", "message/entity"])
def test_what_is_parsed_anyway(media_type: str) -> None:
    """Is a message, and not opened a second time."""
    assert looks_like_message(MAIL, Declared((), media_type))
    assert not fits(MESSAGE, MAIL, media_type=media_type)


def test_a_mailbox() -> None:
    """Each message without its From line; a line that only begins with From is text."""
    second = MAIL.replace(b"Good morning", b"From here\r\nto there\r\n\r\nFrom here on")
    assert opened(MESSAGE, FROM + MAIL + b"\r\n" + FROM + second, "f.mbox").contents == (MAIL + b"\r\n", second)


def test_a_mailbox_by_its_look() -> None:
    """Under another name."""
    assert opened(MESSAGE, FROM + MAIL, "old mail").contents == (MAIL,)


def test_apple_mail() -> None:
    """The count's octets are the message."""
    assert opened(MESSAGE, b"%d      \n%b<plist/>" % (len(MAIL), MAIL), "1.emlx").contents == (MAIL,)


@pytest.mark.parametrize(
    ("media_type", "code"),
    [("message/partial", "message.partial"), ("message/external-body", "message.external_body")],
)
def test_content_that_is_elsewhere(media_type: str, code: str) -> None:
    """Is named."""
    assert opened(ELSEWHERE, b"x", media_type=media_type).codes == (code,)
    assert not fits(ELSEWHERE, b"x", media_type="message/rfc822")


LEADS = [
    *(b">From a@x.test Mon Jan  5 10:00:00 2026\r\n", b"From a\r\n", b"> From a\r\n", b"a line of text\r\n", b"\0\r\n"),
    *(
        b" folded\r\n",
        b"X" * 77 + b": v\r\n",
        b"X Y: v\r\n",
        b"\xe9: v\r\n",
        b": v\r\n",
        b"5\r\n",
        b"#! rnews 1\r\n",
        b"\x0c\r\n",
    ),
]


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("declared", [Declared(("m.eml",)), Declared((), "message/news"), Declared((), "text/rfc822")])
def test_odd_beginnings(lead: bytes, declared: Declared) -> None:
    """Hide no message that is declared or named one."""
    assert looks_like_message(lead + MAIL, declared)
    assert any((one or b"").endswith(MAIL) for one in opened(MESSAGE, lead + MAIL, "m.eml").contents)


@pytest.mark.parametrize("lead", [lead for lead in LEADS if b"\0" not in lead])
def test_odd_beginnings_of_other_files(lead: bytes) -> None:
    """Nor one that looks like one; a NUL is of another kind of file."""
    assert not looks_like_message(b"\0" + lead + MAIL, Declared(("m.dat",), "application/octet-stream"))
    assert looks_like_message(lead + MAIL, Declared(("m.dat",), "application/octet-stream"))


@pytest.mark.parametrize("subtype", ["http", "disposition-notification", "feedback-report", "partial", "x-other", ""])
def test_every_subtype(subtype: str) -> None:
    """Every subtype of message is read as a mail, since programs do so."""
    assert looks_like_message(MAIL, Declared((), f"message/{subtype}"))


def test_a_text_without_a_header() -> None:
    """Is none, whatever its name is."""
    assert not looks_like_message(b"hello\r\n\r\nA: b\r\n", Declared(("m.eml",)))


def test_a_mailbox_without_empty_lines() -> None:
    """Is divided where a field stands below a From line."""
    assert opened(MESSAGE, b"From a\r\n" + MAIL + b"From b\r\n" + MAIL, "f.mbox").contents == (MAIL, MAIL)


def test_a_count_that_is_too_small() -> None:
    """Hides nothing: a program may pass over the line."""
    assert opened(MESSAGE, b"5\r\n" + MAIL, "m.eml").contents == (MAIL[:5], MAIL)
