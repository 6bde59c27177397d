"""BER: elements, object identifiers and octet strings, broken ones too."""

from __future__ import annotations

import pytest

from gateway.understand.openers.secured import ber
from tests.corpus.wrapping import tlv


def test_elements_of_no_length_are_passed_over() -> None:
    """Whatever is in them."""
    inside = tlv(0x30, tlv(0x31, tlv(2, b"\1"), indefinite=True) + tlv(4, b"\0\0"), indefinite=True)
    cursor = ber.Cursor(inside + b"\x02\x01\x05")
    cursor.skip()
    assert cursor.at == len(inside)


@pytest.mark.parametrize(
    "octets", [b"\x30\x80" * 100, b"\x30", b"\x30\x84\xff", b"\x1f\xff\xff\xff\xff\xff", b"\x04\x80"]
)
def test_broken_elements(octets: bytes) -> None:
    """Are Malformed."""
    with pytest.raises(ber.Malformed):
        ber.Cursor(octets).skip()


@pytest.mark.parametrize(
    ("encoded", "expected"), [("2a864886f70d", "1.2.840.113549"), ("550403", "2.5.4.3"), ("8837", "2.999")]
)
def test_object_identifiers(encoded: str, expected: str) -> None:
    """X.690 8.19."""
    assert ber.Cursor(tlv(6, bytes.fromhex(encoded))).object_id() == expected


@pytest.mark.parametrize("count", [2, 3, 4])
def test_pieces_of_an_octet_string(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An octet string has at most as many pieces as the limit says."""
    monkeypatch.setattr(ber, "MAX_PIECES", 3)
    cursor = ber.Cursor(tlv(0x24, tlv(4, b"a") * count, indefinite=True))
    if count > 3:
        with pytest.raises(ber.Malformed):
            cursor.octet_string()
    else:
        assert cursor.octet_string() == b"a" * count


def test_an_octet_string_in_pieces_of_pieces() -> None:
    """Pieces with lengths and without are joined in order; the cursor then stands behind the string."""
    cursor = ber.Cursor(tlv(0x24, tlv(4, b"a") + tlv(0x24, tlv(4, b"b"), indefinite=True) + tlv(4, b"c")) + b"\5\0")
    assert (cursor.octet_string(), cursor.peek()) == (b"abc", 5)
