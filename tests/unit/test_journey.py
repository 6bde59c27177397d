"""The journey: before the message, the message, and after the reply; explain and release count nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gateway.act.deliver import Delivery
from gateway.contract import Client, Envelope, Finding, Mail, Outcome
from gateway.directory.lookup import ConfiguredDirectory
from gateway.journey import outcome_of
from gateway.judge.chain import Chain, Link
from gateway.judge.codes import POISON
from gateway.judge.judgement import Judge
from gateway.judge.policy import Verdict
from gateway.message.model import Message
from gateway.operations.explain import Assumed, Explainer, Source
from gateway.remember.database.errors import StoreUnavailable
from gateway.services.read_only import ReadOnlyCounters
from gateway.smtp.reply import Reply
from gateway.understand.authentication.tenants import PROVEN, Proof
from gateway.understand.examiner import IN_THREAD_BYTES
from gateway.understand.sandbox.pool import SandboxBusy
from gateway.understand.unfold import Unfolder
from tests.support.builders import confirmations
from tests.support.builders.authentication import FakeResolver
from tests.support.builders.judgement import PLAIN, Probe, ProbeSettings, finding
from tests.support.servers.embedded_gateway import EmbeddedGateway, nobody
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


def learning(gateway: EmbeddedGateway, counters: Any = None) -> Learner:
    """Replace the gateway's filter by one that counts and learns."""
    learner = Learner(counters or gateway.store.counters)
    chain = Chain([Link(gateway.settings.filters[0], learner)], gateway.clock)
    gateway.bench.judge = Judge(chain, gateway.clock, lambda _: frozenset(), 60, 9)
    gateway._build()
    return learner


async def run(gateway: EmbeddedGateway) -> None:
    """Run the work that the session's task group would run."""
    while gateway.learning:
        await gateway.learning.pop()


# --- what workers died over ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("deaths", "held"), [(1, []), (2, [POISON]), (3, [POISON])])
async def test_a_message_that_workers_died_over_twice_is_held(tmp_path: Path, deaths: int, held: list[str]) -> None:
    """No filter is asked, nothing is learned of it, and its client's next try is known."""
    async with EmbeddedGateway(tmp_path) as gateway:
        learner = learning(gateway)
        gateway.died(deaths)
        assert (await gateway.accept(BOB)).ok
        await run(gateway)
        assert [code for entry in await gateway.held() for code in entry.codes] == held
        assert len(learner.learned) == (0 if held else 1)
        assert len(gateway.home.got) == (0 if held else 1)
        if held:
            (entry,) = await gateway.held()
            assert entry.subject == "Hello"
            assert (await gateway.actions())["bob@example.co.uk"] == "quarantine"
            assert (await gateway.accept(BOB, id="m2")).ok
            assert len(await gateway.held()) == 1


async def test_the_other_recipients_of_it_are_held_too(tmp_path: Path) -> None:
    """Whatever their direction."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.died(2)
        assert (await gateway.accept(JOE, "us:ann@example.co.uk")).ok
        assert {c.state for entry in await gateway.held() for c in entry.copies} == {"held"}
        assert gateway.home.got == []


async def test_mail_to_the_control_address_that_workers_died_over_is_not_read(tmp_path: Path) -> None:
    """It is nobody's to look at: its sender keeps it."""
    async with EmbeddedGateway(tmp_path, filters=confirmations.FILTERS, more=confirmations.CONTROL) as gateway:
        await confirmations.send(gateway)
        to = await confirmations.asked(gateway)
        gateway.died(2)
        assert (await confirmations.reply(gateway, to)).code == 451
        gateway.died(1)
        assert (await confirmations.reply(gateway, to)).code == 250


# --- tenants ---------------------------------------------------------------------------------------------------------


