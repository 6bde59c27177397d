"""The language model in a process of its own, as filters ask it: each message is read once, one question at a time.

For a rule it reads the windows of a message that a cheap gate opens, or none. Where the words have made a finding
already, it reads the windows in which they stand too, since it may calm them.

Short messages come before long ones, of which one waits at a time: nobody's long mails keep it from the others.

Where the model is off, away or too slow, there is no answer and the words decide alone: it never puts mail off. A
process that died or hung is replaced at the next question; one that fails again and again rests in between.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, TypeVar
from weakref import WeakKeyDictionary

import structlog

from gateway.language_model.gate import Gate, windows_of
from gateway.language_model.model_process import PROGRAM, Away, ModelProcess, start
from gateway.language_model.turns import Turns
from gateway.language_model.written import Window, Written, likely_windows, written
from gateway.matching.language_model import LEAST_WEIGHT, MOST_WEIGHT, NOTHING_FOUND, FoundWords, Reading
from gateway.measures.measures import MEASURES
from gateway.message.model import Message
from gateway.understand.sandbox.confine import Isolation

T = TypeVar("T")

log = structlog.get_logger("language_model")

#: The file with the weights, as shipped.
WEIGHTS = Path(__file__).with_name("weights.onnx")

#: Time for a process to load its libraries and lock itself. It takes about a second; a busy machine may need much more.
START_SECONDS = 60.0
#: Pauses before a process is started anew: none after the first failure, then growing between these.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: The sentences that are shown: this many, each with this share of the weight of the heaviest or more.
MOST_SENTENCES, LEAST_SHARE = 3, 0.2
#: Windows from which on a message is long.
LONG = 5
#: The place in line of the work between questions, and of a question for sentences, which takes as long as the longest
#: message.
AT_ONCE, SENTENCES = 0, 16


class Busy(Away):
    """The model answers others, or is starting."""


class Patience(NamedTuple):
    """The seconds that a question waits for its turn and a process, and that a process has for the answer."""

    wait: float = 2.0
    answer: float = 3.0


OF_THE_GATEWAY = Patience()
#: For a command, which starts a process for its first message.
OF_A_COMMAND = Patience(START_SECONDS, 30.0)


class Head(NamedTuple):
    """The place of a rule in the model's answers, and the terms of its weight."""

    place: int
    points: float
    bias: float

    def weight(self, log_odds: float) -> float:
        return min(max(self.points * log_odds + self.bias, LEAST_WEIGHT), MOST_WEIGHT)


