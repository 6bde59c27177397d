"""The search of the audit trail, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.remember.rows import audit_search as module
from gateway.remember.rows.audit_search import Sought
from gateway.remember.store import Store
from tests.unit.remember.conftest import NOW, Make

SECOND = timedelta(seconds=1)
REFUSED = "550 5.7.1 Executables are not accepted (m3)"


@pytest.fixture
async def several(store: Store, make: Make) -> Store:
    """Return a store with four messages, a second apart."""
    bob, ann, eve = "bob@example.com", "Ann@example.com", "eve@outside.example"
    rows: list[dict[str, Any]] = [
        {"recipients": ((bob, "inbound", "relay"), (ann, "inbound", "relay"))},
        {"recipients": ((ann, "inbound", "quarantine"),), "client": "2001:db8::1"},
        {"recipients": ((eve, "outbound", "reject"),), "mail_from": bob, "reply": REFUSED, "login": "bbaker"},
        {"recipients": ((bob, "inbound", "defer"),), "mail_from": "", "reply": "451 4.7.1 Later", "message_id": ""},
    ]
    for number, values in enumerate(rows, 1):
        store.audit.append(make.audit(f"m{number}", at=NOW + number * SECOND, **values))
    await store.audit.flush()
    return store


async def found(store: Store, limit: int = 100, behind: str = "", **sought: Any) -> list[str]:
    return [row.id for row in await store.audit.trace(Sought(**sought), limit, behind)]


@pytest.mark.parametrize(
    ("sought", "ids"),
    [
        ({"words": ("EVE@outside.example",)}, ["m3", "m2", "m1"]),
        ({"words": ("<ann@example.com>",)}, ["m2", "m1"]),
        ({"words": ("@outside.example",)}, ["m3", "m2", "m1"]),
        ({"words": ("@EXAMPLE.com",)}, ["m4", "m3", "m2", "m1"]),
        ({"words": ("*@example.com",)}, ["m4", "m3", "m2", "m1"]),
        ({"words": ("@com",)}, []),
        ({"words": ("@xample.com",)}, []),
        ({"words": ("<>",)}, ["m4"]),
        ({"words": ("BBaker",)}, ["m3"]),
        ({"words": ("eve@outside.example", "bob@example.com")}, ["m3", "m1"]),
        ({"words": ("ann@example.com", "bob@example.com")}, ["m1"]),
        ({"client": "2001:db8::1"}, ["m2"]),
        ({"reply": "250"}, ["m2", "m1"]),
        ({"reply": "550"}, ["m3"]),
        ({"reply": "451"}, ["m4"]),
        ({"reply": "EXECUTABLES are"}, ["m3"]),
        ({"reply": "5.7.1"}, ["m3"]),
        ({"reply": "%"}, []),
        ({"reply": "taken"}, []),
        ({"since": NOW + 2 * SECOND, "until": NOW + 4 * SECOND}, ["m3", "m2"]),
        ({"words": ("@example.com",), "reply": "250", "client": "192.0.2.1"}, ["m1"]),
        ({"words": ("@example.com",), "reply": "550", "since": NOW}, ["m3"]),
        ({"words": ("@example.com",), "reply": "550", "since": NOW + 4 * SECOND}, []),
        ({"words": ("\udcff", "\0")}, []),
        ({"reply": "\udcff\0"}, []),
    ],
)
async def test_every_condition_must_hold(several: Store, sought: dict[str, Any], ids: list[str]) -> None:
    """Newest first, each message once."""
    assert await found(several, **sought) == ids


async def test_the_domain_stands_behind_the_last_at(store: Store, make: Make) -> None:
    """A quoted local part may have one of its own."""
    store.audit.append(make.audit(mail_from='"a@b.example"@outside.example'))
    assert await found(store, words=("@outside.example",)) == ["m1"]
    assert await found(store, words=("@b.example",)) == []


async def test_our_id_is_nobody_elses_message_id(store: Store, make: Make) -> None:
    """A sender gets our id with the reply, and may make it the Message-ID of another message."""
    id = "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"
    store.audit.append(make.audit(id))
    store.audit.append(make.audit("m2", at=NOW + SECOND, message_id=f"<{id}>"))
    assert await found(store, words=(id,)) == [id]
    assert await found(store, words=(f"<{id}>",)) == ["m2"]


async def test_a_long_reply_is_cut_and_found(store: Store, make: Make) -> None:
    """PostgreSQL's index takes 2,704 octets; a summary may have any letters."""
    store.audit.append(make.audit(reply=f"550 5.7.1 {'😀' * 2_000} end"))
    assert await store.audit.flush()
    assert await found(store, reply="5.7.1 😀") == ["m1"]


# --- subjects --------------------------------------------------------------------------------------------------------


