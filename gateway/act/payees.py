"""What a person's word about a held message means for the ledger: rows to be committed with release or deletion.

The filters say whom the message wants to be paid; nothing that they say is written unless a person has acted.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from datetime import datetime

from gateway.contract import Account, Mail
from gateway.judge.chain import Chain
from gateway.receive.path import split_address
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.ledger_rows import Row, block_rows, seen_rows


class Unknown(LookupError):
    """Nothing can be entered or blocked; the text says why."""


class Payees:
    def __init__(self, chain: Chain, keys: LedgerKeys | None, ours: Container[str]) -> None:
        self._chain = chain
        self._keys = keys
        self._ours = ours

    async def verified(self, mail: Mail, codes: Collection[str], at: datetime) -> list[Row]:
        """The accounts that are verified with the release of what these codes held."""
        found = [one for one in await self._chain.payees(mail, codes) if one.counterparty and one.accounts]
        if not found:
            return []
        keys = self._key()
        return [row for one in found for row in seen_rows(keys, one.counterparty, one.accounts, at, verified=True)]

    async def fraudulent(self, mail: Mail, *, actor: str, reason: str, at: datetime) -> list[Row]:
        """The accounts and senders that are blocked. Raises Unknown where there is nothing to block.

        An address of ours never is: a thief writes in the name of those whom people obey.
        """
        found = await self._chain.payees(mail)
        senders = {s for one in found for s in one.senders if split_address(s)[1] not in self._ours}
        accounts = {account for one in found for account in one.accounts}
        if not senders and not accounts:
            raise Unknown("no filter knows an account or a sender in it to block: delete it without --fraud")
        what: list[Account | str] = [*sorted(accounts, key=str), *sorted(senders)]
        return block_rows(self._key(), what, actor=actor, reason=reason, at=at, mail_id=mail.id)

    def _key(self) -> LedgerKeys:
        if self._keys is None:
            raise Unknown("there is no secret.key to keep the ledger with: `mailwarden serve` makes it")
        return self._keys
