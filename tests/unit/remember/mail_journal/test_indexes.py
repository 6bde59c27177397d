"""Index files read from either end."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from gateway.remember.mail_journal import indexes
from gateway.remember.mail_journal.entries import Damage, JournalEntry, line_of_entry
from gateway.remember.mail_journal.indexes import newest_first, oldest_first
from tests.unit.remember.mail_journal.conftest import AT, relayed

LINES = tuple(
    line_of_entry(f"e{number}", AT, relayed(f"s{number}"), key="k", nonce=bytes(12), offset=0, length=1) + b"\n"
    for number in range(3)
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "2026-03-02" / "a.index"
    path.parent.mkdir()
    path.write_bytes(b"".join(LINES))
    return path


def ids(entries: object) -> list[str | None]:
    """Return the id of each entry, the file of each damage, and None for what was passed over."""
    return [
        one.id if isinstance(one, JournalEntry) else one.where if isinstance(one, Damage) else None
        for one in entries  # type: ignore[attr-defined]
    ]


def test_from_either_end(index: Path) -> None:
    assert ids(oldest_first(index)) == ["e0", "e1", "e2"]
    assert ids(newest_first(index)) == ["e2", "e1", "e0"]


def test_lines_without_the_needle_are_passed_over(index: Path) -> None:
    """From the end they are counted."""
    assert ids(oldest_first(index, b"<s1@outside")) == ["e1"]
    assert ids(newest_first(index, b"<s1@outside")) == [None, "e1", None]


def test_a_file_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert ids(oldest_first(tmp_path / "x")) == ids(newest_first(tmp_path / "x")) == []


def test_damage_is_named_by_its_file(index: Path) -> None:
    """A last line without its end, and a line in the middle."""
    index.write_bytes(LINES[0] + b"\0\n" + LINES[1] + LINES[2][:-1])
    assert ids(oldest_first(index)) == ["e0", "2026-03-02/a.index", "e1", "2026-03-02/a.index"]
    assert ids(newest_first(index)) == ["2026-03-02/a.index", "e1", "2026-03-02/a.index", "e0"]


@pytest.mark.parametrize("octets", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "a\nbc", "a\nbc\n", "\n\na\n", "\n\n", "abcdefg\n"])
def test_blocks_cut_no_line(monkeypatch: pytest.MonkeyPatch, octets: int, text: str) -> None:
    """Wherever they begin."""
    monkeypatch.setattr(indexes, "BLOCK_BYTES", octets)
    found = list(indexes._lines_backwards(BytesIO(text.encode())))
    assert found == text.encode().splitlines(keepends=True)[::-1]
