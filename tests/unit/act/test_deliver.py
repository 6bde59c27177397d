"""One reply for many recipients: every row of the table, with a real store and real next hops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.message.edits import AddHeader
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.records import HeldMessage
from gateway.smtp.reply import Reply
from tests.support.builders.judgement import PLAIN, finding
from tests.support.servers.embedded_gateway import EmbeddedGateway, nobody
from tests.support.servers.sink import Sink
from tests.unit.act.conftest import StartHop

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN = "in:bob@example.co.uk", "in:ann@example.co.uk"
JOE, JIM, FAR = "out:joe@outside.example", "out:jim@outside.example", "out:far@branch.example"
OUR_ANN = "us:ann@example.co.uk"
ANN_SENDS: dict[str, Any] = {"sender": "ann@example.co.uk"}
TEMPORARY, PERMANENT = b"450 4.2.1 mailbox busy", b"550 5.1.1 no such mailbox"


def refusing(*addresses: str, reply: bytes = PERMANENT) -> Sink:
    return Sink(rcpt_reply=lambda address: reply if address in addresses else None)


def to(*names: str) -> frozenset[str]:
    return frozenset(name.partition(":")[2] for name in names)


async def nothing_is_kept(gateway: EmbeddedGateway) -> bool:
    return await gateway.held() == [] and await gateway.waiting() == {}


async def only_held(gateway: EmbeddedGateway) -> HeldMessage:
    (entry,) = await gateway.held()
    return entry


# --- all taken -------------------------------------------------------------------------------------------------------


async def test_a_plain_message_is_relayed_as_it_is(tmp_path: Path) -> None:
    """250 with our id; the octets are a suffix of what was sent, behind our Received."""
    async with EmbeddedGateway(tmp_path) as gateway:
        assert await gateway.accept() == Reply(250, "2.0.0", "Accepted as m1")
        (got,) = gateway.home.got
        assert got.content.endswith(b"\r\n" + PLAIN)
        assert got.content.startswith(b"Received: from mx.outside.example ([192.0.2.7])\r\n\tby gw.example.co.uk ")
        assert (got.mail_from, got.recipients) == ("eve@outside.example", ("bob@example.co.uk",))
        assert await nothing_is_kept(gateway)
        assert await gateway.actions() == {"bob@example.co.uk": "relay"}


async def test_recipients_of_different_routes_get_their_copies(tmp_path: Path) -> None:
    """One transaction for each chain of next hops."""
    async with EmbeddedGateway(tmp_path) as gateway:
        assert (await gateway.accept(OUR_ANN, JOE, FAR, JIM, **ANN_SENDS)).ok
        got = [[g.recipients for g in sink.got] for sink in (gateway.home, gateway.world, gateway.branch)]
        assert got == [
            [("ann@example.co.uk",)],
            [("joe@outside.example", "jim@outside.example")],
            [("far@branch.example",)],
        ]


async def test_an_amended_copy_goes_to_those_whom_it_concerns(tmp_path: Path) -> None:
    """The others get theirs octet for octet."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.amend", edits=(AddHeader("X-Note", "1"),), recipients=to(BOB))]
        assert (await gateway.accept(BOB, ANN)).ok
        notes = {got.recipients: b"X-Note: 1\r\n" in got.content for got in gateway.home.got}
        assert notes == {("bob@example.co.uk",): True, ("ann@example.co.uk",): False}
        assert await gateway.actions() == {"bob@example.co.uk": "amend", "ann@example.co.uk": "relay"}


# --- nothing relayed or stored yet -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("home", "reply"),
    [
        (refusing("bob@example.co.uk", "ann@example.co.uk", reply=TEMPORARY), "450 4.2.1 mailbox busy (m1)"),
        (Sink(data_reply=lambda _: b"452 4.3.1 disk full"), "452 4.3.1 disk full (m1)"),
        (Sink(data_reply=lambda _: b"421 4.3.2 closing"), "451 4.3.2 closing (m1)"),
        (nobody(), "451 4.4.1"),
    ],
    ids=["recipients", "content", "421", "away"],
)
async def test_a_temporary_failure_is_the_clients_to_retry(tmp_path: Path, home: Sink, reply: str) -> None:
    """4xx, and nothing is kept. 421 would say that we hang up, so it is told as 451."""
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        assert str(await gateway.accept(BOB, ANN)).startswith(reply)
        assert await nothing_is_kept(gateway)
        assert set((await gateway.actions()).values()) == {"defer"}


