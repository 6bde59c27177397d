"""Operations: their declaration, the person who asks, and the refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway.settings.models import Role

Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])

_DECLARED = "__operation__"


class Refused(RuntimeError):
    """The operation was not carried out; nothing has changed. The sentence is for the person who asked."""

    def __init__(self, sentence: str, codes: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.codes = tuple(codes)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who asks, as the kernel knows the user."""

    name: str
    roles: frozenset[str]
    uid: int  # by the kernel; root and the gateway's own user are one person, whoever has become them


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, the roles of which it needs one, and the name of the method that carries it out."""

    name: str
    roles: tuple[Role, ...]
    method: str = ""


def operation(name: str, *roles: Role) -> Callable[[Function], Function]:
    """Declare a method `async def …(self, actor: Actor, **arguments)` as an operation."""

    def declare(function: Function) -> Function:
        setattr(function, _DECLARED, Operation(name, roles, function.__name__))
        return function

    return declare


def operations_of(*classes: type) -> Iterator[Operation]:
    """Yield the operations that the methods of these classes declare."""
    for cls in classes:
        for member in vars(cls).values():
            if declared := getattr(member, _DECLARED, None):
                yield declared
