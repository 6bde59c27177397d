"""Odd arguments at the control socket: refused with a sentence by one place, whatever the operation."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gateway import app
from gateway.app import operation_classes
from gateway.assemble.store import open_store
from gateway.contract import Actor, Refused, operations_of
from gateway.operations.control import EVERY_ROLE
from gateway.operations.dispatch import OWN_CLASSES, ROLES, Operations
from tests.support.servers.gateway import Gateway
from tests.support.servers.postgresql import BARE, Postgresql

ROOT = Actor("root", EVERY_ROLE, 0)
HUGE, NAN = 10**400, float("nan")
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]

#: Annotation -> values of other types.
WRONG: dict[str, list[Any]] = {
    "str": [None, True, 7, HUGE, 1.5, NAN, [], ["x"], {}, {"x": "y"}],
    "str | None": [True, 7, HUGE, NAN, ["x"], {}],
    "Action | None": ["reelase", True, 7, HUGE, NAN, ["x"], {}],
    "int": [None, True, "7", 1.5, 1.0, NAN, [1], {}],
    "bool": [None, "true", 0, 1, NAN, [], {}],
    "Sequence[str]": [None, True, 7, NAN, "abc", [1], [None], [["x"]], {"x": 1}],
    "Sequence[str] | None": [True, 7, NAN, "abc", [1], [None], {"x": 1}],
    "Sequence[PaymentRow]": [None, 7, "abc", ["ab"], [[1, 2]], [["x"]], [["x", "y", "z"]], [[]], {}],
    "Mapping[str, str] | None": [True, 7, NAN, "abc", ["x"], {"by": 1}, {"by": None}],
    "str | Sequence[str] | None": [True, 7, NAN, [1], {"x": "y"}],  # every further argument
}
#: A value of each type.
RIGHT: dict[str, Any] = {"str": "x", "int": 1, "bool": False, "Sequence[PaymentRow]": [["a.example", "x"]]}


def parameters(cls: type, method: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(cls, method)).parameters.values())[2:]  # without self and the actor


def required(takes: Sequence[inspect.Parameter]) -> dict[str, Any]:
    """Return values for the parameters without a default."""
    needed = (one for one in takes if one.default is one.empty and one.kind is not one.VAR_KEYWORD)
    return {one.name: RIGHT[one.annotation] for one in needed}


def declared() -> Iterator[tuple[type, str, str]]:
    """Yield class, operation and method."""
    for cls in (*operation_classes(), *OWN_CLASSES):
        for one in operations_of(cls):
            yield cls, one.name, one.method


def questions() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield operation, argument, and arguments of which this one is of another type."""
    for cls, name, method in declared():
        takes = parameters(cls, method)
        needed = required(takes)
        for one in takes:
            argument = "sender" if one.kind is one.VAR_KEYWORD else one.name
            for value in (*WRONG[one.annotation], DEEP):
                yield name, argument, {**needed, argument: value}


class Unbuilt(Operations):
    """Operations whose methods would fail at once: nothing is built that they need."""

    def __init__(self) -> None:
        self._carried_out = {name: getattr(object.__new__(cls), method) for cls, name, method in declared()}


async def test_no_operation_takes_a_value_of_another_type() -> None:
    """The refusal names operation and argument, is short, and comes before the operation begins."""
    assert {name for name, _, _ in questions()} >= {"quarantine.list", "payments.import", "audit.list", "trace"}
    for name, argument, arguments in questions():
        with pytest.raises(Refused) as refused:
            await Unbuilt().do(name, ROOT, arguments)
        sentence = str(refused.value)
        assert sentence.startswith((f"{name}: {argument}: ", "an argument has more than 8 levels")), (name, arguments)
        assert len(sentence) <= 200


async def test_the_refusal_says_what_is_expected() -> None:
    """In the words of the configuration's mistakes."""
    for arguments, sentence in (
        ({"id": ["x"], "reason": "x"}, "quarantine.show: id: text is expected, not a list"),
        ({"id": "x", "reason": None}, "quarantine.show: reason: text is expected, not nothing"),
    ):
        with pytest.raises(Refused, match=sentence):
            await Unbuilt().do("quarantine.show", ROOT, arguments)
    with pytest.raises(Refused, match=r"quarantine.extend: days: a whole number is expected, not the text 7"):
        await Unbuilt().do("quarantine.extend", ROOT, {"id": "x", "days": "7", "reason": "x"})


# --- texts and numbers of the right type -----------------------------------------------------------------------------

ODD_TEXTS = ("", "\0", "a\0b", "\udcff", "\u202e", "0" * 1000, "%_'\"\\;--", "0001-01-01T00:00:00+14:00", "2026-01-01")
ODD_NUMBERS = (0, -1, 2**31, 2**63, HUGE)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_line(request: pytest.FixtureRequest) -> str:
    """Return the YAML of a new store; none is SQLite's in the folder of the data."""
    if request.param == "sqlite":
        return ""
    server: Postgresql = request.getfixturevalue("postgresql")
    return f"store: {server.database(BARE)}\n"


@pytest.fixture
async def operations(store_line: str, tmp_path: Path) -> AsyncIterator[Operations]:
    """Yield the operations on a store, as the command line has them where no gateway runs."""
    settings = app.read_settings(Gateway(tmp_path, more=store_line).config)
    store = await open_store(settings, create=True)
    parts = app.build(settings, store, quiet=True)
    keeper = app.build_keeper(parts)
    yield Operations(parts, app.build_release(parts, keeper), keeper)
    await parts.relay.close()
    await parts.pool.close()
    await store.close()


async def test_odd_texts_and_numbers_are_answered_or_refused(operations: Operations) -> None:
    """No operation fails in another way: each failure would be a page of the gateway's log."""
    for cls, name, method in declared():
        takes = parameters(cls, method)
        needed = required(takes)
        for one in (one for one in takes if one.annotation in ("str", "str | None", "int")):
            for value in ODD_NUMBERS if one.annotation == "int" else ODD_TEXTS:
                with suppress(Refused):
                    await operations.do(name, ROOT, {**needed, one.name: value})


async def test_every_way_to_choose_takes_odd_texts(operations: Operations) -> None:
    """Entries are chosen by whatever somebody types."""
    for name in ("quarantine.list", "quarantine.count"):
        for field in ("sender", "recipient", "subject", "code", "since", "until", "assigned_to", "direction", "state"):
            for value in ODD_TEXTS:
                with suppress(Refused):
                    await operations.do(name, ROOT, {field: value})


def test_the_table_has_each_operation() -> None:
    assert {name for _, name, _ in declared()} == set(ROLES)
