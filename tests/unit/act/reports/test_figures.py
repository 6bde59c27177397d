"""The figures of the report: hours, what became of held mail, monitor, people, trouble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from gateway.act.reports.figures import Reporter
from gateway.directory.lookup import ConfiguredDirectory
from gateway.remember.records import AuditRow, HeldCopy, HeldMessage, ReleaseRequest
from gateway.remember.store import Store
from tests.support.builders.judgement import FakeClock, Probe, settings
from tests.unit.act.reports.conftest import MONDAY

SINCE = MONDAY - timedelta(days=7)
#: A week from midnight to midnight in Kolkata, in which that time lies.
WEEK = (datetime(2026, 11, 15, 18, 30, tzinfo=UTC), datetime(2026, 11, 22, 18, 30, tzinfo=UTC))


class Telling(Probe):
    """A filter whose findings tell of people."""

    name: ClassVar[str] = "telling"
    codes: ClassVar[Any] = {"telling.hold": Probe.codes["probe.hold"]}
    amends: ClassVar[frozenset[str]] = frozenset()

    @staticmethod
    def least_people(settings: Any) -> int:
        return 3


def reporter(store: Store, folder: Path, clock: FakeClock, filters: str = "- probe", days: float = 30) -> Reporter:
    found = settings(folder, filters, {"probe": Probe, "telling": Telling})
    directory = ConfiguredDirectory(found.directory.persons, {}, found.organisation.domains, ())
    return Reporter(store, found.filters, directory, clock, ZoneInfo("Asia/Kolkata"), "Example Ltd", days)


def row(id: str, at: datetime, *copies: tuple[str, str], sender: str = "eve@outside.example", **more: Any) -> AuditRow:
    recipients = tuple((f"p{n}@example.co.uk", way, does) for n, (way, does) in enumerate(copies))
    values = {"codes": ("probe.hold",), "reply": "250 2.0.0 ok", **more}
    return AuditRow(id, at, "inbound", "192.0.2.1", f"<{id}>", sender, recipients, 10, ms={}, **values)


async def hold(store: Store, id: str, at: datetime, *addresses: str, **more: Any) -> None:
    codes = more.pop("codes", ("probe.hold",))
    direction = more.get("direction", "inbound")
    copies = tuple(HeldCopy(a, direction, key=f"{id}{a}".encode()) for a in addresses or ("bob@example.co.uk",))
    values = {"mail_from": "eve@outside.example", "direction": "inbound", **more}
    entry = HeldMessage(
        id=id, received_at=at, listener="inbound", subject="An invoice", message_id=f"<{id}>", codes=codes, bytes=9,
        client={}, envelope={}, findings=[], edits=[], copies=copies, **values,
    )  # fmt: skip
    await store.quarantine.hold(entry, id.encode())


async def test_hours_are_those_of_the_organisation(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """Half an hour off too; every hour of the time has its place."""
    at = datetime(2026, 11, 22, 3, 40, tzinfo=UTC)  # 09:10 in Kolkata
    store.audit.append(row("m1", at, ("inbound", "relay"), ("inbound", "relay")))
    store.audit.append(row("m2", at, ("outbound", "relay")))
    volume = (await reporter(store, tmp_path, clock).figures(SINCE, MONDAY))["volume"]
    assert (volume["step"], len(volume["steps"])) == ("hour", 7 * 24 + 1)  # the first and the last hour are halves
    assert [step for step in volume["steps"] if any(step[1:])] == [["2026-11-22T09:00+0530", 1, 1, 0]]
    assert volume["of_day"]["inbound"][9] == 1
    assert volume["totals"] == {"inbound": 1, "outbound": 1, "internal": 0}
    days = (await reporter(store, tmp_path, clock).figures(MONDAY - timedelta(days=20), MONDAY))["volume"]
    assert (days["step"], [step for step in days["steps"] if any(step[1:])]) == ("day", [["2026-11-22", 1, 1, 0]])


async def test_what_became_of_held_mail(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """By code, with the time until a release; a message that is released for some is released."""
    for number in range(4):
        await hold(store, f"m{number}", SINCE, "bob@example.co.uk", "ann@example.co.uk")
    both = ["bob@example.co.uk", "ann@example.co.uk"]
    for id, addresses, hours in (("m0", both, 1), ("m1", both[:1], 3)):
        at = SINCE + timedelta(hours=hours)
        await store.quarantine.accessed(id, actor="rob", operation="read", reason="x", at=at - timedelta(minutes=2))
        await store.quarantine.release(id, addresses, [], actor="rob (no gateway running)", reason="x", at=at)
    await store.quarantine.delete("m2", actor="ann", reason="x", at=SINCE + timedelta(hours=5))
    found = await reporter(store, tmp_path, clock).figures(SINCE, MONDAY)
    (code,) = found["held"]["by_code"]
    assert code == {
        **{"code": "probe.hold", "clause": "security.phishing"},
        **{"held": 4, "released": 2, "deleted": 1, "refused": 0, "waiting": 2},
        "released_after": {"median": 7200.0, "ninth_decile": 10_080.0, "longest": 10_800.0},
    }
    decisions = found["decisions"]
    assert (decisions["released"], decisions["deleted"], decisions["people"]) == (2, 1, 2)
    assert decisions["after"]["median"] == 3 * 3600
    assert decisions["reading"]["longest"] == 120  # with and without a gateway it is the same person
    assert (found["waiting"]["messages"], found["waiting"]["oldest"][0]["id"]) == (2, "m1")
    assert found["held"]["kept_since"] is None


async def test_a_refused_request_waits_for_nobody(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """The message stays held and is decided; one that somebody asks for waits, and so does one that was restored."""
    bob = "bob@example.co.uk"
    for id in ("m0", "m1", "m2", "m3"):
        await hold(store, id, SINCE)
    for id in ("m0", "m1", "m3"):
        assert await store.quarantine.ask(
            id, ReleaseRequest(bob, SINCE, (bob,), notice={"role": "recipient"}), reason="a reply"
        )
    at = SINCE + timedelta(hours=1)
    await store.quarantine.refuse("m0", actor="rob", answer="No.", at=at)
    await store.quarantine.delete("m3", actor="rob", reason="x", at=at)
    await store.quarantine.restore("m3", actor="rob", reason="a slip", at=at)
    found = await reporter(store, tmp_path, clock).figures(SINCE, MONDAY)
    (code,) = found["held"]["by_code"]
    assert (code["held"], code["deleted"], code["refused"], code["waiting"]) == (4, 0, 1, 3)
    assert (found["decisions"]["refused"], found["decisions"]["deleted"]) == (1, 1)
    waiting = found["waiting"]
    assert (waiting["messages"], waiting["asked_for"]) == (3, 1)
    assert [one["id"] for one in waiting["oldest"]] == ["m1", "m2", "m3"]


async def test_outside_senders_alone_are_named(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """Neither our people, nor one who claims to be one of them, nor a private correspondent."""
    forged = {"author_addresses": ("boss@example.co.uk",)}
    await hold(store, "m1", SINCE, **forged)
    await hold(store, "m2", SINCE, **forged, mail_from="it@example.co.uk")
    await hold(store, "m3", SINCE, mail_from="mum@private.example", labels=("personal",))
    await hold(store, "m4", SINCE, mail_from="ann@example.co.uk", direction="outbound")
    held = (await reporter(store, tmp_path, clock).figures(SINCE, MONDAY))["held"]
    assert held["senders"] == [{"sender": "eve@outside.example", "messages": 1}]
    assert (held["messages"], held["ours"]) == (4, None)
    for number in range(5, 9):
        await hold(store, f"m{number}", SINCE, mail_from=f"p{number}@example.co.uk", direction="outbound")
    made = reporter(store, tmp_path, clock)
    assert (await made.figures(SINCE, MONDAY))["held"]["ours"] is None
    assert (await made.figures(*WEEK))["held"]["ours"] == {"messages": 5, "people": 5}


async def test_monitor_counts_what_went_on_its_way(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """A message that was held or refused all the same is no loss; nor is one that would only have been tagged."""
    at, hold_it = SINCE + timedelta(hours=1), {"monitored": {"probe.hold": "quarantine", "probe.tag": "tag"}}
    store.audit.append(row("m1", at, ("inbound", "relay"), ("inbound", "amend"), **hold_it))
    store.audit.append(row("m2", at, ("inbound", "quarantine"), **hold_it))
    store.audit.append(row("m3", at, ("inbound", "quarantine"), ("outbound", "relay"), **hold_it))
    store.audit.append(row("m4", at, ("internal", "relay")))
    store.audit.append(row("m5", at, ("inbound", "queued"), monitored={"probe.hold": "reject", "probe.log": "log"}))
    (code,) = (await reporter(store, tmp_path, clock).figures(SINCE, MONDAY))["monitor"]
    assert code == {
        **{"code": "probe.hold", "clause": "security.phishing", "action": "quarantine/reject"},
        **{"inbound": 2, "outbound": 1, "internal": 0},
    }


async def test_numbers_about_a_few_people_are_left_out(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """None, as where there is nobody; from enough people on the number, in whole weeks."""
    chain, at, codes = "- telling: {mode: monitor}", SINCE + timedelta(hours=1), ("telling.hold",)

    await hold(store, "m9", at, codes=("telling.hold", "probe.hold"))
    (oldest,) = (await reporter(store, tmp_path, clock, chain).figures(*WEEK))["waiting"]["oldest"]
    assert oldest["codes"] == ["probe.hold"]
    await store.quarantine.delete("m9", actor="rob", reason="x", at=at)

    async def numbers(since: datetime = WEEK[0], until: datetime = WEEK[1]) -> tuple[Any, Any]:
        found = await reporter(store, tmp_path, clock, chain).figures(since, until)
        rows: Sequence[Any] = found["held"]["by_code"]
        held = [one["held"] for one in rows if one["code"] == "telling.hold"]
        monitored = [one["outbound"] for one in found["monitor"]]
        return monitored[0] if monitored else None, held[0] if held else None

    assert await numbers() == (None, None)
    for id, number in enumerate((1, 2, 2, 3)):
        sender = f"p{number}@example.co.uk"
        assert await numbers() == (None, None)
        monitored = {"telling.hold": "quarantine"}
        store.audit.append(row(f"m{id}", at, ("outbound", "relay"), sender=sender, codes=codes, monitored=monitored))
        await hold(store, f"m{id}", at, mail_from=sender, direction="outbound", codes=codes)
    assert await numbers() == (4, 5)
    assert await numbers(until=MONDAY) == (None, None)
    assert await numbers(WEEK[0] - timedelta(days=1)) == (None, None)


async def test_a_left_out_code_leaves_out_no_message(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """A held threat is in every sum, and waits like the others; its code and its sender aren't shown."""
    at = SINCE + timedelta(hours=1)
    await hold(store, "m1", at)
    await hold(store, "m2", at, mail_from="x@stranger.example", codes=("telling.hold",))
    store.audit.append(row("m1", at, ("inbound", "quarantine")))
    store.audit.append(row("m2", at, ("inbound", "quarantine"), codes=("telling.hold",)))
    found = await reporter(store, tmp_path, clock, "- probe\n- telling").figures(*WEEK)
    assert (found["held"]["messages"], found["waiting"]["messages"]) == (2, 2)
    assert [(one["id"], one["codes"]) for one in found["waiting"]["oldest"]] == [("m1", ["probe.hold"]), ("m2", [])]
    assert found["copies"] == [{"direction": "inbound", "action": "quarantine", "copies": 2}]
    assert [one["code"] for one in found["held"]["by_code"]] == ["probe.hold"]
    assert [one["sender"] for one in found["held"]["senders"]] == ["eve@outside.example"]


