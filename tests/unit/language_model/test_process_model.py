"""The language model as filters ask it: one reading of a message, and no answer where there is none."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from structlog.testing import capture_logs

from gateway.language_model import process_model
from gateway.language_model.gate import Gate
from gateway.language_model.process_model import Head, Patience, ProcessModel
from gateway.matching.language_model import LEAST_WEIGHT, MOST_WEIGHT, FoundWords, Reading
from gateway.measures.measures import MEASURES
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from tests.support.builders.weights import write_weights
from tests.support.servers.scripted_model import READY, program

BAD = "Dear Bob,\n\nYou are an idiot. The train leaves at nine.\n"
FINE = "Dear Bob,\n\nThe train leaves at nine.\n"
SHORT = Patience(wait=20, answer=0.3)
#: The answer of the scripted process to the first question.
READ = {"log_odds": [[4.0]]}

GATE = Gate({"language": 10, "commitment": 10}, {"idiot": (10, 0)})

Make = Callable[..., ProcessModel]


@pytest.fixture
async def make(weights: Path) -> AsyncIterator[Make]:
    """Make models that are closed at the end."""
    async with AsyncExitStack() as opened:

        def one(
            *steps: Any, on: bool = True, patience: Patience = SHORT, file: Path = weights, gate: Gate | None = None
        ) -> ProcessModel:
            scripted = {"program": program(*steps)} if steps else {}
            model = ProcessModel("confined", on=on, patience=patience, weights=file, gate=gate, **scripted)
            opened.push_async_callback(model.close)
            return model

        yield one


def message(text: str, subject: str = "Hello") -> Message:
    return parse(f"From: a@example.com\nSubject: {subject}\n\n{text}".encode("utf-8", "surrogatepass"))


def pid_of(model: ProcessModel) -> int:
    assert model.pid is not None
    return model.pid


def counted() -> Mapping[str, float]:
    rows = MEASURES.snapshot()["counts"]
    return {labels[0] if labels else name: n for name, labels, n in rows if name.startswith("language_model")}


@pytest.fixture(autouse=True)
def _no_measures() -> None:
    MEASURES.clear()


# --- readings --------------------------------------------------------------------------------------------------------


async def test_a_finding_names_its_sentences(make: Make) -> None:
    """The weight is in the unit of the cues, and so is what each sentence adds."""
    model = make(patience=Patience(20, 20))
    assert model.running == 0
    assert await model.read("language", message(BAD), 5) == Reading(11.0, (("you are an idiot.", 20.0),))
    assert model.running == 1
    assert model.trouble == ""


async def test_a_subject_may_be_the_sentence(make: Make) -> None:
    reading = await make(patience=Patience(20, 20)).read("language", message(FINE, "You idiot"), 5)
    assert reading == Reading(11.0, (("you idiot", 20.0),))


async def test_sentences_are_worked_out_for_findings_alone(make: Make) -> None:
    """They take time: not below what is needed, nor where the model speaks against a finding."""
    model, bad = make(patience=Patience(20, 20)), message(BAD)
    assert await model.read("language", bad, 11.5) == Reading(11.0)
    assert await model.read("commitment", bad, -20) == Reading(-9.0)
    assert await model.read("language", bad, 11.0) == Reading(11.0, (("you are an idiot.", 20.0),))
    assert model.account(bad)["weights"] == {"language": 11.0, "commitment": -9.0}


async def test_sentences_are_read_alone_where_the_text_speaks_against_a_finding(make: Make) -> None:
    """The heaviest counts; they aren't read where the message is a finding anyway, nor where the text speaks for it."""
    model, fine, alone = make(patience=Patience(20, 20)), message(FINE), ("The train leaves", "you\nmoron")
    assert await model.read("language", fine, 0, FoundWords(sentences=alone)) == Reading(-9.0, alone=11.0)
    assert await model.read("language", fine, 0, FoundWords(sentences=alone[:1])) == Reading(-9.0, alone=-9.0)
    assert await model.read("language", fine, -12, FoundWords(sentences=alone)) == Reading(-9.0)
    assert await model.read("language", message(BAD), 12, FoundWords(sentences=alone)) == Reading(11.0)


async def test_sentences_that_nobody_reads_alone_have_no_weight(make: Make) -> None:
    """The text was read all the same."""
    model, fine = make(READY, {"log_odds": [[-4.0]]}, "exit"), message(FINE)
    assert await model.read("language", fine, 0, FoundWords(sentences=["You moron"])) == Reading(-7.0)
    assert "ended" in model.account(fine)["why"]


