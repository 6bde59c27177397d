"""Payloads of the examples: a Windows program's headers without code, EICAR, and the message around them in pieces."""

from __future__ import annotations

import base64

from tests.support.servers.clamd import EICAR

__all__ = ["EICAR", "HTML", "STUB", "TEXT", "encoded", "headers", "message", "multipart", "part"]

#: The headers of a Windows program, and no code: libmagic says application/vnd.microsoft.portable-executable.
_DOS = b"MZ\x90\0" + bytes(56) + b"\x80\0\0\0" + bytes(64)
STUB = _DOS + b"PE\0\0L\1\1\0" + bytes(12) + b"\xe0\0\2\1\x0b\1" + bytes(300)
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGood morning\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Good morning</p>\r\n"


def headers(*fields: bytes) -> bytes:
    """The header of a message, CRLF behind each field, without the empty line."""
    usual = (b"From: a@x.test", b"To: b@example.co.uk", b"Subject: s", b"Message-ID: <1@x.test>", b"MIME-Version: 1.0")
    return b"".join(field + b"\r\n" for field in (*usual, *fields))


def message(body: bytes, *fields: bytes) -> bytes:
    """A whole message."""
    return headers(*fields) + b"\r\n" + body


def part(fields: bytes, content: bytes) -> bytes:
    """An entity from its fields (CRLF behind each) and its body as it stands."""
    return fields + b"\r\n" + content + b"\r\n"


def encoded(name: bytes, content: bytes, media_type: bytes = b"application/octet-stream") -> bytes:
    """An ordinary attachment in base64."""
    fields = (
        b"Content-Type: " + media_type + b'; name="' + name + b'"\r\n'
        b'Content-Disposition: attachment; filename="' + name + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
    )
    return part(fields, base64.encodebytes(content).replace(b"\n", b"\r\n"))


def multipart(*parts: bytes, boundary: bytes = b"foo", kind: bytes = b"mixed") -> bytes:
    """A whole multipart message of entities."""
    body = b"".join(b"--" + boundary + b"\r\n" + one for one in parts) + b"--" + boundary + b"--\r\n"
    return message(body, b"Content-Type: multipart/" + kind + b"; boundary=" + boundary)
