"""Operator commands on the ledger of payment accounts: list, import, block, forget. Each change says who and why.

`payment_arguments` reads the arguments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.act.reasons import says_something
from gateway.app import Components
from gateway.contract import Account
from gateway.operations.payment_arguments import PaymentNames, Unreadable, read_account, read_sender
from gateway.remember.ledger_admin import Payments


class PaymentOperations:
    """Answers to `payments.*`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._names = PaymentNames(parts.counterparties, parts.ours.domains)
        self.table: dict[str, Callable[..., Awaitable[Any]]] = {
            "payments.list": self._list,
            "payments.blocked": self._blocked,
            "payments.history": self._history,
            "payments.check": self._check,
            "payments.import": self._import,
            "payments.block": self._block,
            "payments.unblock": self._unblock,
            "payments.forget": self._forget,
        }

    async def _list(self, _: str, counterparty: str, account: str, limit: int) -> list[dict[str, Any]]:
        name = self._names.counterparty(counterparty) if counterparty else None
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

    async def _check(self, _: str, rows: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
        """Return the number, counted from nought, and the mistake of each wrong row; nothing is entered."""
        return [(number, sentence) for number, row in enumerate(rows) if (sentence := self._mistake(row))]

    def _mistake(self, row: Sequence[str]) -> str:
        try:
            self._entry(*row)
        except Unreadable as error:
            return str(error)
        return ""

    def _entry(self, counterparty: str, account: str) -> tuple[str, Account]:
        return self._names.new_counterparty(counterparty), read_account(account)

    async def _import(self, actor: str, rows: Sequence[Sequence[str]], reason: str) -> dict[str, int]:
        """Enter all of the rows or none. Accounts that were entered before stay as they are."""
        read = [self._entry(*row) for row in rows]
        new = await self._payments().enter(read, actor=actor, reason=_said(reason), at=self._now())
        return {"entered": len(read), "new": new}

    async def _block(self, actor: str, what: str, reason: str) -> bool:
        return await self._payments().block(
            self._names.blocked(what), actor=actor, reason=_said(reason), at=self._now()
        )

    async def _unblock(self, actor: str, what: str, reason: str) -> bool:
        return await self._payments().unblock(read_sender(what), actor=actor, reason=_said(reason), at=self._now())

    async def _forget(self, actor: str, counterparty: str, account: str, reason: str) -> int:
        name, one = self._names.typed(counterparty), read_account(account) if account else None
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
