"""The filter `audience`: what is a reply, and which thread it belongs to."""

from __future__ import annotations

import base64

import pytest

from filters.audience.thread import Prefixes, Thread, mail_name, thread_of
from gateway.message.mime.parse import parse
from tests.support.builders.audiences import RULES
from tests.support.builders.judgement import mail

PREFIXES = Prefixes(RULES.reply_prefixes, RULES.forward_prefixes)
GUID = bytes(range(16))
INDEX = base64.b64encode(b"\x01" + bytes(5) + GUID).decode()
ANSWER = base64.b64encode(b"\x01" + bytes(5) + GUID + bytes(5)).decode()


def thread(*fields: str) -> Thread:
    return thread_of(parse("".join(f"{one}\r\n" for one in fields).encode() + b"\r\n"), PREFIXES)


@pytest.mark.parametrize(
    "subject",
    [
        *(
            "Re: Plans",
            "RE: Plans",
            "re[2]: Plans",
            "Re^3: Plans",
            "Re : Plans",
            "AW: Plans",
            "SV: Plans",
            "Odp: Plans",
        ),
        *("R: Plans", "RIF: Plans", "Antw: Plans", "RE\uff1aPlans", "[staff] Re: Plans", "Re: [staff] AW: Plans"),
        *("Re: Fwd: Plans", "=?utf-8?Q?R=C3=A9p?=: Plans", "[EXTERNAL] AW: Re: Re: Plans", "VS: Plans"),
    ],
)
def test_the_subject_tells_a_reply(subject: str) -> None:
    """Prefixes in many languages, behind tags, tell a reply; the rest of the subject names the thread."""
    found = thread(f"Subject: {subject}")
    assert found.is_reply
    assert found.name in ("subject:plans", "subject:[staff] plans")


@pytest.mark.parametrize(
    "subject", ["Plans", "Fwd: Plans", "WG: Re: Plans", "Regarding: Plans", "Plans re: Tuesday", "", "Results: Plans"]
)
def test_no_reply_by_the_subject(subject: str) -> None:
    """A forwarded message answers nobody."""
    assert not thread(f"Subject: {subject}").is_reply


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (["References: <a@x> <b@x>", "In-Reply-To: <b@x>", f"Thread-Index: {ANSWER}"], "id:<a@x>"),
        (["In-Reply-To: <b@x>", f"Thread-Index: {ANSWER}"], "id:<b@x>"),
        (["References: nonsense", "In-Reply-To: your message of Monday <b@x>"], "id:<b@x>"),
        ([f"Thread-Index: {ANSWER}"], f"index:{GUID.hex()}"),
        (["Subject: Re: Plans"], "subject:plans"),
        (["References: <a@x>", "Subject: Plans"], "id:<a@x>"),
    ],
)
def test_the_surest_name_of_a_thread(fields: list[str], name: str) -> None:
    """The first message's id, else the one answered, else Outlook's index, else the subject."""
    found = thread("Message-ID: <own@x>", *fields)
    assert found.is_reply
    assert found.name == name


def test_the_first_message_of_a_thread() -> None:
    """Named as its replies will name it, whatever their programs write."""
    found = thread("Message-ID: <own@x>", "Subject: Plans", f"Thread-Index: {INDEX}")
    assert not found.is_reply
    assert found.name == "id:<own@x>"
    assert found.names == ("id:<own@x>", f"index:{GUID.hex()}", "subject:plans")
    assert found.sure_names == {"id:<own@x>", f"index:{GUID.hex()}"}


def test_what_is_handed_on_begins_a_thread() -> None:
    """Though it refers to another."""
    assert thread("Message-ID: <own@x>", "References: <a@x>", "Subject: Fwd: Plans").name == "id:<own@x>"


@pytest.mark.parametrize("index", ["", "!!!", "AAAA", "\u00e9"])
def test_an_index_that_is_none(index: str) -> None:
    """It names nothing, and a message without any name has none."""
    assert thread(f"Thread-Index: {index}") == Thread((), "", is_reply=False)


def test_one_mail_over_many_transactions() -> None:
    """The same sender, Message-ID and Date; the envelope doesn't matter."""
    raw = b"From: Ann <ann@example.co.uk>\r\nMessage-ID: <1@x>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\n"
    one = mail("us:a@example.co.uk", raw=raw, sender="ann@example.co.uk")
    other = mail("us:b@example.co.uk", raw=raw, sender="bounce+b@example.co.uk")
    assert mail_name(one) == mail_name(other)
    assert mail_name(one) != mail_name(mail(raw=raw.replace(b"10:00", b"10:01")))
    assert mail_name(one) != mail_name(mail(raw=raw.replace(b"<ann@", b"<bob@")))
