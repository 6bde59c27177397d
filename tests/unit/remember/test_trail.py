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


async def test_an_act_beside_the_store_is_on_record(store, make, now):
    """In the same chain as every other act."""
    await store.trail.add(HistoryRow("senders", now, "alice", "forget_sender", "a slip"))
    assert [(row.mail_id, row.operation) for row in await store.trail.acts()] == [("senders", "forget_sender")]
    assert [chain.faults for chain in await store.trail.check()] == [[], []]
