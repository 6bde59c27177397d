"""A filter for tests of the ledger and of releases: it reads lines `Pay to: ACCOUNT`.

It believes whatever `From:` says. In the chain of a test by `monkeypatch.setitem(FILTERS, "paying", PaymentFilter)`; of
a gateway that runs, by `registered`, the environment of its processes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from gateway.contract import (
    DIRECTIONS,
    Account,
    Code,
    Codes,
    Direction,
    Finding,
    Ledger,
    Mail,
    Mode,
    Outcome,
    Payee,
    Settings,
    parse_account,
)

PROJECT = Path(__file__).resolve().parents[3]

#: Python reads it at the start of every process that has its folder in PYTHONPATH.
_SITE = """
from filters.registry import FILTERS
from tests.support.builders.payment_filter import PaymentFilter
FILTERS["paying"] = PaymentFilter
"""


class PaymentFilterSettings(Settings):
    """None of its own."""


class PaymentFilter:
    """Finds accounts that are blocked, or that are none of the steady ones of their counterparty."""

    name: ClassVar[str] = "paying"
    Settings: ClassVar[type[Settings]] = PaymentFilterSettings
    codes: ClassVar[Codes] = {
        "paying.account": Code("payments.changes", "quarantine", "It has paying.account."),
        "paying.blocked": Code("payments.changes", "quarantine", "It has paying.blocked."),
    }
    release_needs_verification: ClassVar[frozenset[str]] = frozenset(codes)
    answered_by_verification: ClassVar[frozenset[str]] = frozenset({"paying.account"})
    notices: ClassVar[Mapping[str, str]] = dict.fromkeys(codes, "payment_change")
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    def __init__(self, settings: PaymentFilterSettings, ledger: Ledger) -> None:
        self._ledger = ledger

    async def check(self, mail: Mail) -> Sequence[Finding]:
        accounts = accounts_of(mail)
        if await self._ledger.blocked(accounts, [sender_of(mail)]):
            return [Finding("paying.blocked", "The message names an account, or comes from a sender, that is blocked.")]
        known = (await self._ledger.standing(counterparty_of(mail), accounts)).known
        if all(account in known and known[account].steady for account in accounts):
            return []
        return [Finding("paying.account", "The message names another account than the usual one.")]

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        if set(outcome.actions.values()) == {"relay"}:
            await self._ledger.add(counterparty_of(mail), accounts_of(mail), mail.received_at)

    async def payee(self, mail: Mail) -> Payee:
        ours = mail.directions == {"outbound"}
        return Payee("" if ours else counterparty_of(mail), accounts_of(mail), frozenset({sender_of(mail)}))


def accounts_of(mail: Mail) -> frozenset[Account]:
    lines = (line for part in mail.message.leaves for line in part.text.splitlines())
    found = (parse_account(line.partition(":")[2]) for line in lines if line.startswith("Pay to:"))
    return frozenset(account for account in found if account)


def sender_of(mail: Mail) -> str:
    return (mail.message.header("from") or "").rpartition("<")[2].strip("> ")


def counterparty_of(mail: Mail) -> str:
    return sender_of(mail).rpartition("@")[2]


def registered(folder: Path) -> dict[str, str]:
    """Return the environment in which each process of a gateway knows the filter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITE)
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"}


def bill(account: str, *, sender: str = "ap@supplier.example", id: str = "b@x", to: str = "bob@example.co.uk") -> bytes:
    """Return a message that asks for money."""
    return (
        f"From: Accounts <{sender}>\r\nTo: {to}\r\nSubject: Invoice\r\nMessage-ID: <{id}>\r\n\r\n"
        f"Thank you for your order.\r\nPay to: {account}\r\n"
    ).encode()
