"""The addresses of `From:`: read in one way only, or not at all."""

from __future__ import annotations

import pytest

from gateway.message.authors import MAX_AUTHORS, MAX_CHARACTERS, authors, domain_of
from gateway.message.header.addresses import ascii_domain
from gateway.message.mime.parse import parse


def read(*fields: str) -> tuple[str, ...]:
    raw = "".join(f"From: {field}\r\n" for field in fields) + "\r\n"
    return authors(parse(raw.encode()).root.fields("from"))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("a@b.example", ("a@b.example",)),
        ("Ann Example <a@b.example>", ("a@b.example",)),
        ('"Example, Ann" <a@b.example>', ("a@b.example",)),
        ('"boss@bank.example" <a@b.example>', ("a@b.example",)),  # a display name: for other filters
        ("=?utf-8?q?J=C3=BCrgen?= <j@b.example>", ("j@b.example",)),
        ("a@b.example (Ann)", ("a@b.example",)),
        ("(nested (comment)) a@b.example", ("a@b.example",)),
        ("Ann\r\n <a@b.example>", ("a@b.example",)),
        ("a@b.example, c@d.example", ("a@b.example", "c@d.example")),
        ("a@b.example, A@B.example", ("A@B.example",)),
        ('"a b"@c.example', ('"a b"@c.example',)),
        ("J\u00fcrgen <j\u00fc@b\u00fccher.example>", ("j\u00fc@b\u00fccher.example",)),
    ],
)
def test_plain_fields_are_read(field: str, expected: tuple[str, ...]) -> None:
    """Every mail program reads these fields alike."""
    assert read(field) == expected


@pytest.mark.parametrize(
    "field",
    [
        "",
        "Ann",
        "a@b",
        "a@[192.0.2.7]",
        "group: a@b.example;",
        "boss@bank.example <a@b.example>",
        "<boss@bank.example> <a@b.example>",
        "<a@b.example> boss@bank.example",
        "a@b.example boss@bank.example",
        "<@relay.example:a@b.example>",
        "<a@b.example",
        "a@b.example>",
        "a@b.example (open",
        "a@b.example )",
        '"open <a@b.example>',
        "a@b.example;c@d.example",
        "a@@b.example",
        r"b@y.example, (\( ) a@x.example (\) )",
        '(a "b) c@d.example (e" f)',
        "a @ b.example",
        "a@b.example\x00@c.example",
        "a\uff20b.example@c.example",
        "a\ufe6bb.example%c@d.example",
    ],
)
def test_what_can_be_read_in_two_ways_has_no_author(field: str) -> None:
    """A forger picks the program that is fooled."""
    assert read(field) == ()


def test_several_fields_count_together() -> None:
    """Mail programs differ in the field that they show; a field that is not plain spoils all."""
    assert read("a@b.example", "c@d.example") == ("a@b.example", "c@d.example")
    assert read("a@b.example", "group: c@d.example;") == ()
    assert read() == ()


def test_a_final_sigma_is_another_author() -> None:
    """`str.lower` makes one of a last capital; then the forged address would stand for both."""
    small, capital = "a@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "a@\u0392\u038c\u039b\u039f\u03a3.example"
    assert read(f"{small}, {capital}") == (small, capital)


@pytest.mark.parametrize(("extra", "found"), [(-1, True), (0, True), (1, False)])
def test_addresses_and_characters_have_limits(extra: int, found: bool) -> None:
    """Past them nothing is read."""
    many = ", ".join(f"a{n}@b.example" for n in range(MAX_AUTHORS + extra))
    assert bool(read(many)) is found
    long = "(" + "x" * (MAX_CHARACTERS - len("() a@b.example") + extra) + ") a@b.example"
    assert bool(read(long)) is found


@pytest.mark.parametrize(
    "text", ["", "localhost", "a..b", "-a.example", "a b.example", "x" * 64 + ".example", "\u2024."]
)
def test_what_is_no_domain(text: str) -> None:
    """It can be neither aligned nor asked for."""
    assert ascii_domain(text) == ""


@pytest.mark.parametrize(("length", "ok"), [(252, True), (253, True), (254, False)])
def test_a_domain_has_a_greatest_length(length: int, ok: bool) -> None:
    """RFC 1035 2.3.4."""
    name = ".".join(["x" * 49] * 5) + "." + "y" * (length - 250)
    assert bool(ascii_domain(name)) is ok


def test_the_domain_of_an_address_is_compared_in_ascii() -> None:
    """And in lower case."""
    assert domain_of("x@B\u00fccher.Example") == "xn--bcher-kva.example"
