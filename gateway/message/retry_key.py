"""Keys that recognise a client's retry as the same message, so that it makes no second entry, notice or count.

`Journey` asks the store for held copies with these keys, and `remember/rows/hold.py` makes no second entry.
"""

from __future__ import annotations

import hashlib
import re

#: Octets of a server's stamp at most. A longer first `Received:`, or one with more than printable ASCII, is no server's
#: stamp and counts as content: a message that is held for the field's content would later swallow the message that
#: differs only in this field. Real stamps have under 1,000 octets.
STAMP_BYTES = 2_000
_STAMP = re.compile(rb"[ -~\t\r\n]*+")


def content_digest(content: bytes) -> bytes:
    """Return the SHA-256 of the content, without a first header field that is a server's `Received:`."""
    return hashlib.sha256(memoryview(content)[_after_stamp(content) :]).digest()


def _after_stamp(content: bytes) -> int:
    end = _after_first_received(content)
    return end if end <= STAMP_BYTES and _STAMP.fullmatch(content, 0, end) else 0


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
    """Return the key of one copy; without a recipient, of the message.

    The key has 32 octets and is remembered for five days.
    """
    return hashlib.sha256(b"\0".join((digest, mail_from.encode(), recipient.lower().encode()))).digest()