async def test_trouble_is_told(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """Checks that failed, whatever the filter; replies; copies that next hops did not take."""
    at = SINCE + timedelta(hours=1)
    later = at + timedelta(hours=1)
    away = {"codes": ("probe.away",), "reply": "451 4.7.1 The message can't be checked now"}
    store.audit.append(row("m1", at, ("inbound", "defer"), **away))
    store.audit.append(row("m2", later, ("inbound", "defer"), **away))
    store.audit.append(row("m3", at, ("inbound", "queued"), ("inbound", "failed"), ("outbound", "queued"), codes=()))
    trouble = (await reporter(store, tmp_path, clock).figures(SINCE, MONDAY))["trouble"]
    (check,) = trouble["checks"]
    assert (check["code"], check["messages"]) == ("probe.away", 2)
    assert [datetime.fromisoformat(check[key]) for key in ("first", "last")] == [at, later]
    assert [one["messages"] for one in trouble["replies"]] == [2]
    assert (trouble["queued"], trouble["failed"], trouble["outbox"]) == (2, 1, [])


async def test_held_mail_past_its_retention_is_said(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    found = await reporter(store, tmp_path, clock, days=3).figures(SINCE, MONDAY)
    assert datetime.fromisoformat(found["held"]["kept_since"]) == MONDAY - timedelta(days=3)
