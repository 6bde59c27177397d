"""Settings of `payment_change`: words, patterns, weights and thresholds, all in one YAML file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field
from pydantic_core import InitErrorDetails

from gateway.contract import Settings, YamlFile
from gateway.matching import Phrases, Place, WordRules, is_pattern, mistake, quoted

Names = tuple[Annotated[str, Field(min_length=1)], ...]
Weight = Annotated[float, Field(ge=-100, le=100)]

#: The reach of a context: it touches the wording, stands before it in its sentence, or anywhere in its sentence.
Reach = Literal["touching", "before", "sentence"]


class Context(Settings):
    """A context that makes a wording void: a negation, a condition, somebody else's words."""

    reach: Reach
    any: Phrases


class Wording(Settings):
    """One named signal of the text. It counts once in a message."""

    says: str
    weight: Weight
    any: Phrases
    #: Contexts in which the wording is void.
    unless: Names = ()
    #: The wording counts only beside one of these signals.
    only_with: Names = ()
    #: True if the wording says by itself that something changes; else it counts, but makes no `plain_wording`.
    plain: bool = True


class Hint(Settings):
    """A topic of a letter that weighs a little for a change, near one of `hints_beside`, or against one.

    It counts once, not in a signature or a footer, and where it speaks against a change only in a passage that has one.
    """

    says: str
    weight: Weight
    any: Phrases
    #: Contexts in which the hint is void.
    unless: Names = ()


class HandedOn(Settings):
    """Words by which a sender makes what he quotes his own: they point at it, and ask for something to be done."""

    #: Words that point at what is quoted.
    points: Phrases
    #: Words that ask for something to be done.
    asks: Phrases
    #: Sentences that point at nothing, or ask for nothing.
    unless: Phrases
    #: Words of a warning: requests beside them don't count.
    warns: Phrases


class Thresholds(Settings):
    """Sums from which on a message is held."""

    #: The sum of the words and of the signals for or against them.
    wording: float = Field(default=10, gt=0)
    #: The sum of wordings by themselves, whatever hints speak against them.
    wording_alone: float = Field(default=20, gt=0)
    #: The sum that wordings for a change must reach, for `wording` to be enough.
    plain_wording: float = Field(default=0, ge=0)
    #: The sum that is needed where wordings don't reach that: hints alone.
    hints_alone: float = Field(default=10, gt=0)
    #: The sum of the wordings of one sentence that announce a change beside an account, whatever else is said.
    announcement: float = Field(default=20, gt=0)
    #: The part of the sum that the words themselves must reach where signals about the sender make up the rest.
    wording_with_identity: float = Field(default=7, gt=0)
    #: The sum of a different account with other signals, where the account doesn't hold alone.
    account: float = Field(default=10, gt=0)
    #: Accounts in all up to which a counterparty counts as one with a single account.
    accounts_of_one: int = Field(default=2, ge=1)

    @property
    def least(self) -> float:
        """The sum of words for a change up to which nothing is held for its words."""
        return min(self.wording, self.wording_alone, self.hints_alone, self.wording_with_identity)


class Weights(Settings):
    """Weights of signals that are not words of the text."""

    different_account: Weight = 6
    usual_account: Weight = -6
    first_contact: Weight = 1
    our_name: Weight = 5
    known_name: Weight = 2
    lookalike: Weight = 5
    reply_to_elsewhere: Weight = 2
    free_mail: Weight = 1
    unauthenticated: Weight = 1
    failed_authentication: Weight = 3
    strange_thread: Weight = 2


class Rules(WordRules):
    """The file `payment_change.yaml`."""

    thresholds: Thresholds = Thresholds()
    weights: Weights = Weights()
    #: Words whose misspellings by one letter are corrected.
    spelling: Names = ()
    #: Words that are no misspelling of one of these.
    spelt_right: Names = ()
    #: Words without which a message is not read further; of a long passage only the sentences around them are read.
    topic: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()
    #: Words by which a message adopts what it quotes. Unset: it does so where it is forwarded, or has no words of its
    #: own.
    handed_on: HandedOn | None = None
    contexts: dict[str, Context]
    signals: dict[str, Wording]
    hints: dict[str, Hint] = Field(default_factory=dict)
    #: A hint for a change counts only beside one of these signals.
    hints_beside: Names = ()
    #: Signals by which the writer states a change. The sentence of such a one stands beside a warning of fraud.
    stated: Names = ()
    #: Signals and hints of a warning of fraud: they take nothing from a change that is stated.
    warnings: Names = ()
    #: Domains where anybody can have an address; `hotmail.*` is that name with every ending.
    free_mail: Names = ()
    #: Words that are added to a name to make another domain of it (`example-invoices.com`).
    added_words: Names = ()

    def mistakes(self) -> Iterator[InitErrorDetails]:
        for place, named, known, what in self._named():
            for at, one in enumerate(named):
                if one not in known:
                    yield mistake(f"there is no {what} {quoted(one)}", (*place, at), one)
        if any(hint.weight > 0 for hint in self.hints.values()) and not self.hints_beside:
            yield mistake("name the signals beside which hints for a change count", ("hints_beside",), None)
        least, alone = self.thresholds.wording, self.thresholds.hints_alone
        if alone < least:
            said = f"wording is {least:g} and hints_alone {alone:g}: hints alone would hold sooner than wordings; "
            yield mistake(f"{said}make hints_alone {least:g} or more", ("thresholds", "hints_alone"), alone)
        why = "a star stands for every ending of one name, `hotmail.*`, and nowhere else"
        yield from (mistake(why, ("free_mail", n), one) for n, one in enumerate(self.free_mail) if not is_pattern(one))
        for name in self.hints.keys() & self.signals.keys():
            yield mistake("a signal has this name: give the hint another one", ("hints", name), name)

    def _named(self) -> Iterator[tuple[Place, Names, Collection[str], str]]:
        """Yield names of contexts and signals, where they stand, and those that there are."""
        for name, signal in self.signals.items():
            yield ("signals", name, "unless"), signal.unless, self.contexts, "context"
            yield ("signals", name, "only_with"), signal.only_with, self.signals, "signal"
        for name, hint in self.hints.items():
            yield ("hints", name, "unless"), hint.unless, self.contexts, "context"
        yield ("hints_beside",), self.hints_beside, self.signals, "signal"
        yield ("stated",), self.stated, self.signals, "signal"
        yield ("warnings",), self.warnings, self.signals.keys() | self.hints.keys(), "signal"

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield ("topic",), self.topic
        if self.handed_on:
            for name in HandedOn.model_fields:
                yield ("handed_on", name), getattr(self.handed_on, name)
        for name, context in self.contexts.items():
            yield ("contexts", name, "any"), context.any
        for name, signal in self.signals.items():
            yield ("signals", name, "any"), signal.any
        for name, hint in self.hints.items():
            yield ("hints", name, "any"), hint.any

    def wordings(self) -> dict[str, Wording]:
        """Return the signals, and the hints in the form of signals."""
        beside = {True: self.hints_beside, False: ()}
        hints = {
            name: Wording(**one.model_dump(), only_with=beside[one.weight > 0]) for name, one in self.hints.items()
        }
        return {**self.signals, **hints}


class PaymentChangeSettings(Settings):
    """Settings of `payment_change`."""

    #: Words, patterns, weights and thresholds, from a YAML file.
    rules: Annotated[Rules, YamlFile("payment_change.yaml")]