async def test_a_message_is_read_once(make: Make) -> None:
    """For all rules, however many ask at once; the script has one answer for the text and one for the sentences."""
    model, text = make(READY, READ, {"contributions": [[0, 1.0], [1, 3.0], [1, 1.0], [-1, 0.1]]}), message(BAD)
    first, *others = await asyncio.gather(*(model.read("language", text, 9) for _ in range(5)))
    assert first == Reading(9.0, (("you are an idiot.", 8.0), ("dear bob,", 2.0)))
    assert others == [first] * 4
    assert counted() == {"read": 1}


async def test_a_sentence_adds_no_more_than_the_model_can(make: Make) -> None:
    """However much is lost without it."""
    model = make(READY, READ, {"contributions": [[1, 40.0], [0, 9.0], [2, 7.9]]})
    reading = await model.read("language", message(BAD), 5)
    assert reading == Reading(9.0, (("you are an idiot.", MOST_WEIGHT), ("dear bob,", 18.0)))


async def test_a_rule_without_a_head_has_no_reading(make: Make) -> None:
    assert await make(patience=Patience(20, 20)).read("astrology", message(BAD), 5) is None


@pytest.mark.parametrize(("log_odds", "weight"), [(0, 1), (3, 7), (100, MOST_WEIGHT), (-100, LEAST_WEIGHT)])
def test_weights_are_bounded(log_odds: float, weight: float) -> None:
    """However sure the model is, the words can outweigh it."""
    assert Head(0, 2.0, 1.0).weight(log_odds) == weight


async def test_a_crowd(make: Make) -> None:
    """Twenty messages at once get their own answers, one after the other."""
    model = make(patience=Patience(20, 20))
    found = await asyncio.gather(*(model.read("language", message(BAD if n % 2 else FINE), 50) for n in range(20)))
    assert found == [Reading(11.0 if n % 2 else -9.0) for n in range(20)]
    assert model.running == 1


@pytest.mark.parametrize(
    ("text", "subject", "weight"),
    [
        ("", "", -9.0),
        ("idiot" * 200_000, "Hello", -9.0),
        ("idiot " * 200_000, "Hello", 11.0),
        ("Go.\n" * 10_000 + BAD, "Hello", -9.0),
        ("\ud800\udfff" * 1000 + BAD, "\ud800", 11.0),
        ("".join(map(chr, range(0x20, 0x3000))) + "\n" + BAD, "Hello", 11.0),
    ],
)
async def test_hostile_texts(make: Make, text: str, subject: str, weight: float) -> None:
    """Each has an answer in time."""
    assert await make(patience=Patience(20, 3)).read("language", message(text, subject), 50) == Reading(weight)


# --- the gate --------------------------------------------------------------------------------------------------------


async def test_nobody_is_asked_where_no_window_is_open(make: Make) -> None:
    """For any rule that has a gate; no process is started for it."""
    model, text = make(gate=GATE), message("Dear Bob,\n\nYou are a moron.\n")
    assert await model.read("language", text, 5) is None
    assert await model.read("commitment", text, 5) is None
    assert model.account(text) == {"state": "not asked", "why": "no rule had a reason to ask", "ms": 0.0, "weights": {}}
    assert (model.running, counted()) == (0, {})


@pytest.mark.parametrize(("rule", "weight"), [("language", 11.0), ("commitment", None)])
async def test_an_open_window_is_read(make: Make, rule: str, weight: float | None) -> None:
    """For the rules to which it is open."""
    reading = await make(patience=Patience(20, 20), gate=GATE).read(rule, message(BAD), 50)
    assert reading == (weight and Reading(weight))


async def test_the_whole_text_is_read_to_calm_words(make: Make) -> None:
    """And for a rule without a gate; it counts as one message."""
    model, text = make(patience=Patience(20, 20), gate=GATE), message("You are a moron.\n" + "Go.\n" * 600 + BAD)
    assert await model.read("commitment", text, 5) is None
    assert await model.read("language", text, 50) == Reading(11.0)
    assert await model.read("commitment", text, 0) == Reading(-9.0)
    assert await model.read("commitment", message(FINE), 5, FoundWords(sentences=["Go."])) == Reading(-9.0, alone=-9.0)
    assert counted() == {"read": 2}
    ungated = make(patience=Patience(20, 20), gate=Gate({"commitment": 1}, {}))
    assert await ungated.read("language", message("You are a moron.\n"), 50) == Reading(11.0)


@pytest.mark.parametrize(("gate", "weight"), [(GATE, 11.0), (None, -9.0)])
async def test_an_open_window_is_read_wherever_it_is(
    make: Make, tmp_path: Path, gate: Gate | None, weight: float
) -> None:
    """Without a gate, beginning and end of a long text are read alone."""
    model = make(patience=Patience(20, 20), gate=gate, file=write_weights(tmp_path / "weights.onnx", tokens="224"))
    assert await model.read("language", message("Go.\n" * 2_000 + BAD + "Go.\n" * 2_000), 50) == Reading(weight)


