"""Automatic messages, which confirm nothing."""

from __future__ import annotations

import pytest

from gateway.message.automatic import automatic
from gateway.message.mime.parse import parse


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: auto-generated; type=x", "auto-submitted"),
        ("Auto-Submitted: no\r\nAuto-Submitted: auto-notified", "auto-submitted"),
        ("Auto-Submitted:", "auto-submitted"),
        ("X-Auto-Response-Suppress: All", "x-auto-response-suppress"),
        ("X-Autoreply: yes", "x-autoreply"),
        ("X-Vacation: yes", "x-vacation"),
        ("X-MS-Exchange-Inbox-Rules-Loop: bob@example.co.uk", "x-ms-exchange-inbox-rules-loop"),
        ("Precedence: bulk", "precedence"),
        ("Precedence:  Auto_Reply ", "precedence"),
        ("List-Id: <staff.example.co.uk>", "list-*"),
        ("List-Unsubscribe: <mailto:x@y>", "list-*"),
        ("Content-Type: multipart/report; report-type=disposition-notification; boundary=b", "multipart/report"),
        ("Content-Type: message/disposition-notification", "message/disposition-notification"),
    ],
)
def test_a_program_wrote_it(header: str, told: str) -> None:
    """RFC 3834 5, RFC 2369, RFC 8098, and what programs wrote before there were standards."""
    assert automatic(parse(f"From: a@b\r\n{header}\r\n\r\nAway\r\n".encode())) == told


@pytest.mark.parametrize(
    "header", ["Subject: Re: Automatic", "Auto-Submitted: no", "Auto-Submitted: NO", "Precedence: first-class"]
)
def test_a_person_may_have_written_it(header: str) -> None:
    """Nothing says otherwise."""
    assert automatic(parse(f"From: a@b\r\n{header}\r\n\r\nYes\r\n".encode())) == ""


def test_a_report_that_a_person_forwards_is_not_theirs() -> None:
    """It is a message in a message."""
    raw = (
        b"From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/report; boundary=c\r\n\r\n--c\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nx\r\n--c--\r\n--b--\r\n"
    )
    assert automatic(parse(raw)) == ""
