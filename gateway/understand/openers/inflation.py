"""Deflate, as zlib, gzip or bare, within the budget: pieces are counted as they come, and none is larger than 1 MiB."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from gateway.understand.budget import Budget

#: `window_bits` of zlib: a stream with zlib's header, and one without a header.
ZLIB = zlib.MAX_WBITS
BARE = -zlib.MAX_WBITS

#: Octets unpacked at a time: the budget may be overdrawn by that many.
PIECE_BYTES = 1024 * 1024

#: Octets fed at a time, since zlib copies the input that it has not used yet.
FEED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Inflated:
    """The content that came out; `whole` says whether the stream came to its own end."""

    octets: bytes
    whole: bool


def inflate(octets: bytes, budget: Budget, window_bits: int = ZLIB, start: int = 0) -> Inflated:
    """Inflate from `start`; return the content up to the first damage. Raises Exhausted."""
    machine = zlib.decompressobj(window_bits)
    pieces: list[bytes] = []
    try:
        for at in range(start, len(octets), FEED_BYTES):
            feed = octets[at : at + FEED_BYTES]
            while feed and not machine.eof:
                _take(machine.decompress(feed, PIECE_BYTES), pieces, budget)
                feed = machine.unconsumed_tail
            if machine.eof:
                break
        while not machine.eof and _take(machine.decompress(b"", PIECE_BYTES), pieces, budget):
            pass  # zlib may hold back octets for which the last piece had no room
    except zlib.error:
        return Inflated(b"".join(pieces), whole=False)
    return Inflated(b"".join(pieces), machine.eof)


def _take(piece: bytes, pieces: list[bytes], budget: Budget) -> bool:
    budget.take(len(piece))
    pieces.append(piece)
    return bool(piece)
