"""Results of other programs that decode an odd body."""

from __future__ import annotations

import base64

import pytest

from gateway.message.mime import decodings
from gateway.message.mime.decodings import MAX_DECODINGS, other_decodings
from gateway.message.mime.parse import parse
from gateway.message.part import Part
from tests.corpus.payloads import STUB


def leaf(body: bytes, encoding: bytes) -> Part:
    return parse(
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    ).root


def octets(body: bytes, encoding: bytes) -> list[bytes]:
    part = leaf(body, encoding)
    return [part.decoded, *(reading.octets for reading in other_decodings(part))]


LETTERS = base64.b64encode(STUB)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (base64.encodebytes(STUB).replace(b"\n", b"\r\n"), b"base64"),
        (b"M=5A=90=00\r\n", b"quoted-printable"),
        (b"MZ", b"binary"),
        (b"Good morning", b"8bits"),
    ],
)
def test_a_sound_body_has_no_other(body: bytes, encoding: bytes) -> None:
    """All programs agree."""
    assert len(octets(body, encoding)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"!!!! junk line ~~~~\r\n" + base64.encodebytes(STUB),
        b".".join(LETTERS[at : at + 1] for at in range(len(LETTERS))),
        b"".join(base64.b64encode(STUB[at : at + 1]) for at in range(len(STUB))),
        b"".join(base64.b64encode(STUB[at : at + 2]) for at in range(0, len(STUB), 2)),
        b"====\r\n" + LETTERS,
        LETTERS + b"\r\n-- \r\nlist footer, with words\r\n",
        LETTERS.rstrip(b"=") + b"A",
        LETTERS[:400] + b"====" + LETTERS[400:],
        LETTERS[:401] + b"====" + LETTERS[401:],
        b"".join(base64.b64encode(STUB[at : at + 4]).rstrip(b"=") + b"\r\n" for at in range(0, len(STUB), 4)),
    ],
)
def test_one_reading_of_odd_base64_is_the_file(body: bytes) -> None:
    """One reading is the file, whether the program skips, stops, joins or maps."""
    assert any(found.startswith(STUB[:60]) for found in octets(body, b"base64"))


def test_url_safe_base64() -> None:
    """Its two letters stand for others, or for nothing."""
    data = b"MZ" + b"\xfb\xef\xff" * 40
    assert data in octets(base64.urlsafe_b64encode(data), b"base64")


def test_undecoded_text_is_a_reading_of_foreign_base64() -> None:
    """A strict program shows the body as it stands."""
    assert b"MZ not base64 at all" in octets(b"MZ not base64 at all", b"base64")


ESCAPED = [b"=%02X" % octet for octet in STUB]


@pytest.mark.parametrize(
    "body",
    [
        *(b"=4D=5A" + extra + b"=90" * 8 for extra in (b"=5", b"=", b"=0x", b"=@", b"=\t", b"= =", b"=\x12", b"=2")),
        b"=4D=\t\r\n=5A=90" + b"=90" * 7,
        b"=4D=\r=5A=90" + b"=90" * 7,
        b"=4D=\r\r\n=5A=90" + b"=90" * 7,
        b"=4D=\r\n\n=5A=90" + b"=90" * 7,
        b"=4\r\nD=5A=90" + b"=90" * 7,
        b"=4=\r\nD=5A=90" + b"=90" * 7,
        b"\t=4D=5A=\r\n\t=90=\r\n\t=90" + b"=90" * 6,
        b"=4D\xaa=5A=90" + b"=90" * 7,
        b"=4d=5a=90" + b"=90" * 7,
    ],
)
def test_one_reading_of_odd_quoted_printable_is_the_file(body: bytes) -> None:
    """Whichever octets the program takes for part of a bad escape."""
    assert b"MZ" + b"\x90" * 8 in octets(body, b"quoted-printable")


@pytest.mark.parametrize("body", [base64.encodebytes(STUB), b"".join(ESCAPED)])
def test_an_unknown_encoding_is_tried_as_those_that_it_may_be(body: bytes) -> None:
    """Since some program guesses."""
    assert STUB in octets(body, b"base-sixty-four")


def test_the_names_in_a_uuencoded_body_are_a_reading() -> None:
    """The body as it stands has the begin line."""
    body = b"begin 644 evil.exe\r\n#86)C\r\n`\r\nend\r\n"
    assert octets(body, b"x-uuencode") == [b"abc", body]


@pytest.mark.parametrize("limit", [1, 2])
def test_the_limit_of_decodings(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more are made."""
    monkeypatch.setattr(decodings, "MAX_DECODINGS", limit)
    body = b"".join(base64.b64encode(STUB[at : at + 1]) for at in range(100))
    assert len(octets(b"!!" + body, b"base64")) == 1 + limit


def test_no_kind_of_oddity_has_more_decodings_than_are_read() -> None:
    """So that none is left out."""
    worst = b"!=4=\r\nD=Q =41= \r\n\r\n=\rA\xaa- =="
    for encoding in (b"base64", b"quoted-printable", b"unheard-of"):
        assert len(list(decodings._candidates(leaf(worst, encoding)))) <= MAX_DECODINGS
