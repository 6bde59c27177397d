"""Accounts by counterparty: what makes one steady, what nobody can read from the store, and what is blocked."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from gateway.contract import Account, LedgerRecord, Standing
from gateway.remember import ledger as module
from gateway.remember.database.sqlite import KeyReader
from gateway.remember.ledger import ADDED_ACCOUNTS
from gateway.remember.ledger_keys import KEY_BYTES, LedgerKeys
from gateway.remember.purge import LEDGER_DAYS

KEYS = LedgerKeys(bytes(range(32)))
SUPPLIER = "supplier.example"
OLD = Account("iban", "DE89370400440532013000")
NEW = Account("iban", "FR1420041010050500013M02606")
BRITISH = Account("iban", "GB29NWBK60161331926819")
SORT_CODE = Account("uk", "60161331926819")
TICK = timedelta(microseconds=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHO = {"actor": "alice", "reason": "from the accounts"}


@pytest.fixture
def ledger(store):
    return store.ledger(KEYS)


@pytest.fixture
def payments(store):
    return store.payments(KEYS)


async def seen(ledger, account: Account = OLD, name: str = SUPPLIER) -> LedgerRecord | None:
    return (await ledger.standing(name, [account])).known.get(account)


# --- what is seen ----------------------------------------------------------------------------------------------------


async def test_of_a_stranger_nothing_is_known(ledger):
    """No account, steady or not."""
    assert await ledger.standing(SUPPLIER, [OLD]) == Standing({}, 0, 0)


async def test_an_account_is_known_from_its_counterparty_alone(ledger):
    """Another one with the same account is another one."""
    await ledger.add(SUPPLIER, [OLD], NOON)
    assert await ledger.standing(SUPPLIER, [OLD, NEW]) == Standing({OLD: LedgerRecord(NOON, NOON, 1, False)}, 0, 1)
    assert await ledger.standing("other.example", [OLD]) == Standing({}, 0, 0)


@pytest.mark.parametrize(
    ("days", "steady"),
    [
        ([0], False),
        ([0, 15, 29], False),
        ([0, 15, 30], True),
        ([0, 30], False),
        ([0, 0, 0, 30], False),
        ([0, 1, 2, 3, 4], False),
        ([30, 15, 0], True),
    ],
)
async def test_three_dates_over_thirty_days_make_it_steady(ledger, days, steady):
    """An attacker's first invoices must not: neither many in a week nor two a month apart."""
    for day in days:
        await ledger.add(SUPPLIER, [OLD], NOON + timedelta(days=day))
    found = await ledger.standing(SUPPLIER, [OLD])
    assert (found.known[OLD].steady, found.steady) == (steady, int(steady))


@pytest.mark.parametrize(("span", "steady"), [(-TICK, False), (timedelta(0), True)])
async def test_thirty_days_are_counted_to_the_microsecond(ledger, span, steady):
    """Python and the database count alike."""
    for moment in (NOON, NOON + timedelta(days=10), NOON + timedelta(days=30) + span):
        await ledger.add(SUPPLIER, [OLD], moment)
    found = await ledger.standing(SUPPLIER, [OLD])
    assert (found.known[OLD].steady, found.steady) == (steady, int(steady))


async def test_a_date_counts_once(ledger):
    """A date lasts from midnight to midnight, in UTC."""
    midnight = NOON.replace(hour=0)
    for moment in (midnight, midnight + timedelta(hours=23), midnight + timedelta(days=1) - TICK):
        await ledger.add(SUPPLIER, [OLD], moment)
    assert (await seen(ledger)).dates == 1
    await ledger.add(SUPPLIER, [OLD], midnight + timedelta(days=1))
    assert (await seen(ledger)).dates == 2


async def test_a_date_that_comes_late_is_not_counted(ledger):
    """Between the first and the last nobody knows whether it was: one less is the safe mistake."""
    for day in (0, 30, 15):
        await ledger.add(SUPPLIER, [OLD], NOON + timedelta(days=day))
    assert (await seen(ledger)).dates == 2


async def test_a_british_account_has_two_forms(ledger):
    """IBAN, or sort code and number: whoever knows one knows the other."""
    await ledger.add(SUPPLIER, [BRITISH], NOON)
    assert await seen(ledger, SORT_CODE) == LedgerRecord(NOON, NOON, 1, False)
    await ledger.add(SUPPLIER, [SORT_CODE], NOON)
    assert (await ledger.standing(SUPPLIER, [BRITISH])).others == 1


