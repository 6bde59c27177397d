"""The room of the journal: what is counted when, and where it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.remember.mail_journal import journal_space
from gateway.remember.mail_journal.journal_space import RECOUNT_SECONDS, JournalSpace, free_bytes, used_bytes

MAX = 1000


class Ticks:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def day(tmp_path: Path) -> Path:
    folder = tmp_path / "2026-03-02"
    folder.mkdir()
    return folder


@pytest.fixture
def space(tmp_path: Path, ticks: Ticks) -> JournalSpace:
    return JournalSpace(tmp_path, ticks)


@pytest.mark.parametrize(("octets", "is_full"), [(399, False), (400, False), (401, True)])
def test_the_limit(space: JournalSpace, day: Path, octets: int, is_full: bool) -> None:
    """To the octet, for what this process knows of."""
    (day / "other.mail").write_bytes(bytes(500))
    space.count(MAX)
    space.taken(100)
    said = space.refusal(octets, MAX)
    assert said.startswith("the journal is full (") is is_full
    assert "`journal: max_bytes`" in said or not is_full


def test_files_are_counted_again_after_a_while(space: JournalSpace, day: Path, ticks: Ticks) -> None:
    """Files of other processes show then."""
    space.count(MAX)
    (day / "other.mail").write_bytes(bytes(MAX))
    ticks.now += RECOUNT_SECONDS - 1
    space.count(MAX)
    assert not space.refusal(1, MAX)
    ticks.now += 1
    space.count(MAX)
    assert space.refusal(1, MAX)


def test_files_are_counted_again_after_many_octets(
    space: JournalSpace, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_space, "RECOUNT_BYTES", 100)
    assert space.count(MAX)
    (day / "other.mail").write_bytes(bytes(MAX))
    space.taken(100)
    space.count(MAX)
    assert space.refusal(1, MAX)


def test_a_full_journal_has_room_again_when_a_count_finds_some(space: JournalSpace, day: Path, ticks: Ticks) -> None:
    """A small message that would still fit isn't taken before: half of a small limit must be free."""
    other = day / "other.mail"
    other.write_bytes(bytes(MAX - 10))
    space.count(MAX)
    assert space.refusal(11, MAX)
    assert space.refusal(1, MAX)
    for size, has_room in ((MAX // 2 + 1, False), (MAX // 2, True)):
        other.write_bytes(bytes(size))
        ticks.now += RECOUNT_SECONDS
        assert space.count(MAX) is has_room
        assert bool(space.refusal(1, MAX)) is not has_room


@pytest.mark.parametrize(("free", "is_full"), [(110, False), (109, True)])
def test_the_disk_keeps_room_for_others(
    space: JournalSpace, monkeypatch: pytest.MonkeyPatch, free: int, is_full: bool
) -> None:
    """Held mail lies there as well."""
    monkeypatch.setattr(journal_space, "LEFT_FREE_BYTES", 100)
    monkeypatch.setattr(journal_space, "free_bytes", lambda _: free)
    space.count(MAX)
    assert ("make room on that disk" in space.refusal(10, MAX)) is is_full


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """It has no octets, and its disk is that of the folder around it."""
    assert used_bytes(tmp_path / "journal") == 0
    assert free_bytes(tmp_path / "no" / "journal") > 0


@pytest.mark.parametrize(("limit", "must_be_free"), [(2**30, 64 * 2**20), (10 * 2**30, 2**29), (100, 50)])
def test_a_large_message_has_room_again(space: JournalSpace, ticks: Ticks, limit: int, must_be_free: int) -> None:
    """A twentieth of the limit, 64 MiB at least, and half of a tiny limit."""
    for free, has_room in ((must_be_free, True), (must_be_free - 1, False)):
        space.count(limit)
        with pytest.MonkeyPatch.context() as files:
            files.setattr(journal_space, "used_bytes", lambda _, free=free: limit - free)
            ticks.now += RECOUNT_SECONDS
            assert space.count(limit) is has_room