@pytest.mark.parametrize(("said", "weight"), [("an idiot", 11.0), ("a moron", -9.0)])
async def test_the_windows_that_hold_what_was_said_are_read(
    make: Make, tmp_path: Path, said: str, weight: float
) -> None:
    """Beginning and end are read of a long text that says it nowhere."""
    gate, file = Gate({"language": 100}, {"idiot": (10,)}), write_weights(tmp_path / "weights.onnx", tokens="224")
    model = make(patience=Patience(20, 20), gate=gate, file=file)
    text = message("Go.\n" * 2_000 + BAD + "Go.\n" * 2_000)
    assert await model.read("language", text, 50, FoundWords([said])) is None
    assert await model.read("language", text, 0, FoundWords([said])) == Reading(
        weight, sentences=ANY if weight > 0 else ()
    )


async def test_windows_are_read_once_for_all_rules(make: Make) -> None:
    """The script has one answer."""
    model, text = make(READY, READ, gate=Gate({"language": 1, "commitment": 1}, {"idiot": (1, 1)})), message(BAD)
    assert await model.read("language", text, 50) == Reading(9.0)
    assert await model.read("commitment", text, 50) is None
    assert await model.read("language", text, 50) == Reading(9.0)
    assert model.account(text)["state"] == "read"


# --- no answer -------------------------------------------------------------------------------------------------------


async def test_off(make: Make) -> None:
    """No process is started, now or ahead."""
    model, text = make(on=False), message(BAD)
    await model.start()
    assert await model.read("language", text, 5) is None
    assert (model.running, model.trouble) == (0, "")
    assert model.account(text) == {"state": "off", "why": "models: off", "ms": 0.0, "weights": {}}


async def test_switched_off_and_on(make: Make) -> None:
    """As a reload does it: the process ends, and another begins with the next question."""
    model = make(patience=Patience(20, 20))
    await model.start()
    await model.switch(on=True)
    kept = pid_of(model)
    assert await model.read("language", message(BAD), 50)
    assert pid_of(model) == kept
    await model.switch(on=False)
    assert model.running == 0
    assert await model.read("language", message(BAD), 50) is None
    await model.switch(on=True)
    assert await model.read("language", message(BAD), 50) == Reading(11.0)


async def test_switched_off_while_a_question_waits(make: Make) -> None:
    """No process is started for it."""
    model = make(READY, "hang", patience=Patience(5, 0.5))
    await model.start()
    found = await asyncio.gather(
        model.read("language", message(BAD), 5), model.switch(on=False), model.read("language", message(BAD), 5)
    )
    assert found == [None, None, None]
    assert (model.running, model.trouble) == (0, "")


async def test_no_file(make: Make, tmp_path: Path) -> None:
    """The words decide alone, and the administrator is told what to do."""
    model, text = make(file=tmp_path / "none.onnx"), message(BAD)
    with capture_logs() as logs:
        assert await model.read("language", text, 5) is None
    assert [(line["event"], line["log_level"]) for line in logs] == [("language_model.away", "error")]
    assert "install the package again" in model.trouble
    assert model.account(text)["state"] == "no answer"
    assert counted() == {"language_model_failures": 1, "away": 1}


@pytest.mark.parametrize(
    "heads", ["[]", "7", '[{"rule": "a"}]', json.dumps([{"rule": "a", "points": 1, "bias": 0}] * 2)]
)
async def test_heads_that_make_no_sense(make: Make, tmp_path: Path, heads: str) -> None:
    model = make(file=write_weights(tmp_path / "weights.onnx", heads=heads))
    assert await model.read("language", message(BAD), 5) is None
    assert "weights.onnx" in model.trouble
    assert model.running == 0


@pytest.mark.parametrize(
    "step",
    [
        "hang",
        "die",
        "nonsense",
        {},
        {"log_odds": []},
        {"log_odds": [[1.0, 2.0]]},
        {"log_odds": [["1"]]},
        {"log_odds": [[float("nan")]]},
    ],
)
async def test_an_answer_that_fails(make: Make, step: Any) -> None:
    """The message has none, for any rule; a process in its place has the next message."""
    model, text = make(READY, step), message(BAD)
    with capture_logs() as logs:
        assert await model.read("language", text, 5) is None
        assert await model.read("language", text, 5) is None
    assert [line["event"] for line in logs] == ["language_model.ready", "language_model.lost"]
    assert counted() == {"language_model_failures": 1, "away": 1}
    assert (model.running, model.trouble) == (0, "")
    model._program = program(READY, READ)
    assert await model.read("language", message(BAD), 50) == Reading(9.0)
    assert model.trouble == ""


