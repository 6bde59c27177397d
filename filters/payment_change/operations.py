"""Operations on the ledger of payment accounts: list, import, block, forget. Each change says who and why.

`arguments` reads the arguments, `commands` is the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from filters.payment_change.arguments import PaymentNames, Unreadable, read_account, read_sender
from gateway.contract import Account, Actor, Clock, Directory, LedgerAdministration, operation, says_something
from gateway.matching import Counterparties

#: A counterparty and an account, as they are imported.
PaymentRow = Annotated[Sequence[str], Field(min_length=2, max_length=2)]


class PaymentOperations:
    """Answers to `payments.*`."""

    def __init__(
        self,
        clock: Clock,
        directory: Directory,
        counterparties: Counterparties,
        ledger_administration: LedgerAdministration | None,
    ) -> None:
        self._clock = clock
        self._names = PaymentNames(counterparties, directory)
        self._administration = ledger_administration

    @operation("payments.list", "reviewer", "approver", "administrator")
    async def _list(self, _: Actor, counterparty: str, account: str, limit: int) -> list[dict[str, Any]]:
        name = self._names.counterparty(counterparty) if counterparty else None
        if account and name is None:
            raise Unreadable("--account needs the counterparty: the ledger knows the two only together")
        one = read_account(account) if account else None
        entries = await self._ledger.accounts(name, one, limit=limit)
        return [_as_json(asdict(entry)) for entry in entries]

    @operation("payments.blocked", "reviewer", "approver", "administrator")
    async def _blocked(self, _: Actor, limit: int) -> list[dict[str, Any]]:
        return [_as_json(asdict(block)) for block in await self._ledger.blocks(limit=limit)]

    @operation("payments.history", "reviewer", "approver", "administrator")
    async def _history(self, _: Actor) -> list[dict[str, Any]]:
        rows = await self._ledger.record()
        return [
            _as_json({"at": h.at, "actor": h.actor, "operation": h.operation, "reason": h.reason, "about": h.addresses})
            for h in rows
        ]

    @operation("payments.check", "administrator")
    async def _check(self, _: Actor, rows: Sequence[PaymentRow]) -> list[tuple[int, str]]:
        """Return the number, counted from nought, and the mistake of each wrong row; nothing is entered."""
        return [(number, sentence) for number, row in enumerate(rows) if (sentence := self._mistake(row))]

    def _mistake(self, row: PaymentRow) -> str:
        try:
            self._entry(*row)
        except Unreadable as error:
            return str(error)
        return ""

    def _entry(self, counterparty: str, account: str) -> tuple[str, Account]:
        return self._names.new_counterparty(counterparty), read_account(account)

    @operation("payments.import", "administrator")
    async def _import(self, actor: Actor, rows: Sequence[PaymentRow], reason: str) -> dict[str, int]:
        """Enter all of the rows or none. Accounts that were entered before stay as they are."""
        read = [self._entry(*row) for row in rows]
        new = await self._ledger.enter(read, actor=actor.name, reason=_said(reason), at=self._now())
        return {"entered": len(read), "new": new}

    @operation("payments.block", "reviewer", "administrator")
    async def _block(self, actor: Actor, what: str, reason: str) -> bool:
        return await self._ledger.block(
            self._names.blocked(what), actor=actor.name, reason=_said(reason), at=self._now()
        )

    @operation("payments.unblock", "administrator")
    async def _unblock(self, actor: Actor, what: str, reason: str) -> bool:
        return await self._ledger.unblock(read_sender(what), actor=actor.name, reason=_said(reason), at=self._now())

    @operation("payments.forget", "administrator")
    async def _forget(self, actor: Actor, counterparty: str, account: str, reason: str) -> int:
        name, one = self._names.typed(counterparty), read_account(account) if account else None
        return await self._ledger.forget(name, one, actor=actor.name, reason=_said(reason), at=self._now())

    @property
    def _ledger(self) -> LedgerAdministration:
        if self._administration is None:
            raise Unreadable("there is no secret.key to keep the ledger with: `mailwarden serve` makes it")
        return self._administration

    def _now(self) -> datetime:
        return self._clock.now()


def _said(reason: str) -> str:
    if not says_something(reason):
        raise Unreadable("--reason must say why")
    return reason


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
