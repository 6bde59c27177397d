"""The ledger of payment accounts as people may ask for it: list, import, block, forget. Each change says who and why.

What they type in is read here: an account by its checksum, a counterparty as its organisational domain or an address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.act.said import says_something
from gateway.contract import Account, parse_account
from gateway.message.accounts import MAX_CHARACTERS
from gateway.receive.path import split_address
from gateway.remember.payments import Payments
from gateway.understand.authentication.domains import ascii_domain, organisation

if TYPE_CHECKING:
    from gateway.app import Parts

#: For accounts of other countries, which have no checksum that we know: `other:062-000 12345678`.
OTHER = "other:"
#: Of an account of another kind: the shortest that a country has, and twice the longest.
OTHER_CHARACTERS = range(5, 65)

_KINDS = "an IBAN, a UK sort code and account number, a US routing number and account number, a wallet's address"


class Unreadable(ValueError):
    """What was typed in names no account, counterparty or sender."""


def read_account(text: str) -> Account:
    """Raises Unreadable: a digit is wrong, or it is of a kind that has to be written as `other:`."""
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"{text[:20]!r}… is too long for an account")
    if text.lower().startswith(OTHER):
        number = "".join(c for c in text[len(OTHER) :].upper() if c.isalnum())
        if len(number) not in OTHER_CHARACTERS or not any(c.isdigit() for c in number):
            raise Unreadable(f"{text!r} has no number of {OTHER_CHARACTERS[0]} to {OTHER_CHARACTERS[-1]} characters")
        return Account("other", number)
    found = parse_account(text)
    if found is None:
        raise Unreadable(f"{text!r} is not {_KINDS} with the right check digits; {OTHER}NUMBER is taken as it is")
    if found.kind == "bic":
        raise Unreadable(f"{text!r} is a BIC: it names a bank, not an account")
    return found


def read_counterparty(text: str) -> str:
    """The organisational domain of a business, or an address, which only free mail is known by. Raises Unreadable."""
    local, domain = split_address(text.strip().lower()) if "@" in text else ("", text.strip().lower())
    name = ascii_domain(domain)
    if not name:
        raise Unreadable(f"{text!r} is neither a domain nor an address")
    return f"{local}@{name}" if local else organisation(name)


def read_blocked(text: str) -> Account | str:
    """An account, an address, or all of a domain as `@domain`. Raises Unreadable."""
    local, at, domain = text.strip().lower().rpartition("@")
    if not at:
        return read_account(text)
    name = ascii_domain(domain)
    if not name:
        raise Unreadable(f"{text!r} is no address: `@example.org` is all of a domain")
    return f"{local}@{name}"


class PaymentOperations:
    """Answers `payments.*`; the roles are those of `operations`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.table: dict[str, Callable[..., Awaitable[Any]]] = {
            "payments.list": self._list,
            "payments.blocked": self._blocked,
            "payments.history": self._history,
            "payments.import": self._import,
            "payments.block": self._block,
            "payments.unblock": self._unblock,
            "payments.forget": self._forget,
        }

    async def _list(self, _: str, counterparty: str, account: str, limit: int) -> list[dict[str, Any]]:
        name = read_counterparty(counterparty) if counterparty else None
        if account and name is None:
            raise Unreadable("--account needs the counterparty: the ledger knows the two only together")
        one = read_account(account) if account else None
        entries = await self._payments().accounts(name, one, limit=limit)
        return [_as_json(asdict(entry)) for entry in entries]

    async def _blocked(self, _: str, limit: int) -> list[dict[str, Any]]:
        return [_as_json(asdict(block)) for block in await self._payments().blocks(limit=limit)]

    async def _history(self, _: str) -> list[dict[str, Any]]:
        rows = await self._payments().record()
        return [
            _as_json({"at": h.at, "actor": h.actor, "operation": h.operation, "reason": h.reason, "about": h.addresses})
            for h in rows
        ]

    async def _import(self, actor: str, rows: Sequence[Sequence[str]], reason: str) -> dict[str, int]:
        """All of them or none."""
        read = [(read_counterparty(counterparty), read_account(account)) for counterparty, account in rows]
        new = await self._payments().enter(read, actor=actor, reason=_said(reason), at=self._now())
        return {"entered": len(read), "new": new}

    async def _block(self, actor: str, what: str, reason: str) -> bool:
        return await self._payments().block(read_blocked(what), actor=actor, reason=_said(reason), at=self._now())

    async def _unblock(self, actor: str, what: str, reason: str) -> bool:
        return await self._payments().unblock(read_blocked(what), actor=actor, reason=_said(reason), at=self._now())

    async def _forget(self, actor: str, counterparty: str, account: str, reason: str) -> int:
        name, one = read_counterparty(counterparty), read_account(account) if account else None
        return await self._payments().forget(name, one, actor=actor, reason=_said(reason), at=self._now())

    def _payments(self) -> Payments:
        if self._parts.ledger_keys is None:
            raise Unreadable("there is no secret.key to keep the ledger with: `mailwarden serve` makes it")
        return self._parts.store.payments(self._parts.ledger_keys)

    def _now(self) -> datetime:
        return self._parts.clock.now()


def _said(reason: str) -> str:
    if not says_something(reason):
        raise Unreadable("--reason must say why")
    return reason


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
