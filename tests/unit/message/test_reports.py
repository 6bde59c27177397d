"""Reports of delivery and read receipts: about which message, and what became of it."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.message.reports import Report, message_ids, report_in

DELIVERY = (
    "message/delivery-status",
    "Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; a@x\nAction: Delivered\n",
)
COPY = ("message/rfc822", "From: a@x.example\nMessage-ID: <m1@example>\n\nHello\n")
HEADER = ("text/rfc822-headers", "From: a@x.example\nmessage-id:\n <m1@example>\n")
READ = (
    "message/disposition-notification",
    "Final-Recipient: rfc822; a@x\nOriginal-Message-ID: <m2@example>\n"
    "Disposition: manual-action/MDN-sent-manually; Displayed/error\n",
)


def report(*parts: tuple[str, str]) -> Report | None:
    body = "".join(f"--b\nContent-Type: {kind}\n\n{text}\n" for kind, text in (("text/plain", "A report."), *parts))
    text = f"From: x@x.example\nContent-Type: multipart/report; boundary=b\n\n{body}--b--\n"
    return report_in(parse(text.replace("\n", "\r\n").encode()))


@pytest.mark.parametrize("copy", [COPY, HEADER])
def test_a_report_of_delivery_names_the_message_by_its_copy(copy: tuple[str, str]) -> None:
    expected = Report(frozenset({"delivered"}), frozenset(), frozenset({"m1@example"}), frozenset({"a@x"}))
    assert report(DELIVERY, copy) == expected


def test_every_recipient_has_an_action() -> None:
    several = (DELIVERY[0], f"{DELIVERY[1]}\nFinal-Recipient: rfc822; b@x\nAction: failed\n")
    found = report(several, HEADER)
    assert found is not None
    assert found.actions == {"delivered", "failed"}
    assert found.recipients == {"a@x", "b@x"}


def test_a_read_receipt_names_the_message_itself() -> None:
    expected = Report(frozenset(), frozenset({"displayed"}), frozenset({"m2@example"}), frozenset({"a@x"}))
    assert report(READ) == expected


def test_a_read_receipt_may_stand_alone() -> None:
    text = f"From: x@x.example\nContent-Type: {READ[0]}\n\n{READ[1]}"
    found = report_in(parse(text.replace("\n", "\r\n").encode()))
    assert found is not None
    assert found.dispositions == {"displayed"}


def test_other_mail_is_no_report() -> None:
    assert report() is None
    assert report(COPY) is None
    assert report_in(parse(b"From: x\r\n\r\nAction: delivered\r\n")) is None


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("<a@b>", ["a@b"]),
        ("<a@b> <c@d>\r\n <a@b>", ["a@b", "c@d"]),
        ("your message of Monday <a@b>", ["a@b"]),
        ("a@b", []),
        ("<a b@c>", []),
        ("<" * 5000, []),
        (f"<{'a' * 999}>", []),
        (f"<{'a' * 998}>", ["a" * 998]),
    ],
)
def test_the_message_ids_in_a_field(text: str, ids: list[str]) -> None:
    assert message_ids(text) == ids
