"""Records of Excel's old workbooks."""

from __future__ import annotations

import struct

import pytest

from gateway.understand.openers.office import biff
from gateway.understand.openers.office.biff import BARE_WORKBOOK
from tests.corpus import office
from tests.support.probes.document_opener import codes, opened


def test_a_bare_workbook_is_opened() -> None:
    """Excel takes the stream without a compound file around it."""
    assert codes(opened(BARE_WORKBOOK, office.workbook(0x40))) == ["document.macro"]


@pytest.mark.parametrize(("more", "expected"), [(-1, []), (0, []), (1, ["container.limit"])])
def test_records_of_a_workbook_are_only_so_many(
    more: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond them it says that it stopped."""
    stream = office.workbook()
    records = sum(1 for _ in biff._records(stream))
    monkeypatch.setattr(biff, "MAX_RECORDS", records - more)
    assert [defect.code for defect in biff.defects_of(stream)] == expected


def test_dde_links_of_a_workbook() -> None:
    """A link of two parts is DDE unless its name says that it is an OLE link."""
    book = office.record(0x1AE, struct.pack("<HH", 0, 5) + b"\0cmd\3/c")
    dde = office.workbook(0x10, book, office.record(0x23, b"\0\0a"))
    ole = office.workbook(0x10, book, office.record(0x23, b"\x10\0a"))
    other = office.workbook(
        0x10, office.record(0x1AE, struct.pack("<HH", 1, 9) + b"\0Book.xls"), office.record(0x23, b"\0\0")
    )
    assert [[d.code for d in biff.defects_of(stream)] for stream in (dde, ole, other)] == [
        ["document.external"],
        [],
        [],
    ]
