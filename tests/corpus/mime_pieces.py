"""Pieces of the examples of M: a program in base64, and the fields and divisions around it.

The program's name gives nothing away: a filter finds the program only where the reading that shows it is decoded.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from tests.corpus.payloads import STUB, headers

ENCODED = base64.encodebytes(STUB).replace(b"\n", b"\r\n")
HARMLESS = base64.encodebytes(b"%PDF-1.4 nothing to see\n" * 8).replace(b"\n", b"\r\n")
CTE = b"Content-Transfer-Encoding"
CT = b"Content-Type"
OCTETS = CT + b": application/octet-stream; name=x.dat\r\n"
ATTACHED = b"Content-Disposition: attachment; filename=x.dat\r\n"
BASE64 = CTE + b": base64\r\n"
TEXT = CT + b": text/plain\r\n\r\nhi\r\n"
FILE = OCTETS + ATTACHED + BASE64 + b"\r\n" + ENCODED


#: Name and message of each example of a row.
Row = Iterator[tuple[str, bytes]]


def numbered(messages: Iterable[bytes]) -> Row:
    """Each with its number for a name."""
    return ((str(number), one) for number, one in enumerate(messages, 1))


def divided(*parts: bytes, boundary: bytes = b"foo", close: bytes = b"--") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + one for one in parts) + b"--" + boundary + close + b"\r\n"


def mixed(*parts: bytes, declared: bytes = b"boundary=foo") -> bytes:
    """A whole message; `declared` follows the type."""
    return of(b"multipart/mixed; " + declared, divided(*parts))


def of(content_type: bytes, body: bytes) -> bytes:
    return rooted(CT + b": " + content_type + b"\r\n", body)


def rooted(fields: bytes, body: bytes) -> bytes:
    """A message of these content fields, CRLF behind each."""
    return headers() + fields + b"\r\n" + body


def encoded_by(fields: bytes, before: bytes = OCTETS + ATTACHED, payload: bytes = ENCODED) -> bytes:
    """A message in which these stand in the place of the attachment's Content-Transfer-Encoding."""
    return mixed(TEXT, before + fields + b"\r\n" + payload)


def encodings(*values: bytes, payload: bytes = ENCODED) -> bytes:
    return encoded_by(b"".join(CTE + b": " + value + b"\r\n" for value in values), payload=payload)
