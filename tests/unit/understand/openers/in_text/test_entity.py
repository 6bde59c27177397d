"""Octets that look like a MIME entity: its header block, odd names and stray lines."""

from __future__ import annotations

import pytest

from gateway.understand.openers.in_text.entity import MAX_STRAYS, looks_like_entity, read_block
from tests.corpus.payloads import TEXT, multipart

MAIL = multipart(TEXT)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"Content-Type: text/plain\r\n\r\nx", True),
        (b"MIME-Version: 1.0\r\nContent-Type: a/b\r\n\r\nx", True),
        (MAIL, True),
        (b"From: a\r\n\r\nx", False),
        (b"<?xml version='1.0'?>", False),
        (b"", False),
    ],
)
def test_entities(octets: bytes, expected: bool) -> None:
    """S/MIME and PGP wrap such entities."""
    assert looks_like_entity(octets) is expected


def test_folded_fields() -> None:
    """Are one field."""
    assert read_block(b"A: b\r\n c: d\r\nD : e\r\n\r\n").names == (b"a", b"d")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"X" * 998 + b": v", b"x" * 998),
        (b"\xc3\xa9: v", b"\xc3\xa9"),
        (b"X Y : v", b"x y"),
        (b"\0From\x01: v", b"from"),
        (b"From (me): v", b"from"),
        (b": v", b""),
    ],
)
def test_odd_names(line: bytes, name: bytes) -> None:
    """Are names, of whatever length and octets."""
    assert read_block(line + b"\r\nTo: b\r\n\r\n").names == (name, b"to")


@pytest.mark.parametrize("strays", [MAX_STRAYS - 1, MAX_STRAYS, MAX_STRAYS + 1])
def test_lines_that_are_no_field(strays: int) -> None:
    """Are passed over where there are few; what has more is a text."""
    block = read_block(b"A: b\r\n" + b"hello\r\n" * strays + b"C: d\r\n\r\n")
    assert block.is_header is (strays <= MAX_STRAYS)
    assert (b"c" in block.names) is (strays <= MAX_STRAYS)
