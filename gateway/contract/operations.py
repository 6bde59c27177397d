"""Operations: what operators may ask of a running gateway or of its store.

This module holds their declaration, the person who asks, and the services that operations of filters may
ask for besides the filters' own (`gateway.contract.services`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from gateway.contract.services import Account, AccountKind, Pause
from gateway.control.refusal import Refused
from gateway.control.vocabulary import Action, AgreementState

Role = Literal["reviewer", "approver", "investigator", "administrator", "auditor"]

Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])

_DECLARED = "__operation__"


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


def moment(text: str) -> datetime:
    """Return the time (UTC) that a text in ISO 8601 names. Raises Refused where it names none, or has no time zone."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(f"that is no time: {error}") from error
    raise Refused(f"that is no time: {text!r} has no time zone")


# --- services --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One operation on a held message, the ledger or the pauses: who did what, when and why (law 7)."""

    mail_id: str
    at: datetime
    actor: str
    operation: Action
    reason: str
    addresses: tuple[str, ...] = ()  # the copies concerned; empty = all, or the message as such


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One account of a counterparty, told from others by a handle: the number is not in the store."""

    counterparty: str  # a handle
    name: str  # a domain that an administrator typed in; "" for all others
    account: str  # a handle
    kind: AccountKind
    first: datetime
    last: datetime
    dates: int
    verified: bool
    steady: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One blocked account, address or domain, told from others by a handle."""

    handle: str
    kind: str  # an AccountKind, "address" or "domain"
    at: datetime
    actor: str
    reason: str
    mail_id: str  # the reported message; "" means typed in


class LedgerAdministration(Protocol):
    """The ledger as people look after it. Each change is on record with who and why."""

    async def accounts(
        self, counterparty: str | None = None, account: Account | None = None, *, limit: int = ...
    ) -> Sequence[LedgerEntry]:
        """Return the accounts of one counterparty, or this one of them; else of all, named ones first."""

    async def blocks(self, *, limit: int = ...) -> Sequence[Block]:
        """Return the blocks, newest first."""

    async def record(self) -> Sequence[HistoryRow]:
        """Return who changed what, oldest first."""

    async def enter(self, accounts: Collection[tuple[str, Account]], *, actor: str, reason: str, at: datetime) -> int:
        """Enter verified accounts by counterparty, all or none; return how many were not known before."""

    async def forget(
        self, counterparty: str, account: Account | None = None, *, actor: str, reason: str, at: datetime
    ) -> int:
        """Remove one account of a counterparty, or all of them with its name; return how many there were."""

    async def block(self, one: Account | str, *, actor: str, reason: str, at: datetime) -> bool:
        """Block an account, an address, or a domain as `@domain`; return False when it is blocked already."""

    async def unblock(self, one: Account | str, *, actor: str, reason: str, at: datetime) -> bool:
        """Lift a block; return False when there is none."""


class PauseAdministration(Protocol):
    """Paused keys as people look after them."""

    async def list(self, now: datetime) -> Sequence[Pause]:
        """Return the pauses that last now, newest first."""

    async def lift_on_record(self, key: str, *, actor: str, reason: str, at: datetime) -> bool:
        """End a pause, by a person and on record; return False when there is none."""

    async def record(self) -> Sequence[HistoryRow]:
        """Return who lifted what, oldest first."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An address outside that was asked for its agreement, and the answer."""

    address: str
    state: AgreementState
    asked_at: datetime
    asked_by: str
    until: datetime  # end of the time to answer
    answered_at: datetime | None = None
    reply_id: str = ""  # our id of the reply, as in the audit trail


class AgreementRequests(Protocol):
    """Questions to addresses outside."""

    async def ask(self, address: str, *, actor: str, reason: str, needs_tls: bool, sender: str = "") -> datetime:
        """Send a request, on record; return the end of the time to answer. Raises Refused.

        `needs_tls`: an agreement counts only where mail goes to the address by verified TLS. `sender` is our person who
        wants to write, whom the question names.
        """


class AgreementAdministration(Protocol):
    """Agreements as people look after them."""

    async def list(self) -> Sequence[Agreement]:
        """Return all that were asked, by address."""

    async def revoke(self, address: str, *, actor: str, reason: str, at: datetime) -> AgreementState | None:
        """Forget an agreement, or the question, on record; return its state until then, None when there is none."""

    async def record(self) -> Sequence[HistoryRow]:
        """Return who asked, answered and revoked, oldest first."""


class AuditCounts(Protocol):
    """Counts from the audit trail."""

    async def by_sender(self, area: str, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        """Return the number of messages with each code `area.…` by (sender in lower case, code), without `until`."""

    async def has_mail(self, since: datetime, until: datetime) -> bool:
        """Return whether any message was recorded in this time, without `until`."""