async def test_all_refused_for_good_is_that_refusal(tmp_path: Path) -> None:
    """The next hop's own 5xx, with our id."""
    home = refusing("bob@example.co.uk", "ann@example.co.uk")
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        assert str(await gateway.accept(BOB, ANN)) == "550 5.1.1 no such mailbox (m1)"
        assert await nothing_is_kept(gateway)
        assert set((await gateway.actions()).values()) == {"reject"}


async def test_of_a_temporary_and_a_permanent_failure_the_temporary_is_the_reply(tmp_path: Path) -> None:
    """The retry settles both."""
    replies = {"bob@example.co.uk": PERMANENT, "ann@example.co.uk": TEMPORARY}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=replies.get)) as gateway:
        assert (await gateway.accept(BOB, ANN)).temporary
        assert await nothing_is_kept(gateway)


async def test_after_a_temporary_failure_no_other_route_is_tried(tmp_path: Path) -> None:
    """A copy that is out before the client's retry would come twice."""
    world = refusing("joe@outside.example", reply=TEMPORARY)
    async with EmbeddedGateway(tmp_path, world=world) as gateway:
        assert (await gateway.accept(JOE, FAR, **ANN_SENDS)).temporary
        assert gateway.branch.got == []


async def test_after_a_permanent_failure_a_temporary_one_is_the_reply(tmp_path: Path) -> None:
    """On two routes."""
    world = refusing("joe@outside.example")
    async with EmbeddedGateway(tmp_path, world=world, branch=nobody()) as gateway:
        assert (await gateway.accept(JOE, FAR, **ANN_SENDS)).temporary
        assert await nothing_is_kept(gateway)


# --- one copy is relayed ---------------------------------------------------------------------------------------------


async def test_with_one_copy_out_a_temporary_failure_goes_to_the_outbox(tmp_path: Path) -> None:
    """250: the row was committed before it, with what the next hop is to be told."""
    async with EmbeddedGateway(tmp_path, home=refusing("ann@example.co.uk", reply=TEMPORARY)) as gateway:
        assert (await gateway.accept(BOB, ANN)).ok
        assert await gateway.waiting() == {"relay": ["ann@example.co.uk"]}
        assert await gateway.actions() == {"bob@example.co.uk": "relay", "ann@example.co.uk": "queued"}
        gateway.home.rcpt_reply = lambda _: None
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        first, second = gateway.home.got
        assert second.recipients == ("ann@example.co.uk",)
        assert second.content == first.content
        assert await gateway.waiting() == {}


async def test_with_one_copy_out_a_refused_recipient_of_our_sender_is_reported(tmp_path: Path) -> None:
    """RFC 3464, from the null sender, to our own sender only."""
    async with EmbeddedGateway(tmp_path, world=refusing("joe@outside.example")) as gateway:
        assert (await gateway.accept(JOE, JIM, **ANN_SENDS)).ok
        assert await gateway.held() == []
        assert await gateway.waiting() == {"report": ["ann@example.co.uk"]}
        assert (await gateway.actions())["joe@outside.example"] == "failed"
        await gateway.tidy()
        (report,) = gateway.home.got
        assert (report.mail_from, report.recipients) == ("", ("ann@example.co.uk",))


