"""Declared operations: found on classes, in their order, with their roles."""

from __future__ import annotations

from typing import Any

from gateway.contract.operations import Actor, Operation, Refused, operation, operations_of


class First:
    @operation("first.list", "reviewer", "approver")
    async def list_all(self, actor: Actor) -> str:
        return actor.name

    async def undeclared(self, actor: Actor) -> None: ...


class Second:
    @operation("second.drop", "administrator")
    async def drop(self, actor: Actor, key: str) -> Any:
        raise Refused(f"{key} isn't there", ["code"])


def test_operations_of_classes() -> None:
    assert list(operations_of(First, Second)) == [
        Operation("first.list", ("reviewer", "approver"), "list_all"),
        Operation("second.drop", ("administrator",), "drop"),
    ]


async def test_declared_method_stays_what_it_was() -> None:
    assert await First().list_all(Actor("alice", frozenset(), 1000)) == "alice"


def test_refusal_has_codes() -> None:
    assert Refused("no", ["a"]).codes == ("a",)
    assert Refused("no").codes == ()
