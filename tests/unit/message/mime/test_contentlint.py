"""Odd Content fields: a second one, and values that programs read differently."""

from __future__ import annotations

import pytest

from gateway.message.mime.parse import parse


def codes(fields: str) -> list[str]:
    header = fields.replace("\n", "\r\n").encode("latin-1")
    return [defect.code for defect in parse(header + b"\r\n\r\nx").root.structure_defects]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("Content-Type: a/b\nContent-Type: a/c", ["header.duplicate"]),
        ("Content-Type: a/b; x=1\nContent-Type: A/b;x=1", ["header.repeated"]),
        ("Content-Type: a/b; x=1\nContent-Type: a/b;x=2", ["header.duplicate"]),
        ("Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: base64", ["header.duplicate"]),
        ("Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: binary", ["header.repeated"]),
        ("Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: (x) BASE64", ["header.repeated"]),
        ("Content-Disposition: inline\nContent-Disposition: attachment; filename=x.exe", ["header.duplicate"]),
        ("From: a@x.test\nFrom: b@x.test", ["header.duplicate"]),
        ("Subject: a\nSubject: b", ["header.duplicate"]),
        ("Subject: a\nSubject: a", ["header.repeated"]),
        ("To: a@x.test\nTo: b@x.test", ["header.repeated"]),
        ("Mime-Version: 1.0\nMIME-Version: 1.1", ["header.repeated"]),
        ("Content-Length: 1\nContent-Length: 2", ["header.repeated"]),
        ("Received: a\nReceived: b", []),
    ],
)
def test_a_second_field(fields: str, found: list[str]) -> None:
    """It matters where programs that take the first show something else than those that take the last."""
    assert codes(fields) == found


@pytest.mark.parametrize(
    "value",
    [
        *("base64", " base64 ", "BASE64;", "(a (nested) comment) base64", "base64 (qp)", "\n base64", "\n\tbase64\t"),
        *("7bit", "binary", "quoted-printable", "x-uuencode", "8-bit", "none", ""),
    ],
)
def test_an_encoding_that_is_one(value: str) -> None:
    """Comments, folds, blanks and case change nothing; nobody decodes by a name that he doesn't know."""
    assert codes(f"Content-Transfer-Encoding: {value}") == []


@pytest.mark.parametrize(
    "value",
    [
        *("base64, quoted-printable", '"base64"', "base645", "base64-", "bas64", "b ase64", "bas\n e64", ": base64"),
        *("base64(quoted-printable", "bas(x)e64", "=?utf-8?Q?base64?=", "quoted printable", "Content-X:base64", "uu"),
    ],
)
def test_an_encoding_that_may_be_another(value: str) -> None:
    """Some program takes it for base64, quoted-printable or uuencode."""
    assert codes(f"Content-Transfer-Encoding: {value}") == ["encoding.ambiguous"]


@pytest.mark.parametrize(
    "value",
    [
        *("text/plain", "TEXT/Plain; Charset=utf-8", 'a/b; x="q;\\"r"', "a/b;;; x=1;;", "a/b; x=1;", "a/b ; x = 1"),
        *(
            "a/b (comment); x=(c)1",
            'a/b;\n x="1";\n\ty=2',
            "a/b; name=c:/x",
            "a/b; name*0*=utf-8''x; name*1=y",
            "x-a/b.c",
        ),
    ],
)
def test_a_type_as_it_should_be(value: str) -> None:
    """The type follows the grammar, and every program reads it alike."""
    assert codes(f"Content-Type: {value}") == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("text", "type.malformed"),
        ("; name=x.exe", "type.malformed"),
        ("text/plain charset=utf-8", "type.malformed"),
        ("text/plain; charset=utf-8 format=flowed", "type.malformed"),
        ("a/b; x:y=1", "type.malformed"),
        ("a/b; name=two words.doc", "type.malformed"),
        ('a/b; x-unix-mode=0600\n name="a.rar"', "type.ambiguous"),
        ("a/b, multipart/mixed; boundary=x", "type.ambiguous"),
        ("a/b multipart/mixed", "type.ambiguous"),
        ("a/b/c; boundary=x", "type.ambiguous"),
        ("message/rfc822, a/b", "type.ambiguous"),
    ],
)
def test_a_type_as_it_should_not_be(value: str, code: str) -> None:
    """Ambiguous where a part or a name depends on how it is read."""
    assert code in codes(f"Content-Type: {value}")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("attachment; filename=x", []),
        ("attachment; filename=boundary=x", []),
        ("attachment; boundary=x", ["boundary.elsewhere"]),
        ("attachment; boundary*=us-ascii''x", ["boundary.elsewhere"]),
        ('attachment; filename="x', ["disposition.malformed"]),
        ('attachment; filename="x\\""', []),
    ],
)
def test_dispositions(value: str, found: list[str]) -> None:
    """A boundary doesn't belong there; names are a matter of their own."""
    assert codes(f"Content-Disposition: {value}") == found
