"""The keeper: when the outbox is tried again, when it gives up, and that two keepers do no harm."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.act import keeper
from gateway.act.keeper import LEASE_SECONDS, Keeper, Retention
from gateway.act.records import OUTBOX_LIFE
from gateway.assemble.act import build_reports
from gateway.directory.lookup import ConfiguredDirectory
from gateway.measures.measures import MEASURES
from gateway.remember.database.errors import StoreFull, StoreUnavailable
from gateway.remember.store import Store
from tests.support.builders.judgement import NOW, finding
from tests.support.servers.embedded_gateway import EmbeddedGateway, nobody
from tests.support.servers.sink import Sink

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"
JOE, JIM, FAR = "out:joe@outside.example", "out:jim@outside.example", "out:far@branch.example"
ANN_SENDS: dict[str, Any] = {"sender": "ann@example.co.uk"}
BUSY, NO = b"450 4.2.1 busy", b"550 5.1.1 no such mailbox"


class Moody(Sink):
    """Refuses some addresses, each with a reply of its own, until told otherwise; counts what it was asked."""

    def __init__(self, **replies: bytes) -> None:
        self.moods = {f"{name}@example.co.uk": reply for name, reply in replies.items()}
        self.asked: list[str] = []
        super().__init__(rcpt_reply=self._reply)

    def _reply(self, address: str) -> bytes | None:
        self.asked.append(address)
        return self.moods.get(address)


async def queued(gateway: EmbeddedGateway) -> None:
    """Bob has his copy, Ann's waits."""
    assert (await gateway.accept(BOB, ANN)).ok
    assert await gateway.waiting() == {"relay": ["ann@example.co.uk"]}


# --- when ------------------------------------------------------------------------------------------------------------


async def test_the_intervals_grow_to_an_hour(tmp_path: Path) -> None:
    """5, 10, 20, 40 minutes, then 60; not a second before."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        for minutes in (5, 10, 20, 40, 60, 60, 60):
            tries = home.asked.count("ann@example.co.uk")
            gateway.clock.move(minutes=minutes, seconds=-1)
            await gateway.tidy()
            assert home.asked.count("ann@example.co.uk") == tries
            gateway.clock.move(seconds=1)
            await gateway.tidy()
            assert home.asked.count("ann@example.co.uk") == tries + 1


async def test_a_row_that_was_never_tried_is_tried_at_once(tmp_path: Path) -> None:
    """A notice; then its first interval is five minutes."""
    home = Moody(bob=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB)
        await gateway.tidy()
        assert home.asked == ["bob@example.co.uk"]
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert home.asked == ["bob@example.co.uk"] * 2


# --- the end ---------------------------------------------------------------------------------------------------------


async def test_what_is_taken_is_gone(tmp_path: Path) -> None:
    """Content and all."""
    async with EmbeddedGateway(tmp_path, home=Moody(ann=BUSY)) as gateway:
        await queued(gateway)
        gateway.home.rcpt_reply = lambda _: None
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert [got.recipients for got in gateway.home.got] == [("bob@example.co.uk",), ("ann@example.co.uk",)]
        assert await gateway.waiting() == {}


@pytest.mark.parametrize(("life", "held"), [(OUTBOX_LIFE - timedelta(seconds=1), 0), (OUTBOX_LIFE, 1)])
async def test_after_a_day_it_gives_up(tmp_path: Path, life: timedelta, held: int) -> None:
    """The last attempt is made at the end; then an outside sender's mail is held."""
    async with EmbeddedGateway(tmp_path, home=Moody(ann=BUSY)) as gateway:
        await queued(gateway)
        gateway.clock.at = NOW + life
        await gateway.tidy()
        assert [entry.codes for entry in await gateway.held()] == [("delivery.failed",)] * held
        assert bool(await gateway.waiting()) is not bool(held)


async def test_after_a_day_our_own_sender_has_a_report(tmp_path: Path) -> None:
    """The report has the temporary status of the last attempt."""
    async with EmbeddedGateway(tmp_path, world=nobody()) as gateway:
        assert (await gateway.accept(FAR, JOE, **ANN_SENDS)).ok
        gateway.clock.move(days=1)
        await gateway.tidy()
        await gateway.tidy()
        (report,) = gateway.home.got
        assert report.recipients == ("ann@example.co.uk",)
        assert b"Status: 4." in report.content
        assert await gateway.waiting() == {}


