"""OneNote's stored files and their names."""

from __future__ import annotations

import pytest

from gateway.understand.openers.office import onenote
from gateway.understand.openers.office.onenote import ONENOTE
from tests.corpus import office
from tests.support.probes.document_opener import members, opened


def test_stored_files_and_their_names() -> None:
    """Names stand elsewhere than the files, so that they are given apart."""
    found = opened(ONENOTE, office.one_section(b"MZ", "invoice.pdf.exe"))
    assert members(found) == [(("invoice.pdf.exe",), None), ((), b"MZ")]


def test_a_stored_file_is_found_wherever_it_stands() -> None:
    """The content needn't begin like a section."""
    assert members(opened(ONENOTE, b"junk" + office.one_section(b"MZ"))) == [((), b"MZ")]


def test_a_length_beyond_the_end_gives_what_there_is() -> None:
    """Nothing is lost by it."""
    content = office.one_section(b"MZ").replace(b"\2\0\0\0\0\0\0\0", b"\xff" * 8)
    assert members(opened(ONENOTE, content))[0][1][:2] == b"MZ"  # type: ignore[index]


@pytest.mark.parametrize(("limit", "expected"), [(3, 2), (2, 2), (1, 1)])
def test_names_are_looked_for_only_so_often(limit: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files themselves are found in any number."""
    monkeypatch.setattr(onenote, "MAX_NAMES", limit)
    content = office.one_section(b"a", "a.txt") + bytes(1600) + office.one_section(b"b", "b.txt")
    found = members(opened(ONENOTE, content))
    assert [len([1 for _, octets in found if octets is None]), len([1 for _, octets in found if octets])] == [
        expected,
        2,
    ]
