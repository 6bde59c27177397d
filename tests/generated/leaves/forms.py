"""The forms that one thing may take in valid or tolerated mail: a field, a parameter, a body, a delimiter."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

TYPES = (
    *(b"application/octet-stream", b"text/plain", b"text/html", b"image/png", b"application/pdf", b"audio/x-wav"),
    *(
        b"application/zip",
        b"text/csv",
        b"text/x-unknown",
        b"model/vrml",
        b"font/ttf",
        b"application/x-foo",
        b"video/mp4",
    ),
    *(b"application/msword", b"text/calendar", b"application/pgp-signature", b"application/ms-tnef"),
)
KINDS = (
    *(b"mixed", b"alternative", b"related", b"parallel", b"signed", b"report", b"x-foo", b"form-data", b"appledouble"),
    *(b"voice-message", b"mixed", b"mixed", b"digest", b"byteranges", b"multilingual", b"encrypted", b"header-set"),
)
CHARSETS = (
    *(b"utf-8", b"us-ascii", b"windows-1252", b"iso-8859-1", b'"utf-8"', b"UTF-8", b"x-unknown", b"utf-16le"),
    *(b"utf-16be", b"utf-7", b"iso-2022-jp", b"hz-gb-2312", b"gb18030", b"cp037", b"koi8-r", b"shift_jis"),
    *(b"utf-32", b"csunicode", b"unicodefffe", b"utf16le"),
)
ENCODINGS = (
    b"base64",
    b"base64",
    b"base64",
    b"quoted-printable",
    b"quoted-printable",
    b"7bit",
    b"8bit",
    b"binary",
    b"",
)
BOUNDARIES = (
    *(b"b1", b"=_b_=", b"----=_Part_17", b"b" * 70, b"a'()+_,-./:=?", b"x y", b"B1", b"0", b"a_b.c", b"=====", b"--x"),
)
_CHARSET_CODECS = {
    b"utf-16le": "utf-16-le",
    b"utf-16be": "utf-16-be",
    b"utf-7": "utf-7",
    b"cp037": "cp037",
    b"utf-32": "utf-32-be",
    b"csunicode": "utf-16-le",
    b"unicodefffe": "utf-16-be",
    b"utf16le": "utf-16-le",
}
#: Charsets in which ASCII has other octets: only encodings that take any octet carry them.
WIDE = frozenset(_CHARSET_CODECS) - {b"utf-7"}


class Chooser(Random):
    """A choice among forms, the usual one first: it falls on another with the probability `oddness`.

    Mail with a single odd field is what other checks let pass; mail with many is what readers differ about.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.oddness = (1.0, 0.5, 0.2, 0.1)[number % 4]

    def form(self, forms: Sequence[T]) -> T:
        """One of the forms."""
        return self.choice(forms) if self.random() < self.oddness else forms[0]


def cased(chooser: Chooser, text: bytes) -> bytes:
    """Upper, lower, mixed, or as it is."""
    return chooser.form(
        (text, text, text.upper(), text.lower(), bytes(c ^ 32 if c > 64 and n % 2 else c for n, c in enumerate(text)))
        if text.isalpha() or b"-" not in text
        else (text, text, text.upper(), text.lower())
    )


def field(chooser: Chooser, name: bytes, value: bytes) -> bytes:
    """A header field with its CRLF."""
    between = chooser.form((b": ", b": ", b": ", b":", b":\t", b":\r\n ", b":\r\n\t", b":  ", b": \r\n "))
    comment = chooser.form((b"",) * 6 + (b" (a comment)", b"\t", b" ", b" (nested (one))", b"\r\n (folded)", b" ( )"))
    named = chooser.form((name, name, name, name.upper(), name.lower(), name.title()))
    return named + between + value + comment + b"\r\n"


