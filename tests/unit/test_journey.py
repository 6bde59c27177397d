"""The journey: before the message, the message, and after the reply; explain and release count nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gateway.act.deliver import Delivery
from gateway.contract import Client, Finding, Mail, Outcome
from gateway.directory.lookup import ConfiguredDirectory
from gateway.journey import outcome_of
from gateway.judge.chain import Chain, Link
from gateway.judge.codes import POISON
from gateway.judge.judgement import Judge
from gateway.message.model import Message
from gateway.operations.explain import Assumed, Explainer, Source
from gateway.remember.database.errors import StoreUnavailable
from gateway.services.read_only import IdleCounters
from gateway.smtp.reply import Reply
from gateway.understand.examiner import IN_THREAD_BYTES
from gateway.understand.sandbox.pool import SandboxBusy
from gateway.understand.unfold import Unfolder
from tests.support.builders import confirmations
from tests.support.builders.authentication import Zone
from tests.support.builders.judgement import PLAIN, Probe, ProbeSettings, finding
from tests.support.servers.embedded_gateway import House, nobody
from tests.support.servers.sink import Sink

pytestmark = pytest.mark.usefixtures("on_both_databases")

BOB, ANN, JOE = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example"


class Learner(Probe):
    """Keeps history in a counter of the store."""

    def __init__(self, counters: Any) -> None:
        super().__init__(ProbeSettings())
        self.counters = counters
        self.learned: list[Outcome] = []

    async def check(self, mail: Mail) -> Sequence[Finding]:
        await self.counters.add("seen", 1, mail.received_at, once=mail.key)
        return self.finds

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        self.learned.append(outcome)


def learning(house: House, counters: Any = None) -> Learner:
    """Replace the house's filter by one that counts and learns."""
    learner = Learner(counters or house.store.counters)
    chain = Chain([Link(house.settings.filters[0], learner)], house.clock)
    house.bench.judge = Judge(chain, house.clock, lambda _: frozenset(), 60, 9)
    house._build()
    return learner


async def run(house: House) -> None:
    """Run the work that the session's task group would run."""
    while house.learning:
        await house.learning.pop()


# --- what workers died over ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("deaths", "held"), [(1, []), (2, [POISON]), (3, [POISON])])
async def test_a_message_that_workers_died_over_twice_is_held(tmp_path: Path, deaths: int, held: list[str]) -> None:
    """No filter is asked, nothing is learned of it, and its client's next try is known."""
    async with House(tmp_path) as house:
        learner = learning(house)
        house.died(deaths)
        assert (await house.accept(BOB)).ok
        await run(house)
        assert [code for entry in await house.held() for code in entry.codes] == held
        assert len(learner.learned) == (0 if held else 1)
        assert len(house.home.got) == (0 if held else 1)
        if held:
            (entry,) = await house.held()
            assert entry.subject == "Hello"
            assert (await house.actions())["bob@example.co.uk"] == "quarantine"
            assert (await house.accept(BOB, id="m2")).ok
            assert len(await house.held()) == 1


async def test_the_other_recipients_of_it_are_held_too(tmp_path: Path) -> None:
    """Whatever their direction."""
    async with House(tmp_path) as house:
        house.died(2)
        assert (await house.accept(JOE, "us:ann@example.co.uk")).ok
        assert {c.state for entry in await house.held() for c in entry.copies} == {"held"}
        assert house.home.got == []


async def test_mail_to_the_control_address_that_workers_died_over_is_not_read(tmp_path: Path) -> None:
    """It is nobody's to look at: its sender keeps it."""
    async with House(tmp_path, filters=confirmations.FILTERS, more=confirmations.CONTROL) as house:
        await confirmations.send(house)
        to = await confirmations.asked(house)
        house.died(2)
        assert (await confirmations.reply(house, to)).code == 451
        house.died(1)
        assert (await confirmations.reply(house, to)).code == 250


# --- opening ---------------------------------------------------------------------------------------------------------


class Crowded:
    """An unfolder for which there is no room; it keeps for whom it was asked."""

    def __init__(self) -> None:
        self.clients: list[str] = []

    async def unfold(self, message: Message, client: str = "") -> Message:
        self.clients.append(client)
        raise SandboxBusy("no sandbox process was free within 45 seconds")


def crowded(house: House) -> Crowded:
    unfolder = Crowded()
    house.journey = replace(house.journey, examiner=house.examiner_with(cast(Unfolder, unfolder)))
    return unfolder


@pytest.mark.parametrize("verifying", [True, False])
async def test_a_message_for_which_no_sandbox_is_free_waits_at_its_sender(tmp_path: Path, verifying: bool) -> None:
    """It is told that there is too much mail, no filter is asked or blamed, and nothing of it goes on."""
    async with House(tmp_path, resolver=Zone({}) if verifying else None) as house:
        crowded(house)
        with capture_logs() as logs:
            reply = await house.accept(BOB)
        assert str(reply) == "452 4.3.1 Too much mail at once; try again later (m1)"
        assert (house.probe.seen, house.home.got, await house.held(), house.learning) == ([], [], [], [])
        (line,) = logs
        assert (line["event"], line["log_level"], line["id"]) == ("message.busy", "warning", "m1")
        assert (line["client"], line["from"], line["reply"]) == ("192.0.2.7", "eve@outside.example", str(reply))
        assert "exc_info" not in line


