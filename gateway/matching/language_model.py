"""The language model as rules about text see it: a reading of one message for one rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.message.model import Message

#: The least and the most that a reading weighs.
LEAST_WEIGHT, MOST_WEIGHT = -10.0, 20.0


@dataclass(frozen=True, slots=True)
class Reading:
    """The language model's reading of one message for one rule."""

    weight: float  # above 0 for a finding, below 0 against one; in the unit of the cues' weights
    sentences: tuple[tuple[str, float], ...] = ()  # the sentences that say so, with the weight that each adds
    alone: float | None = None  # the highest weight of a sentence that was read by itself; None: none was


@dataclass(frozen=True, slots=True)
class FoundWords:
    """The words of a text that speak for a finding of a rule, folded."""

    words: Sequence[str] = ()  # as they stand in the text
    sentences: Sequence[str] = ()  # of the words that weigh a finding by themselves: the model reads each alone


NOTHING_FOUND = FoundWords()


class LanguageModel(Protocol):
    """A small language model that reads the sender's own words: the subject and the new text."""

    async def read(
        self, rule: str, message: Message, needed: float, found: FoundWords = NOTHING_FOUND
    ) -> Reading | None:
        """Return the reading for a rule; None where the model is off, gives no answer, or has nothing to find there.

        `needed` is the weight with which there is a finding. The model may leave unread what it would hardly find
        anything in: the whole text, or, where `needed` is 0 or less or a sentence has to be read alone, what is far
        from the words found. What was read counts for all rules. Sentences are read alone where the weight is below 0,
        and below `needed`. The sentences that say so are worked out only if the weight is `needed` or more: they take
        time, and only a finding shows them.
        """
