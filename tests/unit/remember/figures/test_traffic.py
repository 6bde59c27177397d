"""Figures of the audit trail, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

from gateway.act.release.answers import Action
from gateway.remember.figures.traffic import QUARTER, REPLY_ACTIONS
from gateway.remember.records import RelayOutcome
from gateway.remember.store import Store
from tests.unit.remember.conftest import Make

HOUR = timedelta(hours=1)


async def test_volume_counts_messages_by_quarter_and_direction(store: Store, make: Make, now: datetime) -> None:
    """Rows that wait count too; recipients of one message don't, nor does what comes again."""
    store.audit.append(make.audit("m1", "bob@example.com", "ann@example.com"))
    store.audit.append(make.audit("m2", at=now + timedelta(minutes=1)))
    mixed = (("bob@example.com", "internal", "relay"), ("x@outside.example", "outbound", "quarantine"))
    store.audit.append(make.audit("m3", at=now + QUARTER, recipients=mixed))
    store.audit.append(make.audit("m4", recipients=(("bob@example.com", "inbound", "defer"),)))
    store.audit.append(make.audit("m5", at=now + HOUR))
    quarter = now.replace(minute=30, second=0, microsecond=0)
    assert await store.traffic.volume(now, now + HOUR) == {
        (quarter, "inbound"): 2,
        (quarter + QUARTER, "internal"): 1,
        (quarter + QUARTER, "outbound"): 1,
    }
    assert await store.traffic.actions(now, now + HOUR) == {
        ("inbound", "relay"): 3,
        ("inbound", "defer"): 1,
        ("internal", "relay"): 1,
        ("outbound", "quarantine"): 1,
    }


async def test_replies_to_the_control_address_are_no_mail(store: Store, make: Make, now: datetime) -> None:
    """Whatever becomes of them."""
    actions = [one for one in get_args(Action) if one != "defer"]
    assert set(actions) == set(REPLY_ACTIONS)
    for action in actions:
        store.audit.append(make.audit(action, recipients=(("mailwarden@gw.example.com", "internal", action),)))
    store.audit.append(make.audit("m1"))
    assert sum((await store.traffic.volume(now, now + HOUR)).values()) == 1
    assert await store.traffic.actions(now, now + HOUR) == {("inbound", "relay"): 1}


async def test_messages_with_codes(store: Store, make: Make, now: datetime) -> None:
    """A code is compared whole, and its characters stand for nothing else."""
    for number, codes in enumerate([("virus.found",), ("virus.found_", "a%b"), ("a.b", "virus.found"), ()]):
        store.audit.append(make.audit(f"m{number}", at=now + timedelta(seconds=number), codes=codes))
    await store.audit.flush()
    found = await store.traffic.with_codes(["virus.found"], now, now + HOUR)
    assert [one.codes for one in found] == [("virus.found",), ("a.b", "virus.found")]
    assert found[0].sender == "eve@outside.example"
    assert found[0].copies == (("inbound", "relay"),)
    assert [one.codes for one in await store.traffic.with_codes(["a%b", "a.b"], now, now + HOUR)] == [
        ("virus.found_", "a%b"),
        ("a.b", "virus.found"),
    ]
    assert await store.traffic.with_codes([], now, now + HOUR) == []
    assert await store.traffic.with_codes(["virus.found"], now + HOUR, now + 2 * HOUR) == []


async def test_messages_in_which_filters_in_monitor_found_something(store: Store, make: Make, now: datetime) -> None:
    would = {"virus.found": "quarantine"}
    for number, monitored in enumerate([{}, would]):
        store.audit.append(make.audit(f"m{number}", at=now + timedelta(seconds=number), monitored=monitored))
    await store.audit.flush()
    (one,) = await store.traffic.monitored(now, now + HOUR)
    assert (one.at, one.monitored, one.copies) == (now + timedelta(seconds=1), would, (("inbound", "relay"),))


async def test_temporary_replies_are_counted_by_status(store: Store, make: Make, now: datetime) -> None:
    replies = ["451 4.3.0 Later (m0)", "451 4.3.0 Later (m1)", "452 4.3.1 Full (m2)", "550 5.7.1 No", "250 2.0.0 ok"]
    for number, reply in enumerate(replies):
        store.audit.append(make.audit(f"m{number}", at=now + timedelta(seconds=number), reply=reply))
    await store.audit.flush()
    first, second = await store.traffic.temporary_replies(now, now + HOUR)
    assert (first.text[:9], first.messages, first.first, first.last) == (
        *("451 4.3.0", 2),
        *(now, now + timedelta(seconds=1)),
    )
    assert (second.text, second.messages) == ("452 4.3.1 Full (m2)", 1)


async def test_messages_that_the_outbox_gave_up(store: Store, make: Make, now: datetime) -> None:
    """Those that were delivered late are none."""
    for id, outcome, reply in (
        ("o1", "failed", "550 5.1.1 no"),
        ("o2", "relayed", "250 ok"),
        ("o3", "failed", "550 5.1.1 x"),
    ):
        await store.outbox.add([(make.item(id), id.encode())])
        ended = RelayOutcome(id, now, outcome, reply, ("bob@example.com",))
        await store.outbox.done(id, outcomes=[ended])
    (one,) = await store.traffic.given_up(now, now + HOUR)
    assert (one.text[:9], one.messages, one.first) == ("550 5.1.1", 2, now)