def parameters(chooser: Chooser, *more: bytes) -> bytes:
    """Return the text behind a type: the parameters that it needs, others, and text that readers tolerate there."""
    others = [
        *(b"name=a.bin", b'name="a.bin"', b"name*=utf-8''a%2Ebin", b'name*0="a."; name*1=bin', b"format=flowed"),
        *(
            b"x-mac-type=42494E41",
            b'x="quoted \\"pair\\""',
            b"delsp=yes",
            b"bare",
            b'x="; name=b.exe"',
            b"charset=utf-8",
        ),
        *(b'name="=?utf-8?q?a=2Ebin?="', b"size=10", b"NAME=A.BIN", b'x=""', b"type=text/plain", b"protocol=a/b"),
    ]
    chosen = [*chooser.sample(others, chooser.form((0, 0, 1, 1, 2))), *more]
    chooser.shuffle(chosen)
    written = b""
    for one in chosen:
        written += chooser.form((b"; ", b"; ", b"; ", b";", b";\r\n ", b";\r\n\t", b" ; ", b";\t", b"; (c) ")) + one
    return written + chooser.form((b"",) * 5 + (b";", b"; ", b";\r\n ", b" ", b";;"))


def boundary(chooser: Chooser, value: bytes) -> bytes:
    """The parameter that names a boundary."""
    quoted = b'"' + value + b'"'
    is_token = not any(c in b" ()<>@,;:\\\"/[]?='" for c in value)
    forms = [b"boundary=" + quoted, b"boundary=" + quoted, b"Boundary=" + quoted, b"BOUNDARY=" + quoted]
    forms += [b"boundary=" + value, b"boundary=" + value] if is_token else []
    forms += [b"boundary*=us-ascii''" + value] if is_token and chooser.random() < 0.2 else []
    return chooser.form(forms)


def delimiter(chooser: Chooser, value: bytes, *, last: bool = False) -> bytes:
    """A delimiter line, with the padding that RFC 2046 5.1.1 allows."""
    padding = chooser.form((b"",) * 5 + (b" ", b"\t", b" \t ", b"   "))
    return b"--" + value + (b"--" if last else b"") + padding + b"\r\n"


def encoded(chooser: Chooser, content: bytes, encoding: bytes) -> bytes:
    """A body in this encoding, in one of the forms that its decoders take."""
    if encoding == b"base64":
        return _base64(chooser, content)
    if encoding == b"quoted-printable":
        return _quoted_printable(chooser, content)
    if encoding in (b"x-uuencode", b"uuencode"):
        lines = (binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
        return b"begin 644 a.bin\r\n" + b"".join(line.replace(b"\n", b"\r\n") for line in lines) + b"`\r\nend\r\n"
    return content


def _base64(chooser: Chooser, content: bytes) -> bytes:
    letters = base64.b64encode(content)
    width = chooser.form((76, 76, 76, 72, 64, 60, 4, 8, 19, 77, 998, 100_000))
    end = chooser.form((b"\r\n",) * 6 + (b" \r\n", b"\t\r\n", b"\r\n\r\n"))
    lines = [letters[at : at + width] for at in range(0, len(letters), width)]
    return chooser.form((b"", b"", b"", b"\r\n")) + end.join(lines) + chooser.form((b"", b"\r\n", b"\r\n\r\n"))


def _quoted_printable(chooser: Chooser, content: bytes) -> bytes:
    every = chooser.random() < 0.5
    pieces = [b"=%02X" % c if every or c == 61 or not 32 <= c < 127 else bytes((c,)) for c in content]
    width = chooser.form((20, 24, 10, 1))
    lines = [b"".join(pieces[at : at + width]) for at in range(0, len(pieces), width)]
    return chooser.form((b"=\r\n", b"=\r\n", b"= \r\n", b"=\t\r\n")).join(lines)


def in_charset(content: bytes, charset: bytes) -> bytes:
    """ASCII text as this charset spells it."""
    codec = _CHARSET_CODECS.get(charset)
    return content.decode("ascii").encode(codec) if codec else content


def flowed(chooser: Chooser, content: bytes) -> tuple[list[bytes], bytes]:
    """Parameters of format=flowed, and the content with a blank that they make no part of the text."""
    parameters = [chooser.form((b"format=flowed", b'format="flowed"', b"FORMAT=Flowed"))]
    if chooser.random() < 0.5:
        return parameters, b" " + content
    parameters.append(chooser.form((b"delsp=yes", b'DelSp="yes"', b"DELSP=YES")))
    at = chooser.randrange(1, 20)
    return parameters, content[:at] + b" \r\n" + content[at:]
