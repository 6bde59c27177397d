"""Frames between the gateway and a sandbox process: a JSON header and octets, each with its length before it."""

from __future__ import annotations

import json
import struct
from asyncio import StreamReader
from collections.abc import Callable
from typing import Any

from gateway.understand.inspected_part import InvalidReply

#: Octets of a header: an archive member's names and defects, which openers keep to a few KiB.
MAX_HEADER_BYTES = 1024 * 1024

_LENGTHS = struct.Struct("!IQ")  # of the header, of the content

Frame = tuple[dict[str, Any], bytes]


def frame(header: dict[str, Any], content_bytes: int) -> bytes:
    """Return the octets that stand before the content: the two lengths and the header."""
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return _LENGTHS.pack(len(text), content_bytes) + text


def read(receive: Callable[[int], bytes], max_content_bytes: int) -> Frame | None:
    """Read one frame; return None when the other side has closed. Raises InvalidReply.

    `receive` returns exactly as many octets as are asked for, or fewer at the end.
    """
    lengths = receive(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_bytes, content_bytes = _checked(lengths, max_content_bytes)
    header, content = receive(header_bytes), receive(content_bytes)
    return (_header(header), content) if len(content) == content_bytes else None


async def receive(reader: StreamReader, max_content_bytes: int) -> Frame:
    """Receive one frame. Raises InvalidReply, and IncompleteReadError when the other side has closed."""
    header_bytes, content_bytes = _checked(await reader.readexactly(_LENGTHS.size), max_content_bytes)
    return _header(await reader.readexactly(header_bytes)), await reader.readexactly(content_bytes)


def _checked(lengths: bytes, max_content_bytes: int) -> tuple[int, int]:
    header_bytes, content_bytes = _LENGTHS.unpack(lengths)
    if header_bytes > MAX_HEADER_BYTES or content_bytes > max_content_bytes:
        raise InvalidReply(f"a frame of {header_bytes} and {content_bytes} octets")
    return header_bytes, content_bytes


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidReply("a header that is no JSON") from error
    if not isinstance(header, dict):
        raise InvalidReply("a header that is no object")
    return header