async def test_subjects_of_held_mail_are_searched(store: Store, make: Make) -> None:
    """All words, in any case; not those of personal mail, and of no mail that has no row."""
    for id, subject, labels in (
        ("m1", "Invoice May", ()),
        ("m2", "invoice June", ()),
        ("m3", "Invoice", ("personal",)),
    ):
        await store.quarantine.hold(make.entry(id, subject=subject, labels=labels), b"raw", audit=make.audit(id))
    await store.quarantine.hold(make.entry("m4", subject="Invoice"), b"raw")
    assert await found(store, subject="INVOICE") == ["m2", "m1"]
    assert await found(store, subject="may voice") == ["m1"]
    assert await found(store, subject="*") == ["m2", "m1"]
    assert await found(store, subject="invoice", words=("@outside.example",), client="192.0.2.1") == ["m2", "m1"]
    assert await found(store, subject="invoice", client="192.0.2.2") == []


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def many(store: Store, make: Make) -> Store:
    """Return a store with nine messages, three at a time; every third has another client, each two recipients."""
    for number in range(9):
        client = "192.0.2.9" if number % 3 == 0 else "192.0.2.1"
        at = NOW + (number // 3) * SECOND
        store.audit.append(make.audit(f"m{number}", "bob@example.com", "ann@example.com", at=at, client=client))
    await store.audit.flush()
    return store


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9])
@pytest.mark.parametrize(
    "sought", [{"words": ("@example.com",)}, {"words": ("@example.com", "@outside.example")}, {"since": NOW}]
)
async def test_pages_hold_each_message_once(many: Store, sought: dict[str, Any], limit: int) -> None:
    """Whatever the page's length; the last page says that it is the last."""
    pages, behind = [], ""
    while True:
        page = await many.audit.trace(Sought(**sought), limit, behind)
        pages += [row.id for row in page]
        if page.behind is None:
            break
        behind = page.behind[0]
    assert pages == [f"m{number}" for number in (8, 7, 6, 5, 4, 3, 2, 1, 0)]


async def test_a_search_is_bounded(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says from where to go on, if both conditions are common and seldom meet."""
    monkeypatch.setattr(module, "STEP_ROWS", 2)
    monkeypatch.setattr(module, "MOST_ROWS", 4)
    monkeypatch.setattr(module, "MOST_COUNTED", 1)
    sought, ids, behind, pages = Sought(("@outside.example",), client="192.0.2.9"), [], "", 0
    while True:
        page = await many.audit.trace(sought, 100, behind)
        ids += [row.id for row in page]
        pages += 1
        if page.behind is None:
            break
        behind = page.behind[0]
    assert ids == ["m6", "m3", "m0"]
    assert pages == 3


async def test_a_place_that_is_none(many: Store) -> None:
    with pytest.raises(LookupError, match="no message on record has the id m99"):
        await found(many, behind="m99", words=("@example.com",))


async def test_the_rarest_condition_is_walked(many: Store) -> None:
    """The others are asked of its rows alone."""
    sought = Sought(("@example.com", "m4"), client="192.0.2.1")
    conditions = list(module._conditions(sought))
    async with many.database.reading() as connection:
        assert await module._fewest(connection, conditions, sought) is conditions[1]
        assert await module._fewest(connection, [conditions[0]], sought) is conditions[0]
        assert await module._fewest(connection, [], sought) is None


#: The index of each walk of a search by address, domain, null sender, client and reply.
INDEXES = (
    *("autoindex_audit_1", "ix_audit_sender", "ix_audit_message_id", "ix_audit_message_id", "ix_audit_login"),
    *("ix_audit_recipients_address", "ix_audit_sender_domain", "ix_audit_recipients_domain", "ix_audit_sender"),
    *("ix_audit_client", "ix_audit_refused"),
)


@pytest.mark.parametrize("times", [(NOW, NOW), (None, None)])
async def test_no_table_is_read_as_a_whole(store: Store, times: tuple[Any, Any]) -> None:
    """Every walk goes along its index; PostgreSQL could scan an empty table, or go along another, though it needn't."""
    sought = Sought(("x@example.com", "@example.com", "<>"), "192.0.2.1", "550", "", *times)
    walks = [walk for condition in module._conditions(sought) for walk in condition.walks]
    async with store.database.writing() as connection:
        is_sqlite = store.database.is_sqlite
        if not is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
            await connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN (COSTS OFF)"
        for walk, index in zip(walks, INDEXES, strict=True):
            query = module.walk_query(walk, sought, ("m1", NOW), 10)
            sql = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
            escaped = sql.replace(":", "\\:")
            plan = [str(row[-1]) for row in await connection.execute(text(f"{explain} {escaped}"))]
            assert any((index if is_sqlite else "Index ") in line for line in plan), plan
            assert not any("Seq Scan" in line for line in plan), plan
