"""Outlook's compressed RTF."""

from __future__ import annotations

import struct

import pytest

from gateway.understand.openers.outlook import lzfu


def test_the_specification_s_examples() -> None:
    """[MS-OXRTFCP] 3.1 and 3.2: a simple body, and one whose references run into what they make."""
    simple = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af8fe2068656c0901e020"
        "62620a776f720920646c7d0a80 0fa0".replace(" ", "")
    )
    assert lzfu.decompress(simple).startswith(b"{\\rtf1\\ansi\\ansicpg125")
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert lzfu.decompress(crossing) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_more_rtf_than_is_decompressed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One octet more than the limit, and not one less."""
    body = struct.pack("<II4sI", 0, 0, b"LZFu", 0) + b"\0abcdefgh"
    monkeypatch.setattr(lzfu, "MAX_RTF_BYTES", 8)
    assert lzfu.decompress(body) == b"abcdefgh"
    monkeypatch.setattr(lzfu, "MAX_RTF_BYTES", 7)
    with pytest.raises(lzfu.NotRtf):
        lzfu.decompress(body)


@pytest.mark.parametrize("octets", [b"", b"x" * 15, bytes(16), b"\0" * 8 + b"ABCD" + bytes(4)])
def test_what_is_no_compressed_rtf_is_refused(octets: bytes) -> None:
    """Too short, or compressed in an unknown way."""
    with pytest.raises(lzfu.NotRtf):
        lzfu.decompress(octets)
