"""Signals of the words of a message about where money goes, by the file `payment_change.yaml`.

Each wording is searched sentence by sentence. A context makes it void: a negation that touches it, a condition before
it, somebody else's words in quotation marks.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter

from filters.payment_change.accounts_in_text import Found
from filters.payment_change.effort import Effort
from filters.payment_change.pointing import Pointing
from filters.payment_change.quotations import quotations
from filters.payment_change.settings import Context, Rules, Wording
from filters.payment_change.signals import MAX_SHOWN, Place, Signal, quote
from filters.payment_change.spelling import corrections
from gateway.contract import Evidence
from gateway.matching import STANDING, Lexicon, Marked, Match, Patterns, WordLines, word_lines
from gateway.message import Passage, PassageKind

#: Sentences of a passage that is read as a whole. From a longer passage only sentences with a word of the topic are
#: read, with so many sentences around each.
WHOLE_LINES = 100
LINES_AROUND = 5
#: Sentences between two signals of which one counts only with the other: a letter is about one thing, a newsletter
#: about many.
LINES_NEAR = 4
#: Places of a signal in a passage that are examined.
MAX_PLACES = 50
#: Characters of a sentence that the language model reads by itself.
MAX_SENTENCE = 400

#: Kinds of passages that stand in every mail of their sender.
_OF_EVERY_MAIL: frozenset[PassageKind] = STANDING | {"sender"}


@dataclass(frozen=True, slots=True, eq=False)
class ReadPassage:
    """A passage with its word lines, and the matches in them."""

    passage: Passage
    lines: WordLines
    topical: bool  # the passage has a word of the topic
    quotations: Sequence[Match] = ()
    contexts: dict[str, Sequence[Match]] = field(default_factory=dict)

    @property
    def names_account(self) -> bool:
        """True if an account number stands outside of quotation marks."""
        outside, at = [], 0
        for one in self.quotations:
            outside.append(self.lines.text[at : one.start])
            at = one.end
        return any(" @account " in text for text in (*outside, self.lines.text[at:]))


@dataclass(frozen=True, slots=True)
class _Place:
    """A sentence with a match, and the sentence's number in its passage."""

    read: ReadPassage
    sentence: tuple[int, int]
    number: int

    def heard_with(self, worded: Collection[int]) -> bool:
        """Return whether the sentence stands in one of these passages, or in the subject."""
        return self.read.passage.kind == "subject" or id(self.read) in worded

    @property
    def folded(self) -> str:
        """The sentence as it was searched, with what stands between its words."""
        start, end = self.read.lines.origin(*self.sentence)
        return " ".join(self.read.passage.folded.text[start:end].split())[:MAX_SENTENCE]

    def shown(self) -> Evidence:
        passage = self.read.passage
        return quote(passage, *passage.folded.origin(*self.read.lines.origin(*self.sentence)))


class _Company:
    """Places of which a signal needs one near it: a few sentences off in the same passage. A subject is near to all."""

    def __init__(self, places: Iterable[_Place]) -> None:
        self._numbers: dict[int, list[int]] = {}
        self._anywhere = False
        for one in places:
            insort(self._numbers.setdefault(id(one.read), []), one.number)
            self._anywhere = self._anywhere or one.read.passage.kind == "subject"

    def near(self, place: _Place) -> bool:
        if self._anywhere or (self._numbers and place.read.passage.kind == "subject"):
            return True
        numbers = self._numbers.get(id(place.read), ())
        first = bisect_left(numbers, place.number - LINES_NEAR)
        return first < len(numbers) and numbers[first] <= place.number + LINES_NEAR


