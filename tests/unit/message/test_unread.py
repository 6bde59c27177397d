"""A message that nobody looks into: its octets are there, and the first of its header is read."""

from __future__ import annotations

import pytest

from gateway.message.unread import READ_BYTES, unread

_PART = b"\r\n\r\n--b\r\nContent-Type: application/zip\r\n\r\nPK\r\n--b--\r\n"


def test_the_body_is_not_looked_into() -> None:
    """It has no parts and no text, whatever its header says."""
    raw = b"Subject: Hello\r\nMessage-ID: <1@x.example>\r\nContent-Type: multipart/mixed; boundary=b" + _PART
    message = unread(raw)
    assert (message.raw, message.subject, message.message_id) == (raw, "Hello", "<1@x.example>")
    assert [len(part.body) for part in message.parts] == [0]


@pytest.mark.parametrize(("more", "subject"), [(-1, "Hello"), (0, "Hello"), (1, "Hell")])
def test_the_limit_of_the_header(more: int, subject: str) -> None:
    """The part of the header beyond the limit is not read."""
    before = b"X-Long: " + b"x" * (READ_BYTES - len(b"X-Long: \r\nSubject: Hello") + more) + b"\r\n"
    raw = before + b"Subject: Hello\r\nX-Other: y\r\n\r\nbody"
    assert (unread(raw).subject, unread(raw).raw) == (subject, raw)


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"no header at all", b"\0" * 100_000])
def test_any_octets(raw: bytes) -> None:
    """Nothing is raised."""
    assert unread(raw).raw == raw
