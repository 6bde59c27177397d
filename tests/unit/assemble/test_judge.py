"""The chain of the list, and the services that each filter asks for by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from gateway.assemble.judge import (
    amended,
    asks_language_model,
    build_filter,
    build_judge,
    language_model_doubts,
    scanner_doubts,
)
from gateway.assemble.services import Services, build_services
from gateway.contract import SERVICES, Clock, Finding, Mail
from gateway.language_model.process_model import OF_A_COMMAND, ProcessModel
from gateway.services.clock import SystemClock
from tests.support.builders.judgement import FakeClock, Probe, ProbeSettings, settings
from tests.support.builders.model_filter import AskingTheModel
from tests.support.builders.weights import write_weights


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


@pytest.mark.parametrize(("mode", "asks"), [("", True), (": {mode: monitor}", True), (": {mode: off}", False)])
def test_who_asks_the_language_model(tmp_path: Path, mode: str, asks: bool) -> None:
    """A filter that is on, and names it in its constructor."""
    assert asks_language_model(settings(tmp_path, f"- probe{mode}", {"probe": AskingTheModel})) is asks
    assert not asks_language_model(settings(tmp_path, "- probe"))


async def test_doubts_about_the_language_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is started where a filter would ask it, and the sentence says what to do."""
    file = write_weights(tmp_path / "weights.onnx")
    monkeypatch.setattr(
        "gateway.assemble.judge.build_language_model",
        lambda *_, **__: ProcessModel("confined", patience=OF_A_COMMAND, weights=file),
    )
    asking, plain = settings(tmp_path, "- probe", {"probe": AskingTheModel}), settings(tmp_path, "- probe")
    assert await language_model_doubts(asking) == []
    file.unlink()
    assert await language_model_doubts(plain) == []
    (doubt,) = await language_model_doubts(asking)
    assert doubt.startswith("models: the language model can't be started")
    assert "install the package again, or set `models: off`" in doubt