class Wordings:
    """The compiled rules."""

    def __init__(self, rules: Rules) -> None:
        self._lexicon = lexicon = Lexicon(rules.lists)
        self._rules = rules
        self._wordings = rules.wordings()
        self._contexts = {name: lexicon.compile(one.any) for name, one in rules.contexts.items()}
        self._patterns = {name: lexicon.compile(one.any) for name, one in self._wordings.items()}
        self._order = sorted(self._wordings, key=lambda name: self._wordings[name].weight <= 0)
        self._topic = lexicon.compile(rules.topic) if rules.topic else None
        self.pointing = Pointing(rules.handed_on, lexicon) if rules.handed_on else None
        lexicon.build_index()
        self._corrections = corrections(rules.spelling, rules.spelt_right)

    def read(self, passage: Passage, accounts: Sequence[Found], *, pointed_at: bool = False) -> ReadPassage:
        """Return a passage prepared for the search, with each account as one word.

        Text between quotation marks counts as the sender's own words with `pointed_at`, and where an account is named
        beside it.
        """
        lines = self._lines(passage, list(_marked(passage, accounts)))
        is_long = lines.text.count("\n") > WHOLE_LINES
        topic = [one.start for one in islice(self._topic.find(lines), None if is_long else 1)] if self._topic else []
        if self._topic and is_long:
            lines = lines.around(topic, LINES_AROUND)
        quoted = () if pointed_at else quotations(lines.text)
        whole = ReadPassage(passage, lines, bool(topic) or not self._topic, quoted)
        return replace(whole, quotations=()) if quoted and whole.names_account else whole

    def _lines(self, passage: Passage, marked: Sequence[Marked]) -> WordLines:
        """Return the lines of a passage; the lines that all filters share, where they are the same."""
        if not marked and self._corrections.keys().isdisjoint(passage.folded.lines.words):
            return passage.folded.lines
        return word_lines(passage.folded.text, marked, self._corrections)

    def signals(
        self, reads: Sequence[ReadPassage], calming: frozenset[PassageKind], effort: Effort, least: float = 0
    ) -> list[Signal]:
        """Return the signals of all passages; only passages of the kinds `calming` can speak against a change.

        There are none if those for a change weigh less than `least` together. These are searched whatever the effort;
        if it ends before all are searched, some that speak against a change are missing.
        """
        if not any(read.topical for read in reads):
            return []
        possible = [(read, self._lexicon.possible(read.lines)) for read in reads]
        anywhere = frozenset[Patterns]().union(*(several for _, several in possible))
        found: dict[str, list[_Place]] = {}
        spoken = 0.0
        for name in self._order:
            rule, patterns = self._wordings[name], self._patterns[name]
            if patterns not in anywhere:
                continue
            effort.pause()
            if rule.weight <= 0 and (spoken < least or not effort.is_left()):
                break
            heard = [
                read
                for read, several in possible
                if patterns in several and self._counts(name, read.passage.kind, calming)
            ]
            enough = MAX_SHOWN if name in self._rules.hints and not rule.only_with else MAX_PLACES
            if places := [one for read in heard for one in islice(self._places(name, rule, read), enough)]:
                found[name] = places
                spoken += max(rule.weight, 0)
        if spoken < least:
            return []
        return list(self._counted({name: found[name] for name in self._wordings if name in found}, calming))

    def _counted(self, found: Mapping[str, Sequence[_Place]], calming: frozenset[PassageKind]) -> Iterator[Signal]:
        """Yield the signals that count.

        A signal that needs another one must have it near. Hints against a change count in passages with a wording for a
        change, where there is one.
        """
        near = {name: self._in_company(name, found) for name in found}
        worded = self._worded(near)
        for name, all_places in near.items():
            rule, hint = self._wordings[name], name in self._rules.hints
            beside = hint and rule.weight < 0 and worded
            places = [one for one in all_places if not beside or one.heard_with(worded)]
            if places:
                shown = tuple(places[:MAX_SHOWN])
                own = frozenset[Place](() if hint else (one for one in places if one.read.passage.kind in calming))
                yield Signal(name, rule.says, rule.weight, shown, hint=hint, plain=rule.plain, own=own)

    def _in_company(self, name: str, found: Mapping[str, Sequence[_Place]]) -> Sequence[_Place]:
        """Return the places of a signal; if it needs another signal, only places near that one."""
        needed = self._wordings[name].only_with
        if not needed:
            return found[name]
        company = _Company(place for other in needed for place in found.get(other, ()))
        return [one for one in found[name] if company.near(one)]

    def _worded(self, near: Mapping[str, Sequence[_Place]]) -> frozenset[int]:
        """Return the passages (`id`) with enough wording for a change that harmless words elsewhere can't calm it."""
        sums: dict[int, float] = {}
        for name, places in near.items():
            rule = self._wordings[name]
            if name not in self._rules.hints and rule.weight > 0 and rule.plain:
                for read in {id(place.read) for place in places}:
                    sums[read] = sums.get(read, 0) + rule.weight
        return frozenset(read for read, total in sums.items() if total >= self._rules.thresholds.plain_wording)

    def _counts(self, name: str, kind: PassageKind, calming: frozenset[PassageKind]) -> bool:
        """Return whether a signal counts in a passage of this kind."""
        if self._wordings[name].weight < 0:
            return kind in calming
        return kind not in _OF_EVERY_MAIL or name not in self._rules.hints

    def _places(self, name: str, rule: Wording, read: ReadPassage) -> Iterator[_Place]:
        """Yield the places where a signal is said."""
        for match in self._patterns[name].find(read.lines):
            if rule.weight > 0 and any(_within(read.lines.text, match, one) for one in read.quotations):
                continue
            sentence = _sentence(read.lines.text, match)
            if not any(self._takes(context, read, match, sentence) for context in rule.unless):
                yield _Place(read, sentence, read.lines.text.count("\n", 0, sentence[0]))

    def _takes(self, name: str, read: ReadPassage, match: Match, sentence: tuple[int, int]) -> bool:
        """Return whether a context in the same sentence makes a match void."""
        if name not in read.contexts:
            read.contexts[name] = sorted(self._contexts[name].find(read.lines), key=attrgetter("start"))
        found = read.contexts[name]
        first = bisect_left(found, sentence[0] - 1, key=attrgetter("start"))
        last = bisect_left(found, sentence[1], key=attrgetter("start"))
        return any(_reaches(self._rules.contexts[name], one, match) for one in found[first:last])


def _reaches(context: Context, found: Match, match: Match) -> bool:
    if context.reach == "touching":
        return found.start < match.end and found.end > match.start
    return context.reach == "sentence" or found.start < match.start


def _sentence(text: str, match: Match) -> tuple[int, int]:
    """Return start and end of the line around a match."""
    return text.rfind("\n", 0, match.start + 1) + 1, text.find("\n", max(match.end - 2, match.start + 1))


def _within(text: str, match: Match, quotation: Match) -> bool:
    """Return whether the words of a match are quoted; a match may begin with the punctuation before its words."""
    return match.end <= quotation.end and not any(map(str.isalnum, text[match.start : quotation.start]))


def _marked(passage: Passage, accounts: Sequence[Found]) -> Iterator[Marked]:
    """Yield the accounts in the folded text. Their places are known in the visible text."""
    low = 0
    for one in accounts:
        start = max(passage.folded.place(one.start), low)
        end = max(passage.folded.place(one.end), start)
        if end > start:
            yield Marked(start, end, "@account" if one.account else "@masked")
        low = end
