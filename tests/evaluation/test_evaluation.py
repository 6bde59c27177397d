"""Floors under the figures of `make evaluate`: `payment_change` must tell changes from ordinary mail.

The figures themselves are printed. An unread set is counted and never shown: who tunes the rules must not read it.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.evaluation.disguised import changes_in, disguise
from tests.evaluation.evaluate import UNREAD, Judged, figures, is_unread, judge, report, sets
from tests.evaluation.examples import BadExample, Example, examples

#: Recall and precision that a change of the rules must not fall below.
FLOORS: Mapping[str, tuple[float, float]] = {
    "development set": (0.97, 0.96),
    "plain mails": (1.0, 1.0),
    "ordinary mails": (0.95, 0.85),
    "quoted changes": (0.9, 0.95),
    "tuning half": (0.85, 0.88),
    "second tuning half": (0.72, 0.83),
}
#: ... of sets that nobody reads, whatever their names: as shipped, and with the second opinion.
FLOOR_UNREAD, FLOOR_UNREAD_HELPED = (0.55, 0.75), (0.68, 0.8)
#: Recall that disguises may cost.
MOST_LOST = 0.02
#: Positives that every disguise is tried on: each makes some hundred messages.
DISGUISED = 12


ROOT = Path(__file__).resolve().parents[2]

Judgements = Mapping[str, Sequence[Judged]]

#: The other sets are what weights are fitted to: their figures say little, and `make evaluate` prints them.
TESTED = {name: path for name, path in sets().items() if name in FLOORS or is_unread(path)}


@pytest.fixture(scope="module")
def all_judged() -> Judgements:
    return asyncio.run(judge({name: list(examples(path)) for name, path in TESTED.items()}))


@pytest.mark.parametrize("name", sorted(FLOORS.keys() | TESTED.keys()))
def test_figures(name: str, all_judged: Judgements, record_property: Callable[[str, object], None]) -> None:
    """Each set that is there reaches its floors, by itself."""
    if name not in all_judged:
        pytest.skip(f"the {name} is not here")
    _holds(name, all_judged[name], FLOORS.get(name, FLOOR_UNREAD), record_property)


def test_figures_with_the_second_opinion(record_property: Callable[[str, object], None]) -> None:
    """The unread sets, from which nothing was learned, reach higher floors with the second opinion."""
    unread = {name: list(examples(path)) for name, path in TESTED.items() if is_unread(path)}
    for name, judged in asyncio.run(judge(unread, opinion=True)).items():
        _holds(f"{name}, with the second opinion", judged, FLOOR_UNREAD_HELPED, record_property)


def _holds(
    name: str, judged: Sequence[Judged], floor: tuple[float, float], record_property: Callable[[str, object], None]
) -> None:
    record_property("table", "\n".join(report(name, judged, mistakes=False)))
    of = figures(judged)
    assert of.recall >= floor[0]
    assert of.precision >= floor[1]


def test_the_unread_half_stays_unread(all_judged: Judgements) -> None:
    """A report without mistakes says nothing of any mail."""
    for judged in all_judged.values():
        lines = "\n".join(report("a set", judged, mistakes=False))
        assert not [one.example.id for one in judged if one.example.id in lines]


def test_unread_sets_are_known_by_their_files() -> None:
    """Only the figures of an unread set are printed; the tuning half shows its mistakes."""
    assert is_unread(sets()[f"{UNREAD} (unread)"])
    assert not is_unread(sets()["tuning half"])


def test_mistakes_have_their_evidence() -> None:
    """A miss shows what was found though it was too little, a false alarm what held it."""
    missed = Example("x-1", True, "hard", "inbound", _record("x-1", "New account details to follow soon"))
    alarm = Example("x-2", False, "hard", "inbound", _record("x-2", "We have changed bank: 11-22-33 87654321"))
    (judged,) = asyncio.run(judge({"mine": [missed, alarm]})).values()
    lines = "\n".join(report("mine", judged, mistakes=True))
    assert "false alarm: x-2" in lines
    assert "bank_changed" in lines


def test_a_miss_has_what_its_words_said() -> None:
    """The report gives the sum that was too little and each signal's weight, or says that there was nothing."""
    missed = [
        Example("x-3", True, "", "inbound", _record("x-3", "Rent is due. See you on Monday.")),
        Example("x-4", True, "", "inbound", _record("x-4", "You know what we said.")),
    ]
    (judged,) = asyncio.run(judge({"mine": missed})).values()
    lines = list(report("mine", judged, mistakes=True))
    first, second = lines.index("  miss: x-3 (inbound) 'Hello'"), lines.index("  miss: x-4 (inbound) 'Hello'")
    about_rent, about_due, *_ = [float(line.split()[0]) for line in lines[first + 2 : second]] + [0]
    assert lines[first + 1] == f"      {about_rent + about_due:+g} sum of its words, too little"
    assert lines[first + 2].endswith("about_rent: Rent is spoken of: Rent is due")
    assert lines[second + 1] == "      nothing was found in its words"


