"""Release: the chain runs again, what held the copy is waived and nothing else; it is done once and is on record."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from gateway.act.release import release as module
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.release import Released
from gateway.contract import Mail, Outcome
from gateway.judge.codes import POISON
from gateway.message.edits import AddHeader
from gateway.remember.database.errors import NotHeld
from tests.support.builders.judgement import PLAIN, finding
from tests.support.servers.embedded_gateway import EmbeddedGateway
from tests.support.servers.sink import Sink

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN, OUR_BOB = "in:bob@example.co.uk", "in:ann@example.co.uk", "us:bob@example.co.uk"
NOTE = AddHeader("X-Note", "1")
BOTH = ("bob@example.co.uk", "ann@example.co.uk")


async def held(gateway: EmbeddedGateway, *recipients: str, codes: tuple[str, ...] = ("probe.hold",)) -> None:
    gateway.probe.finds = [finding(code) for code in codes]
    assert (await gateway.accept(*(recipients or (BOB, ANN)))).ok
    assert len(await gateway.held()) == 1


async def release(gateway: EmbeddedGateway, id: str = "m1", **parts: object) -> Released:
    given = {"actor": "alice", "reason": "ordered goods"} | parts
    return await gateway.release.release(id, **given)  # type: ignore[arg-type]


async def states(gateway: EmbeddedGateway) -> dict[str, str]:
    return {c.address: c.state for e in await gateway.held() for c in e.copies}


async def stopped(gateway: EmbeddedGateway, **parts: object) -> ReleaseStopped:
    """Return the refusal of a release; nothing has changed."""
    with pytest.raises(ReleaseStopped) as refused:
        await release(gateway, **parts)
    assert set((await states(gateway)).values()) == {"held"}
    assert "relay" not in await gateway.waiting()
    return refused.value


# --- released --------------------------------------------------------------------------------------------------------


async def test_a_released_message_goes_out(tmp_path: Path) -> None:
    """Octet for octet behind our Received; on record with who and why."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        assert await release(gateway) == Released("m1", BOTH, delivered=True)
        (got,) = [g for g in gateway.home.got if g.mail_from]
        assert (got.mail_from, got.recipients) == ("eve@outside.example", BOTH)
        assert got.content.startswith(b"Received: from mx.outside.example ([192.0.2.7])\r\n")
        assert got.content.endswith(b"\r\n" + PLAIN)
        (entry,) = await gateway.held()
        assert {(c.state, c.changed_by, c.reason) for c in entry.copies} == {("released", "alice", "ordered goods")}
        assert [(h.operation, h.actor, h.reason) for h in (await gateway.trace()).history] == [
            ("release", "alice", "ordered goods")
        ]


async def test_filters_that_wait_for_answers_are_told(tmp_path: Path) -> None:
    """The copies that go out, and the codes that are enforced, be they waived; whatever the filter does."""
    told = []

    async def released(mail: Mail, outcome: Outcome, at: datetime) -> None:
        told.append((outcome.actions, outcome.enforced, at))
        raise RuntimeError("too late to stop anything")

    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.receipt_reminders, gateway.probe.released = {}, released  # type: ignore[attr-defined]
        await held(gateway, codes=("probe.hold", "probe.log"))
        with pytest.raises(NotHeld):
            await release(gateway, id="m2")
        gateway.clock.move(days=1)
        await release(gateway, recipients=("bob@example.co.uk",))
        assert told == [({"bob@example.co.uk": "relay"}, {"probe.hold", "probe.log"}, gateway.clock.now())]


async def test_what_the_next_hop_takes_later_is_in_the_outbox(tmp_path: Path) -> None:
    """It is released; the answer says that it isn't delivered yet."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.home.rcpt_reply = lambda _: b"450 4.2.1 busy"
        assert not (await release(gateway)).delivered
        assert (await gateway.waiting())["relay"] == list(BOTH)
        gateway.home.rcpt_reply = lambda _: None
        gateway.clock.move(minutes=5)
        await gateway.tidy()
        assert [g.recipients for g in gateway.home.got if g.mail_from] == [BOTH]


async def test_a_row_that_the_keepers_round_has_taken_is_waited_for(tmp_path: Path) -> None:
    """Its round and the release meet; the answer is true all the same."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)

        async def keeps_trying() -> None:
            while True:
                await gateway.keeper.empty_outbox()
                await asyncio.sleep(0)

        busy = asyncio.ensure_future(keeps_trying())
        try:
            assert (await release(gateway)).delivered
        finally:
            busy.cancel()
        assert len([g for g in gateway.home.got if g.mail_from]) == 1


async def test_a_row_that_the_keepers_round_could_not_send_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once that attempt has ended the answer is known."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 3600.0)
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.home.rcpt_reply = lambda _: b"450 4.2.1 busy"
        ours = gateway.keeper.empty_outbox

        async def later() -> set[str]:
            """Run the release second."""
            await ours()
            return await ours()

        monkeypatch.setattr(gateway.keeper, "empty_outbox", later)
        async with asyncio.timeout(30):
            assert not (await release(gateway)).delivered