async def test_other_trouble_in_the_sandbox_is_no_crowd(tmp_path: Path) -> None:
    """A cell that can't be had at all is told as before, and it is for a person to mend."""
    async with House(tmp_path) as house:

        class Away(Crowded):
            async def unfold(self, message: Message, client: str = "") -> Message:
                raise OSError("no memory")

        house.journey = replace(house.journey, examiner=house.examiner_with(cast(Unfolder, Away())))
        with pytest.raises(OSError, match="no memory"):
            await house.accept(BOB)


async def test_messages_wait_for_the_sandbox_by_their_clients_network(tmp_path: Path) -> None:
    """The unfolder is told whose they are."""
    async with House(tmp_path) as house:
        unfolder = crowded(house)
        await house.accept(BOB)
        await house.accept(BOB, client=Client(""))
        assert unfolder.clients == [Client("192.0.2.7").network, ""]


# --- learning --------------------------------------------------------------------------------------------------------


async def test_filters_learn_after_the_reply(tmp_path: Path) -> None:
    """Not before: the client doesn't wait for it."""
    async with House(tmp_path) as house:
        learner = learning(house)
        assert (await house.accept(BOB)).ok
        assert learner.learned == []
        await run(house)
        assert learner.learned == [Outcome({"bob@example.co.uk": "relay"})]


@pytest.mark.parametrize(
    ("code", "action"),
    [("probe.hold", "quarantine"), ("probe.reject", "reject"), ("probe.discard", "discard"), ("probe.tag", "amend")],
)
async def test_they_learn_what_became_of_it(tmp_path: Path, code: str, action: str) -> None:
    """After a 5xx too: it is final."""
    async with House(tmp_path) as house:
        learner = learning(house)
        learner.finds = [finding(code)]
        await house.accept(BOB)
        await run(house)
        assert learner.learned == [Outcome({"bob@example.co.uk": action})]


@pytest.mark.parametrize("how", ["deferred", "next hop away", "next hop busy", "store full"])
async def test_they_never_learn_after_a_4xx(tmp_path: Path, how: str) -> None:
    """The client sends it again: it would be learned twice."""
    home = {"next hop away": nobody(), "next hop busy": Sink(rcpt_reply=lambda _: b"450 4.2.1 busy")}.get(how, Sink())
    async with House(tmp_path, home=home, quarantine_max_bytes=10) as house:
        learner = learning(house)
        learner.finds = {"deferred": [finding("probe.away")], "store full": [finding("probe.hold")]}.get(how, [])
        assert (await house.accept(BOB)).temporary
        assert house.learning == []


async def test_a_retry_of_a_held_message_is_not_learned_again(tmp_path: Path) -> None:
    """Nor counted."""
    async with House(tmp_path) as house:
        learner = learning(house)
        learner.finds = [finding("probe.hold")]
        await house.accept(BOB)
        await run(house)
        await house.accept(BOB, id="m2")
        await run(house)
        assert len(learner.learned) == 1
        assert await seen(house) == 1


async def test_a_message_that_passes_is_no_retry(tmp_path: Path) -> None:
    """Though the same octets were held before: whatever held those is not in it any more."""
    async with House(tmp_path) as house:
        house.probe.finds = [finding("probe.hold")]
        await house.accept(BOB)
        house.probe.finds = []
        assert (await house.accept(BOB, id="m2")).ok
        assert len(house.home.got) == 1


def test_the_outcome_is_in_the_contracts_terms() -> None:
    """A copy in the outbox counts as relayed, and a failed one as refused."""
    actions = {"a": "queued", "b": "failed", "c": "amend"}
    assert outcome_of(Delivery(actions, Reply(250, "", ""))) == Outcome({"a": "relay", "b": "reject", "c": "amend"})


# --- counting --------------------------------------------------------------------------------------------------------


async def seen(house: House) -> int:
    return await house.store.counters.add("seen", 0, house.clock.now())


async def test_release_counts_nothing(tmp_path: Path) -> None:
    """Its filters get counters that answer and write nothing."""
    async with House(tmp_path) as house:
        learner = learning(house)
        learner.finds = [finding("probe.hold")]
        await house.accept(BOB)
        await run(house)
        assert await seen(house) == 1
        quiet = learning(house, IdleCounters(house.store.counters))
        quiet.finds = [finding("probe.hold")]
        await house.release.release("m1", actor="alice", reason="")
        assert await seen(house) == 1
        assert (house.learning, quiet.learned) == ([], [])


async def test_idle_counters_answer_as_if_they_counted(tmp_path: Path) -> None:
    """A filter decides in `explain` as it would in traffic."""
    async with House(tmp_path) as house:
        now = house.clock.now()
        await house.store.counters.add("k", 5, now)
        idle = IdleCounters(house.store.counters)
        assert await idle.add("k", 2, now) == 7
        assert await idle.add("k", 2, now) == 7
        assert await idle.total("k", now, now.replace(year=2027)) == 5
        assert await IdleCounters().add("k", 2, now) == 2
        assert await IdleCounters().total("k", now, now) == 0


