"""yEnc (draft of 2002, yenc.org): files in text, an octet for nearly every octet. Raises nothing on content."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.encodings.octets import EncodedFile

#: Octets that are decoded at once: bounds the memory that the pieces of a body full of escapes take.
PIECE_BYTES = 64 * 1024

_BEGIN = re.compile(rb"=ybegin (?=[^\r\n]*?\b(?:line|size)=)([^\r\n]{0,4096}+)")
_NAME = re.compile(rb"\bname=(.*+)", re.DOTALL)
_NUMBER = rb"\b%s=([0-9]{1,18}+)"
_PART = re.compile(_NUMBER % b"part")
_SIZE = re.compile(_NUMBER % b"size")
_PART_LINE = re.compile(rb"[\r\n]++=ypart [^\r\n]*+")
_END = re.compile(rb"(?<=[\r\n])=y(?:end|begin)\b")
_SHIFT = bytes((octet - 42) & 255 for octet in range(256))
_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_ESCAPED = tuple(bytes([(octet - 64) & 255]) for octet in range(256))


def yenc_blocks(text: bytes) -> Iterator[EncodedFile]:
    """Yield every file; a file sent in several parts has only the octets of this part."""
    at = text.find(b"=ybegin ")
    while at >= 0:
        begin = _BEGIN.match(text, at) if at == 0 or text[at - 1] in b"\r\n" else None
        behind = at + 1
        if begin:
            part_line = _PART_LINE.match(text, begin.end())
            start = part_line.end() if part_line else begin.end()
            end = _END.search(text, start)
            behind = end.start() if end else len(text)
            yield _file(begin[1], text[start:behind], in_parts=part_line is not None)
        at = text.find(b"=ybegin ", behind)


def _file(words: bytes, data: bytes, *, in_parts: bool) -> EncodedFile:
    name = _NAME.search(words)
    octets = _decoded(data.translate(None, b"\r\n"))
    size = _SIZE.search(words)
    missing = in_parts or _PART.search(words) is not None
    whole = not missing or (size is not None and int(size[1]) == len(octets))
    shown = name[1].strip(b'" \t').decode("utf-8", "replace") if name else ""
    return EncodedFile(shown, octets, "" if whole else "only one part of a yEnc file is here")


def _decoded(data: bytes) -> bytes:
    octets = bytearray()
    at = 0
    while at < len(data):
        end = at + PIECE_BYTES
        piece = data[at:end]
        if (len(piece) - len(piece.rstrip(b"="))) % 2:  # an escape goes on behind the piece
            piece, end = data[at : end + 1], end + 1
        octets += _ESCAPE.sub(lambda found: _ESCAPED[found[1][0]], piece).translate(_SHIFT)
        at = end
    return bytes(octets)
