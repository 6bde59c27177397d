"""The records as auditors list them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.contract import HistoryRow

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def acted(store, make, now):
    """Return a store in which three people did something."""
    for number, (actor, operation) in enumerate(
        (("alice", "show"), ("bob (no gateway running)", "show"), ("alice", "read"))
    ):
        id = f"m{number}"
        await store.quarantine.hold(make.entry(id), b"raw")
        at = now + number * MINUTE
        await store.quarantine.accessed(id, actor=actor, operation=operation, reason="call 7", at=at)
    return store


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({}, ["m2", "m1", "m0"]),
        ({"actor": "alice"}, ["m2", "m0"]),
        ({"actor": "bob"}, ["m1"]),
        ({"actor": "bob (no gateway running)"}, ["m1"]),
        ({"actor": "bo"}, []),
        ({"actor": "b_b"}, []),
        ({"action": "show"}, ["m1", "m0"]),
        ({"actor": "alice", "action": "show"}, ["m0"]),
        ({"id": "m1"}, ["m1"]),
        ({"limit": 2}, ["m2", "m1"]),
        ({"actor": "\0\udcff"}, []),
        ({"action": "\0\udcff"}, []),
    ],
)
async def test_acts_by_what_one_knows(acted, choice, found):
    """Newest first; each condition holds."""
    assert [row.mail_id for row in await acted.trail.acts(**choice)] == found


async def test_acts_by_time(acted, now):
    """`since` is included, `until` isn't."""
    acts = await acted.trail.acts(since=now + MINUTE, until=now + 2 * MINUTE)
    assert [(row.mail_id, row.actor, row.operation, row.reason) for row in acts] == [
        ("m1", "bob (no gateway running)", "show", "call 7")
    ]


async def test_an_act_that_changes_nothing_is_put_on_record(store, now):
    """Such as a search; the chain of hashes has it too."""
    row = HistoryRow("journal", now, "inge", "find", "bob@example.com")
    await store.trail.put_on_record(row)
    assert await store.trail.acts() == [row]
    assert [list(checked.faults) for checked in await store.trail.check()] == [[], []]


async def test_ids_with_acts_by_their_beginning(acted, make):
    """Each once, the last ones first; a message on which nobody acted has none."""
    await acted.quarantine.hold(make.entry("m9"), b"raw")
    assert await acted.trail.ids("m") == ["m2", "m1", "m0"]
    assert await acted.trail.ids("m1") == ["m1"]
    assert await acted.trail.ids("m9") == []
