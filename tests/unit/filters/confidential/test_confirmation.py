"""Keys of what a sender confirms: they fit this mail, and none that only has its Message-ID and Date."""

from __future__ import annotations

import pytest

from filters.confidential.confirmation import confirmation_keys
from tests.support.builders.judgement import mail

TO = "joe@outside.example"


def key(
    text: str = "Lunch?",
    *,
    subject: str = "CONFIDENTIAL: lunch",
    file: str = "plan one",
    to: str = TO,
    date: str = "Mon, 2 Mar 2026 10:00:00 +0000",
    number: str = "<1@example>",
    sender: str = "ann@example.co.uk",
    received: str = "",
    boundary: str = "b",
) -> str:
    raw = (
        f"{received}From: ann@example.co.uk\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: {number}\r\n"
        f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n\r\n{text}\r\n"
        f"--{boundary}\r\nContent-Type: application/octet-stream; name=p.bin\r\n\r\n{file}\r\n--{boundary}--\r\n"
    )
    about = mail(f"out:{to}", raw=raw.encode(), sender=sender)
    return confirmation_keys(about, [to])[to]


@pytest.mark.parametrize(
    "other",
    [
        {"text": "The board papers"},
        {"subject": "CONFIDENTIAL: board papers"},
        {"file": "plan two"},
        {"to": "eve@outside.example"},
        {"date": "Mon, 2 Mar 2026 10:00:01 +0000"},
        {"number": "<2@example>"},
        {"sender": "bob@example.co.uk"},
    ],
)
def test_another_mail_has_another_key(other: dict[str, str]) -> None:
    assert key(**other) != key()


@pytest.mark.parametrize(
    "same",
    [
        {"received": "Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0000\r\n"},
        {"boundary": "other"},
        {"sender": "Ann@Example.co.uk"},
    ],
)
def test_a_further_transaction_has_the_same_key(same: dict[str, str]) -> None:
    assert key(**same) == key()


def test_a_message_inside_is_a_part_of_the_mail() -> None:
    def forwarded(subject: str, text: str) -> str:
        raw = f"Message-ID: <1@example>\r\nContent-Type: message/rfc822\r\n\r\nSubject: {subject}\r\n\r\n{text}\r\n"
        return confirmation_keys(mail(f"out:{TO}", raw=raw.encode()), [TO])[TO]

    assert len({forwarded("a", "b"), forwarded("a", "c"), forwarded("d", "b")}) == 3


def test_each_recipient_has_a_key() -> None:
    about = mail(f"out:{TO}", "out:eve@outside.example", raw=b"Message-ID: <1@example>\r\n\r\nx\r\n")
    keys = confirmation_keys(about, [TO, "eve@outside.example"])
    assert len(set(keys.values())) == 2
