"""Compressed RTF ([MS-OXRTFCP]), in which Outlook stores a message's body. Pure and bounded."""

from __future__ import annotations

import struct

#: Octets of one decompressed body; Outlook's own are some kilobytes, with large tables some hundreds.
MAX_RTF_BYTES = 4 * 1024 * 1024

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_HEAD_BYTES = 16
_WINDOW = 4096
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


class NotRtf(ValueError):
    """The octets are no compressed RTF, or more than is decompressed."""


def decompress(octets: bytes) -> bytes:
    """Return the RTF; of a body that is cut short, its beginning. Raises NotRtf."""
    if len(octets) < _HEAD_BYTES:
        raise NotRtf("a body in RTF is cut short")
    size, kind = struct.unpack_from("<4xI4s", octets)
    if kind == _PLAIN:
        return octets[_HEAD_BYTES : _HEAD_BYTES + size]
    if kind != _COMPRESSED:
        raise NotRtf("a body in RTF is compressed in an unknown way")
    return _lzfu(octets)


def _lzfu(octets: bytes) -> bytes:
    """Decompress runs of eight tokens, each run behind an octet of flags.

    A flag says whether the token is an octet itself, or a place and a length.
    """
    out = bytearray(_DICTIONARY)
    at = _HEAD_BYTES
    while at < len(octets):
        flags = octets[at]
        at += 1
        for bit in range(8):
            if at >= len(octets):
                break
            if not flags >> bit & 1:
                out.append(octets[at])
                at += 1
                continue
            token = int.from_bytes(octets[at : at + 2], "big")
            at += 2
            if token >> 4 == len(out) % _WINDOW:  # [MS-OXRTFCP] 2.2.2.2.3: such a reference ends the content
                return bytes(out[len(_DICTIONARY) :])
            _copy(out, token >> 4, (token & 15) + 2)
        if len(out) > MAX_RTF_BYTES + len(_DICTIONARY):
            raise NotRtf(f"a body in RTF has more than {MAX_RTF_BYTES} octets")
    return bytes(out[len(_DICTIONARY) :])


def _copy(out: bytearray, offset: int, count: int) -> None:
    """Append octets from an offset of the window, one by one: a reference may run into its own output."""
    source = len(out) - 1 - (len(out) - 1 - offset) % _WINDOW
    for place in range(source, source + count):
        out.append(out[place] if place >= 0 else 0)
