"""Compressed streams of the standard library, unpacked piece by piece within a budget. Knows no container.

Input goes in by small pieces, since zlib copies the input that it has not used. Output comes in pieces of at most 1
MiB, so that the budget is asked in time.
"""

from __future__ import annotations

import io
import lzma
import zlib
from dataclasses import dataclass, field
from typing import Protocol

from gateway.understand.budget import Budget, Exhausted

#: Octets of output between two checks of the budget.
PIECE_BYTES = 1024 * 1024
_INPUT_BYTES = 64 * 1024
_FIRST_INPUT_BYTES = 512  # a file may hold many short streams, and each gives back its surplus input

#: Octets that an LZMA decoder may use for its dictionary: `xz -9` and 7-Zip's Ultra ask for 65 MiB.
LZMA_MEMORY_BYTES = 80 * 1024 * 1024


class Decoder(Protocol):
    """The interface of bz2.BZ2Decompressor and lzma.LZMADecompressor."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class Inflater:
    """A zlib decompressor with the interface of the other decoders."""

    def __init__(self, wbits: int = -15) -> None:
        self._stream = zlib.decompressobj(wbits)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        piece = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length  # zlib may hold more that needs no further input
        return piece


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The content of a stream, as far as it could be unpacked."""

    content: bytes = field(repr=False)
    used_bytes: int  # of the input, to the end of the stream
    problem: str = ""  # why it ended early: a sentence's end ("the deflate data is broken"); "" = whole


_BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)  # bz2 raises the last three


def unpack(decoder: Decoder, data: memoryview, budget: Budget, kind: str, most: int | None = None) -> Unpacked:
    """Unpack one stream from the beginning of `data`. Raises Exhausted.

    At most `most` octets are unpacked (None: no limit but the budget's). Content before a fault is returned.
    """
    out = io.BytesIO()
    fed = 0
    try:
        while not decoder.eof and (most is None or out.tell() < most):
            piece = b""
            if decoder.needs_input:
                if fed >= len(data):
                    return Unpacked(out.getvalue(), fed, f"the {kind} data is cut off")
                piece = bytes(data[fed : fed + min(max(fed, _FIRST_INPUT_BYTES), _INPUT_BYTES)])
                fed += len(piece)
            room = PIECE_BYTES if most is None else min(PIECE_BYTES, most - out.tell())
            written = out.write(decoder.decompress(piece, room))
            budget.take(written)
    except Exhausted:
        raise
    except _BROKEN:
        return Unpacked(out.getvalue(), fed, f"the {kind} data is broken")
    return Unpacked(out.getvalue(), fed - len(decoder.unused_data))


def copied(data: memoryview, budget: Budget) -> bytes:
    """Return octets that are stored without compression; they count as unpacked."""
    for at in range(0, len(data), PIECE_BYTES):
        budget.take(min(PIECE_BYTES, len(data) - at))
    return bytes(data)
