"""Common pieces of the examples of nested content: messages to wrap, and the findings that they must bring about."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator

from tests.corpus.case import Case
from tests.corpus.payloads import STUB, TEXT, encoded, multipart

PROGRAM = frozenset({"attachment.executable"})
SMUGGLING = frozenset({"attachment.smuggling"})
UNREAD = frozenset({"attachment.uninspectable"})
AMBIGUOUS = frozenset({"structure.ambiguous"})
ENCRYPTED = frozenset({"message.encrypted"})
SCRIPT = frozenset({"attachment.document_script"})
ACTIVE = frozenset({"attachment.active_content"})

MULTIPART = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
EVIL = encoded(b"evil.exe", STUB)
INNER = multipart(TEXT, EVIL)
HARMLESS = multipart(TEXT, encoded(b"notes.txt", b"Nothing of note.\r\n", b"text/plain"))

Variants = Iterable[tuple[str, bytes]]


def found(row: str, codes: frozenset[str], variants: Variants) -> Iterator[Case]:
    """All the codes, and no complaint about the structure beside."""
    for what, raw in variants:
        yield Case(row, what, raw, all_of=codes, none_of=AMBIGUOUS - codes)


def passing(row: str, variants: Variants) -> Iterator[Case]:
    return (Case(row, what, raw, passes=True) for what, raw in variants)


def attached(name: bytes, content: bytes, media_type: bytes = b"application/octet-stream") -> bytes:
    return multipart(TEXT, encoded(name, content, media_type))


def zipped(name: bytes, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name.decode("ascii"), content)
    return held.getvalue()


def entity_of(raw: bytes) -> bytes:
    """Return the entity that S/MIME wraps: the message from its Content-Type on."""
    return raw[raw.index(b"Content-Type: multipart") :]
