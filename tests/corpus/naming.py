"""Attachments that differ in their names alone, for the rows about names: the content is text unless it is said."""

from __future__ import annotations

import base64

from tests.corpus.case import Case
from tests.corpus.payloads import TEXT, multipart, part

EXECUTABLE = frozenset({"attachment.executable"})
BLOCKED = frozenset({"attachment.executable", "attachment.script", "attachment.shortcut", "attachment.disk_image"})
AMBIGUOUS = frozenset({"structure.ambiguous"})
UNSEEN = frozenset({"structure.limit", "attachment.uninspectable"})

HARMLESS = b"Nothing to see here.\r\n"


def sent(*fields: bytes, content: bytes = HARMLESS) -> bytes:
    """A message with an attachment that has these fields and no others."""
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = b"".join(field + b"\r\n" for field in (*fields, b"Content-Transfer-Encoding: base64"))
    return multipart(TEXT, part(head, body))


def disposed(parameters: bytes | str, content: bytes = HARMLESS) -> bytes:
    """An attachment whose Content-Disposition has these parameters."""
    octets = parameters if isinstance(parameters, bytes) else parameters.encode()
    return sent(
        b"Content-Type: application/octet-stream", b"Content-Disposition: attachment; " + octets, content=content
    )


def named(name: bytes | str, content: bytes = HARMLESS) -> bytes:
    octets = name if isinstance(name, bytes) else name.encode()
    return disposed(b'filename="' + octets + b'"', content)


def blocked(row: str, what: str, octets: bytes, also: frozenset[str] = frozenset()) -> Case:
    return Case(row, what, octets, all_of=EXECUTABLE | also)


def passing(row: str, what: str, octets: bytes) -> Case:
    return Case(row, what, octets, none_of=AMBIGUOUS | EXECUTABLE, passes=True)
