"""Rights to search, and questions that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.contract import Actor, HistoryRow, Refused
from gateway.directory.lookup import ConfiguredDirectory
from gateway.operations.tracing import MOST_WORDS, TraceOperations
from gateway.remember.records import RelayOutcome
from gateway.remember.store import Store
from tests.support.builders.judgement import FakeClock
from tests.unit.remember.conftest import Make

ANN, BOB = Actor("ann", frozenset({"auditor"}), 1000), Actor("bob", frozenset({"reviewer"}), 1001)
ID = "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"


@pytest.fixture
async def operations(tmp_path: Path) -> AsyncIterator[TraceOperations]:
    """Yield the operations on a store with one held message."""
    store, make = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32)), Make()
    await store.quarantine.hold(make.entry(ID, subject="A case"), b"raw", audit=make.audit(ID))
    await store.quarantine.hold(make.entry(f"{ID[:-1]}1"), b"raw 2")
    ours = ConfiguredDirectory([], {}, ["example.co.uk"])
    yield TraceOperations(SimpleNamespace(store=store, ours=ours, clock=FakeClock()))  # type: ignore[arg-type]
    await store.close()


async def test_subjects_are_for_those_who_list_held_mail(operations: TraceOperations) -> None:
    """An auditor learns nothing of a message's words by asking for them."""
    with pytest.raises(Refused, match="ann may not search subjects: it needs the role approver or investigator or"):
        await operations._trace(ANN, subject="case")
    assert [row["id"] for row in (await operations._trace(BOB, subject="case"))["rows"]] == [ID]
    assert [row["id"] for row in (await operations._trace(ANN, ["bob@example.com"]))["rows"]] == [ID]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["<Ann@Example.co.uk>", "eve@outside.example"], ["trace <Ann@Example.co.uk>"]),
        (["ann"], ["trace ann"]),  # it may be a login
        (["eve@outside.example", "<>", ID, "beef"], []),
        ([], []),
    ],
)
async def test_a_search_for_one_of_our_people_is_put_on_record(
    operations: TraceOperations, words: list[str], found: list[str]
) -> None:
    """With who asked, whatever is found; mail of strangers and a single message are no search for a person."""
    await operations._trace(ANN, words)
    rows = await operations._store.trail.acts(limit=10)
    assert [row.reason for row in rows] == found
    assert {(row.mail_id, row.actor, row.operation) for row in rows} <= {("records", "ann", "find")}


async def test_an_ids_beginning_stands_for_a_message(operations: TraceOperations) -> None:
    """Held or relayed. One that several begin with is refused; one that none begins with finds nothing."""
    relayed = "01a224ef-6d1d-75e8-bb32-c27ef5b05ddc"
    operations._store.audit.append(Make().audit(relayed))
    assert [row["id"] for row in (await operations._trace(BOB, ["01A224EF-6D1D"]))["rows"]] == [relayed]
    with pytest.raises(Refused, match=f"{ID[:13]} is the beginning of several ids: "):
        await operations._trace(BOB, [ID[:13]])
    assert [row["id"] for row in (await operations._trace(BOB, [ID[:-1] + "0"]))["rows"]] == [ID]
    assert (await operations._trace(BOB, ["beef"])) == {"rows": [], "behind": None, "acted_on": ""}


async def test_acts_that_outlast_their_message(operations: TraceOperations) -> None:
    """The answer names the id, if it was asked for alone, whole or cut."""
    store, gone = operations._store, "01888888-6c11-7a55-b1d3-0f1c5e7a9d10"
    await store.trail.put_on_record(HistoryRow(gone, Make().now, "bob", "release", "known"))
    for word in (gone, gone[:13], gone.upper()):
        answer = await operations._trace(BOB, [word])
        assert (answer["rows"], answer["acted_on"]) == ([], gone)
    assert (await operations._trace(BOB, [gone], client="192.0.2.7"))["acted_on"] == ""
    assert (await operations._trace(BOB, [ID]))["acted_on"] == ""


async def test_copies_that_were_given_up_belong_to_their_message(operations: TraceOperations) -> None:
    """They are held under an id of their own, which leads to the message, and their history is the message's too."""
    store, make, other = operations._store, Make(), f"{ID[:-1]}2"
    failed = RelayOutcome(ID, make.now, "failed", "550 no such mailbox", ("bob@example.com",), held_as=other)
    await store.quarantine.hold(make.entry(other, codes=("delivery.failed",)), b"raw", outcomes=[failed])
    await store.quarantine.note(other, "left the firm", actor="bob", at=make.now)
    (row,) = (await operations._trace(BOB, [other]))["rows"]
    assert (row["id"], row["outcomes"][0]["held_as"]) == (ID, other)
    assert [(one["operation"], one["reason"]) for one in row["history"]] == [("note", "left the firm")]
    assert [(one["id"], one["copies"][0]["state"]) for one in row["undelivered"]] == [(other, "held")]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"words": "a@b"}, "searched by texts"),
        ({"words": [1]}, "searched by texts"),
        ({"client": 1}, "searched by texts"),
        ({"behind": ["m1"]}, "searched by texts"),
        ({"words": ["a@b"] * (MOST_WORDS + 1)}, "6 addresses, domains or ids are too many: 5 at most"),
        ({"client": "192.0.2.256"}, "no IP address"),
        ({"since": "yesterday"}, "no time"),
        ({"since": 5}, "no time"),
        ({"until": "2026-01-01"}, "no time zone"),
        ({"behind": "m1"}, "no message on record has the id m1"),
    ],
)
async def test_what_is_no_question(operations: TraceOperations, asked: dict[str, Any], sentence: str) -> None:
    """Whoever asks at the socket himself is told too."""
    with pytest.raises(Refused, match=sentence):
        await operations._trace(BOB, **asked)