@pytest.mark.parametrize("spelt", ["SUPPLIER.example", "@supplier.example", "supplier.Example"])
async def test_a_counterparty_has_one_name(ledger, spelt):
    """Letter case makes no difference."""
    await ledger.add(spelt, [OLD], NOON)
    assert await seen(ledger)


async def test_a_message_adds_so_many_accounts(ledger):
    """A list of thousands would only fill the store."""
    accounts = [Account("other", f"{number:08}") for number in range(ADDED_ACCOUNTS + 1)]
    await ledger.add(SUPPLIER, accounts, NOON)
    assert (await ledger.standing(SUPPLIER, accounts)).others == ADDED_ACCOUNTS


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_more_accounts_than_one_statement_takes(ledger, monkeypatch, count):
    """Are asked for in several."""
    monkeypatch.setattr(module, "READ_KEYS", 2)
    accounts = [Account("other", f"{number:08}") for number in range(count)]
    await ledger.add(SUPPLIER, accounts, NOON)
    assert len((await ledger.standing(SUPPLIER, accounts)).known) == count


async def test_two_workers_agree(store, second):
    """Each counts on what the other has counted, at the same time."""
    workers = [store.ledger(KEYS), second.ledger(KEYS)]
    days = [NOON + timedelta(days=day) for day in range(5)]
    await asyncio.gather(*(worker.add(SUPPLIER, [OLD], NOON) for worker in workers for _ in range(5)))
    for day in days:
        await asyncio.gather(*(worker.add(SUPPLIER, [OLD], day) for worker in workers))
    assert (await seen(workers[0])).dates == 5


async def test_no_number_and_no_name_is_in_the_store(file_store, tmp_path):
    """Not of what mail taught, not of an address; only a domain that was typed in stands there."""
    ledger, payments = file_store.ledger(KEYS), file_store.payments(KEYS)
    await ledger.add("learned.example", [OLD], NOON)
    await ledger.add("joe@freemail.example", [OLD], NOON)
    await payments.enter([("typed.example", NEW), ("ann@freemail.example", NEW)], at=NOON, **WHO)
    await payments.block(SORT_CODE, at=NOON, **WHO)
    await payments.block("eve@evil.example", at=NOON, **WHO)
    rows = sqlite3.connect(tmp_path / "store.db").execute("SELECT counterparty, account FROM ledger").fetchall()
    assert {len(key) for row in rows for key in row} == {KEY_BYTES}
    assert len({row[1] for row in rows}) == 4
    octets = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    for secret in (b"learned", b"freemail", b"evil", b"370400", b"601613", b"200410"):
        assert secret not in octets
    assert b"typed.example" in octets


async def test_with_another_key_nothing_is_known(store, ledger, payments):
    """The store has hashes: without the old `secret.key` nothing is known."""
    await ledger.add(SUPPLIER, [OLD], NOON)
    await payments.block(OLD, at=NOON, **WHO)
    other = store.ledger(LedgerKeys(bytes(32)))
    assert (await other.standing(SUPPLIER, [OLD])).others == 0
    assert not await other.blocked([OLD], [])


async def test_an_account_is_kept_from_its_last_mail(store, ledger, payments):
    """An account is kept to the microsecond, or for as long as is configured; a name goes with its last account."""
    edge = timedelta(days=LEDGER_DAYS)
    await payments.enter([(SUPPLIER, OLD)], at=NOON - timedelta(days=300), **WHO)
    await ledger.add(SUPPLIER, [OLD], NOON)
    await store.purge(NOON + edge, 30, 180)
    assert [entry.name for entry in await payments.accounts()] == [SUPPLIER]
    assert (await store.purge(NOON + edge + TICK, 30, 180))["ledger"] == 1
    await ledger.add(SUPPLIER, [OLD], NOON)
    assert [entry.name for entry in await payments.accounts()] == [""]
    assert (await store.purge(NOON + timedelta(days=2), 30, 180, ledger_days=1))["ledger"] == 1


# --- what is blocked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["quick", "none", "busy"])
async def test_what_is_blocked(store, payments, monkeypatch, reader):
    """Accounts, addresses and domains are looked up together; PostgreSQL and a busy SQLite use the slower way."""
    ledger = module.StoreLedger(store.database, KEYS) if reader == "none" else store.ledger(KEYS)
    if reader == "busy":
        monkeypatch.setattr(KeyReader, "blocked", lambda *_: None)
    for one in (BRITISH, "eve@outside.example", "@evil.example"):
        assert await payments.block(one, at=NOON, **WHO)
    senders = ["EVE@Outside.example", "x@evil.example", "x@deeper.evil.example", "joe@outside.example", ""]
    assert await ledger.blocked([OLD, SORT_CODE], senders) == {SORT_CODE, "EVE@Outside.example", "x@evil.example"}
    assert await ledger.blocked([], []) == frozenset()