async def test_explain_counts_and_learns_nothing(tmp_path: Path) -> None:
    """The filter is the very one that counts in traffic."""
    async with House(tmp_path) as house:
        idle = learning(house, IdleCounters(house.store.counters))
        s = house.settings
        ours = ConfiguredDirectory(s.directory.persons, s.directory.groups, s.organisation.domains)
        explainer = Explainer(s, house.examiner, house.bench.judge, ours, house.clock)
        explained = await explainer.explain(Source("a", lambda: PLAIN), Assumed())
        assert list(explained.rendered) == [PLAIN]
        assert explained.report["action"] == "relay"
        assert await seen(house) == 0
        assert (idle.learned, house.learning) == ([], [])


# --- before the message ----------------------------------------------------------------------------------------------


async def test_a_recipient_that_the_next_hop_refuses_is_refused(tmp_path: Path) -> None:
    """At RCPT, for good; trouble is settled after DATA."""
    replies = {"gone@example.co.uk": b"550 5.1.1 no such mailbox", "busy@example.co.uk": b"450 4.2.1 busy"}
    async with House(tmp_path, home=Sink(rcpt_reply=replies.get)) as house:
        assert await house.journey.verify("inbound", "gone@example.co.uk") == Reply(550, "5.1.1", "no such mailbox")
        assert await house.journey.verify("inbound", "busy@example.co.uk") is None
        assert await house.journey.verify("inbound", "bob@example.co.uk") is None


async def test_what_is_offered_is_what_all_routes_offer(tmp_path: Path) -> None:
    """Unknown until it is learned: then the smallest SIZE, and SMTPUTF8 only if all have it."""
    home = Sink(offers=(b"SIZE 5000", b"SMTPUTF8", b"8BITMIME"))
    branch = Sink(offers=(b"SIZE 0", b"SMTPUTF8", b"8BITMIME"))
    async with House(tmp_path, home=home, branch=branch, world=Sink(offers=(b"SIZE 100",))) as house:
        offers = house.journey.offers("inbound")
        assert (offers.size, offers.smtputf8) == (None, False)
        await house.relay.learn(house.routes.all)
        offers = house.journey.offers("inbound")
        assert (offers.size, offers.smtputf8) == (5000, True)
        offers = house.journey.offers("outbound")
        assert (offers.size, offers.smtputf8) == (100, False)


# --- the message -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [IN_THREAD_BYTES - 1, IN_THREAD_BYTES, IN_THREAD_BYTES + 1])
async def test_a_large_message_is_the_same_message(tmp_path: Path, size: int) -> None:
    """Parsed and hashed in a thread above the limit."""
    raw = (PLAIN + b"x" * 76 + b"\r\n") + b"y" * (size - len(PLAIN) - 80) + b"\r\n"
    async with House(tmp_path) as house:
        assert (await house.accept(BOB, raw=raw)).ok
        assert house.home.got[0].content.endswith(b"\r\n" + raw)
        assert len(raw) == size


async def test_a_store_that_cannot_be_read_is_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done while it is unknown whether the message is a retry."""
    async with House(tmp_path) as house:

        async def known(*_: Any) -> set[bytes]:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(house.store.quarantine, "known", known)
        house.probe.finds = [finding("probe.hold")]
        assert (await house.accept(BOB)).temporary
        assert await house.store.quarantine.list() == []


async def test_a_store_that_is_away_does_not_hide_that_a_filter_defers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since when it has deferred the message isn't known: from now on. The client is told that, and keeps it."""
    async with House(tmp_path) as house:

        async def first(*_: Any) -> datetime:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(house.store.deferrals, "first", first)
        house.probe.finds = [finding("probe.away")]
        assert str(await house.accept(BOB)).startswith("451 4.7.1 ")


async def test_messages_at_once_do_not_mix(tmp_path: Path) -> None:
    """Each has its own octets, ends and id."""
    async with House(tmp_path) as house:
        sent = {f"m{n}": PLAIN + b"%d\r\n" % n for n in range(20)}
        replies = await asyncio.gather(*(house.accept(BOB, raw=raw, id=id) for id, raw in sent.items()))
        assert {str(reply) for reply in replies} == {f"250 2.0.0 Accepted as {id}" for id in sent}
        assert sorted(got.content.partition(b"+0000\r\n")[2] for got in house.home.got) == sorted(sent.values())


async def test_a_message_of_two_kinds_of_recipients(tmp_path: Path) -> None:
    """Each direction has its own policy."""
    filters = "- probe: {action: {internal: log, outbound: quarantine}}"
    async with House(tmp_path, filters=filters) as house:
        house.probe.finds = [finding("probe.log")]
        assert (await house.accept("us:ann@example.co.uk", JOE, sender="carol@example.co.uk")).ok
        assert await house.actions() == {"ann@example.co.uk": "relay", "joe@outside.example": "quarantine"}
        (entry,) = await house.held()
        assert entry.direction == "outbound"
