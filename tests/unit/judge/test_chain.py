"""The chain: the filters in the list's order, and what goes wrong in one is a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from filters.registry import FILTERS
from filters.structure import Structure
from gateway.assemble.judge import build_filter
from gateway.assemble.services import Services
from gateway.contract import Finding, Mail, Organisation, Outcome, Recipient
from gateway.judge.chain import Chain, Link
from gateway.judge.codes import ERROR, TIMEOUT
from gateway.judge.policy import Terms, decide
from gateway.services.keyed_hash import HmacHash
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.loading import load
from tests.support.builders.judgement import Bench, FakeClock, Probe, ProbeSettings, finding, mail
from tests.unit.judge.conftest import MakeBench

PROJECT = Path(__file__).resolve().parents[3]
OUT, BOB = "out:joe@outside.example", "in:bob@example.co.uk"


async def codes(bench: Bench, about: Mail | None = None, seconds: float = 60) -> list[str]:
    return [found.finding.code for found in await bench.judge.chain.run(about or mail(), seconds)]


def breaks(bench: Bench, how: Callable[[Mail], Coroutine[Any, Any, Any]], number: int = 0) -> None:
    bench.probes[number].check = how  # type: ignore[method-assign, assignment]


async def test_the_order_is_that_of_the_list(bench: MakeBench) -> None:
    """And of each filter's own findings."""
    made = bench("- probe: {name: b}\n- probe: {name: a}\n")
    made.probes[0].finds = [finding("probe.log"), finding("probe.amend")]
    made.probes[1].finds = [finding("probe.hold")]
    found = await made.judge.chain.run(mail(), 60)
    assert [(f.filter_name, f.finding.code) for f in found] == [
        ("b", "probe.log"),
        ("b", "probe.amend"),
        ("a", "probe.hold"),
    ]


async def test_every_filter_gets_the_same_mail(bench: MakeBench) -> None:
    """Not a copy, nothing added."""
    made = bench("- probe\n- probe: {name: second}\n")
    about = mail()
    await codes(made, about)
    assert made.probes[0].seen == made.probes[1].seen == [about]
    assert made.probes[0].seen[0] is made.probes[1].seen[0]


async def test_a_filter_is_called_once_if_any_recipient_is_in_its_directions(bench: MakeBench) -> None:
    """And not at all if none is."""
    made = bench("- probe: {directions: [outbound]}\n- probe: {name: second, directions: [internal]}\n")
    await codes(made, mail(BOB, OUT, "out:jim@outside.example"))
    assert [len(p.seen) for p in made.probes] == [1, 0]


async def test_a_filter_that_is_off_is_not_called(bench: MakeBench) -> None:
    """Monitor is."""
    made = bench("- probe: {mode: off}\n- probe: {name: second, mode: monitor}\n")
    await codes(made)
    assert [len(p.seen) for p in made.probes] == [0, 1]
    assert [link.entry.name for link in made.judge.chain.links] == ["second"]


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError("secret detail"), KeyError("x"), AssertionError(), RecursionError()])
async def test_an_exception_is_a_finding(bench: MakeBench, error: Exception) -> None:
    """Law 2; the sentence tells nothing of the inside, and the next filter is asked all the same."""
    made = bench("- probe\n- probe: {name: second}\n")
    made.probes[1].finds = [finding("probe.log")]

    async def check(_: Mail) -> Sequence[Finding]:
        raise error

    breaks(made, check)
    found = await made.judge.chain.run(mail(), 60)
    assert [f.finding.code for f in found] == [ERROR, "probe.log"]
    assert found[0].filter_name == "probe"
    assert "secret" not in found[0].finding.summary


@pytest.mark.parametrize(
    "answer",
    [
        None,
        7,
        ["text"],
        [finding("probe.unheard")],
        [finding("probe.log"), finding("gateway.error")],
        [finding("probe.hold", recipients=frozenset({"BOB@example.co.uk"}))],
    ],
)
async def test_an_answer_that_cannot_be_judged_is_an_error(bench: MakeBench, answer: Any) -> None:
    """Undeclared codes, recipients that the message hasn't, or no findings at all: never a pass."""
    made = bench()

    async def check(_: Mail) -> Any:
        return answer

    breaks(made, check)
    assert await codes(made) == [ERROR]


async def test_a_generator_is_read_once(bench: MakeBench) -> None:
    """An answer that can be read a single time isn't lost."""
    made = bench()

    async def check(_: Mail) -> Any:
        return (f for f in [finding("probe.hold")])

    breaks(made, check)
    assert await codes(made) == ["probe.hold"]


async def test_a_filter_that_takes_too_long_is_a_finding(bench: MakeBench) -> None:
    """It is ended, and what comes after it has no time either."""
    made = bench("- probe\n- probe: {name: second}\n")
    ended = []

    async def check(_: Mail) -> Sequence[Finding]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)
            made.clock.move(seconds=60)
        return ()

    breaks(made, check)
    breaks(made, check, 1)
    assert await codes(made, seconds=0.01) == [TIMEOUT, TIMEOUT]
    assert ended


async def test_the_time_is_for_all_filters_together(bench: MakeBench) -> None:
    """The first leaves none to the second, which is asked nothing."""
    made = bench("- probe\n- probe: {name: second}\n")

    async def slow(_: Mail) -> Sequence[Finding]:
        made.clock.move(seconds=61)
        return ()

    async def waits(_: Mail) -> Sequence[Finding]:
        await asyncio.sleep(0)
        return ()

    breaks(made, slow)
    breaks(made, waits, 1)
    assert await codes(made) == [TIMEOUT]