async def test_a_block_outlives_every_purge(store, ledger, payments):
    """Until it is lifted."""
    await payments.block(OLD, at=NOON, **WHO)
    await store.purge(NOON + timedelta(days=10_000), 30, 180)
    assert await ledger.blocked([OLD], [])
    assert await payments.unblock(OLD, at=NOON, **WHO)
    assert not await ledger.blocked([OLD], [])
    assert not await payments.unblock(OLD, at=NOON, **WHO)


async def test_the_first_block_stays(payments):
    """The record has the first block's actor and reason."""
    assert await payments.block(OLD, at=NOON, **WHO)
    assert not await payments.block(OLD, at=NOON + TICK, actor="bob", reason="again")
    [block] = await payments.blocks()
    assert (block.kind, block.actor, block.reason, block.at) == ("iban", "alice", "from the accounts", NOON)


# --- what people do --------------------------------------------------------------------------------------------------


async def test_what_is_imported_is_verified(ledger, payments):
    """At once; known ones become so, and what is entered twice is there once."""
    await ledger.add(SUPPLIER, [OLD], NOON)
    assert await payments.enter([(SUPPLIER, OLD), (SUPPLIER, NEW), ("b.example", OLD)], at=NOON, **WHO) == 2
    assert await payments.enter([(SUPPLIER, OLD)], at=NOON, **WHO) == 0
    found = await ledger.standing(SUPPLIER, [OLD, NEW])
    assert (found.steady, found.others) == (2, 2)
    assert found.known[OLD] == LedgerRecord(NOON, NOON, 1, True)
    await ledger.add(SUPPLIER, [OLD], NOON + timedelta(days=1))
    assert (await seen(ledger)).verified


async def test_the_list(ledger, payments):
    """Named counterparties first; one alone by its name, whether it is in clear or not."""
    await ledger.add("learned.example", [OLD], NOON)
    await payments.enter([(SUPPLIER, OLD), (SUPPLIER, SORT_CODE), ("b.example", OLD)], at=NOON, **WHO)
    every = await payments.accounts()
    assert [entry.name for entry in every] == ["b.example", SUPPLIER, SUPPLIER, ""]
    assert len({entry.account for entry in every}) == 4
    assert [(e.kind, e.steady) for e in await payments.accounts("learned.example")] == [("iban", False)]
    assert len(await payments.accounts(limit=2)) == 2


async def test_what_is_forgotten(ledger, payments):
    """One account, or the counterparty with its name; nothing of others."""
    await payments.enter([(SUPPLIER, OLD), (SUPPLIER, NEW), ("b.example", OLD)], at=NOON, **WHO)
    assert await payments.forget(SUPPLIER, OLD, at=NOON, **WHO) == 1
    assert [entry.name for entry in await payments.accounts()] == ["b.example", SUPPLIER]
    assert await payments.forget(SUPPLIER, at=NOON, **WHO) == 1
    assert await payments.forget(SUPPLIER, at=NOON, **WHO) == 0
    assert [entry.name for entry in await payments.accounts()] == ["b.example"]
    await ledger.add(SUPPLIER, [OLD], NOON)
    assert [entry.name for entry in await payments.accounts(SUPPLIER)] == [""]


async def test_every_change_is_on_record(payments):
    """The record has who, when and why, and an account by its kind and handle alone."""
    await payments.enter([(SUPPLIER, OLD), (SUPPLIER, NEW)], at=NOON, **WHO)
    await payments.block(OLD, at=NOON, **WHO)
    await payments.unblock(OLD, at=NOON, **WHO)
    await payments.forget(SUPPLIER, at=NOON, **WHO)
    record = await payments.record()
    assert [row.operation for row in record] == ["import", "block", "unblock", "forget"]
    assert {(row.actor, row.at) for row in record} == {("alice", NOON)}
    assert record[0].reason == "2 accounts of 1 counterparties: from the accounts"
    assert record[1].reason.startswith("iban ")
    assert record[3].addresses == (SUPPLIER,)
    assert "370400" not in str(record)


async def test_a_forgotten_address_is_on_record_as_its_hash(payments):
    """It is somebody's, not a business's; the hash is that of the list."""
    await payments.enter([("joe@freemail.example", OLD)], at=NOON, **WHO)
    (entry,) = await payments.accounts()
    await payments.forget("joe@freemail.example", at=NOON, **WHO)
    record = await payments.record()
    assert record[-1].addresses == (f"(hash {entry.counterparty})",)
    assert "joe" not in str(record)
