"""The files of the journal: modes, names, sizes, and a day's end."""

from __future__ import annotations

import os
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.remember.mail_journal.segments import Segment, days_of, indexes_of, remove_day, sizes_of
from tests.unit.remember.mail_journal.conftest import AT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_only_the_owner_can_read_the_files(folder: Path) -> None:
    segment = Segment(folder, AT)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*/*")} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*")} == {0o700}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    segment.close()


def test_each_process_has_files_of_its_own(folder: Path) -> None:
    """Begun in the same second too."""
    segments = [Segment(folder, AT) for _ in range(3)]
    for number, segment in enumerate(segments):
        segment.write_octets(bytes(10))
        segment.write_line(b"line %d" % number)
        segment.close()
    indexes = indexes_of(folder, AT.date())
    assert sorted(index.read_bytes() for index in indexes) == [b"line 0\n", b"line 1\n", b"line 2\n"]
    assert sorted(sizes_of(folder)) == [7, 7, 7, 10, 10, 10]


def test_files_without_a_message_are_removed(folder: Path) -> None:
    """Trouble leaves no heap of them; octets without a line are no message."""
    segment = Segment(folder, AT)
    segment.write_octets(bytes(10))
    segment.close()
    assert indexes_of(folder, AT.date()) == []
    assert list(sizes_of(folder)) == []


def test_days_are_in_order_and_nothing_else_is_a_day(folder: Path) -> None:
    assert days_of(folder) == []
    for at in (AT, AT - timedelta(days=40), AT + timedelta(days=1)):
        Segment(folder, at).close()
    for name in ("full", "2026-13-01", "2026-03-02.bak"):
        (folder / name).mkdir()
    assert days_of(folder) == [date(2026, 1, 21), date(2026, 3, 2), date(2026, 3, 3)]


def test_a_day_is_removed_with_its_files(folder: Path) -> None:
    Segment(folder, AT).close()
    remove_day(folder, AT.date())
    assert days_of(folder) == []
    with pytest.raises(FileNotFoundError):
        remove_day(folder, AT.date())


def test_a_segment_whose_files_were_removed_says_so(folder: Path) -> None:
    segment = Segment(folder, AT)
    assert not segment.is_gone
    remove_day(folder, AT.date())
    assert segment.is_gone
    segment.close()


def test_no_file_is_written_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a link followed."""
    monkeypatch.setattr("gateway.remember.mail_journal.segments.secrets.token_hex", lambda _: "0")
    first = Segment(folder, AT)
    with pytest.raises(FileExistsError):
        Segment(folder, AT)
    first.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    """A command by root must not lock the gateway out."""
    os.chown(tmp_path, 65534, 65534)
    Segment(tmp_path / "journal", AT).close()
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (tmp_path / "journal").rglob("*")} == {(65534, 65534)}
