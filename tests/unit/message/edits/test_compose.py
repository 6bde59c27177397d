"""New octets: header fields, bodies, text entities."""

from __future__ import annotations

import binascii
import re

import pytest

from gateway.message.edits.compose import (
    FOLD_CHARACTERS,
    MAX_LINE_BYTES,
    base64_octets,
    encoded_words,
    field_octets,
    has_long_line,
    quoted_printable_octets,
    text_entity,
)
from gateway.message.mime.parse import parse


def read_back(octets: bytes) -> str:
    (header,) = parse(octets + b"\r\n").headers
    return header.value


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        ("plain", b"X: plain\r\n"),
        ("", b"X:\r\n"),
        ("  a  b ", b"X: a  b\r\n"),
        ("a\r\nBcc: x@y", b"X: a Bcc: x@y\r\n"),
        ("a\r\n\r\nbody", b"X: a body\r\n"),
        ("a\0b\x1bc\td\ne\rf", b"X: a b c d e f\r\n"),
        ("gr\u00fcn", b"X: =?utf-8?q?gr=C3=BCn?=\r\n"),
        ("\u6f22\u5b57", b"X: =?utf-8?b?5ryi5a2X?=\r\n"),
        ("a gr\u00fcn \u00fc b", b"X: a =?utf-8?q?gr=C3=BCn_=C3=BC?= b\r\n"),
        ("=?utf-8?q?x?=", b"X: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=\r\n"),
        ("a\u2028b\u0085", b"X: =?utf-8?q?a=E2=80=A8b=C2=85?=\r\n"),
    ],
)
def test_fields(value: str, octets: bytes) -> None:
    """Always one field of one value: control characters become a blank, other characters encoded words."""
    assert field_octets("X", value) == octets


def test_half_characters_become_question_marks() -> None:
    """They can't be written in UTF-8."""
    assert read_back(field_octets("X", "a\ud800")) == "a?"


@pytest.mark.parametrize(
    "value",
    [
        "words " * 50,
        "\u00fcmlaut " * 50,
        "\u6f22" * 300,
        "a\u00fc b " * 60,
        "x" * 40 + " " + "y" * 70 + " " + "\u00e9" * 100,
        "\U0001f600" * 40,
        "two  blanks " * 20,
    ],
)
@pytest.mark.parametrize("name", ["Subject", "X-A-Rather-Long-Name-Of-A-Field"])
def test_long_values_are_folded_and_read_back(name: str, value: str) -> None:
    """Lines stay under 78 characters, and unfolding gives the value again."""
    octets = field_octets(name, value)
    assert max(map(len, octets.split(b"\r\n"))) <= FOLD_CHARACTERS
    assert read_back(octets) == value.strip()


@pytest.mark.parametrize("length", [899, 900, 901, 5000])
def test_no_line_passes_998_octets(length: int) -> None:
    """A word too long to fold is broken into encoded words."""
    octets = field_octets("X", "a " + "x" * length)
    assert max(map(len, octets.split(b"\r\n"))) <= MAX_LINE_BYTES
    assert read_back(octets) == "a " + "x" * length


def test_encoded_words_are_whole_characters_of_75_at_most() -> None:
    """Each word can be decoded alone (RFC 2047 5)."""
    for word in encoded_words("\u00fc\U0001f600x" * 40):
        assert len(word) <= 75
        assert "\ufffd" not in parse(f"X: {word}\r\n\r\n".encode()).headers[0].value


@pytest.mark.parametrize(("length", "long"), [(997, False), (998, False), (999, True)])
def test_long_lines(length: int, long: bool) -> None:
    """The limit of 998 octets is without the line break."""
    assert has_long_line(b"a\r\n" + b"x" * length + b"\r\nb") is long


@pytest.mark.parametrize("octets", [b"", b"x", b"x" * 57, b"x" * 58, bytes(range(256)) * 10])
def test_base64(octets: bytes) -> None:
    """Lines of 76 characters, all with CRLF."""
    written = base64_octets(octets)
    assert binascii.a2b_base64(written) == octets
    assert re.fullmatch(rb"(?:[A-Za-z0-9+/=]{1,76}\r\n)*", written)


@pytest.mark.parametrize(
    "octets",
    [b"", b"a=b", "\u00fc".encode() * 100, b"blank \r\nline\t\r\n", b"x" * 500, b"\r\n.\r\n", b"a\r\n\r\nb", b"end "],
)
def test_quoted_printable(octets: bytes) -> None:
    """Short seven-bit lines with CRLF, no blank at their end, the same octets back."""
    written = quoted_printable_octets(octets)
    assert binascii.a2b_qp(written) == octets
    assert written.isascii()
    assert all(len(line) <= 76 and not line.endswith((b" ", b"\t")) for line in written.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_quoted_printable_makes_every_line_break_crlf() -> None:
    """No lone CR or LF comes out."""
    assert quoted_printable_octets(b"a\nb\rc") == b"a\r\nb\r\nc"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("gr\u00fcn", "quoted-printable"),
        ("x" * 999, "quoted-printable"),
        ("a\0", "quoted-printable"),
    ],
)
def test_text_entities(text: str, encoding: str) -> None:
    """UTF-8, as plain as it may be."""
    fields, body = text_entity(text)
    part = parse(fields + b"\r\n" + body).root
    assert (part.content_type, part.charset, part.encoding) == ("text/plain", "utf-8", encoding)
    assert part.text.rstrip("\r\n") == text.rstrip("\n")
    assert part.defects == ()


def test_a_text_that_holds_a_delimiter_is_base64() -> None:
    """So that it can't end the part that it stands in."""
    fields, body = text_entity("hi\n--foo--\n", forbidden=[b"foo"])
    part = parse(fields + b"\r\n" + body).root
    assert (part.encoding, part.text) == ("base64", "hi\r\n--foo--\r\n")
    assert b"--" not in body


@pytest.mark.parametrize(
    "name",
    ["a.txt", 'q"u\\o.txt', "gr\u00fcn.txt", "x" * 59, "x" * 60, "x" * 61, "\u6f22" * 100 + ".txt", "a'b%.txt\u00fc"],
)
def test_file_names(name: str) -> None:
    """Quoted or in sections by RFC 2231; read back as given; no long lines."""
    fields, _ = text_entity("", name=name)
    assert parse(fields + b"\r\n").root.names == (name,)
    assert max(map(len, fields.split(b"\r\n"))) <= FOLD_CHARACTERS


def test_a_file_name_can_not_inject_a_field() -> None:
    """Control characters become a blank."""
    fields, _ = text_entity("", name='a\r\nX: "b')
    assert parse(fields + b"\r\n").root.names == ('a X: "b',)
    assert fields.count(b"\r\n") == 4