@dataclass
class FakeProof:
    """Answers as it is told."""

    answer: Proof
    service: str = "Cloud"
    asked: list[tuple[bytes, frozenset[str]]] = field(default_factory=list)

    async def prove(self, content: bytes, envelope: Envelope, certificate_names: frozenset[str]) -> Proof:
        self.asked.append((content, certificate_names))
        return self.answer


def demand(gateway: EmbeddedGateway, answer: Proof) -> FakeProof:
    """Have the outbound listener demand a proof."""
    proof = FakeProof(answer)
    gateway.journey = replace(gateway.journey, tenants={"outbound": proof})
    return proof


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (Proof("unproven", "no field"),
         "550 5.7.1 Nothing proves that this comes from our own Cloud account (m1)"),
        (Proof("undecided", "no answer"),
         "451 4.7.1 Can't verify now that this comes from our Cloud account (m1)"),
    ],
)  # fmt: skip
async def test_a_message_that_does_not_prove_its_tenant_goes_nowhere(tmp_path: Path, answer: Proof, reply: str) -> None:
    """It is neither judged, held nor confirmed, and is in the log; other listeners ask for no proof."""
    async with EmbeddedGateway(tmp_path, filters=confirmations.FILTERS, more=confirmations.CONTROL) as gateway:
        await confirmations.send(gateway)
        to = await confirmations.asked(gateway)
        held = len(await gateway.held())
        proof = demand(gateway, answer)
        with capture_logs() as logs:
            assert str(await gateway.accept(JOE)) == reply
        (line,) = (line for line in logs if line["event"] == "tenant.unproven")
        assert (line["why"], line["listener"], line["to"]) == (answer.why, "outbound", ["joe@outside.example"])
        assert proof.asked == [(PLAIN, frozenset())]
        assert (await confirmations.reply(gateway, to)).code == int(reply[:3])
        assert (await gateway.accept(BOB, id="m2")).ok
        assert len(proof.asked) == 2
        assert len(await gateway.held()) == held + 1  # Bob's, as the filter says


async def test_a_message_that_proves_its_tenant_is_judged(tmp_path: Path) -> None:
    """One over which workers died is held without a proof: it is examined no more."""
    async with EmbeddedGateway(tmp_path) as gateway:
        proof = demand(gateway, PROVEN)
        assert (await gateway.accept(JOE)).ok
        assert len(proof.asked) == 1
        gateway.died(2)
        assert (await gateway.accept("out:kim@far.example", id="m2")).ok
        assert [code for entry in await gateway.held() for code in entry.codes] == [POISON]
        assert len(proof.asked) == 1


# --- opening ---------------------------------------------------------------------------------------------------------


class Crowded:
    """An unfolder for which there is no room; it keeps for whom it was asked."""

    def __init__(self) -> None:
        self.clients: list[str] = []

    async def unfold(self, message: Message, client: str = "") -> Message:
        self.clients.append(client)
        raise SandboxBusy("no sandbox process was free within 45 seconds")


def crowded(gateway: EmbeddedGateway) -> Crowded:
    unfolder = Crowded()
    gateway.journey = replace(gateway.journey, examiner=gateway.examiner_with(cast(Unfolder, unfolder)))
    return unfolder


@pytest.mark.parametrize("verifying", [True, False])
async def test_a_message_for_which_no_sandbox_is_free_waits_at_its_sender(tmp_path: Path, verifying: bool) -> None:
    """It is told that there is too much mail, no filter is asked or blamed, and nothing of it goes on."""
    async with EmbeddedGateway(tmp_path, resolver=FakeResolver({}) if verifying else None) as gateway:
        crowded(gateway)
        with capture_logs() as logs:
            reply = await gateway.accept(BOB)
        assert str(reply) == "452 4.3.1 Too much mail at once; try again later (m1)"
        assert (gateway.probe.seen, gateway.home.got, await gateway.held(), gateway.learning) == ([], [], [], [])
        (line,) = logs
        assert (line["event"], line["log_level"], line["id"]) == ("message.busy", "warning", "m1")
        assert (line["client"], line["from"], line["reply"]) == ("192.0.2.7", "eve@outside.example", str(reply))
        assert "exc_info" not in line