async def test_with_one_copy_out_a_refused_recipient_of_an_outside_sender_is_held(tmp_path: Path) -> None:
    """`delivery.failed`: nothing is ever sent to the outside (law 5)."""
    async with EmbeddedGateway(tmp_path, home=refusing("ann@example.co.uk")) as gateway:
        assert (await gateway.accept(BOB, ANN)).ok
        entry = await only_held(gateway)
        assert (entry.codes, [c.address for c in entry.copies]) == (("delivery.failed",), ["ann@example.co.uk"])
        assert "550 5.1.1 no such mailbox" in entry.findings[0]["summary"]
        await gateway.tidy()
        assert [got.recipients for got in gateway.home.got] == [("bob@example.co.uk",)]
        assert gateway.world.got == []


async def test_one_of_ours_as_an_inbound_sender_is_no_sender_of_ours(tmp_path: Path) -> None:
    """Anyone can write our address: by the client it is outside mail, and held."""
    async with EmbeddedGateway(tmp_path, home=refusing("ann@example.co.uk")) as gateway:
        assert (await gateway.accept(BOB, ANN, sender="carol@example.co.uk")).ok
        assert (await only_held(gateway)).codes == ("delivery.failed",)
        assert await gateway.waiting() == {}


async def test_temporary_and_permanent_failures_are_settled_together(tmp_path: Path) -> None:
    """One 250, an outbox row and a held copy."""
    replies = {"ann@example.co.uk": PERMANENT, "carol@example.co.uk": TEMPORARY}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=replies.get)) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:carol@example.co.uk")).ok
        assert await gateway.waiting() == {"relay": ["carol@example.co.uk"]}
        assert [c.address for c in (await only_held(gateway)).copies] == ["ann@example.co.uk"]


async def test_a_route_that_refuses_after_another_that_took_it(tmp_path: Path) -> None:
    """The order of the routes makes no difference to the reply."""
    for branch_first in (True, False):
        folder = tmp_path / str(branch_first)
        folder.mkdir()
        async with EmbeddedGateway(folder, world=refusing("joe@outside.example")) as gateway:
            assert (await gateway.accept(*([FAR, JOE] if branch_first else [JOE, FAR]), **ANN_SENDS)).ok
            assert await gateway.waiting() == {"report": ["ann@example.co.uk"]}


async def test_a_fault_on_the_way_to_one_next_hop_brings_nothing_again_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob has his copy, so the client hears 250, and Joe's waits; with nothing taken it hears 451."""
    async with EmbeddedGateway(tmp_path) as gateway:
        send = gateway.relay.send

        async def fail(hops: Any, transaction: Any, *about: Any, **more: Any) -> Any:
            if transaction.recipients[0].address.startswith("joe"):
                raise ValueError("odd")
            return await send(hops, transaction, *about, **more)

        monkeypatch.setattr(gateway.relay, "send", fail)
        with capture_logs() as logs:
            assert (await gateway.accept(BOB, JOE, **ANN_SENDS)).ok
        assert [one["id"] for one in logs if one["event"] == "message.error"] == ["m1"]
        assert await gateway.waiting() == {"relay": ["joe@outside.example"]}
        assert (await gateway.accept(JOE, id="m2", **ANN_SENDS)).code == 451
        assert await gateway.waiting() == {"relay": ["joe@outside.example"]}


async def test_a_fault_in_a_report_brings_nothing_again_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joe has his copy, so the client hears 250; the keeper tries Jim's again, and its report then goes."""
    async with EmbeddedGateway(tmp_path, world=refusing("jim@outside.example")) as gateway:
        with monkeypatch.context() as patch:

            def fail(*_: Any) -> Any:
                raise ValueError("odd")

            patch.setattr(gateway.undelivered, "record", fail)
            assert (await gateway.accept(JOE, JIM, **ANN_SENDS)).ok
        assert await gateway.actions() == {"joe@outside.example": "relay", "jim@outside.example": "queued"}
        assert await gateway.waiting() == {"relay": ["jim@outside.example"]}
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        await gateway.tidy()
        assert [got.recipients for got in gateway.home.got] == [("ann@example.co.uk",)]
        assert [got.recipients for got in gateway.world.got] == [("joe@outside.example",)]


