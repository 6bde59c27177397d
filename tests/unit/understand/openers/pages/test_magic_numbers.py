"""Programs and archives by their first octets."""

from __future__ import annotations

import pytest

from gateway.understand.openers.pages.magic_numbers import is_program_or_archive
from tests.corpus.payloads import STUB

PNG = b"\x89PNG\r\n\x1a\n" + bytes(3000)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (STUB, True),
        (b"MZ, a letter from Zurich that is long enough to be looked at by its head, and no program", False),
        (b"PK\3\4", True),
        (b"PKZIP", False),
        (bytes(257) + b"ustar", True),
        (b"\x1f\x8b\x08\x00", True),
        (PNG, False),
        (b"", False),
    ],
)
def test_programs_and_archives(octets: bytes, expected: bool) -> None:
    """Programs and archives are recognised by their marks; two letters aren't enough."""
    assert is_program_or_archive(octets) is expected
