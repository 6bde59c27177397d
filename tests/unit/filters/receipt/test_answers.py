"""Messages whose receipt a message from outside confirms."""

from __future__ import annotations

import pytest

from filters.receipt.answers import MAX_IDS, answered_by
from gateway.message.mime.parse import parse


def answered(*fields: str, body: str = "Thanks\r\n") -> list[str]:
    head = "\r\n".join(("From: joe@outside.example", *fields))
    return list(answered_by(parse(f"{head}\r\n\r\n{body}".encode())))


def report(kind: str, text: str) -> list[str]:
    contents = ((kind, text), ("text/rfc822-headers", "Message-ID: <a@b>"))
    parts = "".join(f"--b\r\nContent-Type: {one}\r\n\r\n{content}\r\n" for one, content in contents)
    return answered("Content-Type: multipart/report; boundary=b", "In-Reply-To: <a@b>", body=f"{parts}--b--\r\n")


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        (("In-Reply-To: <a@b>",), ["a@b"]),
        (("References: <a@b> <c@d>",), ["c@d", "a@b"]),
        (("In-Reply-To: <c@d>", "References: <a@b> <c@d>"), ["c@d", "a@b"]),
        (("In-Reply-To: <a@b>", "List-Id: <x.y>"), ["a@b"]),
        (("In-Reply-To: <a@b>", "Auto-Submitted: auto-replied"), []),
        (("In-Reply-To: <a@b>", "Precedence: bulk"), []),
        (("In-Reply-To: <a@b>", "X-Autoreply: yes"), []),
        ((), []),
    ],
)
def test_replies(fields: tuple[str, ...], ids: list[str]) -> None:
    """A reply by a person is an answer; a notice of absence confirms nothing."""
    assert answered(*fields) == ids


@pytest.mark.parametrize("number", [MAX_IDS - 1, MAX_IDS, MAX_IDS + 1])
def test_the_last_of_a_long_thread_are_looked_up(number: int) -> None:
    ids = [f"{one}@x" for one in range(number)]
    found = answered(f"References: {' '.join(f'<{one}>' for one in ids)}")
    assert found == ids[::-1][:MAX_IDS]


@pytest.mark.parametrize(
    ("actions", "ids"),
    [(["delivered"], ["a@b"]), (["failed"], []), (["delayed"], []), (["relayed"], []), (["delivered", "failed"], [])],
)
def test_reports_of_delivery(actions: list[str], ids: list[str]) -> None:
    """A report of something else is no answer, though it may name the message as one that it replies to."""
    fields = "".join(f"\r\nFinal-Recipient: rfc822; a@x\r\nAction: {action}\r\n" for action in actions)
    assert report("message/delivery-status", f"Reporting-MTA: dns; x\r\n{fields}") == ids


@pytest.mark.parametrize(("disposition", "ids"), [("displayed", ["a@b"]), ("deleted", []), ("processed", [])])
def test_read_receipts(disposition: str, ids: list[str]) -> None:
    text = f"Original-Message-ID: <a@b>\r\nDisposition: manual-action/MDN-sent-manually; {disposition}\r\n"
    assert report("message/disposition-notification", text) == ids