async def test_of_a_report_that_was_not_asked_for_the_copy_is_held(tmp_path: Path) -> None:
    """NOTIFY=NEVER for one of two refused recipients: one is reported, none is lost."""
    async with EmbeddedGateway(tmp_path, world=refusing("joe@outside.example", "ned@outside.example")) as gateway:
        assert (await gateway.accept(JOE + " NEVER", "out:ned@outside.example", JIM, **ANN_SENDS)).ok
        assert [c.address for c in (await only_held(gateway)).copies] == ["joe@outside.example"]
        assert await gateway.waiting() == {"report": ["ann@example.co.uk"]}


async def test_lmtp_answers_for_each_recipient(tmp_path: Path, start_hop: StartHop) -> None:
    """The same table: one taken, one later, one never."""
    hop, where = await start_hop(scheme="lmtp", replies={".": ["250 2.0.0 ok", "452 4.2.2 full", "552 5.2.2 never"]})
    async with EmbeddedGateway(tmp_path, home_hops=(where,)) as gateway:
        assert (await gateway.accept(BOB, ANN, "in:carol@example.co.uk")).ok
        assert await gateway.waiting() == {"relay": ["ann@example.co.uk"]}
        assert [c.address for c in (await only_held(gateway)).copies] == ["carol@example.co.uk"]
        assert hop.connections == 1


# --- held ------------------------------------------------------------------------------------------------------------


async def test_a_held_message_is_accepted(tmp_path: Path) -> None:
    """250; the store has the raw octets, the next hop nothing."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept()).ok
        assert gateway.home.got == []
        assert await gateway.store.quarantine.content("m1") == PLAIN
        assert await gateway.actions() == {"bob@example.co.uk": "quarantine"}


async def test_a_held_copy_and_a_relayed_one(tmp_path: Path) -> None:
    """Both are done, one reply."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold", recipients=to(ANN))]
        assert (await gateway.accept(BOB, ANN)).ok
        assert [c.address for c in (await only_held(gateway)).copies] == ["ann@example.co.uk"]
        assert [g.recipients for g in gateway.home.got] == [("bob@example.co.uk",)]


@pytest.mark.parametrize(
    ("home", "kept"),
    [
        (nobody(), {"relay": ["bob@example.co.uk"]}),
        (refusing("bob@example.co.uk", reply=TEMPORARY), {"relay": ["bob@example.co.uk"]}),
    ],
)
async def test_with_one_copy_held_a_temporary_failure_goes_to_the_outbox(
    tmp_path: Path, home: Sink, kept: dict[str, Any]
) -> None:
    """The client mustn't send the message again for the sake of the others."""
    async with EmbeddedGateway(tmp_path, home=home) as gateway:
        gateway.probe.finds = [finding("probe.hold", recipients=to(ANN))]
        assert (await gateway.accept(BOB, ANN)).ok
        assert await gateway.waiting() == kept


async def test_with_one_copy_held_a_refusal_for_good_is_settled(tmp_path: Path) -> None:
    """No 5xx: the message was accepted for the other."""
    async with EmbeddedGateway(tmp_path, home=refusing("bob@example.co.uk")) as gateway:
        gateway.probe.finds = [finding("probe.hold", recipients=to(ANN))]
        assert (await gateway.accept(BOB, ANN)).ok
        assert sorted(e.codes[0] for e in await gateway.held()) == ["delivery.failed", "probe.hold"]


async def test_the_store_is_first(tmp_path: Path) -> None:
    """A message that can't be held is not relayed to the others either: 4xx, and the client keeps all of it."""
    async with EmbeddedGateway(tmp_path, quarantine_max_bytes=10) as gateway:
        gateway.probe.finds = [finding("probe.hold", recipients=to(ANN))]
        assert str(await gateway.accept(BOB, ANN)) == "452 4.3.1 No room to hold the message; try again later (m1)"
        assert gateway.home.got == []
        assert await nothing_is_kept(gateway)
        gateway.probe.finds = []
        assert (await gateway.accept(BOB, id="m2")).ok, "other mail flows"