async def test_a_refusal_for_good_ends_it_before(tmp_path: Path) -> None:
    """No later attempt could succeed."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        home.moods = {"ann@example.co.uk": NO}
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert await gateway.waiting() == {}
        (entry,) = await gateway.held()
        assert (entry.mail_from, entry.subject) == ("eve@outside.example", "Hello")
        assert await gateway.store.quarantine.content(entry.id) == gateway.home.got[0].content


# --- several recipients ----------------------------------------------------------------------------------------------


async def test_each_recipient_goes_its_own_way(tmp_path: Path) -> None:
    """One taken, one later, one never: nobody gets a second copy, nobody is lost."""
    home = Moody(ann=BUSY, carol=BUSY, dora=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:carol@example.co.uk", "in:dora@example.co.uk")).ok
        home.moods = {"carol@example.co.uk": BUSY, "dora@example.co.uk": NO}
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert await gateway.waiting() == {"relay": ["carol@example.co.uk"]}
        assert [c.address for e in await gateway.held() for c in e.copies] == ["dora@example.co.uk"]
        home.moods = {}
        gateway.clock.move(minutes=10)
        await gateway.tidy()
        assert [got.recipients for got in home.got] == [(f"{n}@example.co.uk",) for n in ("bob", "ann", "carol")]
        outcomes = (await gateway.store.trail.aftermath(["m1"]))["m1"].outcomes
        assert [(one.outcome, one.reply[:3], one.addresses) for one in outcomes] == [
            ("relayed", "250", ("ann@example.co.uk",)),
            ("failed", "550", ("dora@example.co.uk",)),
            ("relayed", "250", ("carol@example.co.uk",)),
        ]
        assert [one.held_as for one in outcomes] == ["", (await gateway.held())[0].id, ""]


async def test_a_report_goes_while_others_still_wait(tmp_path: Path) -> None:
    """The report is for the recipient who is refused for good."""
    replies = {"joe@outside.example": BUSY, "jim@outside.example": BUSY}
    async with EmbeddedGateway(tmp_path, world=Sink(rcpt_reply=replies.get)) as gateway:
        assert (await gateway.accept(FAR, JOE, JIM, **ANN_SENDS)).ok
        replies["jim@outside.example"] = NO
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert await gateway.waiting() == {"relay": ["joe@outside.example"]}
        (report,) = gateway.home.got
        assert b"rfc822; jim@outside.example" in report.content
        assert b"joe@" not in report.content


async def test_a_report_and_an_entry_of_one_row(tmp_path: Path) -> None:
    """NOTIFY=NEVER for one of two."""
    replies = {"joe@outside.example": BUSY, "jim@outside.example": BUSY}
    async with EmbeddedGateway(tmp_path, world=Sink(rcpt_reply=replies.get)) as gateway:
        assert (await gateway.accept(FAR, JOE, JIM + " NEVER", **ANN_SENDS)).ok
        replies.update(dict.fromkeys(replies, NO))
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert [c.address for e in await gateway.held() for c in e.copies] == ["jim@outside.example"]
        assert [got.recipients for got in gateway.home.got] == [("ann@example.co.uk",)]


# --- two keepers, and a store in trouble -----------------------------------------------------------------------------


async def test_a_row_that_another_works_on_is_left_alone(tmp_path: Path) -> None:
    """Until its lease ends: a keeper that was killed."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        gateway.clock.move(minutes=5)
        other = await Store.open(gateway.store_url, create=False, key=bytes(32))
        try:
            assert len(await other.outbox.claim(gateway.clock.now(), 10, LEASE_SECONDS)) == 1
            tries = len(home.asked)
            gateway.clock.move(seconds=LEASE_SECONDS - 1)
            await gateway.tidy()
            assert len(home.asked) == tries
            gateway.clock.move(seconds=1)
            await gateway.tidy()
            assert len(home.asked) == tries + 1
        finally:
            await other.close()


