"""A row of OpenPGP packets (RFC 9580 4): their headers, with partial and old lengths.

Nothing is decrypted or verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PKESK, SIGNATURE, SKESK, ONE_PASS, COMPRESSED, SED, MARKER, LITERAL = 1, 2, 3, 4, 8, 9, 10, 11
SEIPD, AEAD, PADDING = 18, 20, 21

#: Packets with which a message may begin (10.3), keys and signatures alone apart.
MESSAGE_TAGS = frozenset({PKESK, SKESK, ONE_PASS, SIGNATURE, COMPRESSED, SED, MARKER, LITERAL, SEIPD, AEAD, PADDING})
ENCRYPTED_TAGS = frozenset({PKESK, SKESK, SED, SEIPD, AEAD})

#: Packets in a row. A message has a few for each recipient and signer.
MAX_PACKETS = 10_000


class Malformed(ValueError):
    """The octets are no packets."""


@dataclass(frozen=True, slots=True)
class Packet:
    tag: int
    body: bytes
    is_whole: bool  # False where the octets ended before the packet did


def packets(octets: bytes) -> Iterator[Packet]:
    """Yield all packets in order. Raises Malformed where one should start and none does."""
    at = 0
    for _ in range(MAX_PACKETS):
        if at >= len(octets):
            return
        packet, at = _packet(octets, at)
        yield packet
    raise Malformed(f"more than {MAX_PACKETS} packets")


def _packet(octets: bytes, at: int) -> tuple[Packet, int]:
    first = octets[at]
    if not first & 0x80:
        raise Malformed(f"no packet at {at}")
    if first & 0x40:
        body, end = _new_body(octets, at + 1)
        return Packet(first & 0x3F, body, end <= len(octets)), end
    size = first & 3
    if size == 3:  # of indeterminate length: to the end (4.2.2)
        return Packet(first >> 2 & 0xF, octets[at + 1 :], True), len(octets)
    start = at + 1 + (1 << size)
    end = start + int.from_bytes(octets[at + 1 : start], "big")
    return Packet(first >> 2 & 0xF, octets[start:end], end <= len(octets)), end


def _new_body(octets: bytes, at: int) -> tuple[bytes, int]:
    """Read a body with lengths of one, two and five octets, and partial ones (4.2.1); return it and its end."""
    pieces: list[bytes] = []
    while True:
        if at >= len(octets):
            return b"".join(pieces), at + 1
        length, size, is_partial = _length(octets, at)
        at += size
        pieces.append(octets[at : at + length])
        at += length
        if not is_partial:
            return b"".join(pieces), at


def _length(octets: bytes, at: int) -> tuple[int, int, bool]:
    first = octets[at]
    if first < 192:
        return first, 1, False
    if first < 224:
        return ((first - 192) << 8) + int.from_bytes(octets[at + 1 : at + 2], "big") + 192, 2, False
    if first == 255:
        return int.from_bytes(octets[at + 1 : at + 5], "big"), 5, False
    return 1 << (first & 0x1F), 1, True