async def test_a_store_that_is_away_is_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """451, and nothing of the inside is told."""
    async with EmbeddedGateway(tmp_path) as gateway:

        async def hold(*_: Any, **__: Any) -> bool:
            raise StoreUnavailable("disk I/O error at /var/lib/secret")

        monkeypatch.setattr(gateway.store.quarantine, "hold", hold)
        gateway.probe.finds = [finding("probe.hold")]
        assert str(await gateway.accept()) == "451 4.3.0 Something went wrong here; try again later (m1)"


async def test_a_copy_that_cannot_be_committed_is_no_250(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 1: rather twice for one than never for the other."""
    async with EmbeddedGateway(tmp_path, home=refusing("ann@example.co.uk", reply=TEMPORARY)) as gateway:

        async def add(*_: Any) -> None:
            raise StoreUnavailable("locked")

        monkeypatch.setattr(gateway.store.outbox, "add", add)
        assert (await gateway.accept(BOB, ANN)).temporary


# --- rejected, discarded, deferred -----------------------------------------------------------------------------------


async def test_rejected_for_all_is_a_5xx_with_the_findings_sentence(tmp_path: Path) -> None:
    """Nothing is kept."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.reject", summary="It has a program in it.")]
        assert str(await gateway.accept(BOB, ANN)) == "550 5.7.1 It has a program in it. (m1)"
        assert await nothing_is_kept(gateway)
        assert gateway.home.got == []


async def test_rejected_for_some_is_held_for_those(tmp_path: Path) -> None:
    """DATA has one reply."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.reject", recipients=to(ANN))]
        assert (await gateway.accept(BOB, ANN)).ok
        entry = await only_held(gateway)
        assert (entry.codes, [c.address for c in entry.copies]) == (("probe.reject",), ["ann@example.co.uk"])
        assert await gateway.actions() == {"bob@example.co.uk": "relay", "ann@example.co.uk": "quarantine"}


async def test_rejected_for_some_and_held_for_the_others_is_held(tmp_path: Path) -> None:
    """One entry, each copy with its own codes."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.reject", recipients=to(ANN)), finding("probe.hold")]
        assert (await gateway.accept(BOB, ANN)).ok
        entry = await only_held(gateway)
        assert [(c.address, c.codes) for c in entry.copies] == [
            ("bob@example.co.uk", ("probe.hold",)),
            ("ann@example.co.uk", ("probe.reject",)),
        ]


async def test_after_the_queue_an_inbound_reject_is_held(tmp_path: Path) -> None:
    """On listeners with `after_queue: true`."""
    async with EmbeddedGateway(tmp_path, after_queue=frozenset({"inbound"})) as gateway:
        gateway.probe.finds = [finding("probe.reject")]
        assert (await gateway.accept()).ok
        assert (await only_held(gateway)).codes == ("probe.reject",)


async def test_discarded_is_accepted_and_gone(tmp_path: Path) -> None:
    """Only on record."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.discard")]
        assert (await gateway.accept()).ok
        assert await nothing_is_kept(gateway)
        assert gateway.home.got == []
        assert await gateway.actions() == {"bob@example.co.uk": "discard"}


async def test_deferred_is_451_and_nothing_is_kept(tmp_path: Path) -> None:
    """Not even what another filter would hold."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold", recipients=to(ANN)), finding("probe.away")]
        assert str(await gateway.accept(BOB, ANN)).startswith("451 4.7.1 ")
        assert await nothing_is_kept(gateway)
        assert gateway.home.got == []
        assert set((await gateway.actions()).values()) == {"defer"}


