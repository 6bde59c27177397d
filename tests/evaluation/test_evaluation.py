"""Floors under the figures of each rule that the language model reads for, on mails that it has not learned from.

The figures themselves are printed. Unread sets are not judged here: they are scored rarely, by `make evaluate`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from itertools import islice
from math import inf
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.matching import FoundWords, LanguageModel
from gateway.matching.language_model import Reading
from gateway.message.model import Message
from tests.corpus import ham
from tests.corpus.obfuscation import OBFUSCATIONS
from tests.evaluation.broadcasts import MANY, SOME, list_at
from tests.evaluation.disguised import found_plain, lost_in
from tests.evaluation.evaluate import FOLDER, RULES, is_unread, language_model, ordinary, real, report, sent, sets
from tests.evaluation.examples import BadExample, Example, examples
from tests.evaluation.judging import Judged, figures_of, judge
from tests.evaluation.languages import language_of
from training.labelled import FILES, use_of

#: Recall and precision of words and model that a change must not lower: of the set of each rule that stands beside the
#: project, and of mails by writers from whom the model did not learn.
Floor = tuple[float, float]
FLOORS: Mapping[str, Mapping[str, Floor]] = {
    "payment_change": {"development set": (0.96, 0.96), "held back": (0.83, 0.9)},
    "language": {"development set": (0.8, 0.9), "held back": (0.93, 0.93)},
    "commitment": {"development set": (0.9, 0.95), "held back": (0.8, 0.92)},
    "broadcast": {"development set": (0.55, 0.95), "held back": (0.8, 0.95)},
    "confidential": {"development set": (0.8, 0.95), "held back": (0.85, 0.95)},
    "personal": {"development set": (0.45, 0.95), "held back": (0.66, 0.9)},
}
#: Sets that hold what nobody may judge wrongly, or nearly so, by words and model.
PLAIN: Mapping[str, Floor] = {"plain": (1.0, 1.0), "quoted": (0.9, 0.95)}
#: Real messages of the sample that are judged, and most findings in them by words and model. Three in a thousand is the
#: aim; people do swear in `language`, and the words of three rules hold by themselves what the model would let pass.
HAM_JUDGED = 150
MOST_IN_HAM = {"payment_change": 1, "commitment": 1, "personal": 1, "broadcast": 2, "confidential": 5, "language": 3}
#: Mails of each rule that were held back from the model, of which so many are judged, spread evenly over them.
HELD_BACK_JUDGED = 60
#: Positives that every disguise is tried on, and the recall that they may cost. The model reads one of them in every
#: sixth disguise: most are long.
DISGUISED, MOST_LOST, EVERY = 3, 0.03, 6

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Weights:
    """A language model that names no sentences: they take longer than the reading, and no figure needs them."""

    model: LanguageModel

    async def read(self, rule: str, message: Message, needed: float, *found: FoundWords) -> Reading | None:
        return await self.model.read(rule, message, needed if needed < 0 else inf, *found)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[LanguageModel]:
    async with language_model() as started:
        yield Weights(started)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("rule", RULES)
async def test_figures(rule: str, model: LanguageModel, record_property: Callable[[str, object], None]) -> None:
    """Mails of others' making are told as well as before, by words and model."""
    development = sets(rule).get("development set")
    several = {"development set": list(examples(development)) if development else [], "held back": held_back(rule)}
    for name, floor in FLOORS[rule].items():
        if mails := several[name]:
            judged = await judge(rule, mails, model)
            record_property("table", "\n".join(report(f"{rule}, {name}", judged, mistakes=False)))
            _holds(judged, floor)


