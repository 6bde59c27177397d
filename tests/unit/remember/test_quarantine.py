"""Holding messages and finding them again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.remember.rows import contents
from gateway.remember.store import NotHeld, StoreUnavailable


async def test_an_entry_comes_back_as_it_went_in(store, make):
    """Every field of message and copy survives, times to the microsecond."""
    copies = (
        make.copy("bob@example.com", key=b"k" * 32, notify="SUCCESS,FAILURE", orcpt="rfc822;bob+40x"),
        make.copy("Eva@example.com", key=b"e" * 32, codes=("virus.found", "attachment.executable")),
    )
    entry = make.entry(copies=copies)
    assert await store.quarantine.hold(entry, b"raw")
    assert await store.quarantine.get("m1") == entry


async def test_no_such_entry(store):
    """Unknown ids are None or NotHeld."""
    assert await store.quarantine.get("m1") is None
    with pytest.raises(NotHeld):
        await store.quarantine.content("m1")


@pytest.mark.parametrize("size", [0, 1, contents.IN_THREAD_BYTES - 1, contents.IN_THREAD_BYTES, 3_000_000])
async def test_content_comes_back_byte_for_byte(store, make, size):
    """Whatever its size, and whether or not it was packed in a thread."""
    raw = bytes(range(256)) * (size // 256 + 1)
    await store.quarantine.hold(make.entry(), raw[:size])
    assert await store.quarantine.content("m1") == raw[:size]


async def test_a_second_store_sees_it_at_once(store, second, make):
    """One worker knows a message that another one holds."""
    await store.quarantine.hold(make.entry(), b"raw")
    assert await second.quarantine.known([make.key("m1bob@example.com")]) == {make.key("m1bob@example.com")}
    assert await second.quarantine.content("m1") == b"raw"


async def test_text_that_no_database_takes_is_written_out(store, make):
    """Lone surrogates and NUL from a hostile header don't stop a message from being held."""
    await store.quarantine.hold(make.entry(subject="a\udcffb\0c", findings=[{"quote": "\udcff\0"}]), b"raw")
    entry = await store.quarantine.get("m1")
    assert entry.subject == "a\\udcffb\\x00c"
    assert entry.findings == [{"quote": "\udcff\0"}]


# --- retries ---------------------------------------------------------------------------------------------------------


async def test_known_returns_the_keys_that_are_there(store, make):
    """The answer for many keys has those that were held; the answer for none is empty."""
    await store.quarantine.hold(make.entry("m1", "a@example.com", "b@example.com"), b"raw")
    keys = [make.key("m1a@example.com"), make.key("m1b@example.com")]
    assert await store.quarantine.known([make.key("other"), *keys]) == set(keys)
    assert await store.quarantine.known([]) == set()


async def test_known_takes_the_slower_way_when_sqlite_is_busy(store, make, monkeypatch):
    """The fast reader never waits; the answer is the same."""
    await store.quarantine.hold(make.entry(), b"raw")
    monkeypatch.setattr("gateway.remember.database.sqlite.KeyReader.known", lambda self, keys: None)
    assert await store.quarantine.known([make.key("m1bob@example.com"), b"x"]) == {make.key("m1bob@example.com")}


async def test_a_retry_makes_no_second_entry(store, make):
    """The same keys under another id: False, and nothing is added."""
    first = make.entry()
    assert await store.quarantine.hold(first, b"raw", notices=[make.notice()])
    again = replace(first, id="m2")
    assert not await store.quarantine.hold(again, b"raw", notices=[make.notice("m2")], audit=make.audit("m2"))
    assert [entry.id for entry in await store.quarantine.list()] == ["m1"]
    assert [len(due[2]) for due in await store.notices.due(make.now)] == [1]
    assert await store.audit.trace("m2") == []


async def test_copies_that_were_held_before_are_dropped(store, make):
    """A retry that brings a new recipient is held for that one alone."""
    await store.quarantine.hold(make.entry("m1", "a@example.com"), b"raw")
    copies = (make.copy("a@example.com", key=make.key("m1a@example.com")), make.copy("b@example.com", key=b"new"))
    assert await store.quarantine.hold(make.entry("m2", copies=copies), b"raw")
    assert [copy.address for copy in (await store.quarantine.get("m2")).copies] == ["b@example.com"]


async def test_a_recipient_named_twice_is_one_copy(store, make):
    """RCPT with the same address twice has the same key twice."""
    copies = (make.copy(key=b"same"), make.copy(key=b"same"))
    await store.quarantine.hold(make.entry(copies=copies), b"raw")
    assert len((await store.quarantine.get("m1")).copies) == 1


async def test_copies_without_a_key_are_never_retries(store, make):
    """An empty key is none."""
    copies = (make.copy("a@example.com"), make.copy("b@example.com"))
    assert await store.quarantine.hold(make.entry("m1", copies=copies), b"raw")
    assert await store.quarantine.hold(make.entry("m2", copies=copies), b"raw")
    assert len((await store.quarantine.get("m2")).copies) == 2