async def test_every_other_amendment_is_made_again(tmp_path: Path) -> None:
    """The stored octets are as they came."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold"), finding("probe.amend", edits=(NOTE,)), finding("probe.tag")]
        await gateway.accept(BOB)
        await release(gateway)
        (got,) = [g for g in gateway.home.got if g.mail_from]
        assert b"X-Mailwarden-Tag: probe.tag; clause=email.conduct\r\nX-Note: 1\r\n" in got.content


async def test_what_held_one_copy_still_amends_the_other(tmp_path: Path) -> None:
    """Waived is what held that very copy."""
    filters = "- probe: {actions: {probe.hold: {inbound: quarantine, internal: tag}, probe.log: quarantine}}"
    async with EmbeddedGateway(tmp_path, filters=filters) as gateway:
        gateway.probe.finds = [finding("probe.hold"), finding("probe.log")]
        assert (await gateway.accept(BOB, "us:ann@example.co.uk")).ok
        await release(gateway)
        tagged = {g.recipients: b"X-Mailwarden-Tag: probe.hold" in g.content for g in gateway.home.got if g.mail_from}
        assert tagged == {("bob@example.co.uk",): False, ("ann@example.co.uk",): True}


async def test_some_of_the_recipients(tmp_path: Path) -> None:
    """The others stay held, and can be released later."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        assert (await release(gateway, recipients=["ANN@example.co.uk"])).recipients == ("ann@example.co.uk",)
        assert await states(gateway) == {"bob@example.co.uk": "held", "ann@example.co.uk": "released"}
        assert (await release(gateway)).recipients == ("bob@example.co.uk",)
        assert [g.recipients for g in gateway.home.got if g.mail_from] == [(a,) for a in reversed(BOTH)]


async def test_it_learns_and_counts_nothing(tmp_path: Path) -> None:
    """The filter is asked once more, and told of no outcome."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await release(gateway)
        assert len(gateway.probe.seen) == 2
        assert gateway.learning == []
        again, first = gateway.probe.seen[1], gateway.probe.seen[0]
        assert (again.id, again.received_at, again.client) == (first.id, first.received_at, first.client)
        assert again.envelope == first.envelope


# --- stopped ---------------------------------------------------------------------------------------------------------


async def test_anything_new_that_would_hold_it_stops_it(tmp_path: Path) -> None:
    """And is named."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.probe.finds = [finding("probe.hold"), finding("probe.reject", summary="It is worse.")]
        refused = await stopped(gateway)
        assert refused.codes == ("probe.reject",)
        assert str(refused).startswith("stopped by probe.reject: It is worse. It was not held for that. ")


async def test_a_virus_is_released_only_with_infected(tmp_path: Path) -> None:
    """A virus needs `infected`, whether it held the message or was found later."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, codes=("virus.found",))
        refused = await stopped(gateway)
        assert refused.codes == ("virus.found",)
        assert "--infected" in str(refused)
        assert (await release(gateway, infected=True)).delivered


async def test_a_virus_that_is_new_stops_it(tmp_path: Path) -> None:
    """The signatures know more than yesterday; with --infected it goes."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.probe.finds = [finding("virus.found"), finding("probe.hold")]
        assert (await stopped(gateway)).codes == ("virus.found",)
        assert (await release(gateway, infected=True)).delivered


@pytest.mark.parametrize("reason", ["", "  "])
async def test_infected_needs_a_reason(tmp_path: Path, reason: str) -> None:
    """Here too, not only at the command line."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, codes=("virus.found",))
        assert "reason" in str(await stopped(gateway, infected=True, reason=reason))


async def test_infected_waives_nothing_else(tmp_path: Path) -> None:
    """Another new finding still stops it."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway, codes=("virus.found",))
        gateway.probe.finds = [finding("virus.found"), finding("probe.hold")]
        assert (await stopped(gateway, infected=True)).codes == ("probe.hold",)


@pytest.mark.parametrize("code", ["probe.away", "probe.unheard"])
async def test_a_filter_that_cannot_say_stops_it(tmp_path: Path, code: str) -> None:
    """The scanner is away, or the filter breaks: not known to be clean."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.probe.finds = [finding("probe.hold"), finding(code)]
        assert (await stopped(gateway)).codes == ("probe.away" if code == "probe.away" else "gateway.error",)


async def test_a_finding_that_only_logs_stops_nothing(tmp_path: Path) -> None:
    """Nor one of a filter in monitor."""
    async with EmbeddedGateway(tmp_path, filters="- probe\n- probe: {name: watching, mode: monitor}") as gateway:
        await held(gateway)
        gateway.probe.finds = [finding("probe.hold"), finding("probe.log")]
        gateway.bench.probes[1].finds = [finding("probe.reject"), finding("probe.away")]
        assert (await release(gateway)).delivered


async def test_what_waits_in_the_outbox_is_not_released_twice(tmp_path: Path) -> None:
    """The refusal says that it isn't delivered yet; what lies in the bin comes out of it first."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        gateway.home.rcpt_reply = lambda _: b"450 4.2.1 busy"
        await release(gateway, recipients=[BOTH[0]])
        with pytest.raises(NotHeld, match=r"bob@example.co.uk: released by alice .*, and in the outbox, which still"):
            await release(gateway, recipients=[BOTH[0]])
        await gateway.store.quarantine.delete("m1", actor="alice", reason="junk", at=gateway.clock.now())
        with pytest.raises(NotHeld, match=r"ann@example.co.uk: deleted by alice on .* `quarantine restore` takes it"):
            await release(gateway)


