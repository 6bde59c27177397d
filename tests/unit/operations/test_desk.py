"""Notes, assignments and later ends of retention: what is refused, and what reaches the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from gateway.contract import Actor, Refused
from gateway.operations.desk import MOST_DAYS, DeskOperations

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
ALICE = Actor("alice", frozenset({"reviewer"}), 1000)


@pytest.fixture
def quarantine() -> AsyncMock:
    return AsyncMock(**{"extend.return_value": None})


@pytest.fixture
def desk(quarantine: AsyncMock) -> Any:
    settings = SimpleNamespace(reviewers={"alice": ["reviewer"], "carol": ["administrator"]}, reasons=("Fine",))
    settings.retention = SimpleNamespace(quarantine_days=30)
    clock = SimpleNamespace(now=lambda: NOW)
    return DeskOperations(SimpleNamespace(store=SimpleNamespace(quarantine=quarantine), settings=settings, clock=clock))  # type: ignore[arg-type]


async def test_a_message_is_assigned_to_oneself(desk: Any, quarantine: AsyncMock) -> None:
    assert await desk._assign(ALICE, "m1", "me", "please") == {"id": "m1", "assigned_to": "alice"}
    quarantine.assign.assert_awaited_once_with("m1", "alice", actor="alice", note="please", at=NOW)


@pytest.mark.parametrize(("to", "hint"), [("alise", "did you mean alice"), ("carol", "no reviewer or approver")])
async def test_only_reviewers_get_messages(desk: Any, quarantine: AsyncMock, to: str, hint: str) -> None:
    with pytest.raises(Refused, match=hint):
        await desk._assign(ALICE, "m1", to)
    quarantine.assign.assert_not_awaited()


@pytest.mark.parametrize("days", [0, MOST_DAYS + 1, "7", True])
async def test_days_are_a_number(desk: Any, days: object) -> None:
    with pytest.raises(Refused, match="--days is a number"):
        await desk._extend(ALICE, "m1", days, "why")


async def test_a_retention_is_extended_from_now(desk: Any, quarantine: AsyncMock) -> None:
    await desk._extend(ALICE, "m1", 30, "court case")
    assert quarantine.extend.await_args.args == ("m1", NOW + timedelta(days=30))
    assert quarantine.extend.await_args.kwargs["retention_days"] == 30


async def test_an_extension_that_changes_nothing_says_so(desk: Any, quarantine: AsyncMock) -> None:
    quarantine.extend.return_value = NOW + timedelta(days=60)
    with pytest.raises(Refused, match="m1 is kept until 2027-01-27 already: nothing was changed"):
        await desk._extend(ALICE, "m1", 5, "court case")


@pytest.mark.parametrize("text", ["", " ", "\u200b"])
async def test_a_note_says_something(desk: Any, quarantine: AsyncMock, text: str) -> None:
    with pytest.raises(Refused, match="the note must say something"):
        await desk._note(ALICE, "m1", text)
    with pytest.raises(Refused, match="--reason must say something"):
        await desk._restore(ALICE, "m1", text)
    quarantine.note.assert_not_awaited()


async def test_the_reasons_are_those_of_the_configuration(desk: Any) -> None:
    assert await desk._reasons(ALICE) == ["Fine"]
