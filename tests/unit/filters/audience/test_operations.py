"""Operations on paused threads: a pause is lifted with a reason, and only where there is one."""

from __future__ import annotations

from datetime import datetime

import pytest

from filters.audience.operations import NotPaused, PauseOperations
from gateway.contract import Actor, HistoryRow, Pause
from tests.support.builders.judgement import NOW, FakeClock

ALICE = Actor("alice", frozenset({"reviewer"}), 1000)


class Pauses:
    """One paused key, and the record of its end."""

    def __init__(self) -> None:
        self.paused = {"a"}
        self.rows: list[HistoryRow] = []

    async def list(self, now: datetime) -> list[Pause]:
        return [Pause(key, now, now, "too many") for key in sorted(self.paused)]

    async def lift_on_record(self, key: str, *, actor: str, reason: str, at: datetime) -> bool:
        if key not in self.paused:
            return False
        self.paused.remove(key)
        self.rows.append(HistoryRow("pauses", at, actor, "lift", reason, (key,)))
        return True

    async def record(self) -> list[HistoryRow]:
        return self.rows


async def test_a_pause_is_lifted_on_record() -> None:
    pauses = Pauses()
    operations = PauseOperations(FakeClock(), pauses)
    assert [row["key"] for row in await operations._pauses(ALICE)] == ["a"]
    await operations._lift(ALICE, "a", "the meeting is today")
    assert await operations._pauses(ALICE) == []
    assert await operations._history(ALICE) == [
        {"at": NOW.isoformat(), "actor": "alice", "operation": "lift", "key": "a", "reason": "the meeting is today"}
    ]


@pytest.mark.parametrize(
    ("key", "reason", "sentence"),
    [("b", "why not", "nothing is paused under b"), ("a", "\u200b", "--reason must say why")],
)
async def test_nothing_is_lifted(key: str, reason: str, sentence: str) -> None:
    """An unknown key, and a reason that says nothing."""
    pauses = Pauses()
    with pytest.raises(NotPaused, match=sentence):
        await PauseOperations(FakeClock(), pauses)._lift(ALICE, key, reason)
    assert pauses.paused == {"a"}
