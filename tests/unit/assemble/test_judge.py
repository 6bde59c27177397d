"""The chain of the list, and the services that each filter asks for by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from gateway.assemble.judge import amended, build_filter, build_judge, scanner_doubts
from gateway.assemble.services import Services, build_services
from gateway.contract import SERVICES, Clock, Finding, Mail
from gateway.services.clock import SystemClock
from tests.support.builders.judgement import FakeClock, Probe, ProbeSettings, settings


class Asking(Probe):
    """A probe that asks for a service, and for the codes whose edits are used."""

    def __init__(self, settings: ProbeSettings, amended: frozenset[str], clock: Clock) -> None:
        super().__init__(settings)
        self.given = (amended, clock)

    async def check(self, mail: Mail) -> Sequence[Finding]:
        return ()


def test_a_filter_gets_what_its_constructor_names(tmp_path: Path) -> None:
    """Whatever their order."""
    loaded = settings(tmp_path, "- probe", {"probe": Asking})
    clock = FakeClock()
    built = build_filter(loaded.filters[0], build_services(loaded, clock))
    assert isinstance(built, Asking)
    assert built.given == (frozenset({"probe.amend"}), clock)


def test_the_contract_names_every_service() -> None:
    """A filter that asks for another is told so at the start."""
    assert {*SERVICES} == {one.name for one in fields(Services)} | {"amended"}


def test_only_edits_that_the_configuration_uses_are_amended(tmp_path: Path) -> None:
    """In one of the entry's directions at least."""
    (entry,) = settings(tmp_path, "- probe: {actions: {probe.amend: log, probe.tag: amend}}").filters
    assert amended(entry) == {"probe.tag"}


def test_the_chain_is_in_the_order_of_the_list(tmp_path: Path) -> None:
    """Without the filters that are off."""
    loaded = settings(
        tmp_path, "- probe: {name: b}\n- probe: {name: c, mode: off}\n- probe: {name: a}", {"probe": Asking}
    )
    judge = build_judge(loaded, build_services(loaded, SystemClock()))
    assert [link.entry.name for link in judge.chain.links] == ["b", "a"]


async def test_a_chain_without_a_scanner_has_no_doubts(tmp_path: Path) -> None:
    """No other filter is asked."""
    assert await scanner_doubts(settings(tmp_path, "- probe")) == []
