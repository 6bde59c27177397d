"""What makes a client's retry the same message, so that it makes no second entry, notice or count."""

from __future__ import annotations

import hashlib


def content_digest(content: bytes) -> bytes:
    """SHA-256 of the octets after the first header field if that is `Received:`, else of all."""
    return hashlib.sha256(memoryview(content)[_after_first_received(content) :]).digest()


def _after_first_received(content: bytes) -> int:
    if content[:9].lower() != b"received:":
        return 0
    at = 0
    while True:
        at = content.find(b"\r\n", at) + 2
        if at < 2:
            return 0
        if content[at : at + 1] not in (b" ", b"\t"):
            return at


def retry_key(digest: bytes, mail_from: str, recipient: str = "") -> bytes:
    """The key of one copy; without a recipient, of the message. 32 octets, remembered for five days."""
    return hashlib.sha256(b"\0".join((digest, mail_from.encode(), recipient.lower().encode()))).digest()