async def test_other_trouble_in_the_sandbox_is_no_crowd(tmp_path: Path) -> None:
    """A cell that can't be had at all is told as before, and it is for a person to mend."""
    async with EmbeddedGateway(tmp_path) as gateway:

        class Away(Crowded):
            async def unfold(self, message: Message, client: str = "") -> Message:
                raise OSError("no memory")

        gateway.journey = replace(gateway.journey, examiner=gateway.examiner_with(cast(Unfolder, Away())))
        with pytest.raises(OSError, match="no memory"):
            await gateway.accept(BOB)


async def test_messages_wait_for_the_sandbox_by_their_clients_network(tmp_path: Path) -> None:
    """The unfolder is told whose they are."""
    async with EmbeddedGateway(tmp_path) as gateway:
        unfolder = crowded(gateway)
        await gateway.accept(BOB)
        await gateway.accept(BOB, client=Client(""))
        assert unfolder.clients == [Client("192.0.2.7").network, ""]


# --- learning --------------------------------------------------------------------------------------------------------


async def test_filters_learn_after_the_reply(tmp_path: Path) -> None:
    """Not before: the client doesn't wait for it."""
    async with EmbeddedGateway(tmp_path) as gateway:
        learner = learning(gateway)
        assert (await gateway.accept(BOB)).ok
        assert learner.learned == []
        await run(gateway)
        assert learner.learned == [Outcome({"bob@example.co.uk": "relay"})]


@pytest.mark.parametrize(
    ("code", "action"),
    [("probe.hold", "quarantine"), ("probe.reject", "reject"), ("probe.discard", "discard"), ("probe.tag", "amend")],
)
async def test_they_learn_what_became_of_it(tmp_path: Path, code: str, action: str) -> None:
    """After a 5xx too: it is final."""
    async with EmbeddedGateway(tmp_path) as gateway:
        learner = learning(gateway)
        learner.finds = [finding(code)]
        await gateway.accept(BOB)
        await run(gateway)
        assert learner.learned == [Outcome({"bob@example.co.uk": action}, frozenset({code}))]


@pytest.mark.parametrize("how", ["deferred", "next hop away", "next hop busy", "store full"])
async def test_they_never_learn_after_a_4xx(tmp_path: Path, how: str) -> None:
    """The client sends it again: it would be learned twice."""
    home = {"next hop away": nobody(), "next hop busy": Sink(rcpt_reply=lambda _: b"450 4.2.1 busy")}.get(how, Sink())
    async with EmbeddedGateway(tmp_path, home=home, quarantine_max_bytes=10) as gateway:
        learner = learning(gateway)
        learner.finds = {"deferred": [finding("probe.away")], "store full": [finding("probe.hold")]}.get(how, [])
        assert (await gateway.accept(BOB)).temporary
        assert gateway.learning == []


async def test_a_retry_of_a_held_message_is_not_learned_again(tmp_path: Path) -> None:
    """Nor counted."""
    async with EmbeddedGateway(tmp_path) as gateway:
        learner = learning(gateway)
        learner.finds = [finding("probe.hold")]
        await gateway.accept(BOB)
        await run(gateway)
        await gateway.accept(BOB, id="m2")
        await run(gateway)
        assert len(learner.learned) == 1
        assert await seen(gateway) == 1


async def test_a_message_that_passes_is_no_retry(tmp_path: Path) -> None:
    """Though the same octets were held before: whatever held those is not in it any more."""
    async with EmbeddedGateway(tmp_path) as gateway:
        gateway.probe.finds = [finding("probe.hold")]
        await gateway.accept(BOB)
        gateway.probe.finds = []
        assert (await gateway.accept(BOB, id="m2")).ok
        assert len(gateway.home.got) == 1


