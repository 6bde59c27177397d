"""Ledger rows for a person's decision on a held message, to be committed with its release or deletion.

The filters name the payees of the message. Nothing that they name is written unless a person has acted, and of several
accounts only those that the person means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.act.release.account_choice import AccountHandle, Known, OfferedAccount, chosen
from gateway.act.release.fraud_senders import fraud_senders
from gateway.contract import Account, LedgerRecord, Mail, Payee
from gateway.judge.chain import Chain
from gateway.remember.ledger_keys import LedgerKeys, handle
from gateway.remember.rows.ledger import Row, block_rows, kind_of, seen_rows
from gateway.remember.store import Store

RELIED_ON = "somebody relies on it: it is steady or verified in the ledger"
NOT_CHOSEN = "it was not chosen by --account"


class NoUsableAccount(LookupError):
    """No account or sender can be entered or blocked; the text says why."""


@dataclass(frozen=True, slots=True)
class VerifiedAccounts:
    """The accounts entered in the ledger with a release, at the same moment `at`.

    A later report of a fraud recognises them by that moment.
    """

    at: datetime
    accounts: tuple[AccountHandle, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class FraudItem:
    """An account by its handle, or an address."""

    what: str
    kind: str
    why: str = ""  # why it is not blocked


@dataclass(frozen=True, slots=True)
class FraudReport:
    """The accounts and addresses that a report of a fraud blocks, and those that it leaves alone."""

    blocked: tuple[FraudItem, ...]
    not_blocked: tuple[FraudItem, ...]
    rows: tuple[Row, ...]


class PaymentAccounts:
    def __init__(
        self,
        chain: Chain,
        store: Store,
        keys: LedgerKeys | None,
        ours: Container[str],
        counterparty: Callable[[str], str],
    ) -> None:
        self._chain = chain
        self._store = store
        self._keys = keys
        self._ours = ours
        self._counterparty = counterparty  # tells one organisation from another

    async def offers(self, mail: Mail) -> list[OfferedAccount]:
        """Return the accounts that the message names, to choose from; none without the ledger's key."""
        return await self._offers(await self._chain.payees(mail), ()) if self._keys else []

    async def verified(
        self, mail: Mail, codes: Collection[str], handles: Collection[str], at: datetime
    ) -> VerifiedAccounts:
        """Return the accounts verified with the release of a message held by these codes. Raises AmbiguousAccount."""
        found = [one for one in await self._chain.payees(mail, codes) if one.counterparty and one.accounts]
        if not found and not handles:
            return VerifiedAccounts(at)
        keys = self._key()
        offers = await self._offers(found, ())
        own = [one for one in offers if one.known in ("new", "seen", "relied on by others")]
        entered = chosen(offers, handles, own or offers[: len(offers) == 1])
        accounts = {one.account for one in entered}
        rows = [
            row
            for one in found
            for row in seen_rows(keys, one.counterparty, accounts & one.accounts, at, verified=True)
        ]
        return VerifiedAccounts(at, tuple(one.named for one in entered), tuple(rows))

    async def fraudulent(
        self,
        mail: Mail,
        handles: Collection[str],
        *,
        released_at: Collection[datetime],
        actor: str,
        reason: str,
        at: datetime,
    ) -> FraudReport:
        """Return the accounts and senders to block.

        Raises AmbiguousAccount, and NoUsableAccount where there is nothing to block.

        An account that anybody relies on is left alone, unless it came into the ledger with the release of this very
        message, at one of the times in `released_at`. An address of ours is never blocked.
        """
        found = await self._chain.payees(mail)
        senders = {s for one in found for s in one.senders}
        if not senders and not any(one.accounts for one in found) and not handles:
            raise NoUsableAccount("no filter names an account or a sender to block: delete the message without --fraud")
        keys = self._key()
        offers = await self._offers(found, released_at)
        meant = chosen(offers, handles, [one for one in offers if one.is_strange and not one.blocked])
        accounts = [one for one in offers if one.is_strange and (one in meant or one.blocked)]
        blamed = fraud_senders(mail, senders, self._ours, self._counterparty)
        left = [
            *(FraudItem(one.handle, one.account.kind, _why(one)) for one in offers if one not in accounts),
            *(FraudItem(address, "address", why) for address, why in blamed.spared),
        ]
        what: list[Account | str] = [*(one.account for one in accounts), *blamed.blocked]
        if not what:
            why = "; ".join(f"{one.what}: {one.why}" for one in left)
            raise NoUsableAccount(
                f"the report would block nothing ({why}): use `payments block`, or delete the message without --fraud"
            )
        return FraudReport(
            tuple(
                FraudItem(handle(keys.blocked(one)) if isinstance(one, Account) else one, kind_of(one)) for one in what
            ),
            tuple(left),
            tuple(block_rows(keys, what, actor=actor, reason=reason, at=at, mail_id=mail.id)),
        )

    async def _offers(self, found: Sequence[Payee], released_at: Collection[datetime]) -> list[OfferedAccount]:
        keys = self._key()
        accounts = {account for one in found for account in one.accounts}
        ledger = self._store.ledger(keys)
        seen: dict[Account, LedgerRecord] = {}
        for one in found:
            if one.counterparty and one.accounts:
                known = (await ledger.standing(one.counterparty, one.accounts)).known
                seen |= {account: s for account, s in known.items() if s.first not in released_at}
        own = {(one.counterparty, first) for one in found if one.counterparty for first in released_at}
        relied_on = await self._store.payments(keys).relied_on(accounts, besides=own) if accounts else frozenset()
        blocked = await ledger.blocked(accounts, ())
        offers = [
            OfferedAccount(one, handle(keys.blocked(one)), _known(seen.get(one), one in relied_on), one in blocked)
            for one in accounts
        ]
        return sorted(offers, key=lambda one: one.handle)

    def _key(self) -> LedgerKeys:
        if self._keys is None:
            raise NoUsableAccount("there is no secret.key to keep the ledger with: `mailwarden serve` makes it")
        return self._keys


def _known(seen: LedgerRecord | None, relied_on: bool) -> Known:
    if seen and seen.steady:
        return "verified" if seen.verified else "steady"
    return "relied on by others" if relied_on else "seen" if seen else "new"


def _why(offer: OfferedAccount) -> str:
    return NOT_CHOSEN if offer.is_strange else RELIED_ON