@pytest.mark.parametrize("step", ["die", {"contributions": [[7, 1.0]]}, {"contributions": [[0, float("inf")]]}])
async def test_sentences_that_fail(make: Make, step: Any) -> None:
    """The weight counts, and no other rule asks about a message that ended a process."""
    model, text = make(READY, READ, step), message(BAD)
    assert await model.read("language", text, 5) == Reading(9.0)
    assert await model.read("language", text, 5) is None
    assert model.account(text)["state"] == "no answer"


async def test_a_killed_process_is_replaced(make: Make) -> None:
    """At the next question, without a pause."""
    model = make(patience=Patience(20, 20))
    await model.start()
    killed = pid_of(model)
    os.kill(killed, signal.SIGKILL)
    while model.running:
        await asyncio.sleep(0.01)
    with capture_logs() as logs:
        assert await model.read("language", message(BAD), 50) == Reading(11.0)
    assert pid_of(model) != killed
    assert [line["event"] for line in logs] == ["language_model.lost", "language_model.ready"]


async def test_a_stopped_process_is_replaced(make: Make) -> None:
    """Its message has no reading, the next one has."""
    model = make(patience=Patience(20, 1))
    await model.start()
    os.kill(pid_of(model), signal.SIGSTOP)
    assert await model.read("language", message(BAD), 50) is None
    assert await model.read("language", message(BAD), 50) == Reading(11.0)


async def test_it_rests_where_it_fails_again_and_again(make: Make) -> None:
    """The first failure may be a text's. After the next one it isn't started for a second, then for longer."""
    now = [1000.0]
    model = make("exit")
    model._now = lambda: now[0]
    pauses = []
    for _ in range(9):
        with capture_logs() as logs:
            await model.read("language", message(BAD), 5)
            await model.read("language", message(BAD), 5)
        pauses += [line["again_in"] for line in logs]
        now[0] += pauses[-1] + 0.1
    assert pauses[:2] == [0.0, 1.0]
    assert pauses[2:8] == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0]


async def test_a_process_that_is_slow_to_start_goes_on_starting(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question has no answer in time, the process is not ended for it; one that never comes up is."""
    model = make("hang", patience=Patience(0.2, 1))
    first, second = message(BAD), message(BAD)
    assert await model.read("language", first, 5) is None
    assert model.account(first)["why"] == "its process is starting"
    assert (model.running, model.trouble) == (1, "")
    monkeypatch.setattr(process_model, "START_SECONDS", 0.1)
    assert await model.read("language", second, 5) is None
    assert "did not come up within" in model.trouble
    assert model.running == 0


async def test_who_waits_too_long_for_a_turn_has_no_answer(make: Make) -> None:
    """The one whose turn it is has one."""
    model = make(READY, "hang", patience=Patience(0.3, 1.5))
    model._patience = Patience(20, 1.5)
    await model.start()
    model._patience = Patience(0.3, 1.5)
    one, other = message(BAD), message(BAD)
    assert await asyncio.gather(model.read("language", one, 5), model.read("language", other, 5)) == [None, None]
    assert "no answer within 1.5 seconds" in model.account(one)["why"]
    assert "no turn within 0.3 seconds" in model.account(other)["why"]
    assert counted() == {"language_model_failures": 1, "away": 1, "busy": 1}


async def test_long_messages_keep_no_others_waiting(make: Make) -> None:
    """One long message is read and one waits; the others have no answer, at once. A short one comes before."""
    model = make(patience=Patience(20, 20))
    await model.start()
    long, short = [message("The train leaves at nine.\n" * 200 + BAD) for _ in range(10)], message(BAD)
    found = await asyncio.gather(*(model.read("language", one, 50) for one in (*long, short)))
    assert [one is not None for one in found] == [True, True, *[False] * 8, True]
    assert {model.account(one)["why"] for one in long[2:]} == {"another long message waits to be read"}
    assert counted() == {"read": 3, "busy": 8}


async def test_a_long_message_may_be_asked_about_by_several_rules(make: Make) -> None:
    model = make(patience=Patience(20, 20))
    first, second = (message("The train leaves at nine.\n" * 200 + BAD) for _ in range(2))
    found = await asyncio.gather(*(model.read("language", one, 50) for one in (first, second, second, first)))
    assert None not in found
    assert counted() == {"read": 2}


async def test_not_asked(make: Make) -> None:
    """No rule's words gave a reason to."""
    assert make().account(message(BAD))["state"] == "not asked"
