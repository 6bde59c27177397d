"""RFC 2047 encoded words and field text."""

from __future__ import annotations

import pytest

from gateway.message.header.encoded_words import decode_words, field_text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a=C3=BCb_c?=", "a\u00fcb c"),
        ("=?UTF-8?B?w7w=?=", "\u00fc"),
        ("=?utf-8?b?w7w?=", "\u00fc"),
        ("=?iso-8859-1?Q?=FC?= =?iso-8859-1?Q?=E4?=", "\u00fc\u00e4"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "\u00fc"),
        ("=?utf-8?Q?a?= =?koi8-r?B?wQ==?=", "a\u0430"),
        ("x =?utf-8?q?a?= y", "x a y"),
        ("=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
        (" =?utf-8?q?a?=", " a"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-8*en?q?a?=", "a"),
        ("=?utf-8?q?really??=", "really?"),
        ("=?utf-8?q?evil.exe", "evil.exe"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?x-none?q?=FC?=", "\u00fc"),
        ("=??q?a?=", "=??q?a?="),
        ("=?utf-8?q??=", ""),
        ("a=?b", "a=?b"),
    ],
)
def test_encoded_words(written: str, text: str) -> None:
    """Decoded where they are words, left alone where they are not."""
    assert decode_words(written) == text


def test_a_split_character_is_joined_only_within_one_charset() -> None:
    """Text between two words keeps them apart."""
    assert decode_words("=?utf-8?Q?=C3?= x =?utf-8?Q?=BC?=") == "\u00c3 x \u00bc"


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b" a\r\n b ", "a b"), (b"a\r\n\r\n b", "a b"), (b"\xfc", "\u00fc"), (b"\xc3\xbc", "\u00fc"), (b"a\n\tb", "a\tb")],
)
def test_field_text(raw: bytes, text: str) -> None:
    """One line, UTF-8 else latin-1, no blanks around it."""
    assert field_text(raw) == text