async def test_outbox_rows_are_committed_even_with_a_retry(store, make):
    """The copies in the outbox were promised to the client: a known quarantine copy doesn't take them away."""
    await store.quarantine.hold(make.entry(), b"raw", outbox=[(make.item("o1"), b"one")])
    assert not await store.quarantine.hold(make.entry(), b"raw", outbox=[(make.item("o2"), b"two")])
    claimed = await store.outbox.claim(make.now, 10, 60)
    assert [(item.id, content) for item, content in claimed] == [("o1", b"one"), ("o2", b"two")]


async def test_the_same_message_held_by_two_workers_at_once(store, second, make):
    """One makes the entry, the other is told that it is there."""
    entries = [make.entry("m1"), replace(make.entry("m1"), id="m2")]
    answers = await asyncio.gather(
        *(s.quarantine.hold(e, b"raw") for s, e in zip((store, second), entries, strict=True))
    )
    assert sorted(answers) == [False, True]
    assert len(await store.quarantine.list()) == 1


async def test_two_workers_hold_many(store, second, make):
    """Writers of two stores wait for each other and all succeed."""
    stores = (store, second)
    jobs = [stores[n % 2].quarantine.hold(make.entry(f"m{n}"), b"raw %d" % n) for n in range(60)]
    assert all(await asyncio.gather(*jobs))
    assert len(await store.quarantine.list(limit=100)) == 60


async def test_an_id_is_used_once(store, make):
    """A second entry under the same id is a programmer's error, and the first stays as it was."""
    from sqlalchemy.exc import IntegrityError

    await store.quarantine.hold(make.entry(), b"raw")
    with pytest.raises(IntegrityError):
        await store.quarantine.hold(make.entry(copies=(make.copy(key=b"other"),)), b"else")
    assert await store.quarantine.content("m1") == b"raw"
    assert await store.quarantine.known([b"other"]) == set()


async def test_damaged_content_is_noticed(store, make):
    """A changed octet on the disk is an error, never a changed mail."""
    await store.quarantine.hold(make.entry(), b"\x00\x01")
    async with store.database.writing() as connection:
        await connection.execute(contents.contents.update().values(stored=b"\x00\x02"))
    with pytest.raises(StoreUnavailable, match="damaged"):
        await store.quarantine.content("m1")


# --- list ------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def several(store, make, now):
    for number, (sender, recipient, code) in enumerate(
        [
            ("eve@outside.example", "bob@example.com", "virus.found"),
            ("Sam@Shop.example", "ann@example.com", "virus.encrypted"),
            ("sam_1@shop.example", "bob@example.net", "attachment.executable"),
        ]
    ):
        entry = make.entry(
            f"m{number}",
            recipient,
            received_at=now + timedelta(minutes=number),
            mail_from=sender,
            codes=(code,),
        )
        copies = tuple(replace(copy, codes=(code,)) for copy in entry.copies)
        await store.quarantine.hold(replace(entry, copies=copies), b"raw %d" % number)
    return store


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, ["m2", "m1", "m0"]),
        ({"limit": 2}, ["m2", "m1"]),
        ({"since": timedelta(minutes=1)}, ["m2", "m1"]),
        ({"since": timedelta(minutes=1, microseconds=1)}, ["m2"]),
        ({"sender": "sam@shop.example"}, ["m1"]),
        ({"sender": "*@shop.example"}, ["m2", "m1"]),
        ({"sender": "sam_*"}, ["m2"]),
        ({"sender": "%"}, []),
        ({"recipient": "BOB@example.com"}, ["m0"]),
        ({"recipient": "bob@*"}, ["m2", "m0"]),
        ({"code": "virus.found"}, ["m0"]),
        ({"code": "virus.*"}, ["m1", "m0"]),
        ({"code": "virus.*", "recipient": "ann@*"}, ["m1"]),
        ({"state": "released"}, []),
        ({"state": None}, ["m2", "m1", "m0"]),
    ],
)
async def test_list_selects(several, now, chosen, found):
    """Newest first; conditions are ANDed; case doesn't matter; only `*` is a wildcard."""
    if "since" in chosen:
        chosen = {**chosen, "since": now + chosen["since"]}
    assert [entry.id for entry in await several.quarantine.list(**chosen)] == found


async def test_a_long_list_has_every_copy(store, make, monkeypatch):
    """More entries than one query of copies covers."""
    monkeypatch.setattr("gateway.remember.rows.held.COPIES_ENTRIES", 3)
    for number in range(4):
        await store.quarantine.hold(make.entry(f"m{number}"), b"raw")
    assert [len(entry.copies) for entry in await store.quarantine.list(limit=10)] == [1] * 4


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_begin_behind_an_entry(store, make, order):
    """Entries of one moment are told apart by their ids."""
    for number in range(5):
        await store.quarantine.hold(make.entry(f"m{number}"), b"raw%d" % number)
    found, behind = [], None
    for _ in range(3):
        page = await store.quarantine.list(limit=2, order=order, behind=behind)
        found += [entry.id for entry in page]
        behind = page[-1].received_at, page[-1].id
    assert await store.quarantine.list(order=order, behind=behind) == []
    assert found == sorted((f"m{n}" for n in range(5)), reverse=order == "newest")
