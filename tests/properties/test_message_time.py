"""Time grows in line with size: compared between two sizes of the same input, never with a clock's limit."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gateway.message.edits import InsertText, render
from gateway.message.encodings.decode import decode_base64, decode_uuencode
from gateway.message.header.encoded_words import decode_words
from gateway.message.mime.parse import parse
from gateway.message.mime.readings import MAX_READINGS, readings

#: Each gives octets of about so many kilobytes that have made some parser slow.
FLOODS: dict[str, Callable[[int], bytes]] = {
    "fields": lambda n: b"A: b\r\n" * (n * 170) + b"\r\n",
    "one folded field": lambda n: b"A: b\r\n" + b" c\r\n" * (n * 256) + b"\r\n",
    "lines without colon": lambda n: b"A: b\r\n" + b"ccc\r\n" * (n * 200),
    "lone CR": lambda n: b"A: b" + b"\r" * (n * 1024),
    "parameters": lambda n: b"Content-Type: a/b" + b";a=b" * (n * 256) + b"\r\n\r\n",
    "semicolons": lambda n: b"Content-Type: a/b" + b";" * (n * 1024) + b'"\r\n\r\n',
    "blanks": lambda n: b"Content-Type: a/b; x=y" + b" " * (n * 1024) + b"z\r\n\r\n",
    "words in a value": lambda n: b"Content-Disposition: a; filename=" + b"x " * (n * 512) + b"\r\n\r\n",
    "open comments": lambda n: b"Content-Type: a/b" + b"(" * (n * 1024) + b"\r\n\r\n",
    "comments": lambda n: b"Content-Type: a/b " + b"()" * (n * 512) + b"\r\n\r\n",
    "quotes": lambda n: b'Content-Type: a/b; x="' + b'""(' * (n * 340) + b"\r\n\r\n",
    "backslashes": lambda n: b'Content-Type: a/b; x="' + b"\\" * (n * 1024) + b"\r\n\r\n",
    "words half open": lambda n: b"Subject: " + b"=?a?q?" * (n * 170) + b"\r\n\r\n",
    "words not begun": lambda n: b"Subject: " + b"=?" * (n * 512) + b"\r\n\r\n",
    "name without value": lambda n: b"Content-Type: a/b; " + b"x" * (n * 1024) + b"\r\n\r\n",
    "equals signs": lambda n: b"Content-Type: a/b" + b'=;"=' * (n * 256) + b"\r\n\r\n",
    "sections": lambda n: b"Content-Type: a/b" + b"".join(b";name*%d=x" % i for i in range(n * 80)) + b"\r\n\r\n",
    "percent": lambda n: b"Content-Type: a/b; name*=" + b"%41" * (n * 340) + b"\r\n\r\n",
    "delimiters": lambda n: b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * (n * 200),
    "false delimiters": lambda n: b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"-" * (n * 1024),
    "padded delimiters": lambda n: b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a" + b" " * (n * 1024) + b"x",
    "indented delimiters": lambda n: (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" + b" --a\r\n" * (n * 170)
    ),
    "delimiters of nothing": lambda n: b"Content-Type: multipart/mixed\r\n\r\n" + b"--x\r\n\r\n" * (n * 140),
    "delimiters of many": lambda n: (
        b"Content-Type: multipart/mixed\r\n\r\n"
        + b"".join(b"--x%d\r\nContent-Type: a/b\r\n\r\n" % i for i in range(n * 36))
    ),
    "entities behind the end": lambda n: (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n--a--\r\n"
        + b"Content-Type: a/b\r\n\r\n" * (n * 48)
    ),
    "Content fields in a body": lambda n: b"A: b\r\n\r\n" + b"Content-Type: a/b; name=c\r\n" * (n * 37),
    "Content fields in folds": lambda n: b"A: b\r\n" + b" Content-Type: a/b\r\n" * (n * 50) + b"\r\n",
    "names on two lines": lambda n: b"A: b\r\n" + b"content-a\r\n " * (n * 80) + b"\r\n",
    "controls": lambda n: b"A: b\x01\r\nContent-Type: a/b" + b"\x01" * (n * 1024) + b"\r\n\r\n",
    "equals signs behind a name": lambda n: b"Content-Type: a/b; name=x " + b"=" * (n * 1024) + b"\r\n\r\n",
    "boundaries": lambda n: b"Content-Type: multipart/mixed" + b"; boundary=b" * (n * 85) + b"\r\n\r\n--x\r\n",
    "folds of nothing": lambda n: b"Content-Type: a/b;\r\n" + b" \r\n" * (n * 340) + b"\r\n",
    "nested messages": lambda n: b"Content-Type: message/rfc822\r\n\r\n" * (n * 32),
    "nested multiparts": lambda n: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(n * 18)
    ),
    "base64 runs": lambda n: b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==" * (n * 256),
    "base64 junk": lambda n: b"Content-Transfer-Encoding: base64\r\n\r\n" + b"Q.=." * (n * 256),
    "soft breaks": lambda n: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * (n * 340),
    "uu begin lines": lambda n: b"Content-Transfer-Encoding: x-uue\r\n\r\n" + b"begin 644 x\n" * (n * 85),
    "uu without lines": lambda n: b"Content-Transfer-Encoding: x-uue\r\n\r\nbegin 644 " + b"x" * (n * 1024),
    "utf-7": lambda n: b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+2AA-" * (n * 200),
}


def seconds(work: Callable[[], object], enough: float = 0) -> float:
    """Processor time of the quickest of three runs; one that takes no longer than `enough` is the last."""
    times: list[float] = []
    while len(times) < 3 and (not times or min(times) > enough):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def read_all(raw: bytes) -> None:
    """Every view that decodes something, and every other reading of the parts."""
    message = parse(raw)
    for part in message.parts:
        assert len(readings(part)) <= MAX_READINGS
    assert isinstance(message.defects, tuple)
    for part in message.parts:
        assert isinstance(part.text, str)
        assert isinstance(part.names, tuple)
        for header in part.headers:
            assert isinstance(header.value, str)
            assert isinstance(header.params, dict)


def assert_linear(work: Callable[[int], Callable[[], object]]) -> None:
    """Assert that eight times the size takes at most thirty-two times as long: a square would take sixty-four.

    A small input's time under a millisecond says nothing: a millisecond is put in its place.
    """
    limit = 32 * max(seconds(work(30)), 0.001)
    assert seconds(work(240), limit) <= limit  # within the limit of a header block


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_time_grows_in_line_with_size(flood: Callable[[int], bytes]) -> None:
    """Parsing and every view, on what has made parsers slow."""

    def work(kilobytes: int) -> Callable[[], object]:
        raw = flood(kilobytes)
        return lambda: read_all(raw)

    assert_linear(work)


@pytest.mark.parametrize("text", ["<body", "</body ", "<body>", "\r", "\u00fc", "--b", "=", " "])
def test_time_of_editing_grows_in_line_with_size(text: str) -> None:
    """Inserting into HTML that has made parsers slow."""

    def work(kilobytes: int) -> Callable[[], object]:
        header = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
        message = parse(header + text.encode() * (kilobytes * 1024 // len(text.encode())))
        return lambda: render(message, [InsertText("1", "top", "", "\u00e9"), InsertText("1", "end", "", "\u00e9")])

    assert_linear(work)


@pytest.mark.parametrize(
    "decode",
    [
        decode_base64,
        decode_uuencode,
        lambda octets: decode_words(octets.decode("latin-1")),
    ],
    ids=["base64", "uuencode", "words"],
)
@pytest.mark.parametrize("shard", [b"=", b"begin 644 ", b"=?a?b?=?=", b"A"])
def test_time_of_decoding_grows_in_line_with_size(decode: Callable[[bytes], object], shard: bytes) -> None:
    """On repeated pieces of what each looks for."""
    assert_linear(lambda kilobytes: lambda: decode(shard * (kilobytes * 1024 // len(shard))))