@dataclass(slots=True)
class _Read:
    """A message that was read: the log-odds of its rules, the weights that were asked for, and the time that it took.

    `why` says why it was not read, or not asked about to the end; then the words decide alone.
    """

    number: int  # of this process's messages
    text: Written
    open: Mapping[str, Sequence[Window]]  # the windows that the gate of each rule opens
    read: set[Window] = field(default_factory=set)
    log_odds: Mapping[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    sentences: dict[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    seconds: float = 0.0
    why: str = ""

    @property
    def whole(self) -> Sequence[Window]:
        return (Window(0, len(self.text.sentences)),)

    def around(self, words: Sequence[str], rule: str) -> Sequence[Window]:
        """Return the windows that are open for a rule, and those that hold one of the words; all where none does."""
        if rule not in self.open:
            return self.whole
        texts = ((one, " ".join(self.text.sentences[one.first : one.end])) for one in windows_of(self.text))
        holding = [one for one, text in texts if any(word in text for word in words)]
        return [*dict.fromkeys((*holding, *self.open[rule]))] if holding else self.whole

    def unread(self, windows: Sequence[Window]) -> Sequence[Window]:
        return [one for one in windows if one not in self.read]

    def note(self, windows: Sequence[Window], log_odds: Mapping[str, float]) -> None:
        """Note the highest log-odds of what was read."""
        self.read.update(windows)
        self.log_odds = {rule: max(odds, self.log_odds.get(rule, odds)) for rule, odds in log_odds.items()}


class Account(TypedDict):
    """The model's part in one message, for `explain`."""

    state: str  # "off", "not asked", "read" or "no answer"
    why: str
    ms: float
    weights: Mapping[str, float]


class ProcessModel:
    """The language model of one process of the gateway, or of one command."""

    def __init__(
        self,
        isolation: Isolation,
        *,
        on: bool = True,
        patience: Patience = OF_THE_GATEWAY,
        weights: Path = WEIGHTS,
        gate: Gate | None = None,
        program: Sequence[str] = PROGRAM,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the model. Its process starts with `start`, or else with the first question.

        Without a gate every text is read whole. `now` is the clock of the rests.
        """
        self._isolation = isolation
        self._on = on
        self._patience = patience
        self._weights = weights
        self._gate = gate or Gate({}, {})
        self._program = program
        self._now = now
        self._turns = Turns()
        self._long: list[int] = []  # the ids of long messages that wait
        self._at_work: Message | None = None  # it may be asked about by several rules
        self._process: ModelProcess | None = None
        self._heads: Mapping[str, Head] = {}
        self._numbers = count(1)
        self._messages: WeakKeyDictionary[Message, _Read] = WeakKeyDictionary()
        self._failures = 0  # since the last answer
        self._rests_until = 0.0
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """The reason why the model is away, as a sentence for the administrator; "" where it is not.

        A process that was lost once, and is replaced at the next question, is no trouble.
        """
        return f"it is away, and the words decide alone: {self._trouble}" if self._trouble else ""

    @property
    def pid(self) -> int | None:
        """The id of the process that is running, if one is."""
        return self._process.process.pid if self._process and not self._process.has_ended else None

    @property
    def running(self) -> int:
        """The number of processes that are running: one or none."""
        return int(self.pid is not None)

    async def start(self) -> None:
        """Start the process, if the model is on and has none, and wait until it is ready; trouble is on record."""
        if not self._on:
            return
        async with self._between_questions():
            try:
                await self._ready(START_SECONDS)
            except Away:
                return

    async def switch(self, *, on: bool) -> None:
        """Switch the model on or off; messages that were read stay read."""
        self._on = on
        if not on:
            async with self._between_questions():
                await self.close()
            self._trouble, self._failures, self._rests_until = "", 0, 0.0

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def read(
        self, rule: str, message: Message, needed: float, found: FoundWords = NOTHING_FOUND
    ) -> Reading | None:
        """Return the reading for a rule; None where the model is off or gives no answer."""
        if not self._on:
            return None
        text = self._looked_at(message)
        windows = text.open.get(rule, text.whole)
        if needed <= 0 or found.sentences:  # it may calm
            windows = text.around(found.words, rule)
        if not windows:
            return None
        await self._read(message, text, windows)
        if text.why or rule not in text.log_odds:
            return None
        weight = text.weights[rule] = round(self._heads[rule].weight(text.log_odds[rule]), 1)
        if found.sentences and weight < min(needed, 0):
            return Reading(weight, alone=await self._read_alone(rule, text, found.sentences))
        if weight < needed or weight <= 0:
            return Reading(weight)
        if rule not in text.sentences:
            await self._find_sentences(rule, text, windows)
        return Reading(weight, text.sentences.get(rule, ()))

    def account(self, message: Message) -> Account:
        """Return the model's part in a message."""
        found = self._messages.get(message)
        if not self._on:
            return Account(state="off", why="models: off", ms=0.0, weights={})
        if found is None or not (found.log_odds or found.why):
            return Account(state="not asked", why="no rule had a reason to ask", ms=0.0, weights={})
        state = "no answer" if found.why else "read"
        return Account(state=state, why=found.why, ms=round(found.seconds * 1000, 1), weights=dict(found.weights))

    # --- one message -------------------------------------------------------------------------------------------------

    def _looked_at(self, message: Message) -> _Read:
        """Return what is known of a message; at first, what its gates open."""
        if (found := self._messages.get(message)) is None:
            text = written(message)
            found = self._messages[message] = _Read(next(self._numbers), text, self._gate.open_windows(text))
        return found

    async def _read(self, message: Message, found: _Read, windows: Sequence[Window]) -> None:
        """Read windows of a message for all rules, but for those that were read."""
        if found.why or not found.unread(windows):
            return
        try:
            size = likely_windows(found.text) if windows == found.whole else len(windows)
            async with self._at_turn(size, message) as process:
                if found.why or not (left := found.unread(windows)):  # another rule asked while this one waited
                    return
                read = partial(_log_odds, heads=self._heads)
                log_odds = await self._asked(process, found, _question(found.text, left), read)
            if not found.read:
                MEASURES.count("language_model_messages", "read")
                MEASURES.observe("language_model_seconds", seconds=found.seconds)
            found.note(left, log_odds)
        except Away as error:
            found.why = str(error)
            MEASURES.count("language_model_messages", "busy" if isinstance(error, Busy) else "away")

    async def _find_sentences(self, rule: str, found: _Read, windows: Sequence[Window]) -> None:
        """Find the sentences that say so. Where there is no answer, no other rule asks about the message."""
        head = self._heads[rule]
        read = partial(_sentences, text=found.text, head=head)
        try:
            async with self._at_turn(SENTENCES) as process:
                if rule not in found.sentences and not found.why:
                    question = {**_question(found.text, windows), "head": head.place}
                    found.sentences[rule] = await self._asked(process, found, question, read)
        except Away as error:
            found.why = str(error)

    async def _read_alone(self, rule: str, found: _Read, sentences: Sequence[str]) -> float | None:
        """Return the highest weight of sentences that are read one by one, or None where there is no answer."""
        try:
            async with self._at_turn(len(sentences)) as process:
                log_odds = await self._asked(
                    process, found, {"alone": sentences}, partial(_log_odds, heads=self._heads)
                )
        except Away as error:
            found.why = str(error)
            return None
        return round(self._heads[rule].weight(log_odds[rule]), 1)

    async def _asked(
        self, process: ModelProcess, found: _Read, question: dict[str, Any], read: Callable[[dict[str, Any]], T]
    ) -> T:
        """Ask the process about a text, and return its answer as `read` reads it. Raises Away."""
        began = time.monotonic()
        try:
            answer = read(await process.ask({**question, "message": found.number}, self._patience.answer))
        except Away as error:
            self._lose(str(error))
            raise
        except (KeyError, TypeError, ValueError) as error:
            await process.kill()
            trouble = f"its process gave an answer that makes no sense: {error!r}"
            self._lose(trouble)
            raise Away(trouble) from error
        except BaseException:  # cancelled: the process has ended
            self._process = None
            raise
        found.seconds += time.monotonic() - began
        self._failures = 0
        return answer

    def _lose(self, trouble: str) -> None:
        self._process = None
        self._failed("language_model.lost", trouble)

    # --- the process -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _at_turn(self, size: int, message: Message | None = None) -> AsyncIterator[ModelProcess]:
        """Wait for the turn and for a process that is ready. Raises Away."""
        ends = time.monotonic() + self._patience.wait
        long = [id(message)] if message is not None and size >= LONG else []
        if long and message is not self._at_work and any(one not in long for one in self._long):
            raise Busy("another long message waits to be read")
        self._long += long
        try:
            async with asyncio.timeout(self._patience.wait):
                await self._turns.take(size)
        except TimeoutError as error:
            raise Busy(f"too many messages were to be read: no turn within {self._patience.wait:g} seconds") from error
        finally:
            for one in long:
                self._long.remove(one)
        self._at_work = message
        try:
            yield await self._ready(max(ends - time.monotonic(), 0.0))
        finally:
            self._at_work = None
            self._turns.give_back()

    @asynccontextmanager
    async def _between_questions(self) -> AsyncIterator[None]:
        await self._turns.take(AT_ONCE)
        try:
            yield
        finally:
            self._turns.give_back()

    async def _ready(self, seconds: float) -> ModelProcess:
        """Return the process; start it where there is none. Raises Away."""
        if not self._on:  # switched off while the caller waited
            raise Away("models: off")
        if self._process is not None and self._process.has_ended:
            how = await self._process.end()
            self._lose(f"its process ended with {how}")
        if self._process is None and self._now() < self._rests_until:
            raise Away(self._trouble)
        try:
            process = self._process = self._process or await start(self._weights, self._isolation, self._program)
            if not process.is_ready:
                await self._wait_for(process, seconds)
        except Away as error:
            if not (self._process and not self._process.has_ended):
                self._process = None
                self._failed("language_model.away", str(error))
            raise
        return process

    async def _wait_for(self, process: ModelProcess, seconds: float) -> None:
        """Wait until a process is ready, and no longer than so many seconds. Raises Away; it may go on starting."""
        try:
            async with asyncio.timeout(seconds):
                await process.become_ready()
            self._heads = _heads(process.said["heads"])
        except TimeoutError as error:
            if time.monotonic() - process.began > START_SECONDS:
                await process.kill()
                raise Away(f"its process did not come up within {START_SECONDS:g} seconds") from error
            raise Busy("its process is starting") from error
        except (KeyError, TypeError, ValueError) as error:
            await process.kill()
            raise Away(f"the heads in {self._weights} make no sense: {error!r}") from error
        seconds_taken = round(time.monotonic() - process.began, 2)
        log.info("language_model.ready", trained=str(process.said.get("trained", "")), seconds=seconds_taken)
        self._trouble = ""
        MEASURES.state("language_model_up", value=1)

    def _failed(self, event: str, trouble: str) -> None:
        """Note a failure. The first one may be a text's; after further ones the model rests before its next start."""
        self._failures += 1
        pause = min(FIRST_PAUSE * 2 ** (self._failures - 2), LONGEST_PAUSE) if self._failures > 1 else 0.0
        self._rests_until = self._now() + pause
        if pause or event == "language_model.away":
            self._trouble = trouble
        MEASURES.count("language_model_failures")
        MEASURES.state("language_model_up", value=0)
        if event == "language_model.away":
            log.error("language_model.away", trouble=trouble, again_in=pause)
        else:
            log.warning("language_model.lost", trouble=trouble, again_in=pause)


def _question(text: Written, windows: Sequence[Window]) -> dict[str, Any]:
    return {**asdict(text), "runs": [(one.first, one.end) for one in windows]}


def _heads(said: Sequence[Mapping[str, Any]]) -> Mapping[str, Head]:
    """Return the heads by their rules. Raises KeyError, TypeError and ValueError."""
    found = {str(one["rule"]): Head(place, *_numbers(one["points"], one["bias"])) for place, one in enumerate(said)}
    if not found or len(found) != len(said):
        raise ValueError("a rule twice, or none")
    return found


def _numbers(*values: float) -> tuple[float, ...]:
    if not all(math.isfinite(value) for value in values):
        raise ValueError("no number")
    return values


def _log_odds(answer: Mapping[str, Any], heads: Mapping[str, Head]) -> dict[str, float]:
    """Return each rule's highest log-odds of all windows. Raises KeyError, TypeError and ValueError."""
    windows = [_numbers(*window) for window in answer["log_odds"]]
    if not windows or any(len(window) != len(heads) for window in windows):
        raise ValueError("no window, or another number of heads")
    return {rule: max(window[head.place] for window in windows) for rule, head in heads.items()}


def _sentences(answer: Mapping[str, Any], text: Written, head: Head) -> tuple[tuple[str, float], ...]:
    """Return the sentences that add most, each with the weight that it adds. Raises KeyError, TypeError and ValueError.

    The subject's place is -1. No sentence is said to add more than the model can.
    """
    added: dict[int, float] = {}
    for place, lost in answer["contributions"]:
        if not -1 <= place < len(text.sentences):
            raise ValueError("a sentence that isn't there")
        added[place] = added.get(place, 0.0) + _numbers(lost)[0] * head.points
    heaviest = sorted(added.items(), key=lambda one: -one[1])[:MOST_SENTENCES]
    least = max(LEAST_SHARE * heaviest[0][1], 0.1) if heaviest else 0.0
    texts = (text.subject, *text.sentences)
    return tuple(
        (texts[place + 1], round(min(weight, MOST_WEIGHT), 1)) for place, weight in heaviest if weight >= least
    )