# --- not held --------------------------------------------------------------------------------------------------------


async def test_what_is_released_is_not_released_twice(tmp_path: Path) -> None:
    """The refusal says what became of it."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        await release(gateway)
        with pytest.raises(NotHeld) as told:
            await release(gateway)
        assert str(told.value) == (
            "m1 is not held any more (bob@example.co.uk: released by alice on 2026-03-02 09:30:00 GMT, and it has gone "
            "out; ann@example.co.uk: released by alice on 2026-03-02 09:30:00 GMT, and it has gone out)"
        )
        assert len([g for g in gateway.home.got if g.mail_from]) == 1


async def test_of_two_reviewers_at_once_one_releases(tmp_path: Path) -> None:
    """The other is told; one copy goes out."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        outcomes = await asyncio.gather(release(gateway), release(gateway), return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["NotHeld", "Released"]
        assert len([g for g in gateway.home.got if g.mail_from]) == 1


@pytest.mark.parametrize(("id", "recipients"), [("m7", []), ("m1", ["nobody@example.co.uk"])])
async def test_what_is_not_held_is_not_released(tmp_path: Path, id: str, recipients: list[str]) -> None:
    """An unknown id, an address that has no copy."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        with pytest.raises(NotHeld):
            await release(gateway, id, recipients=recipients)
        assert set((await states(gateway)).values()) == {"held"}


async def test_a_wrong_recipient_among_right_ones_releases_nothing(tmp_path: Path) -> None:
    """A typing mistake isn't passed over in silence."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await held(gateway)
        with pytest.raises(NotHeld, match=r"not held for bop@example\.co\.uk"):
            await release(gateway, recipients=["ann@example.co.uk", "bop@example.co.uk"])
        assert set((await states(gateway)).values()) == {"held"}


# --- what could not be delivered -------------------------------------------------------------------------------------


async def test_an_undelivered_copy_goes_as_it_was_sent(tmp_path: Path) -> None:
    """It was amended before: not a second time, and our own header is no forgery."""
    replies = {"ann@example.co.uk": b"550 5.1.1 no such mailbox"}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=replies.get)) as gateway:
        gateway.probe.finds = [finding("probe.tag"), finding("probe.amend", edits=(NOTE,))]
        assert (await gateway.accept(BOB, ANN)).ok
        (entry,) = await gateway.held()
        assert entry.codes == ("delivery.failed",)
        replies.clear()
        assert (await release(gateway, entry.id)).delivered
        first, second = gateway.home.got
        assert second.recipients == ("ann@example.co.uk",)
        assert second.content == first.content


async def test_an_undelivered_copy_is_checked_again(tmp_path: Path) -> None:
    """A virus found since stops it."""
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply={"ann@example.co.uk": b"550 no"}.get)) as gateway:
        assert (await gateway.accept(BOB, ANN)).ok
        gateway.probe.finds = [finding("virus.found")]
        (entry,) = await gateway.held()
        with pytest.raises(ReleaseStopped, match=r"virus\.found"):
            await release(gateway, entry.id)


# --- what workers died over ------------------------------------------------------------------------------------------


async def poisoned(gateway: EmbeddedGateway) -> None:
    """Hold a message as after the second death of a worker."""
    gateway.died(2)
    assert (await gateway.accept(BOB)).ok
    (entry,) = await gateway.held()
    assert entry.codes == (POISON,)


async def test_what_workers_died_over_is_tried_before_it_is_released(tmp_path: Path) -> None:
    """The trial runs in another process; if it ends well, the chain runs here, and the message goes out."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await poisoned(gateway)
        gateway.trial.how = ""
        assert (await release(gateway)).delivered
        assert gateway.trial.tried == [(PLAIN, "eve@outside.example", ["bob@example.co.uk"])]


async def test_what_ends_the_trial_too_is_not_released(tmp_path: Path) -> None:
    """The sentence says how, and what to do; nothing in this process has looked into it."""
    async with EmbeddedGateway(tmp_path) as gateway:
        await poisoned(gateway)
        gateway.trial.how = "it ended with signal 11"
        refusal = await stopped(gateway)
        assert "it ended with signal 11" in str(refusal)
        assert "delete it" in str(refusal)
        with pytest.raises(ReleaseStopped, match="can't be reported"):
            await gateway.release.report_fraud("m1", actor="alice", reason="fraud")
        (entry,) = await gateway.held()
        assert await gateway.release.offers(entry) == []