async def test_a_filters_own_time_out_is_one(bench: MakeBench) -> None:
    """`asyncio.timeout` inside a filter."""
    made = bench()

    async def check(_: Mail) -> Sequence[Finding]:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
        return ()

    breaks(made, check)
    assert await codes(made) == [TIMEOUT]


# --- the shipped filters ---------------------------------------------------------------------------------------------


def shipped() -> tuple[FilterEntry, ...]:
    return load(PROJECT / "config" / "gateway.yaml", FILTERS).filters


class Broken:
    """A service of which every use is an error."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} is broken")


class BrokenMail(Mail):
    """A message of which nothing can be read."""

    @property
    def message(self) -> Any:
        raise RuntimeError("nothing can be read")


@pytest.mark.parametrize("kind", FILTERS)
async def test_a_shipped_filter_that_breaks_never_passes(kind: str) -> None:
    """Each, once it is enforced: its services raise, the message raises; the answer is a retry, as `on_error` ships."""
    entries = [replace(entry, mode="enforce") for entry in shipped() if entry.kind == kind]
    assert entries, f"{kind} is not in config/filters.yaml"
    about = object.__new__(BrokenMail)
    whole = mail(BOB, "out:ann@outside.example")
    for name in ("id", "received_at", "listener", "client", "envelope", "authentication", "labels"):
        object.__setattr__(about, name, getattr(whole, name))
    for entry in entries:
        whole_ones: dict[str, Any] = {
            "clock": FakeClock(),
            "organisation": Organisation(),
            "keyed_hash": HmacHash(b"key"),
        }
        whole_ones["scanner"] = lambda settings: Broken()
        services = Services(**{f.name: Broken() for f in fields(Services)} | whole_ones)  # type: ignore[arg-type]
        chain = Chain([Link(entry, build_filter(entry, services))], FakeClock())
        with capture_logs() as logs:
            found = await chain.run(about, 60)
        assert [f.finding.code for f in found] == [ERROR]
        assert [entry["event"] for entry in logs] == ["filter.error"]
        assert decide(about, found, Terms(lambda _: frozenset())).deferred_by == (entry.name,)


# --- confirmations ---------------------------------------------------------------------------------------------------


async def test_who_held_it_says_what_is_confirmed(bench: MakeBench) -> None:
    """Every filter that has one of the codes; others are not asked, nor those without the method."""
    made = bench("- probe: {name: a}\n- probe: {name: b}\n")
    made.probes[0].covers, made.probes[1].covers = ["thread 1", "pair 2"], ["pair 2", "pair 3"]
    assert await made.judge.chain.confirmations(mail(), ["probe.hold"]) == {"thread 1", "pair 2", "pair 3"}
    assert await made.judge.chain.confirmations(mail(), ["another.code"]) == set()
    [entry] = [one for one in shipped() if one.kind == "structure"]
    chain = Chain([Link(entry, Structure(entry.settings))], FakeClock())
    assert await chain.confirmations(mail(), list(entry.actions)) == set()


# --- start and learn -------------------------------------------------------------------------------------------------


class Learner(Probe):
    """Keeps history."""

    def __init__(self) -> None:
        super().__init__(ProbeSettings())
        self.learned: list[tuple[str, Outcome]] = []

    async def start(self) -> str:
        return "half blind"

    async def learn(self, about: Mail, outcome: Outcome) -> None:
        self.learned.append((about.id, outcome))


def chain_of(made: Bench, *filters: Probe) -> Chain:
    return Chain([Link(entry, one) for entry, one in zip(made.entries, filters, strict=True)], made.clock)


async def test_learning_is_told_the_outcome(bench: MakeBench) -> None:
    """The filters of the message's directions that keep history are told the outcome."""
    made = bench("- probe\n- probe: {name: second, directions: [outbound]}\n- probe: {name: third}\n")
    one, two = Learner(), Learner()
    chain = chain_of(made, one, two, Probe(ProbeSettings()))
    assert chain.learns
    outcome = Outcome({"bob@example.co.uk": "relay"})
    await chain.learn(mail(BOB), outcome)
    assert one.learned == [("m1", outcome)]
    assert two.learned == []
    assert not made.judge.chain.learns


async def test_a_filter_that_cannot_learn_disturbs_nobody(bench: MakeBench) -> None:
    """The message is answered long since; the next filter learns."""
    made = bench("- probe\n- probe: {name: second}\n")

    class Forgetful(Learner):
        async def learn(self, about: Mail, outcome: Outcome) -> None:
            raise RuntimeError

    learner = Learner()
    await chain_of(made, Forgetful(), learner).learn(mail(), Outcome())
    assert learner.learned


async def test_what_a_filter_says_at_the_start_is_a_warning(bench: MakeBench) -> None:
    """The warning has the instance's name; a filter whose services work has no warning."""
    made = bench("- probe: {name: eyes}\n- probe\n")
    assert await chain_of(made, Learner(), Probe(ProbeSettings())).start() == {"eyes": "half blind"}


def test_directions_of_a_mail() -> None:
    """Those of its recipients."""
    assert mail(BOB, OUT).directions == {"inbound", "outbound"}
    assert mail(BOB).envelope.recipients == (Recipient("bob@example.co.uk", "inbound"),)
