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
from tests.generated.entities.tables import (
    BOUNDARIES,
    BOUNDARY_NAMES,
    BREAK,
    BREAKS,
    CODED_ENCODINGS,
    COLONS,
    CTES,
    DELIMITERS,
    ENDS,
    LEADS,
    MESSAGE_NAMES,
    MESSAGE_TYPES,
    MODES,
    MULTIPART_TYPES,
    NAMES,
    PLAIN_ENCODINGS,
)

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
        declared = self._drawn("CTE", (b"base64", *CTES), 0.15)
        part = fields + b"Content-Transfer-Encoding: " + declared + b"\r\n\r\n" + _base64(content)
        return Payload(content, part, name, True)

    def _in_uuencode(self, content: bytes, name: bytes) -> Payload:
        mode = self._drawn("mode", MODES)
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
        return self._carried(message, self._drawn("type", MESSAGE_TYPES, 0.8), self._drawn("name", MESSAGE_NAMES))

    def _header(self) -> bytes:
        lead = self._drawn("lead", LEADS, 0.5)
        fields = [b"From: a@x.test", b"To: b@example.co.uk", b"Subject: s", b"Date: Mon, 5 Jan 2026 10:00:00 +0000"]
        fields += [b"Message-ID: <2@x.test>", b"MIME-Version: 1.0"]
        kept = fields[: self._chance.choice((6, 6, 6, 6, 3, 1, 0))]
        if self._chance.random() < 0.5:
            odd = self._drawn("field", (b"X-A", *NAMES)) + self._drawn("colon", COLONS, 0.4) + b"v"
            kept.insert(self._chance.choice((0, 0, len(kept))), odd)
        return lead + b"".join(one + BREAK for one in kept)

    def _carried(self, content: bytes, kind: bytes, name: bytes) -> bytes:
        fields = self._type_field(kind, name)
        if name and self._chance.random() < 0.7:
            fields += b"Content-Disposition: attachment; filename=" + name + BREAK
        if self._chance.random() < 0.35:
            encoding = self._drawn("encoded", CODED_ENCODINGS)
            content = self._line_breaks(content)
            if self._chance.random() < 0.85:
                content = _base64(content) if encoding.strip().lower() == b"base64" else _qp(content)
            else:
                self._recipe.append("but not encoded")
            return fields + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + content
        encoding = self._drawn("CTE", PLAIN_ENCODINGS)
        if encoding:
            fields += b"Content-Transfer-Encoding: " + encoding + BREAK
        return fields + self._drawn("end", ENDS, 0.15) + content

    def _type_field(self, kind: bytes, name: bytes) -> bytes:
        if not kind:
            return b""
        colon = self._drawn("type's colon", COLONS, 0.1)
        return b"Content-Type" + colon + kind + (b"; name=" + name if name and b"name=" not in kind else b"") + BREAK

    def _line_breaks(self, content: bytes) -> bytes:
        """Only in what is encoded do they arrive as they are."""
        new = self._drawn("line breaks", BREAKS, 0.4)
        return content if new == BREAK else content.replace(BREAK, new)

    def _as_multipart(self, part: bytes) -> bytes:
        boundary = self._drawn("boundary", BOUNDARY_NAMES, 0.3)
        kind = self._drawn("multipart's type", MULTIPART_TYPES, 0.8)
        declared = self._drawn("declared", BOUNDARIES, 0.5).replace(b"%b", boundary)
        delimiter = self._drawn("delimiter", DELIMITERS, 0.15).replace(b"%b", boundary)
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
        if self._chance.random() < 0.1:
            raw = self._drawn("root's lead", LEADS) + raw
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
