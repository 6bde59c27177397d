"""Texts of a question: bounded, and a reason where something of a message is shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.app import operation_classes
from gateway.contract import Actor, Refused, operations_of
from gateway.operations.dispatch import (
    MAX_ROWS,
    OWN_CLASSES,
    REASON_CHARACTERS,
    ROLES,
    SHOWING,
    TEXT_CHARACTERS,
    Operations,
    _chosen,
)
from gateway.remember.store import Store
from tests.unit.remember.conftest import Make

ALICE = Actor("alice", frozenset({"reviewer", "investigator"}), 1000)


class Answering(Operations):
    """Every operation answers with its arguments."""

    def __init__(self) -> None:
        async def answer(_: Any, **arguments: Any) -> Any:
            return arguments

        self._carried_out = dict.fromkeys(ROLES, answer)


ID = "0198c0de-0000-7000-8000-000000000000"


async def do(name: str, **arguments: Any) -> Any:
    return await Answering().do(name, ALICE, arguments)


@pytest.mark.parametrize("name", sorted(SHOWING))
@pytest.mark.parametrize("reason", ["", "  ", "...", "\u200b", "\u3164"])
async def test_nothing_is_shown_without_a_reason(name: str, reason: str) -> None:
    """Blank, dots and what nobody sees are none."""
    with pytest.raises(Refused, match="--reason must say why"):
        await do(name, id=ID, reason=reason)
    with pytest.raises(Refused, match="--reason must say why"):
        await do(name, id=ID)
    assert await do(name, id=ID, reason="case 7")


@pytest.mark.parametrize("name", ["quarantine.read", "quarantine.release", "quarantine.delete", "payments.block"])
@pytest.mark.parametrize(("more", "accepted"), [(-1, True), (0, True), (1, False)])
async def test_a_reason_has_so_many_characters(name: str, more: int, accepted: bool) -> None:
    """Beyond, it is refused and not cut."""
    reason = "é" * (REASON_CHARACTERS + more)
    if accepted:
        assert await do(name, id=ID, reason=reason) == {"id": ID, "reason": reason}
    else:
        with pytest.raises(Refused, match=r"--reason has 501 characters: 500 at most"):
            await do(name, id=ID, reason=reason)


@pytest.mark.parametrize("where", ["alone", "in a list", "in a list in a list", "in an object", "as a key"])
@pytest.mark.parametrize(("more", "accepted"), [(-1, True), (0, True), (1, False)])
async def test_any_other_text_too(where: str, more: int, accepted: bool) -> None:
    """Wherever it stands."""
    text = "x" * (TEXT_CHARACTERS + more)
    places = {"alone": text, "in a list": ["a", text], "in a list in a list": [["a"], ["b", text]]}
    what = {**places, "in an object": {"a": text}, "as a key": {text: 1}}[where]
    if accepted:
        assert await do("trace", text=what) == {"text": what}
    else:
        with pytest.raises(Refused, match="more than 1000 characters"):
            await do("trace", text=what)


@pytest.mark.parametrize(
    ("limit", "accepted"),
    [
        (1, True),
        (MAX_ROWS, True),
        (MAX_ROWS + 1, False),
        (0, False),
        (-1, False),
        ("1", False),
        (None, False),
        (True, False),
    ],
)
async def test_an_answer_has_so_many_rows(limit: Any, accepted: bool) -> None:
    """Whoever asks at the socket himself too."""
    if accepted:
        await do("trace", text="x", limit=limit)
        return
    with pytest.raises(Refused, match="--limit is a number"):
        await do("trace", text="x", limit=limit)


def test_each_operation_is_declared_once() -> None:
    """By the gateway or by a filter."""
    names = [one.name for one in operations_of(*operation_classes(), *OWN_CLASSES)]
    assert sorted(names) == sorted(ROLES)


async def test_arguments_that_no_operation_has_are_refused() -> None:
    """The refusal is a sentence: as a fault of ours each would be a page of the log."""
    operations = Operations.__new__(Operations)

    async def traced(_: Actor, text: str, limit: int) -> str:
        return f"{text} {limit}"

    operations._carried_out = {"trace": traced}
    actor = Actor("ann", frozenset({"reviewer"}), 1000)
    assert await operations.do("trace", actor, {"text": "x", "limit": 1}) == "x 1"
    for arguments in ({}, {"text": "x"}, {"text": "x", "limit": 1, "more": 1}, {"_": 1, "text": "x", "limit": 1}):
        with pytest.raises(Refused, match="takes other arguments"):
            await operations.do("trace", actor, arguments)


@pytest.mark.parametrize(
    "choice",
    [
        {"sender": 5},
        {"ids": "abc"},
        {"ids": [1]},
        {"ids": {}},
        {"state": {}},
        {"direction": [1]},
        {"ids": ["x"] * 20_000},
    ],
)
def test_a_choice_has_texts(choice: dict[str, Any]) -> None:
    """Anything else is refused before the store is asked."""
    with pytest.raises(Refused, match="is a text, or"):
        _chosen(choice, ALICE)


async def test_the_history_is_that_of_the_message_alone(tmp_path: Path) -> None:
    """Whoever sends a message gets its id, and may use it as the Message-ID of another one."""
    make, store = Make(), await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    await store.quarantine.hold(make.entry("m1"), b"raw")
    await store.quarantine.note("m1", "fraud", actor="alice", at=make.now)
    store.audit.append(make.audit("m1"))
    store.audit.append(make.audit("m2", at=make.now + timedelta(hours=1), message_id="<m1>"))
    operations = Answering()
    operations._store = store
    assert [one["reason"] for one in await operations._trail("m1")] == ["fraud"]
    await store.close()
