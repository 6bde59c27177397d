"""The samples of one epoch: which text is shown with which targets, and how much each target counts.

A mail teaches its own rule's head; for the others it is a negative that counts less, and least where the rules
overlap in nature. A short mail also stands inside an ordinary mail of another topic, the carrier: else the network
learns that short is guilty. A cue that weighs the threshold by itself is judged by its own sentence, so that is shown
too, and sentences of innocent mails beside it. Pure: the same mails and the same seed give the same samples.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.language_model.written import windows
from training.mails import RULES, Labelled

#: What a target counts for every head of a ham window.
OF_HAM = 1.0
#: A mail of the first may well be a finding of the second: as a negative it counts this share of what others count.
OVERLAPS = frozenset(
    {("language", "personal"), ("broadcast", "personal"), ("language", "broadcast"), ("broadcast", "language")}
)
OF_OVERLAP = 0.2
#: Sets with many more mails than the others: a mail of theirs is shown in every other epoch only.
LARGEST = ("tuning3/", "tuning7/")
#: Tokens of a mail up to which it is carried, and of both together.
SHORT, CARRIED = 120, 180
#: Share of the carried mails that keep their own subject.
OWN_SUBJECT = 0.7
#: Share of the innocent mails of which a few sentences are shown, and the most of them; share of the sentences with a
#: cue that stand alone, and not between two of a carrier.
INNOCENT, FEW_SENTENCES, ALONE = 0.5, 3, 0.5
#: Windows of one ham message that are shown in an epoch.
HAM_WINDOWS = 2
#: Tokens around a pair: [CLS] subject [SEP] text [SEP].
MARKS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One text, and for each head a target and what it counts."""

    subject: str
    text: str
    targets: tuple[float, ...]
    counts: tuple[float, ...]


class Epochs:
    """Make the samples of each epoch.

    `tokens` counts the tokens of a text, `most` is what a window holds, and `of_others` what a mail counts for the head
    of a rule that it was not written for.
    """

    def __init__(
        self, mails: Iterable[Labelled], tokens: Callable[[str], int], most: int, seed: int, of_others: float
    ) -> None:
        self._tokens, self._most, self._seed, self._of_others = tokens, most, seed, of_others
        self._lengths: dict[str, int] = {}
        mails = [mail for mail in mails if mail.use == "learn"]
        self._own = [mail for mail in mails if mail.rule]
        self._ham = [(mail, self.windows(mail)) for mail in mails if not mail.rule]
        self._carriers = [mail for mail in self._own if is_carrier(mail)]
        self._judged = [mail for mail in mails if mail.rule != "payment_change" and mail.sentences]

    def epoch(self, number: int) -> list[Sample]:
        """Return the samples of an epoch, shuffled."""
        chance = random.Random(f"{self._seed}/{number}")
        found = [sample for mail in self._own for sample in self._of(mail, number, chance)]
        found += [sample for mail in self._judged for sample in self._sentences(mail, chance)]
        for mail, texts in self._ham:
            shown = range(len(texts)) if len(texts) <= HAM_WINDOWS else chance.sample(range(len(texts)), HAM_WINDOWS)
            found += [Sample(mail.subject, texts[at], *targets(mail, self._of_others)) for at in shown]
        chance.shuffle(found)
        return found

    def windows(self, mail: Labelled) -> list[str]:
        """Return the texts of a mail's windows, as the gateway cuts them."""
        room = max(self._most - MARKS - self._length(mail.subject), self._most // 2)
        cut = windows(mail.sentences, self._length, room)
        return [" ".join(mail.sentences[one.first : one.end]) for one in cut]

    def _of(self, mail: Labelled, number: int, chance: random.Random) -> Iterable[Sample]:
        turn = zlib.crc32(mail.id.encode()) + number
        if mail.source.startswith(LARGEST):
            if turn % 2:
                return
            turn //= 2
        length = self._length(mail.subject) + sum(map(self._length, mail.sentences))
        if turn % 2 and length <= SHORT:
            yield self._carried(mail, chance.choice(self._carriers), chance)
        else:
            yield Sample(mail.subject, self.windows(mail)[0], *targets(mail, self._of_others))

    def _carried(self, mail: Labelled, carrier: Labelled, chance: random.Random) -> Sample:
        """Put the mail's sentences, together, among the carrier's, of which as many are kept as there is room."""
        subject = mail.subject if chance.random() < OWN_SUBJECT else carrier.subject
        left = CARRIED - MARKS - self._length(subject) - sum(map(self._length, mail.sentences))
        at = chance.randint(0, len(carrier.sentences))
        before, after = list(carrier.sentences[:at]), list(carrier.sentences[at:])
        left -= sum(map(self._length, before)) + sum(map(self._length, after))
        while left < 0 and (before or after):
            longer = before if len(before) > len(after) else after
            left += self._length(longer.pop(0 if longer is before else -1))
        return Sample(subject, " ".join([*before, *mail.sentences, *after]), *targets(mail, self._of_others))

    def _sentences(self, mail: Labelled, chance: random.Random) -> Iterable[Sample]:
        """Yield a sentence with a cue, without the subject, or a few sentences of an innocent mail."""
        if mail.standing:
            texts = [chance.choice(mail.standing)]
            if chance.random() > ALONE:
                between = chance.choice(self._carriers).sentences
                at = chance.randrange(len(between))
                texts = [between[at], *texts, *between[at + 1 : at + 2]]
        elif not mail.label and chance.random() < INNOCENT:
            at = chance.randrange(len(mail.sentences))
            texts = list(mail.sentences[at : at + chance.randint(1, FEW_SENTENCES)])
        else:
            return
        yield Sample("", " ".join(texts), *targets(mail, self._of_others))

    def _length(self, text: str) -> int:
        if text not in self._lengths:
            self._lengths[text] = self._tokens(text)
        return self._lengths[text]


def is_carrier(mail: Labelled) -> bool:
    """Return whether a mail may carry another: an innocent one that isn't written to be near to a finding."""
    if mail.label or not mail.speaks or not mail.sentences:
        return False
    return mail.source.startswith("ordinary/") or (mail.difficulty == "easy" and mail.rule != "payment_change")


def targets(mail: Labelled, of_others: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return a mail's target for each head, and what each counts; `of_others` where its writer thought of another."""
    wanted = tuple(float(mail.label and rule == mail.rule) for rule in RULES)
    return wanted, tuple(_counts(mail, rule, of_others) for rule in RULES)


def _counts(mail: Labelled, rule: str, of_others: float) -> float:
    if not mail.rule:
        return OF_HAM
    if rule == mail.rule:
        return mail.counts if mail.speaks else 0.0
    return of_others * OF_OVERLAP if (mail.rule, rule) in OVERLAPS else of_others
