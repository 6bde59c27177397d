"""Addresses that everybody who gets a message sees."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse
from gateway.message.visible import visible_addresses


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        ("a@x.example, B <b@x.example>, <c@x.example>", ["a@x.example", "b@x.example", "c@x.example"]),
        ('"Lee, Ann" <a@x.example>, "b@y.example" <b@x.example>', ["a@x.example", "b@x.example"]),
        ("c@old.example <c@x.example>", ["c@x.example"]),
        ("a@x.example (not b@x.example), A@X.example", ["a@x.example"]),
        ("team: a@x.example, b@x.example;", ["a@x.example", "b@x.example"]),
        ("undisclosed-recipients:;", []),
        ('"a b"@x.example', ['"a b"@x.example']),
        ("=?utf-8?Q?a=40y.example?= <a@x.example>", ["a@x.example"]),
        ("a@x.example;b@x.example", ["a@x.example", "b@x.example"]),
        ('"unclosed <a@x.example>', ["a@x.example"]),
        (f"{'a' * 300}@x.example, b@x.example", ["b@x.example"]),
    ],
)
def test_addresses_that_fields_name(field: str, addresses: list[str]) -> None:
    """Names, comments and groups are leapt over; each address counts once, and begins where a word does."""
    assert list(visible_addresses(parse(f"To: {field}\r\n\r\n".encode()))) == addresses


def test_to_and_cc_of_any_number() -> None:
    """Several fields of a name too; Bcc that somebody left in is no copy that others see."""
    raw = b"To: a@x.example\r\nCc: b@x.example\r\nTo: c@x.example\r\nBcc: d@x.example\r\n\r\n"
    assert list(visible_addresses(parse(raw))) == ["a@x.example", "c@x.example", "b@x.example"]


@pytest.mark.parametrize("text", ['"' * 50_000, "(" * 50_000, "<" * 50_000, "a@" * 50_000, "@" * 50_000, "a" * 100_000])
def test_hostile_fields_take_no_time(text: str) -> None:
    """The pattern never goes far back: each of these is read to its end."""
    assert len(visible_addresses(parse(f"To: {text}\r\n\r\n".encode()))) <= 1
