"""Operations on the ledger: entries are read before anything is changed, and each change says why."""

from __future__ import annotations

from typing import Any

import pytest

from filters.payment_change.arguments import Unreadable
from filters.payment_change.operations import PaymentOperations
from gateway.contract import Account, Actor
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import Counterparties
from tests.support.builders.judgement import NOW, FakeClock

ALICE = Actor("alice", frozenset({"administrator"}), 1000)
IBAN = "DE89370400440532013000"


class Ledger:
    """A ledger that notes its changes."""

    def __init__(self) -> None:
        self.changes: list[tuple[Any, dict[str, Any]]] = []

    async def enter(self, accounts: Any, **by: Any) -> int:
        self.changes.append((accounts, by))
        return len(accounts)

    async def block(self, one: Any, **by: Any) -> bool:
        self.changes.append((one, by))
        return True


def operations(ledger: Any) -> PaymentOperations:
    return PaymentOperations(FakeClock(), ConfiguredDirectory((), {}, ["example.co.uk"]), Counterparties([]), ledger)


async def test_a_change_is_made_in_the_actors_name() -> None:
    """With the reason and the time."""
    ledger = Ledger()
    done = await operations(ledger)._import(ALICE, [["mail.supplier.example", IBAN]], "verified")
    assert done == {"entered": 1, "new": 1}
    assert ledger.changes == [
        ([("supplier.example", Account("iban", IBAN))], {"actor": "alice", "reason": "verified", "at": NOW})
    ]


async def test_a_wrong_row_stops_the_whole_import() -> None:
    """`check` tells its number; nothing is entered."""
    ledger = Ledger()
    rows = [["supplier.example", IBAN], ["example.co.uk", IBAN]]
    ((number, sentence),) = await operations(ledger)._check(ALICE, rows)
    assert (number, "is ours" in sentence) == (1, True)
    with pytest.raises(Unreadable, match="is ours"):
        await operations(ledger)._import(ALICE, rows, "verified")
    assert ledger.changes == []


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "..."])
async def test_a_change_says_why(reason: str) -> None:
    ledger = Ledger()
    with pytest.raises(Unreadable, match="--reason must say why"):
        await operations(ledger)._block(ALICE, "@supplier.example", reason)
    assert ledger.changes == []


async def test_without_its_key_there_is_no_ledger() -> None:
    """Rows are checked all the same."""
    with pytest.raises(Unreadable, match=r"there is no secret\.key"):
        await operations(None)._block(ALICE, "@supplier.example", "asked")
    assert await operations(None)._check(ALICE, [["supplier.example", IBAN]]) == []
