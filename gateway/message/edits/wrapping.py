"""A message around a message: the original as message/rfc822 behind new text, for mail that must not be touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from gateway.message.edits.compose import text_entity
from gateway.message.edits.types import Wrap


def wrapped(raw: bytes, fields: Iterable[bytes], wraps: Sequence[Wrap]) -> bytes:
    """Return the outer message: the given fields, the texts in order, and `raw` octet for octet."""
    boundary = new_boundary(raw, b"mixed")
    encoding = b"7bit" if raw.isascii() else b"8bit"
    header = b"".join(fields) + b"MIME-Version: 1.0\r\n" + multipart_fields(b"mixed", boundary, encoding)
    original = b"Content-Type: message/rfc822\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: " + encoding
    return _joined(header, boundary, [_text(raw, wraps), original + b"\r\n\r\n" + raw])


def _text(raw: bytes, wraps: Sequence[Wrap]) -> bytes:
    plain = _entity("\r\n".join(wrap.text for wrap in wraps if wrap.text), "plain")
    html = "\r\n".join(wrap.html for wrap in wraps if wrap.html)
    if not html:
        return plain
    boundary = new_boundary(raw, b"alternative")
    return _joined(multipart_fields(b"alternative", boundary, b"7bit"), boundary, [plain, _entity(html, "html")])


def _entity(text: str, subtype: str) -> bytes:
    fields, body = text_entity(text, subtype)
    return fields + b"\r\n" + body


def multipart_fields(subtype: bytes, boundary: bytes, encoding: bytes) -> bytes:
    """Return Content-Type and Content-Transfer-Encoding of a new multipart."""
    type_ = b"Content-Type: multipart/" + subtype + b';\r\n boundary="' + boundary + b'"\r\n'
    return type_ + b"Content-Transfer-Encoding: " + encoding + b"\r\n"


def _joined(header: bytes, boundary: bytes, entities: Iterable[bytes]) -> bytes:
    parts = b"".join(b"--" + boundary + b"\r\n" + entity + b"\r\n" for entity in entities)
    return header + b"\r\n" + parts + b"--" + boundary + b"--\r\n"


def new_boundary(raw: bytes, salt: bytes) -> bytes:
    """Return a boundary that the original doesn't hold; always the same, so that a retry gives the same octets."""
    digest = hashlib.sha256(salt + raw).hexdigest()[:32]
    while (boundary := f"=_{digest}".encode("ascii")) in raw:
        digest = hashlib.sha256(digest.encode("ascii")).hexdigest()[:32]
    return boundary
