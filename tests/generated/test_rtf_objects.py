"""The gateway finds all that any reader finds in an RTF file with odd objects, or holds the file."""

from __future__ import annotations

import pytest

from gateway.understand.openers.office import ole_package, rtf_objects
from gateway.understand.openers.office.rtf import RTF
from tests.corpus import office
from tests.generated.rtf_objects import SPELLINGS, tally
from tests.support.probes.document_opener import codes, opened


def test_nothing_passes_that_a_reader_opens() -> None:
    """Each kind of spelling alone, and with one or two others; `python -m tests.generated.rtf_objects` for more."""
    counts, passed = tally(100 * len(SPELLINGS), seed=20)
    assert counts["opened"] > 1_000
    assert passed == []


@pytest.mark.parametrize(
    "data",
    [
        *(b"0 0105", b"-1 0105", b" 0105\\par ", b" 01{}05", b" 01\\'0505", b" 010", b" 01;05", b" 01\\bin1 \x05"),
        b" 01\\*05",
    ],
)
def test_whatever_is_no_digit_or_blank_is_odd(data: bytes) -> None:
    """Programs write nothing else there, so it is held whatever the readings show."""
    assert codes(opened(RTF, b"{\\rtf1{\\*\\objdata" + data + b"}}")) == ["container.unreadable"]


@pytest.mark.parametrize("data", [b" 0105", b"\r\n0105\r\n0200", b"\t01 05", b"", b" "])
def test_what_programs_write_is_not(data: bytes) -> None:
    """Digits on lines."""
    assert codes(opened(RTF, b"{\\rtf1{\\*\\objdata" + data + b"}}")) == []


def test_text_about_objects_is_no_object() -> None:
    """A backslash behind another begins no control word, unless \\bin may swallow the first."""
    assert opened(RTF, b"{\\rtf1 the word \\\\objdata begins it}") == []
    assert codes(opened(RTF, b"{\\rtf1 \\bin1 \\\\objdata0 0105}")) == ["container.unreadable"]


@pytest.mark.parametrize(("limit", "expected"), [(11, 2), (10, 2), (9, 1)])
def test_digits_of_all_readings_are_only_so_many(limit: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six digits with the parameter's, and those from the second on: ten in all."""
    monkeypatch.setattr(rtf_objects, "MAX_READ_DIGITS", limit)
    (found,) = rtf_objects.objects(b"{\\rtf{\\objdata12 abcd}}")
    assert found.is_odd
    assert len(found.readings) == expected


@pytest.mark.parametrize(("limit", "expected"), [(3, 4), (2, 3), (1, 2)])
def test_objects_of_one_reading_are_only_so_many(limit: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one and those behind it."""
    monkeypatch.setattr(ole_package, "MAX_OBJECTS", limit)
    assert len(ole_package.read_objects(office.ole1(b"Package", b"ab") * 4)) == expected