def held_back(rule: str) -> list[Example]:
    """Return mails of a rule that the model did not learn from, the same ones each time."""
    files = [Path(name) for name in FILES[rule]]
    mails = [one for file in files for one in examples(FOLDER / rule / file) if use_of(file.stem, one) == "hold back"]
    return mails[:: max(1, len(mails) // HELD_BACK_JUDGED)][:HELD_BACK_JUDGED]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", PLAIN)
async def test_what_is_plain(name: str, model: LanguageModel) -> None:
    """A change that is said plainly is held, and the most ordinary mail there is passes."""
    _holds(await judge("payment_change", list(examples(sets("payment_change")[name])), model), PLAIN[name])


def _holds(judged: Sequence[Judged], floor: Floor) -> None:
    of = figures_of(judged)
    assert of.recall >= floor[0]
    assert of.precision >= floor[1]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("rule", RULES)
async def test_ham_passes(rule: str, model: LanguageModel, record_property: Callable[[str, object], None]) -> None:
    """A rule finds next to nothing in a fixed sample of real messages; what it finds is printed."""
    try:
        messages = real(rule)[:HAM_JUDGED]
    except ham.NoHam as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    alarms = [one for one in await judge(rule, messages, model) if one.held]
    lines = [f"{one.example.id}: {[e.quote[:80] for f in one.findings for e in f.evidence[:6]]}" for one in alarms]
    record_property(
        "table", "\n".join([f"{rule} finds something in {len(alarms)} of {len(messages)} messages", *lines])
    )
    assert len(alarms) <= MOST_IN_HAM[rule]


@pytest.mark.asyncio(loop_scope="module")
async def test_disguises(model: LanguageModel) -> None:
    """T01 to T15: recall stays within three points, and the model finds no disguise innocent."""
    changes = list(examples(sets("payment_change")["tuning"]))
    found = await found_plain("payment_change", changes, DISGUISED, None)
    lost = await lost_in("payment_change", found, None)
    assert lost.total() <= MOST_LOST * len(found) * len(OBFUSCATIONS), lost
    some = dict(islice(OBFUSCATIONS.items(), 0, None, EVERY))
    assert not await lost_in("payment_change", await found_plain("payment_change", changes, 1, model), model, some)


# --- the reports -----------------------------------------------------------------------------------------------------


def test_an_unread_set_stays_unread() -> None:
    """A report without mistakes says nothing of any mail, and the file's name makes a set an unread one."""
    path = sets("payment_change")["unread"]
    assert is_unread(path)
    assert not is_unread(sets("payment_change")["tuning"])
    judged = [Judged(one, ()) for one in examples(path)]
    lines = "\n".join(report("a set", judged, mistakes=False))
    assert not [one.example.id for one in judged if one.example.id in lines]


def test_mistakes_have_their_evidence() -> None:
    """A miss shows what was found though it was too little, a false alarm what held it."""
    missed = Example("x-1", True, "hard", "inbound", _record("x-1", "New account details to follow soon"))
    alarm = Example("x-2", False, "hard", "inbound", _record("x-2", "We have changed bank: 11-22-33 87654321"))
    judged = asyncio.run(judge("payment_change", [missed, alarm]))
    lines = "\n".join(report("mine", judged, mistakes=True, rule="payment_change"))
    assert "false alarm: x-2" in lines
    assert "bank_changed" in lines


def test_a_miss_has_what_its_words_said() -> None:
    """The report gives the sum that was too little and each signal's weight, or says that there was nothing."""
    missed = [
        Example("x-3", True, "", "inbound", _record("x-3", "Rent is due. See you on Monday.")),
        Example("x-4", True, "", "inbound", _record("x-4", "You know what we said.")),
    ]
    judged = asyncio.run(judge("payment_change", missed))
    lines = list(report("mine", judged, mistakes=True, rule="payment_change"))
    first, second = lines.index("  miss: x-3 (inbound) 'Hello'"), lines.index("  miss: x-4 (inbound) 'Hello'")
    about_rent, about_due, *_ = [float(line.split()[0]) for line in lines[first + 2 : second]] + [0]
    assert lines[first + 1] == f"      {about_rent + about_due:+g} sum of its words, too little"
    assert lines[first + 2].endswith("about_rent: Rent is spoken of: Rent is due")
    assert lines[second + 1] == "      nothing was found in its words"


def test_ordinary_mails_are_the_same_ones_and_innocent() -> None:
    """They are counted as if our people had sent them, for rules about what our people send."""
    assert ordinary() == ordinary()
    assert {one.label for one in ordinary()} == {False}
    assert "inbound" not in {one.direction for one in sent("commitment", ordinary())}
    assert "inbound" in {one.direction for one in sent("payment_change", ordinary())}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("English", "Please send the invoice to us by Friday."),
        ("German", "Bitte schicken Sie die Rechnung bis Freitag an uns."),
        ("French", "Merci de nous envoyer la facture avant vendredi."),
        ("Spanish", "Por favor, mande la factura antes del viernes."),
        ("Italian", "Per favore mandi la fattura prima di venerdi, grazie."),
        ("Dutch", "Stuur de factuur alsjeblieft voor vrijdag naar ons."),
        ("Polish", "Prosze wyslac fakture do nas przed piatkiem, dziekuje."),
        ("English", ""),
    ],
)
def test_the_language_of_a_mail(language: str, text: str) -> None:
    """It is told by its most frequent words; English where it isn't clear."""
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("all-staff@example.co.uk", MANY),
        ("all.peterhead@example.co.uk", MANY),
        ("drivers@example.co.uk", SOME),
        ("packing.line@example.co.uk", SOME),
        ("clients@lists.example", MANY),
        ("ann.archer@example.co.uk", None),
        ("frank@garside.example", None),
    ],
)
def test_lists_by_their_addresses(address: str, size: int | None) -> None:
    found = list_at(address)
    assert (found.size if found else None) == size


# --- labelled files --------------------------------------------------------------------------------------------------

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


def test_a_missing_file_is_one_line() -> None:
    """No traceback; exit code 2, as for any unusable input."""
    command = [sys.executable, "-m", "tests.evaluation.evaluate", "personal", "none.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "none.jsonl: No such file or directory\n")


def test_it_needs_what_running_needs() -> None:
    """An administrator tries his own mails without a developer's packages and servers."""
    code = "import sys, tests.evaluation.evaluate; print(*{name.partition('.')[0] for name in sys.modules})"
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