def test_the_outcome_is_in_the_contracts_terms() -> None:
    """A copy in the outbox counts as relayed, and a failed one as refused."""
    actions = {"a": "queued", "b": "failed", "c": "amend"}
    assert outcome_of(Verdict((), ()), Delivery(actions, Reply(250, "", ""))) == Outcome(
        {"a": "relay", "b": "reject", "c": "amend"}
    )


# --- counting --------------------------------------------------------------------------------------------------------


async def seen(gateway: EmbeddedGateway) -> int:
    return await gateway.store.counters.add("seen", 0, gateway.clock.now())


async def test_release_counts_nothing(tmp_path: Path) -> None:
    """Its filters get counters that answer and write nothing."""
    async with EmbeddedGateway(tmp_path) as gateway:
        learner = learning(gateway)
        learner.finds = [finding("probe.hold")]
        await gateway.accept(BOB)
        await run(gateway)
        assert await seen(gateway) == 1
        quiet = learning(gateway, ReadOnlyCounters(gateway.store.counters))
        quiet.finds = [finding("probe.hold")]
        await gateway.release.release("m1", actor="alice", reason="")
        assert await seen(gateway) == 1
        assert (gateway.learning, quiet.learned) == ([], [])


async def test_idle_counters_answer_as_if_they_counted(tmp_path: Path) -> None:
    """A filter decides in `explain` as it would in traffic."""
    async with EmbeddedGateway(tmp_path) as gateway:
        now = gateway.clock.now()
        await gateway.store.counters.add("k", 5, now)
        idle = ReadOnlyCounters(gateway.store.counters)
        assert await idle.add("k", 2, now) == 7
        assert await idle.add("k", 2, now) == 7
        assert await idle.total("k", now, now.replace(year=2027)) == 5
        assert await ReadOnlyCounters().add("k", 2, now) == 2
        assert await ReadOnlyCounters().total("k", now, now) == 0


async def test_explain_counts_and_learns_nothing(tmp_path: Path) -> None:
    """The filter is the very one that counts in traffic."""
    async with EmbeddedGateway(tmp_path) as gateway:
        idle = learning(gateway, ReadOnlyCounters(gateway.store.counters))
        s = gateway.settings
        ours = ConfiguredDirectory(s.directory.persons, s.directory.groups, s.organisation.domains)
        explainer = Explainer(s, gateway.examiner, gateway.bench.judge, ours, gateway.clock)
        explained = await explainer.explain(Source("a", lambda: PLAIN), Assumed())
        assert list(explained.rendered) == [PLAIN]
        assert explained.report["action"] == "relay"
        assert await seen(gateway) == 0
        assert (idle.learned, gateway.learning) == ([], [])


# --- before the message ----------------------------------------------------------------------------------------------


async def test_a_recipient_that_the_next_hop_refuses_is_refused(tmp_path: Path) -> None:
    """At RCPT, for good; trouble is settled after DATA."""
    replies = {"gone@example.co.uk": b"550 5.1.1 no such mailbox", "busy@example.co.uk": b"450 4.2.1 busy"}
    async with EmbeddedGateway(tmp_path, home=Sink(rcpt_reply=replies.get)) as gateway:
        assert await gateway.journey.verify("inbound", "gone@example.co.uk") == Reply(550, "5.1.1", "no such mailbox")
        assert await gateway.journey.verify("inbound", "busy@example.co.uk") is None
        assert await gateway.journey.verify("inbound", "bob@example.co.uk") is None


async def test_what_is_offered_is_what_all_routes_offer(tmp_path: Path) -> None:
    """Unknown until it is learned: then the smallest SIZE, and SMTPUTF8 only if all have it."""
    home = Sink(offers=(b"SIZE 5000", b"SMTPUTF8", b"8BITMIME"))
    branch = Sink(offers=(b"SIZE 0", b"SMTPUTF8", b"8BITMIME"))
    async with EmbeddedGateway(tmp_path, home=home, branch=branch, world=Sink(offers=(b"SIZE 100",))) as gateway:
        offers = gateway.journey.offers("inbound")
        assert (offers.size, offers.smtputf8) == (None, False)
        await gateway.relay.learn(gateway.routes.all)
        offers = gateway.journey.offers("inbound")
        assert (offers.size, offers.smtputf8) == (5000, True)
        offers = gateway.journey.offers("outbound")
        assert (offers.size, offers.smtputf8) == (100, False)