LINE = {**dict.fromkeys(("id", "from", "subject"), "a@x.example"), "to": ["b@x.example"], "label": True}
BAD: Mapping[str, tuple[str, str]] = {
    "no id": (json.dumps({**LINE, "direction": "inbound"}).replace('"id"', '"di"'), "id is missing"),
    "no JSON": ("id: 1", "one JSON object a line is expected"),
    "a list": ("[]", "one JSON object a line is expected"),
    "label": (json.dumps({**LINE, "direction": "inbound", "label": "yes"}), "label: true or false is expected"),
    "direction": (json.dumps({**LINE, "direction": "in"}), "direction: one of inbound, outbound, internal is expected"),
    "address": (json.dumps({**LINE, "direction": "inbound", "to": ["<x"]}), "'<x' is no address"),
    "nobody": (json.dumps({**LINE, "direction": "inbound", "to": []}), "to: at least one address is expected"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_line_is_told(tmp_path: Path, bad: tuple[str, str]) -> None:
    """The error names the file and the line, and says in a sentence what is wrong."""
    (tmp_path / "mine.jsonl").write_text(f"{json.dumps({**LINE, 'direction': 'inbound'})}\n\n{bad[0]}\n")
    with pytest.raises(BadExample) as caught:
        list(examples(tmp_path / "mine.jsonl"))
    assert str(caught.value).startswith(f"{tmp_path}/mine.jsonl:3: {bad[1]}")


@pytest.mark.parametrize("program", ["tests.evaluation.evaluate", "tests.evaluation.unlabelled"])
def test_a_missing_file_is_one_line(program: str) -> None:
    """No traceback; exit code 2, as for any unusable input."""
    command = [sys.executable, "-m", program, "none.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "none.jsonl: No such file or directory\n")


@pytest.mark.parametrize("program", ["tests.evaluation.evaluate", "tests.evaluation.unlabelled"])
def test_it_needs_what_running_needs(program: str) -> None:
    """An administrator tries his own mails without a developer's packages and servers."""
    code = f"import sys, {program}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    needed = {canonical(name) for name in re.findall(r"(?m)^[\w.-]+(?===)", (ROOT / "requirements.lock").read_text())}
    of = packages_distributions()
    named = {canonical(name) for module in loaded for name in of.get(module, ())}
    assert named - {"mailwarden"} <= needed


def canonical(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def _record(id: str, text: str) -> dict[str, object]:
    return {"id": id, "from": "eve@a.example", "to": ["ap@example.co.uk"], "cc": [], "subject": "Hello", "text": text}


def test_disguises() -> None:
    """T01 to T15: recall stays within two points."""
    found = disguise(changes_in("tuning half")[:DISGUISED])
    assert found.recall_disguised >= found.recall - MOST_LOST, found.lost()
