"""The language model's part in what `explain` says; the rest is tested by the command (tests/unit/cli)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.assemble.judge import asks_language_model
from gateway.cli.local.explain import _language_model
from gateway.language_model.process_model import OF_A_COMMAND, ProcessModel
from gateway.operations.explain import Assumed, Source, explaining
from tests.support.builders.judgement import settings
from tests.support.builders.model_filter import AskingTheModel
from tests.support.builders.weights import write_weights

BAD = b"From: a@outside.example\r\nTo: bob@example.co.uk\r\nSubject: Hello\r\n\r\nYou idiot.\r\n"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ProcessModel]:
    """The models that are made, each with the small weights."""
    weights, made = write_weights(tmp_path / "weights.onnx"), list[ProcessModel]()

    def build(loaded: Any, *, quiet: bool) -> ProcessModel:
        assert quiet
        on = loaded.models == "on"
        made.append(ProcessModel("confined", on=on, patience=OF_A_COMMAND, weights=weights))
        return made[-1]

    monkeypatch.setattr("gateway.operations.explain.build_language_model", build)
    return made


async def explained(tmp_path: Path, *raw: bytes, filters: str = "- probe", more: str = "") -> list[dict[str, Any]]:
    loaded = settings(tmp_path, filters, {"probe": AskingTheModel}, more=more)
    async with explaining(loaded) as explainer:
        return [(await explainer.explain(Source("a", lambda one=one: one), Assumed())).report for one in raw]


async def test_what_the_model_adds(tmp_path: Path, models: list[ProcessModel]) -> None:
    """State, time and weight; its sentence is evidence. One process reads all, and ends with the command."""
    bad, skipped, other = await explained(tmp_path, BAD, BAD.replace(b"Hello", b"Skip it"), BAD)
    about = bad["language_model"]
    assert (about["state"], about["why"], about["weights"]) == ("read", "", {"language": 11.0})
    assert about["ms"] > 0
    assert bad["findings"][0]["evidence"][0]["quote"] == "you idiot."
    assert skipped["language_model"]["state"] == "not asked"
    assert other["language_model"]["state"] == "read"
    assert [model.running for model in models] == [0]


async def test_a_model_that_is_off(tmp_path: Path, models: list[ProcessModel]) -> None:
    """`models: off` is said, and no filter hears anything of it."""
    (report,) = await explained(tmp_path, BAD, more="models: off\n")
    assert report["language_model"] == {"state": "off", "why": "models: off", "ms": 0.0, "weights": {}}
    assert report["findings"] == []
    assert len(models) == 1


async def test_a_chain_that_asks_no_model(tmp_path: Path, models: list[ProcessModel]) -> None:
    """Nothing is said of it."""
    (report,) = await explained(tmp_path, BAD, filters="- probe: {mode: off}")
    assert report["language_model"] is None
    assert not asks_language_model(settings(tmp_path, "- probe"))
    assert len(models) == 1


@pytest.mark.parametrize(
    ("account", "line"),
    [
        (None, ""),
        ({"state": "off", "why": "models: off", "ms": 0.0, "weights": {}}, "off (models: off)"),
        ({"state": "no answer", "why": "it hung", "ms": 0.0, "weights": {}}, "no answer (it hung)"),
        ({"state": "read", "why": "", "ms": 3.4, "weights": {"a": 1.0, "b": -2.5}}, "read, 3 ms: a +1, b -2.5"),
    ],
)
def test_the_line_for_people(account: dict[str, Any] | None, line: str) -> None:
    assert _language_model(account) == line
