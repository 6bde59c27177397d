"""Objects inside objects of RTF."""

from __future__ import annotations

import binascii

from gateway.understand.openers.office import rtf_objects
from tests.corpus import office

OBJECT = office.ole1(b"Package", office.package(b"content", b"evil.exe"))
HEX = binascii.hexlify(OBJECT)


def test_nested_objects_are_read_once() -> None:
    """Not again for each beginning: the pieces of all of them together are bounded."""
    depth = 1000
    content = b"{\\rtf1" + b"{\\objdata " * depth + HEX + b"}" * depth
    assert len(list(rtf_objects.objects(content))) == 1