async def test_an_attempt_that_lasts_keeps_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It renews the lease: another keeper finds nothing to do, however long the next hop takes."""
    monkeypatch.setattr(keeper, "RENEW_SECONDS", 0.01)
    async with EmbeddedGateway(tmp_path, home=Moody(ann=BUSY)) as gateway:
        await queued(gateway)
        gateway.clock.move(minutes=5)
        other = await Store.open(gateway.store_url, create=False, key=bytes(32))
        send, renew, renewed = gateway.relay.send, gateway.store.outbox.renew, asyncio.Event()

        async def slow(*about: Any, **more: Any) -> Any:
            for _ in range(3):
                gateway.clock.move(seconds=LEASE_SECONDS - 1)
                renewed.clear()
                await renewed.wait()
                assert await other.outbox.claim(gateway.clock.now(), 10, LEASE_SECONDS) == []
            return await send(*about, **more)

        async def noted(*about: Any) -> None:
            await renew(*about)
            renewed.set()

        monkeypatch.setattr(gateway.relay, "send", slow)
        monkeypatch.setattr(gateway.store.outbox, "renew", noted)
        try:
            assert len(await gateway.keeper.empty_outbox()) == 1
        finally:
            await other.close()


async def test_two_keepers_send_nothing_twice(tmp_path: Path) -> None:
    """At the same moment."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        home.moods = {}
        gateway.clock.move(minutes=5)
        await asyncio.gather(gateway.keeper.empty_outbox(), gateway.keeper.empty_outbox())
        assert [got.recipients for got in home.got] == [("bob@example.co.uk",), ("ann@example.co.uk",)]


async def test_a_clock_that_is_set_on_repeats_no_attempt_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease seems to have ended, and a release empties the outbox meanwhile, after a reload by another keeper."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        home.moods = {}
        gateway.clock.move(minutes=5)
        send, sending, go_on = gateway.relay.send, asyncio.Event(), asyncio.Event()

        async def slow(*about: Any, **more: Any) -> Any:
            if not sending.is_set():
                sending.set()
                await go_on.wait()
            return await send(*about, **more)

        monkeypatch.setattr(gateway.relay, "send", slow)
        first = asyncio.create_task(gateway.keeper.empty_outbox())
        await sending.wait()
        gateway.clock.move(hours=2)
        gateway._build()
        assert await gateway.keeper.empty_outbox() == set()
        go_on.set()
        assert len(await first) == 1
        assert [got.recipients for got in home.got] == [("bob@example.co.uk",), ("ann@example.co.uk",)]
        assert await gateway.waiting() == {}


