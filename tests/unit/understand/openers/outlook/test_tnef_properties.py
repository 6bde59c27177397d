"""Properties in TNEF."""

from __future__ import annotations

import struct

from gateway.understand.openers.outlook import tnef_properties


def test_values_of_fixed_length_and_named_properties_are_passed_over() -> None:
    """Those with a number, those with a text, and several values of one property."""
    octets = struct.pack("<I", 4) + struct.pack("<HHI", 3, 0x3705, 1)
    octets += struct.pack("<HH16sII", 0x40, 0x8001, b"", 0, 7) + bytes(8)
    octets += struct.pack("<HH16sII", 0x1003, 0x8002, b"", 1, 6) + b"a\0b\0\0\0\0\0" + struct.pack("<III", 2, 1, 2)
    octets += struct.pack("<HHII", 0x1E, 0x3704, 1, 6) + b"A.TXT\0\0\0"
    found = tnef_properties.read_properties(octets)
    assert found.complete
    assert found.values == {0x3704: ((0x1E, b"A.TXT\0"),)}
