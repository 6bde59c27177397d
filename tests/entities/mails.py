"""Mails in which a payload stands in a message or a multipart that is written oddly, at random from a seed.

Every mail is what a sender may send: an ordinary outer message, an odd part of it, and below that the payload. What is
odd is drawn from tables, so that any two oddities meet.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tests.corpus.encoders import uuencoded
from tests.corpus.payloads import EICAR, STUB

BREAK = b"\r\n"

#: A script that libmagic takes for text: only its name tells it.
SCRIPT = b"var greeting = 'good morning, dear colleague'; // 0123456789\r\n"


@dataclass(frozen=True, slots=True)
class Payload:
    """A file that must be found, and the part that carries it."""

    content: bytes = field(repr=False)
    part: bytes = field(repr=False)
    name: bytes
    is_encoded: bool  # its octets stand nowhere in the mail as they are


@dataclass(frozen=True, slots=True)
class OddMail:
    """One mail; `recipe` says how it was made."""

    raw: bytes = field(repr=False)
    payload: Payload
    recipe: tuple[str, ...]


# --- tables ----------------------------------------------------------------------------------------------------------

_MESSAGE_TYPES = (
    *(b"message/rfc822", b"message/rfc822", b"message/rfc822", b"message/global", b"MESSAGE/RFC822", b"Message/Rfc822"),
    *(b"message/news", b"message/http", b"message/disposition-notification", b"message/delivery-status"),
    *(b'message/partial; id="1@x"; number=1; total=1', b"message/external-body; access-type=local-file; name=x"),
    *(b"message/feedback-report", b"message/x-other", b"message/", b"message", b"message / rfc822", b"message/rfc-822"),
    *(
        b"message/rfc822 (a mail)",
        b"(a) message/rfc822",
        b"message/rfc822; name=m.eml",
        b"message/rfc822;;",
        b'"message/rfc822"',
    ),
    *(b"message/rfc822, text/plain", b"message/s-http", b"message/global-headers", b"message/global-delivery-status"),
    *(b"message/tracking-status", b"message/cpim", b"message/sip", b"message/sipfrag", b"message/imdn+xml"),
    *(b"text/rfc822-headers", b"text/rfc822", b"application/mbox", b"application/x-mimearchive", b"multipart/related"),
    *(b"text/plain", b"text/html", b"application/octet-stream", b"application/x-eml", b"image/png", b"", b"x", b"*/*"),
)
_MESSAGE_NAMES = (b"", b"", b"", b"", b"m.eml", b"m.eml", b"M.EML", b"m.mht", b"m.mhtml", b"m.mbox", b"m.nws", b"m.dat")
_PLAIN_ENCODINGS = (b"", b"", b"", b"", b"7bit", b"8bit", b"binary")
_CODED_ENCODINGS = (b"base64", b"quoted-printable", b"BASE64", b"base64 ", b"Quoted-Printable")

#: In front of the first field of an attached message.
_LEADS = (
    *(
        b"",
        b"",
        b"",
        b"",
        b"",
        b"\r\n",
        b"\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\n",
        b"\n\n",
        b" \r\n",
        b"\t\r\n",
        b"\xef\xbb\xbf",
    ),
    *(b"From a@x.test Mon Jan  5 10:00:00 2026\r\n", b">From a@x.test Mon Jan  5 10:00:00 2026\r\n", b"From a\r\n"),
    *(b">From a\r\n", b">>From a@x.test Mon Jan  5 10:00:00 2026\r\n", b"From \r\n", b"> From a\r\n", b" From a\r\n"),
    *(b"From a@x.test Mon Jan  5 10:00:00 2026\r\n>From b Mon Jan  5 10:00:00 2026 remote from c\r\n", b"From: \r\n"),
    *(b"a line of text\r\n", b"two lines\r\nof text\r\n", b" folded first line\r\n", b"\tfolded: first\r\n", b".\r\n"),
    *(b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n", b"Article 1 of x:\r\n", b"#! rnews 1000\r\n", b"220 ready\r\n"),
    *(b"*****\r\n", b"----\r\n", b"=====\r\n", b"<html>\r\n", b"\x0c\r\n", b"\0\r\n", b"\x1a\r\n", b"\xff\xfe\r\n"),
    *(
        b": nothing\r\n",
        b" : nothing\r\n",
        b"::\r\n",
        b":\r\n",
        b"1234567890\n",
        b"1234567890 \r\n",
        b"\x01\x01\x01\x01\r\n",
    ),
    *(
        b"Return-Path: <a@x.test>\r\n",
        b"\xa0\r\n",
        b"\xe2\x80\x8b\r\n",
        b"MBOX\r\n",
        b"\r\n>From a b\r\n",
        b"From a\r\n\r\n",
    ),
)
#: Names of fields that stand among others.
_NAMES = (
    *(
        b"X",
        b"X" * 75,
        b"X" * 76,
        b"X" * 77,
        b"X" * 78,
        b"X" * 255,
        b"X" * 256,
        b"X" * 996,
        b"X-" * 400,
        b"X Y",
        b"A b c",
    ),
    *(b"X\tY", b"X ", b"X\t", b"X  \t ", b"\xe9", b"X\xc3\xa9", b"\xff", b"X\x01", b"X\x7f", b"X\0", b"X(c)", b"X (c)"),
    *(
        b"(c)X",
        b"X;",
        b'"X"',
        b"X,Y",
        b"<X>",
        b"X=Y",
        b"X/Y",
        b"[X]",
        b"X@y",
        b"X\\",
        b"-",
        b"_",
        b"1",
        b"=?utf-8?q?X?=",
    ),
    *(
        b"",
        b" ",
        b"\xef\xbb\xbfX",
        b"\xe2\x80\xa8X",
        b"\x85X",
        b"X\x0bY",
        b"X\x0cY",
        b">X",
        b">From",
        b"From",
        b"begin 644 x",
    ),
)
_COLONS = (b": ", b": ", b": ", b":", b":\t", b" : ", b"\t: ", b"  :", b":  ", b":\r\n ", b"\r\n : ", b" (c): ", b":: ")
#: Between header and body.
_ENDS = (BREAK, BREAK, BREAK, BREAK, b" \r\n", b"\t\r\n", b"\n", b"\r\n\r\n", b"", b"text\r\n\r\n", b"\r\r\n", b"\r")
_BREAKS = (b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\n")

_MULTIPART_TYPES = (
    *(b"multipart/mixed", b"multipart/mixed", b"x/mixed", b"image/png", b"text/plain", b"text/html", b"message/rfc822"),
    *(
        b"application/octet-stream",
        b"application/pdf",
        b"multipart",
        b"multipart/",
        b"mixed",
        b"multipart mixed",
        b"x",
        b"",
    ),
    *(
        b"multipart/x",
        b"multi-part/mixed",
        b"multiparts/mixed",
        b"MultiPart/Mixed",
        b"multipart/mixed/x",
        b"*/*",
        b"/mixed",
    ),
    *(
        b'"multipart/mixed"',
        b"multipart\\/mixed",
        b"multipart / mixed",
        b"(c)multipart/mixed",
        b"multipart(c)/mixed",
        b"a/b/c",
    ),
    *(b"audio/x", b"video/x", b"font/x", b"model/x", b"application/x-multipart", b"text/calendar", b"message/partial"),
    *(
        b"message/delivery-status",
        b"application/mbox",
        b"\xe9/mixed",
        b"=?utf-8?q?multipart/mixed?=",
        b"m\0ultipart/mixed",
    ),
    *(
        b"multipart/digest",
        b"multipart/signed",
        b"multipart/encrypted",
        b"multipart/report",
        b"multipart/form-data",
        b"-",
    ),
)
#: How a boundary is declared: a line for each, of which %b is the boundary.
_BOUNDARIES = (
    *(
        b"; boundary=%b",
        b'; boundary="%b"',
        b"; boundary=%b",
        b'; boundary="%b"',
        b"; boundary = %b",
        b';boundary= "%b"',
    ),
    *(
        b"; BOUNDARY=%b",
        b"; Boundary=%b",
        b"; boundary*=us-ascii''%b",
        b"; boundary*0=%b",
        b'; boundary*0="%b"',
        b"; boundary*0*=''%b",
    ),
    *(
        b"; boundary=%b;",
        b'; boundary="%b";',
        b" boundary=%b",
        b', boundary="%b"',
        b"; x=y; boundary=%b",
        b"; boundary=%b; x=y",
    ),
    *(
        b"; boundary='%b'",
        b"; boundary=%b (c)",
        b"; (c) boundary=%b",
        b"; boundary(c)=%b",
        b"; boundary=(c)%b",
        b";\r\n boundary=%b",
    ),
    *(
        b';\r\n\tboundary="%b"',
        b"; boundary=\r\n %b",
        b'; boundary="%b',
        b'; boundary=%b"',
        b'; boundary="%b"x',
        b"; boundary:%b",
    ),
    *(
        b"; charset=utf-8; boundary=%b",
        b'; name="x.png"; boundary=%b',
        b";; boundary=%b",
        b"; =; boundary=%b",
        b"\r\n ;boundary=%b",
    ),
    *(
        b'; boundary="%b "',
        b"; boundary= %b",
        b"; boundary=%b\t",
        b"; boundary=<%b>",
        b"; boundary=\\%b",
        b'; boundary="\\%b"',
    ),
    *(
        b"; boundary=x; boundary=%b",
        b"; boundary=%b; boundary=x",
        b"; boundary==?utf-8?q?%b?=",
        b"",
        b"; bound=%b",
        b"; boundary",
    ),
)
_DELIMITERS = (b"%b", b"%b", b"%b", b"%b", b"%b ", b"%b\t", b"%b \t", b"%b--", b" %b", b"%b x", b"%b\r", b"%b\0")
_DELIMITERS += (
    b"%b\rX: y",
    b"%b \r",
    b"%b x\r",
    b"%b\r\r",
    b"%b--\r",
    b"%b\t\rX: y",
    b"%b\r x",
    b"%b\x0b",
    b"%b (c)",
    b"%b\r(",
)
_BOUNDARY_NAMES = (b"foo", b"=_b", b"----=_Part_1.2", b"a b", b"x'()+_,-./:=?y", b"B" * 70, b"B" * 71, b"0")
_CTES = (
    *(b"base64 (a\r\n comment)", b"(a\r\n comment) base64", b"(\r\n)base64", b"base64(a\r\n)", b"base64 (a(b)\r\n c)"),
    *(
        b"base64\r\n ",
        b"\r\n base64",
        b"\r\n\tbase64",
        b"base64;",
        b"base64; x=y",
        b"base64 x",
        b'"base64"',
        b"base64\0",
        b"base64\x0b",
    ),
    *(
        b"(c)base64",
        b"base64(c",
        b"base64 (c",
        b"base64)",
        b"base64 \\",
        b"\xa0base64",
        b"base64\xa0",
        b"base64, 7bit",
        b"BASE64",
    ),
)
#: Between "begin" and the file's name.
_MODES = (
    b" 644",
    b" 0644",
    b" 100644",
    b" 999",
    b" 6440",
    b" 644x",
    b" rw-r--r--",
    b" ",
    b"",
    b"\t644",
    b"  644",
    b" 64",
    b" 0o644",
)


# --- drawing ---------------------------------------------------------------------------------------------------------


def mails(count: int, seed: int = 1) -> list[OddMail]:
    """The first `count` mails of a seed: the same ones each time."""
    return [_Writer(Random(f"{seed}/{number}")).mail() for number in range(count)]


class _Writer:
    """One mail."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._recipe: list[str] = []

    def mail(self) -> OddMail:
        payload = self._payload()
        inside = payload.part
        for _ in range(self._chance.choice((1, 1, 1, 2, 2, 3))):
            inside = self._wrapped(inside)
        raw = self._outer(inside)
        return OddMail(raw, payload, tuple(self._recipe))

    def _drawn(self, what: str, table: Sequence[bytes], odd: float = 1.0) -> bytes:
        """One of the table; with a probability of `odd`, else the first."""
        one = self._chance.choice(table) if self._chance.random() < odd else table[0]
        if one != table[0]:
            self._recipe.append(f"{what} {one!r}" if len(one) < 90 else f"{what} of {len(one)} octets")
        return one

    # --- what is carried ---------------------------------------------------------------------------------------------

    def _payload(self) -> Payload:
        content, name = self._chance.choice(((STUB, b"x.exe"), (STUB, b"x.dat"), (EICAR, b"e.com"), (SCRIPT, b"s.js")))
        encoding = self._drawn("payload in", (b"base64", b"base64", b"quoted-printable", b"8bit"))
        if self._chance.random() < 0.1:
            return self._in_uuencode(content, name)
        fields = b"Content-Type: application/octet-stream; name=" + name + BREAK
        fields += b"Content-Disposition: attachment; filename=" + name + BREAK
        is_encoded = encoding != b"8bit" and not (encoding == b"quoted-printable" and content is not STUB)
        if encoding == b"8bit":
            content = content if content is not STUB else EICAR
            return Payload(content, fields + BREAK + content, name, False)
        if encoding == b"quoted-printable":
            part = fields + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + _qp(content)
            return Payload(content, part, name, is_encoded)
        declared = self._drawn("CTE", (b"base64", *_CTES), 0.15)
        part = fields + b"Content-Transfer-Encoding: " + declared + b"\r\n\r\n" + _base64(content)
        return Payload(content, part, name, True)

    def _in_uuencode(self, content: bytes, name: bytes) -> Payload:
        mode = self._drawn("mode", _MODES)
        coded = uuencoded(content, name).replace(b"begin 644", b"begin" + mode, 1)
        fields = b"Content-Type: text/plain\r\n"
        if self._chance.random() < 0.3:
            fields += (
                b"Content-Transfer-Encoding: " + self._drawn("CTE", (b"x-uuencode", b"uuencode", b"x-uue")) + BREAK
            )
        return Payload(content, fields + b"\r\nHello\r\n" + coded + b"Bye\r\n", name, is_encoded=True)

    # --- around it ---------------------------------------------------------------------------------------------------

    def _wrapped(self, part: bytes) -> bytes:
        return self._as_message(part) if self._chance.random() < 0.5 else self._as_multipart(part)

    def _as_message(self, part: bytes) -> bytes:
        """An entity that is an attached message, in which `part` stands alone or in a multipart."""
        inner = part if self._chance.random() < 0.5 else _multipart((_TEXT, part), b"inner")
        message = self._header() + inner
        return self._carried(message, self._drawn("type", _MESSAGE_TYPES, 0.8), self._drawn("name", _MESSAGE_NAMES))

    def _header(self) -> bytes:
        lead = self._drawn("lead", _LEADS, 0.5)
        fields = [b"From: a@x.test", b"To: b@example.co.uk", b"Subject: s", b"Date: Mon, 5 Jan 2026 10:00:00 +0000"]
        fields += [b"Message-ID: <2@x.test>", b"MIME-Version: 1.0"]
        kept = fields[: self._chance.choice((6, 6, 6, 6, 3, 1, 0))]
        if self._chance.random() < 0.5:
            odd = self._drawn("field", (b"X-A", *_NAMES)) + self._drawn("colon", _COLONS, 0.4) + b"v"
            kept.insert(self._chance.choice((0, 0, len(kept))), odd)
        return lead + b"".join(one + BREAK for one in kept)

    def _carried(self, content: bytes, kind: bytes, name: bytes) -> bytes:
        fields = self._type_field(kind, name)
        if name and self._chance.random() < 0.7:
            fields += b"Content-Disposition: attachment; filename=" + name + BREAK
        if self._chance.random() < 0.35:
            encoding = self._drawn("encoded", _CODED_ENCODINGS)
            content = self._line_breaks(content)
            if self._chance.random() < 0.85:
                content = _base64(content) if encoding.strip().lower() == b"base64" else _qp(content)
            else:
                self._recipe.append("but not encoded")
            return fields + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + content
        encoding = self._drawn("CTE", _PLAIN_ENCODINGS)
        if encoding:
            fields += b"Content-Transfer-Encoding: " + encoding + BREAK
        return fields + self._drawn("end", _ENDS, 0.15) + content

    def _type_field(self, kind: bytes, name: bytes) -> bytes:
        if not kind:
            return b""
        colon = self._drawn("type's colon", _COLONS, 0.1)
        return b"Content-Type" + colon + kind + (b"; name=" + name if name and b"name=" not in kind else b"") + BREAK

    def _line_breaks(self, content: bytes) -> bytes:
        """Only in what is encoded do they arrive as they are."""
        new = self._drawn("line breaks", _BREAKS, 0.4)
        return content if new == BREAK else content.replace(BREAK, new)

    def _as_multipart(self, part: bytes) -> bytes:
        boundary = self._drawn("boundary", _BOUNDARY_NAMES, 0.3)
        kind = self._drawn("multipart's type", _MULTIPART_TYPES, 0.8)
        declared = self._drawn("declared", _BOUNDARIES, 0.5).replace(b"%b", boundary)
        delimiter = self._drawn("delimiter", _DELIMITERS, 0.15).replace(b"%b", boundary)
        parts = (_TEXT, part) if self._chance.random() < 0.7 else (part,)
        body = _divided(parts, delimiter, boundary)
        if self._chance.random() < 0.2:
            body = self._drawn("preamble", (b"This is a multipart.\r\n", b"\r\n", b"A: b\r\n\r\n", b" \r\n")) + body
        return self._carried(body, kind + declared, b"x.png" if self._chance.random() < 0.1 else b"")

    def _outer(self, part: bytes) -> bytes:
        usual = b"From: a@x.test\r\nTo: b@example.co.uk\r\nSubject: s\r\nMessage-ID: <1@x.test>\r\n"
        usual += b"Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        if self._chance.random() < 0.35:
            self._recipe.append("at the root")
            raw = usual + part
        else:
            raw = usual + _multipart((_TEXT, part, _TEXT), b"outer")
        if self._chance.random() < 0.1:  # a message in a container or before it is received
            self._recipe.append("with bare newlines")
            return raw
        return _as_received(raw)


_TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGood morning"


def _multipart(parts: Sequence[bytes], boundary: bytes) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + _divided(parts, boundary, boundary)


def _divided(parts: Sequence[bytes], delimiter: bytes, boundary: bytes) -> bytes:
    return b"".join(b"--" + delimiter + BREAK + one + BREAK for one in parts) + b"--" + boundary + b"--\r\n"


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", BREAK)


def _qp(content: bytes) -> bytes:
    text = quopri.encodestring(content.replace(BREAK, b"\n")) if content.isascii() else quopri.encodestring(content)
    return text.replace(b"\r\n", b"\n").replace(b"\n", BREAK)


def _as_received(raw: bytes) -> bytes:
    """Line breaks as the gateway makes them on entry: CRLF alone."""
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", BREAK)