async def test_deferred_for_too_long_is_held(tmp_path: Path) -> None:
    """Four hours by the clock, remembered in the store by the message and not by its id."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.away")]
        for number, minutes in enumerate((0, 239, 1)):
            gateway.clock.move(minutes=minutes)
            assert (await gateway.accept(id=f"m{number}")).temporary
        gateway.clock.move(seconds=1)
        assert (await gateway.accept(id="late")).ok
        assert (await only_held(gateway)).codes == ("gateway.deferred",)


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "ok"), [(19.999, False), (20, True), (20.001, True)])
async def test_a_relay_is_not_begun_with_too_little_time(tmp_path: Path, seconds: float, ok: bool) -> None:
    """Under 20 s of `reply_seconds` left: 451, and the next hop has nothing."""
    async with EmbeddedGateway(tmp_path, reply_seconds=seconds) as gateway:
        reply = await gateway.accept()
        assert reply.ok is ok
        assert len(gateway.home.got) == ok
        assert ok or str(reply).startswith("451 4.3.2 ")


# --- a client's retry ------------------------------------------------------------------------------------------------


async def test_a_retry_of_a_held_message_is_accepted_and_nothing_more(tmp_path: Path) -> None:
    """No second entry or notice; also with another Received on top, and under another id."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        stamped = [b"Received: from a by b; Mon, 2 Mar 2026 09:%02d:00 +0000\r\n" % n + PLAIN for n in (1, 2)]
        assert (await gateway.accept(raw=stamped[0])).ok
        assert str(await gateway.accept(raw=stamped[1], id="m2")) == "250 2.0.0 Accepted as m2"
        assert len(await gateway.held()) == 1
        assert await gateway.actions("m2") == {"bob@example.co.uk": "retry"}


@pytest.mark.parametrize("what", ["release", "delete"])
async def test_a_retry_of_a_released_or_deleted_message_is_accepted(tmp_path: Path, what: str) -> None:
    """And not delivered a second time."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept()).ok
        if what == "release":
            await gateway.release.release("m1", actor="alice", reason="")
        else:
            await gateway.store.quarantine.delete("m1", actor="alice", reason="spam", at=gateway.clock.now())
        before = len(gateway.home.got)
        assert (await gateway.accept(id="m2")).ok
        assert len(gateway.home.got) == before
        assert len(await gateway.held()) == 1


async def test_a_retry_for_a_new_recipient_is_a_message_for_that_one(tmp_path: Path) -> None:
    """The key is for each copy."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept(BOB)).ok
        assert (await gateway.accept(BOB, ANN, id="m2")).ok
        assert [[c.address for c in e.copies] for e in await gateway.held()] == [
            ["bob@example.co.uk"],
            ["ann@example.co.uk"],
        ]


async def test_a_relayed_message_is_relayed_again(tmp_path: Path) -> None:
    """It isn't remembered: the client alone knows whether it got our 250."""
    async with EmbeddedGateway(tmp_path) as gateway:
        assert (await gateway.accept()).ok
        assert (await gateway.accept(id="m2")).ok
        assert len(gateway.home.got) == 2


# --- the record ------------------------------------------------------------------------------------------------------


async def test_the_audit_row_says_what_happened(tmp_path: Path) -> None:
    """Codes and actions; no subject, no text."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.log"), finding("probe.hold", recipients=to(ANN))]
        await gateway.accept(BOB, ANN)
        row = await gateway.trace("ann@example.co.uk")
        assert row.recipients == (
            ("bob@example.co.uk", "inbound", "relay"),
            ("ann@example.co.uk", "inbound", "quarantine"),
        )
        assert (row.codes, row.reply) == (("probe.log", "probe.hold"), "250 2.0.0 Accepted as m1")
        assert (row.client, row.message_id, row.bytes) == ("192.0.2.7", "<1@outside.example>", len(PLAIN))
        assert set(row.ms) == {"understand", "judge", "act"}


async def test_what_only_we_may_say_is_renamed_on_its_way(tmp_path: Path) -> None:
    """The held octets are as they came."""
    forged = b"X-Mailwarden-Tag: clean\r\nAuthentication-Results: gw.example.co.uk; spf=pass\r\n" + PLAIN
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold", recipients=to(ANN))]
        await gateway.accept(BOB, ANN, raw=forged)
        assert b"\r\nX-Untrusted-X-Mailwarden-Tag: clean\r\nX-Untrusted-Auth" in gateway.home.got[0].content
        assert await gateway.store.quarantine.content("m1") == forged
