"""Each scenario of the .yaml files beside this one is a test: mail at set times through the whole gateway."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from gateway.language_model.process_model import OF_A_COMMAND
from tests.scenarios.scenario import FOLDER, Scenario, read_scenarios, scenarios
from tests.scenarios.stage import Stage

SCENARIOS = scenarios()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=map(str, SCENARIOS))
async def test_scenario(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message finds what the file says, and has the reply, the actions and the notices that it says."""
    monkeypatch.setattr("gateway.assemble.services.OF_THE_GATEWAY", OF_A_COMMAND)  # other tests use the processors too
    async with Stage(scenario, tmp_path) as stage:
        await stage.play()


# --- the harness itself ----------------------------------------------------------------------------------------------

HEAD = "filters: [{attachments: {block: [executables]}}]\nscenarios:\n- title: one\n  steps:\n"


def scenario_of(folder: Path, steps: str) -> Scenario:
    file = folder / "some.yaml"
    file.write_text(HEAD + indent(steps, "  "))
    (one,) = read_scenarios(file)
    return one


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{attach: tool.exe}", "found .*attachment.executable.*, expected"),
        ("{finds: attachment.executable}", "expected .*attachment.executable"),
        ("{actions: quarantine}", "'joe@outside.example': 'relay'"),
        ("{actions: {jim@outside.example: relay}}", "'joe@outside.example': 'relay'"),
        ("{reply: '550'}", "250 2.0.0 Accepted"),
        ("{from: eve@outside.example}", "550 5.7.1 Relaying denied"),
        ("{notices: {ann@example.co.uk: x}}", "notices to"),
        ("{attach: a.exe, finds: attachment.executable}", "notices to .*ann@example.co.uk"),
        ("{attach: a.exe, finds: attachment.executable, notices: {ann@example.co.uk: hooray}}", "was held"),
        ("{gets: Good-bye}", "about the order"),
        ("{attach: a.exe, finds: attachment.executable, notices: {ann@example.co.uk: held}, gets: x}", "nothing has"),
        ("{do: quarantine.list, result: [{}]}", r"\[\]"),
        ("{do: quarantine.show, with: {id: xxxx, reason: y}, result: {}}", "no message is held"),
        ("{times: 2, finds: {2: attachment.executable}}", "step 1, time 2: found"),
    ],
)
async def test_what_is_not_as_expected_fails(step: str, message: str, tmp_path: Path) -> None:
    """Whatever a step can expect."""
    async with Stage(scenario_of(tmp_path, f"- {step}\n"), tmp_path) as stage:
        with pytest.raises(AssertionError, match=message):
            await stage.play()


@pytest.mark.parametrize("key", ["findings: []", "expects: x", "subjekt: x"])
def test_a_key_that_there_is_not_is_an_error(key: str, tmp_path: Path) -> None:
    """It would expect nothing, in silence."""
    with pytest.raises(ValueError, match="a step has no key"):
        scenario_of(tmp_path, f"- {{{key}}}\n")
    (tmp_path / "some.yaml").write_text(f"scenarios: [{{title: one, steps: [], {key}}}]")
    with pytest.raises(ValueError, match="there is no key"):
        list(read_scenarios(tmp_path / "some.yaml"))


def test_titles_tell_scenarios_apart() -> None:
    """Two of the same name would be taken for one in a report."""
    assert len({str(one) for one in SCENARIOS}) == len(SCENARIOS)
    assert {one.file for one in SCENARIOS} == set(FOLDER.glob("*.yaml"))
