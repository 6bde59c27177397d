"""The key by which a client's retry is recognised as the same message."""

from __future__ import annotations

import pytest

from gateway.message.retry_key import STAMP_BYTES, content_digest, retry_key

MAIL = b"From: a@x.example\r\nSubject: s\r\n\r\nReceived: no header\r\n"


@pytest.mark.parametrize(
    "stamp",
    [
        b"Received: from a by b; Mon, 2 Mar 2026 09:30:00 +0000\r\n",
        b"received: x\r\n",
        b"Received: from a\r\n\tby b\r\n with ESMTP; now\r\n",
    ],
)
def test_the_first_received_does_not_count(stamp: bytes) -> None:
    """The upstream's own: it has another time and id in each retry."""
    assert content_digest(stamp + MAIL) == content_digest(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        b"Received: one\r\nReceived: two\r\n" + MAIL,
        b"X-First: 1\r\nReceived: one\r\n" + MAIL,
        b"Received-SPF: pass\r\n" + MAIL,
        MAIL + b"x",
        MAIL.replace(b"Subject: s", b"Subject: t"),
    ],
)
def test_everything_else_counts(other: bytes) -> None:
    """A second Received, one that isn't first, any octet."""
    assert content_digest(other) != content_digest(MAIL)


@pytest.mark.parametrize(
    "stamp",
    [
        b"Received: " + b"x" * STAMP_BYTES + b"\r\n",
        b"Received: from a\r\n" + b"\tmore\r\n" * 300,
        b"Received: caf\xc3\xa9\r\n",
        b"Received: a\0b\r\n",
    ],
)
def test_what_no_server_stamps_counts(stamp: bytes) -> None:
    """A message that is held for what stands in its first field must not swallow another one later."""
    assert content_digest(stamp + MAIL) != content_digest(MAIL)


@pytest.mark.parametrize(("more", "same"), [(-1, True), (0, True), (1, False)])
def test_the_limit_of_a_stamp(more: int, same: bool) -> None:
    """The field with its line break."""
    stamp = b"Received: " + b"x" * (STAMP_BYTES - len(b"Received: \r\n") + more) + b"\r\n"
    assert (content_digest(stamp + MAIL) == content_digest(MAIL)) is same


@pytest.mark.parametrize("content", [b"", b"Received:", b"Received: x", b"Received: x\r\n", b"Received: x\r\n\t"])
def test_any_octets_have_a_digest(content: bytes) -> None:
    """Whatever ends where."""
    assert len(content_digest(content)) == 32


def test_the_key_is_that_of_one_copy() -> None:
    """Content, reverse-path, recipient; the recipient without regard to case, no two of them run together."""
    keys = [
        retry_key(b"d" * 32, "a@x.example", "b@y.example"),
        retry_key(b"e" * 32, "a@x.example", "b@y.example"),
        retry_key(b"d" * 32, "A@x.example", "b@y.example"),
        retry_key(b"d" * 32, "a@x.example", "c@y.example"),
        retry_key(b"d" * 32, "a@x.example"),
        retry_key(b"d" * 32, "a@x.exampleb", "@y.example"),
        retry_key(b"d" * 32, "", "b@y.example"),
    ]
    assert len(set(keys)) == len(keys)
    assert retry_key(b"d" * 32, "a@x.example", "B@Y.Example") == keys[0]
