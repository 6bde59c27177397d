"""A message that nobody may look into, such as one that ended a process: its octets, and the start of its header."""

from __future__ import annotations

from dataclasses import replace

from gateway.message.mime.parse import parse
from gateway.message.model import Message

#: Octets of the header that are read, for the subject and the Message-ID. Most headers are shorter.
READ_BYTES = 16 * 1024


def unread(raw: bytes) -> Message:
    """Return a message whose only part has no body."""
    end = raw.find(b"\r\n\r\n", 0, READ_BYTES)
    return replace(parse(raw[: READ_BYTES if end < 0 else end + 4]), raw=raw)