# --- the message -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [IN_THREAD_BYTES - 1, IN_THREAD_BYTES, IN_THREAD_BYTES + 1])
async def test_a_large_message_is_the_same_message(tmp_path: Path, size: int) -> None:
    """Parsed and hashed in a thread above the limit."""
    raw = (PLAIN + b"x" * 76 + b"\r\n") + b"y" * (size - len(PLAIN) - 80) + b"\r\n"
    async with EmbeddedGateway(tmp_path) as gateway:
        assert (await gateway.accept(BOB, raw=raw)).ok
        assert gateway.home.got[0].content.endswith(b"\r\n" + raw)
        assert len(raw) == size


async def test_a_fault_in_the_records_brings_no_relayed_message_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next hop has it: 250. What nobody has is the session's trouble, which answers 451."""
    async with EmbeddedGateway(tmp_path) as gateway:

        def fail(*_: object) -> None:
            raise ValueError("odd")

        monkeypatch.setattr(gateway.store.audit, "append", fail)
        with capture_logs() as logs:
            assert (await gateway.accept(BOB)).ok
        assert [one["id"] for one in logs if one["event"] == "message.not_recorded"] == ["m1"]
        gateway.home.rcpt_reply = lambda _: b"450 4.2.1 busy"
        with pytest.raises(ValueError, match="odd"):
            await gateway.accept(BOB, id="m2")


async def test_a_store_that_cannot_be_read_is_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done while it is unknown whether the message is a retry."""
    async with EmbeddedGateway(tmp_path) as gateway:

        async def known(*_: Any) -> set[bytes]:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(gateway.store.quarantine, "known", known)
        gateway.probe.finds = [finding("probe.hold")]
        assert (await gateway.accept(BOB)).temporary
        assert await gateway.store.quarantine.list() == []


async def test_a_store_that_is_away_does_not_hide_that_a_filter_defers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since when it has deferred the message isn't known: from now on. The client is told that, and keeps it."""
    async with EmbeddedGateway(tmp_path) as gateway:

        async def first(*_: Any) -> datetime:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(gateway.store.deferrals, "first", first)
        gateway.probe.finds = [finding("probe.away")]
        assert str(await gateway.accept(BOB)).startswith("451 4.7.1 ")


async def test_messages_at_once_do_not_mix(tmp_path: Path) -> None:
    """Each has its own octets, ends and id."""
    async with EmbeddedGateway(tmp_path) as gateway:
        sent = {f"m{n}": PLAIN + b"%d\r\n" % n for n in range(20)}
        replies = await asyncio.gather(*(gateway.accept(BOB, raw=raw, id=id) for id, raw in sent.items()))
        assert {str(reply) for reply in replies} == {f"250 2.0.0 Accepted as {id}" for id in sent}
        assert sorted(got.content.partition(b"+0000\r\n")[2] for got in gateway.home.got) == sorted(sent.values())


async def test_a_message_of_two_kinds_of_recipients(tmp_path: Path) -> None:
    """Each direction has its own policy."""
    filters = "- probe: {action: {internal: log, outbound: quarantine}}"
    async with EmbeddedGateway(tmp_path, filters=filters) as gateway:
        gateway.probe.finds = [finding("probe.log")]
        assert (await gateway.accept("us:ann@example.co.uk", JOE, sender="carol@example.co.uk")).ok
        assert await gateway.actions() == {"ann@example.co.uk": "relay", "joe@outside.example": "quarantine"}
        (entry,) = await gateway.held()
        assert entry.direction == "outbound"
