"""Headers as the most forgiving programs read them: fields that controls, blanks, folds and comments hide.

Octets to octets, for another reading of an entity; the message itself is never changed.
"""

from __future__ import annotations

import re

from gateway.message.mime.fieldlint import LINE_END

_BLANKS = rb"[ \t]*+"
_CONTENT = rb"content-[a-z-]++"

# Each pattern begins with a rare character, and reads what it skips only once: linear in the block's length.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CONTROL_BREAK = re.compile(LINE_END + rb"[\r\n \t]*+(?=" + _CONTENT + rb")", re.IGNORECASE)
_BREAKS = re.compile(rb"(?<![\r\n])[\r\n]++(?=" + _CONTENT + rb")", re.IGNORECASE)
_INDENTED = re.compile(rb"(?:\r\n?|\n)[ \t]++(?=" + _CONTENT + _BLANKS + rb":)", re.IGNORECASE)
_SPLIT_NAME = re.compile(rb"(?<![^\r\n])(" + _CONTENT + rb")(?:[ \t\r\n]|\([^()\r\n]{0,200}+\))++:", re.IGNORECASE)
_CONTROLS = bytes(octet for octet in range(32) if octet not in b"\t\r\n") + b"\x7f"


def mended(block: bytes) -> bytes:
    """Return the block with its hidden Content fields laid open, in CRLF or any other line ends."""
    block = block.removeprefix(_BYTE_ORDER_MARK)
    block = _CONTROL_BREAK.sub(b"\r\n", block)
    block = _BREAKS.sub(b"\r\n", block.translate(None, _CONTROLS))
    block = _INDENTED.sub(b"\r\n", block)
    return _SPLIT_NAME.sub(rb"\1:", block)