async def test_with_a_full_quarantine_what_was_refused_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row keeps it until there is room; who has it isn't sent it again."""
    home = Moody(ann=BUSY, carol=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:carol@example.co.uk")).ok
        home.moods = {"carol@example.co.uk": NO}
        gateway.clock.move(minutes=5)
        with monkeypatch.context() as patch:

            async def full(*_: Any, **__: Any) -> bool:
                raise StoreFull("no room")

            patch.setattr(gateway.store.outbox, "fail", full)
            await gateway.tidy()
        assert await gateway.waiting() == {"relay": ["carol@example.co.uk"]}
        gateway.clock.move(minutes=10)
        await gateway.tidy()
        assert await gateway.waiting() == {}
        assert len(await gateway.held()) == 1
        assert [got.recipients for got in home.got] == [("bob@example.co.uk",), ("ann@example.co.uk",)]


async def test_a_result_that_cannot_be_recorded_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is tried again when its lease ends."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        gateway.clock.move(minutes=5)
        with monkeypatch.context() as patch:

            async def away(*_: Any, **__: Any) -> bool:
                raise StoreUnavailable("locked")

            patch.setattr(gateway.store.outbox, "retry", away)
            await gateway.tidy()
        gateway.clock.move(seconds=LEASE_SECONDS)
        await gateway.tidy()
        assert home.asked.count("ann@example.co.uk") == 3


async def test_a_store_that_is_away_does_not_end_the_keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next tick tries again; a stop ends the pause at once; each cause is one line."""
    async with EmbeddedGateway(tmp_path) as gateway:

        async def away(*_: Any, **__: Any) -> list[Any]:
            raise StoreUnavailable("locked")

        monkeypatch.setattr(gateway.store.outbox, "claim", away)
        monkeypatch.setattr(gateway.store.notices, "due", away)
        stop = asyncio.Event()
        stop.set()
        with capture_logs() as logs:
            await gateway.keeper.tick(stop)
        assert [one["error"] for one in logs if one["event"] == "keeper.store"] == ["locked"]


@pytest.mark.parametrize(
    ("failure", "event"), [(StoreUnavailable("slow"), "keeper.store"), (ValueError("odd"), "keeper.failed")]
)
async def test_a_round_that_fails_stops_nothing_else(tmp_path: Path, failure: Exception, event: str) -> None:
    """Neither the other rounds nor notices and outbox, in the same tick; a fault is told once a minute."""
    async with EmbeddedGateway(tmp_path) as gateway:
        done: list[str] = []

        async def fail() -> None:
            raise failure

        async def other() -> None:
            done.append("other")

        gateway.keeper._rounds = (fail, other)
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB)
        with capture_logs() as logs:
            await gateway.tidy()
        assert done == ["other"]
        assert [got.recipients for got in gateway.home.got] == [("bob@example.co.uk",)]
        assert [one["event"] for one in logs if one["log_level"] == "error"] == [event]
        with capture_logs() as logs:
            await gateway.tidy()
            gateway.clock.move(minutes=1)
            await gateway.tidy()
        assert len([one for one in logs if one["event"] == "keeper.failed"]) == (event == "keeper.failed")


async def test_an_end_of_the_keeper_passes_through(tmp_path: Path) -> None:
    """A cancelled round is no failure."""
    async with EmbeddedGateway(tmp_path) as gateway:

        async def cancelled() -> None:
            raise asyncio.CancelledError

        gateway.keeper._rounds = (cancelled,)
        with pytest.raises(asyncio.CancelledError):
            await gateway.tidy()


async def test_a_row_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again at its next turn, as after any failure for now."""
    async with EmbeddedGateway(tmp_path, home=Moody(ann=BUSY, carol=BUSY)) as gateway:
        for person in ("ann", "carol"):
            await gateway.accept(BOB, f"in:{person}@example.co.uk", id=person)
        gateway.home.rcpt_reply = lambda _: None
        gateway.clock.move(minutes=5)
        send = gateway.relay.send

        async def fail(hops: Any, transaction: Any, contents: Any) -> Any:
            if transaction.recipients[0].address.startswith("ann"):
                raise ValueError("odd")
            return await send(hops, transaction, contents)

        with monkeypatch.context() as patch, capture_logs() as logs:
            patch.setattr(gateway.relay, "send", fail)
            await gateway.tidy()
        assert [one["id"] for one in logs if one["event"] == "outbox.failed"] == ["ann"]
        assert await gateway.waiting() == {"relay": ["ann@example.co.uk"]}
        gateway.clock.move(minutes=10)
        await gateway.tidy()
        assert await gateway.waiting() == {}


# --- faults after a next hop has taken a copy ------------------------------------------------------------------------


@pytest.mark.parametrize("fails", ["expired", "report"])
async def test_what_was_taken_is_recorded_whatever_fails_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """Ann has hers once; Carol, who was refused, stays in the outbox until the fault is mended."""
    home = Moody(ann=BUSY, carol=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:carol@example.co.uk")).ok
        home.moods = {"carol@example.co.uk": NO}
        with monkeypatch.context() as patch, capture_logs() as logs:

            def fail(*_: Any) -> Any:
                raise ValueError("odd")

            patch.setattr(*((keeper, "expired") if fails == "expired" else (gateway.undelivered, "record")), fail)
            for minutes in (5, 10):
                gateway.clock.move(minutes=minutes)
                await gateway.tidy()
        assert [one["id"] for one in logs if one["event"] == "outbox.failed"] == ["m1", "m1"]
        assert await gateway.waiting() == {"relay": ["carol@example.co.uk"]}
        assert [got.recipients for got in home.got] == [("bob@example.co.uk",), ("ann@example.co.uk",)]
        outcomes = (await gateway.store.trail.aftermath(["m1"]))["m1"].outcomes
        assert [(one.outcome, one.addresses) for one in outcomes] == [("relayed", ("ann@example.co.uk",))]
        gateway.clock.move(minutes=20)
        await gateway.tidy()
        assert await gateway.waiting() == {}
        assert len(await gateway.held()) == 1


async def test_a_fault_on_the_way_to_one_next_hop_brings_nothing_again_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch has its copy once, and Joe's waits."""
    busy = Sink(rcpt_reply=lambda _: BUSY), Sink(rcpt_reply=lambda _: BUSY)
    async with EmbeddedGateway(tmp_path, world=busy[0], branch=busy[1]) as gateway:
        assert (await gateway.accept("in:bob@example.co.uk", FAR, JOE, **ANN_SENDS)).ok
        for sink in busy:
            sink.rcpt_reply = lambda _: None
        send = gateway.relay.send

        async def fail(hops: Any, transaction: Any, contents: Any) -> Any:
            if transaction.recipients[0].address.startswith("joe"):
                raise ValueError("odd")
            return await send(hops, transaction, contents)

        with monkeypatch.context() as patch:
            patch.setattr(gateway.relay, "send", fail)
            gateway.clock.move(minutes=5)
            await gateway.tidy()
        assert await gateway.waiting() == {"relay": ["joe@outside.example"]}
        gateway.clock.move(minutes=10)
        await gateway.tidy()
        assert (len(gateway.branch.got), len(gateway.world.got)) == (1, 1)


async def test_a_fault_while_the_lease_is_renewed_breaks_no_attempt_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next hop's answer is waited for, and recorded."""
    monkeypatch.setattr(keeper, "RENEW_SECONDS", 0)
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        home.moods = {}
        gateway.clock.move(minutes=5)
        send, failed = gateway.relay.send, asyncio.Event()

        async def slow(*about: Any, **more: Any) -> Any:
            answers = await send(*about, **more)
            await failed.wait()
            return answers

        async def fail(*_: Any) -> None:
            failed.set()
            raise ValueError("odd")

        monkeypatch.setattr(gateway.relay, "send", slow)
        monkeypatch.setattr(gateway.store.outbox, "renew", fail)
        with capture_logs() as logs:
            await gateway.tidy()
        assert "outbox.not_renewed" in [one["event"] for one in logs]
        assert await gateway.waiting() == {}


# --- the purge -------------------------------------------------------------------------------------------------------


async def test_the_purge_is_daily(tmp_path: Path) -> None:
    """At the start, then every day; by the retention that is set."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        gateway.keeper = Keeper(
            gateway.store,
            gateway.relay,
            gateway.routes,
            gateway.notices,
            gateway.undelivered,
            gateway.clock,
            Retention(quarantine_days=2, audit_days=180),
        )
        await gateway.tidy()
        await gateway.accept(BOB)
        gateway.clock.move(days=1)
        await gateway.tidy()
        assert len(await gateway.held()) == 1
        gateway.clock.move(days=1, seconds=1)
        await gateway.tidy()
        assert await gateway.held() == []


# --- the report ------------------------------------------------------------------------------------------------------


async def test_the_weekly_report_goes_with_the_notices(tmp_path: Path) -> None:
    """It leaves in the round in which it is due."""
    async with EmbeddedGateway(tmp_path, more="reports_to: [it@example.co.uk]\n") as gateway:
        gateway.clock.at = datetime(2026, 3, 2, 7, tzinfo=UTC)  # a Monday
        ours = ConfiguredDirectory((), {}, gateway.settings.organisation.domains, ())
        gateway.keeper = Keeper(
            gateway.store,
            gateway.relay,
            gateway.routes,
            gateway.notices,
            gateway.undelivered,
            gateway.clock,
            Retention(30, 180),
            (build_reports(gateway.settings, gateway.store, ours, gateway.clock).send_due,),
        )
        await gateway.keeper.work()
        await gateway.keeper.work()
        (sent,) = gateway.home.got
        assert sent.rcpts == (b"<it@example.co.uk> NOTIFY=NEVER",)
        assert b"Subject: Mail of Example Ltd, 23 February 2026 to 1 March 2026" in sent.content


async def test_attempts_are_counted_by_their_results(tmp_path: Path) -> None:
    """Each copy: put off, and then taken."""
    home = Moody(ann=BUSY)
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        await queued(gateway)
        MEASURES.clear()
        for minutes in (5, 10):
            gateway.clock.move(minutes=minutes)
            await gateway.tidy()
            home.moods.clear()
    counts = {labels: value for name, labels, value in MEASURES.snapshot()["counts"] if name == "outbox_attempts"}
    assert counts == {("relay", "later"): 1, ("relay", "relayed"): 1}
