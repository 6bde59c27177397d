"""The decision that the text filters share: cues of the words, and beside them the language model's reading.

The sum of the cues' weights decides; the model adds its weight where it was asked and answered. It is asked only where
its weight can still decide. It takes nothing away from a cue that weighs the threshold by itself unless it speaks
against the cue's own sentence too, read alone: a threat may stand in a long letter about pallets.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf
from typing import NamedTuple

from gateway.matching.cues import MAX_SHOWN, CuePlace, CueRules, Cues, FoundCue, shortened
from gateway.matching.language_model import MOST_WEIGHT, FoundWords, LanguageModel, Reading
from gateway.message.folding.folding import fold
from gateway.message.model import Message
from gateway.message.passage import Passage, PassageKind

#: Characters of a message up to which its text is searched in the event loop. A longer text is searched in a thread.
MAX_INLINE_CHARACTERS = 16 * 1024
#: Characters of a message that a filter searches, folded or not: three long letters. A longer one is read at both ends,
#: so that padding hides only its middle.
MAX_CHARACTERS = 30_000
#: Places of cues up to which the model reads each one's sentence alone.
MOST_ALONE = 8
#: Words of a subject or a new text from which on the model is asked where no cue and no fact speaks for a finding: it
#: takes "see below" for anything.
LEAST_WORDS = 6
#: The subject among the passages of a cue's places, which is near to all.
SUBJECT = 0
#: Kinds of passages that are their sender's own words.
OWN: tuple[PassageKind, ...] = ("subject", "new")
#: The same, with what stands below them: anybody can write on below "-- ".
WRITTEN: tuple[PassageKind, ...] = (*OWN, "signature", "footer")


class Reason(NamedTuple):
    """One piece of evidence, in the order of the fields of `gateway.contract.Evidence`."""

    what: str
    quote: str
    part: str | None = None
    span: None = None
    weight: float | None = None


class Fact(NamedTuple):
    """A fact besides the words, such as a recipient's address, with the weight that it adds."""

    name: str
    says: str
    weight: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """The cues of a message and the model's reading, with their sum."""

    cues: tuple[FoundCue, ...]
    reading: Reading | None  # None: the model was not asked, or gave no answer
    threshold: float
    facts: tuple[Fact, ...] = ()

    @property
    def total(self) -> float:
        return max(self._summed, self._standing)

    @property
    def _summed(self) -> float:
        return _sum(self.cues, self.facts) + self._by_model

    @property
    def _standing(self) -> float:
        """The weight of cues that stand whatever is said elsewhere; none where the model speaks against them too."""
        calming = {_sentence(place) for one in self.cues if one.cue.weight < 0 for place in one.places}
        standing = [one for one in self.cues if one.cue.stands and not calming.issuperset(map(_sentence, one.places))]
        return sum(one.cue.weight for one in standing) if standing and self._stands else -inf

    @property
    def _by_model(self) -> float:
        """The weight that the model adds: none below 0 where a cue stands by itself."""
        weight = self.reading.weight if self.reading else 0
        return max(weight, 0) if self._stands else weight

    @property
    def _stands(self) -> bool:
        """True where a cue weighs the threshold by itself, and the model doesn't speak against its sentence."""
        alone = self.reading.alone if self.reading else None
        return bool(_heavy(self.cues, self.threshold)) and (alone is None or alone >= 0)

    @property
    def found(self) -> bool:
        return self.total >= self.threshold

    @property
    def only_by_model(self) -> bool:
        """True where neither a cue nor a fact speaks for a finding: a suspicion, with a code of its own."""
        return all(one.cue.weight <= 0 for one in self.cues) and all(one.weight <= 0 for one in self.facts)

    @property
    def kinds(self) -> list[str]:
        """The kinds of finding that cues speak for, the heaviest first."""
        weights: dict[str, float] = {}
        for one in self.cues:
            if one.cue.kind and one.cue.weight > 0:
                weights[one.cue.kind] = weights.get(one.cue.kind, 0) + one.cue.weight
        return sorted(weights, key=lambda kind: -weights[kind])

    def near(self, kinds: Collection[str], characters: int) -> float:
        """Return the heaviest sum of cues around one cue of these kinds.

        It has cues of these kinds, of no kind and below 0, within so many characters on either side or in the subject.
        """
        counted = [one for one in self.cues if one.cue.weight < 0 or not one.cue.kind or one.cue.kind in kinds]
        weights = [one.cue.weight for one in counted]
        places = [_starts(one) for one in counted]
        around = {
            (passage, start - start % (characters // 4))
            for one, starts in zip(counted, places, strict=True)
            if one.cue.weight > 0 and one.cue.kind
            for passage, several in starts.items()
            for start in several
        }
        sums = (
            sum(weight for weight, starts in zip(weights, places, strict=True) if _is_near(starts, *place, characters))
            for place in around
        )
        return max(sums, default=0)

    def reasons(self) -> Iterator[Reason]:
        """Yield the sum, then the facts and the cues, the heaviest first, then the sentences that the model names."""
        said = f"found from {self.threshold:g} on"
        if self._standing > self._summed:
            said = f"a cue stands by itself; {said}, whatever is said in other sentences"
        yield Reason("sum", said, weight=round(self.total, 1))
        for fact in sorted(self.facts, key=lambda one: -abs(one.weight)):
            yield Reason(fact.name, fact.says, weight=fact.weight)
        for one in sorted(self.cues, key=lambda one: -abs(one.cue.weight)):
            for number, place in enumerate(one.places[:MAX_SHOWN]):
                quote = place.quote if number else f"{one.cue.says}: {place.quote}"
                yield Reason(one.name, quote, place.passage.part, weight=None if number else one.cue.weight)
        if self.reading:
            yield from self._by_reading(self.reading)

    def _by_reading(self, reading: Reading) -> Iterator[Reason]:
        """Yield the model's part. Its sentences have no weights: what one adds depends on the others."""
        if not any(one.cue.weight > 0 for one in self.cues):
            yield Reason("words", "no word of the rules was found that speaks for it")
        if reading.weight < 0 and self._stands:
            yield Reason("language model", "the text as a whole speaks against it; a cue stands by itself")
        else:
            speaks = "for" if reading.weight > 0 else "against"
            yield Reason("language model", f"the text as a whole speaks {speaks} it", weight=reading.weight)
        for text, _ in reading.sentences:
            yield Reason("language model", f"above all: {shortened(text)}")


class TextRule:
    """One rule about the words of a message."""

    def __init__(self, name: str, rules: CueRules, model: LanguageModel | None = None) -> None:
        """`name` is the rule's head in the model; without a model the words decide alone."""
        self._name = name
        self._threshold = rules.threshold
        self._cues = Cues(rules)
        self._model = model

    async def weigh(
        self,
        message: Message,
        kinds: Sequence[PassageKind] = OWN,
        *,
        ask: bool = True,
        facts: Sequence[Fact] = (),
        passages: Sequence[Passage] | None = None,
    ) -> Weighed:
        """Weigh the passages of these kinds, and facts. The model, asked if `ask`, reads the sender's own words.

        `passages` are the passages to search instead of those of the message; they are within the limit.
        """
        passages = within_limit(message.view.of(*kinds)) if passages is None else passages
        if sum(len(one.text) for one in passages) <= MAX_INLINE_CHARACTERS:
            cues = self._cues.found(passages)
        else:
            cues = await asyncio.to_thread(self._cues.found, passages)
        cues = _counted(cues, facts)
        needed = self._threshold - _sum(cues, facts)
        reading = None
        if self._model and ask and needed <= MOST_WEIGHT and (_speaks(cues, facts) or _is_worth_reading(message)):
            found = FoundWords(_said(cues), _alone(_heavy(cues, self._threshold)))
            reading = await self._model.read(self._name, message, needed, found)
        return Weighed(tuple(cues), reading, self._threshold, tuple(facts))


def left_out(passages: Iterable[Passage]) -> list[Reason]:
    """Return what `within_limit` leaves out, as evidence; nothing where all is read. A filter that searches says so."""
    several = list(passages)
    ends = list(accumulate(one.length for one in several))
    cut = next((at for at, end in enumerate(ends) if end > MAX_CHARACTERS), None)
    if cut is None:
        return []
    behind = len(several) - cut - 1
    rest = f", and nothing of {behind} behind it" if behind else ""
    quote = f"{ends[-1]:,} characters, of which {MAX_CHARACTERS:,} are read at most: not all of this part{rest}"
    return [Reason("text", quote, several[cut].part)]


def within_limit(passages: Iterable[Passage], as_read: Callable[[str], str] = str) -> list[Passage]:
    """Return passages of at most MAX_CHARACTERS together: the first ones whole, then one at both its ends.

    `as_read` changes what is searched of a text, and not its length; the text that is quoted stays.
    """
    kept, left = [], MAX_CHARACTERS
    for one in passages:
        if not left:
            break
        cut = one if one.length <= left else one.at_both_ends(left)
        read = as_read(cut.text)
        kept.append(cut if read == cut.text else replace(cut, folded=fold(read)))
        left -= min(one.length, left)
    return kept


def _counted(cues: list[FoundCue], facts: Sequence[Fact]) -> list[FoundCue]:
    """Return the cues without those that only support, where nothing above 0 stands beside them."""
    said = [one for one in cues if not one.cue.supports]
    return cues if _speaks(said, facts) else said


def _speaks(cues: Sequence[FoundCue], facts: Sequence[Fact]) -> bool:
    """Return whether a cue or a fact speaks for a finding."""
    return any(one.cue.weight > 0 for one in cues) or any(one.weight > 0 for one in facts)


def _is_worth_reading(message: Message) -> bool:
    """Return whether the subject or the new text has words enough for the language model."""
    subject, new = (sum(len(one.text.split(maxsplit=LEAST_WORDS)) for one in message.view.of(kind)) for kind in OWN)
    return max(subject, new) >= LEAST_WORDS


def _sum(cues: Sequence[FoundCue], facts: Sequence[Fact]) -> float:
    return sum(one.cue.weight for one in cues) + sum(one.weight for one in facts)


def _starts(cue: FoundCue) -> Mapping[int, Sequence[int]]:
    """Return the places of a cue in each passage (`id`), in order; those in the subject are at `SUBJECT`."""
    found: dict[int, list[int]] = {}
    for one in cue.places:
        found.setdefault(SUBJECT if one.passage.kind == "subject" else id(one.passage), []).append(one.start)
    return {passage: sorted(starts) for passage, starts in found.items()}


def _is_near(starts: Mapping[int, Sequence[int]], passage: int, start: int, characters: int) -> bool:
    several = starts.get(passage, ())
    first = bisect_left(several, start - characters)
    return SUBJECT in starts or (first < len(several) and several[first] <= start + characters)


def _sentence(place: CuePlace) -> tuple[int, tuple[int, int]]:
    """Return the sentence of a cue, with its passage (`id`)."""
    return id(place.passage), place.sentence


def _heavy(cues: Sequence[FoundCue], threshold: float) -> list[FoundCue]:
    """Return the cues that weigh the threshold or more by themselves."""
    return [one for one in cues if one.cue.weight >= threshold]


def _said(cues: Sequence[FoundCue]) -> list[str]:
    """Return the words of the text that speak for a finding, as the language model reads them."""
    return [place.words for one in cues if one.cue.weight > 0 for place in one.places if place.passage.kind in OWN]


def _alone(cues: Sequence[FoundCue]) -> list[str]:
    """Return the sentences of cues, folded; none if they are too many, or aren't all the sender's own."""
    places = [place for one in cues for place in one.places]
    if len(places) > MOST_ALONE or any(one.passage.kind not in OWN for one in places):
        return []
    return list(dict.fromkeys(one.folded for one in places))
