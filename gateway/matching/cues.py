"""Cues of a text filter: groups of patterns with a weight, from the filter's YAML file, and their search in passages.

A cue counts once in a message. A context in the same sentence makes it void there, or is what it needs to count.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import InitErrorDetails

from gateway.matching.lexicon import Lexicon, Match, Patterns
from gateway.matching.pattern_reader import quoted
from gateway.matching.word_rules import Phrases, Place, WordRules, mistake
from gateway.message.folding.word_lines import WordLines
from gateway.message.passage import Passage, PassageKind

#: Kinds of passages that may stand in every mail of their sender: what is said there speaks against nothing.
STANDING: frozenset[PassageKind] = frozenset({"signature", "footer"})
#: Places in which one cue is shown, and characters of each quote: a reviewer reads a line, not a page.
MAX_SHOWN, MAX_QUOTE = 3, 200
#: Characters of a sentence that are read for its quote; some of them are blanks, or can't be seen.
MAX_READ = 10 * MAX_QUOTE
#: Places of a cue in a passage that are examined.
MAX_PLACES = 50
#: Sentences behind a context in which it makes cues void, at most.
MAX_BEHIND = 10
#: Characters of a long sentence on either side of a cue that the language model reads with it.
AROUND = 120


class Context(BaseModel):
    """Words in the sentence of a cue, or close by, that make it void, as a negation does, or that it needs to count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    any: Phrases
    #: Words in the sentence of a cue beside which the context says nothing.
    but: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()
    #: Sentences behind a cue in which the words of `but` count too: "I can only agree".
    but_behind: Annotated[int, Field(ge=0, le=MAX_BEHIND)] = 0
    #: Sentences behind that of the words which the context reaches too: "he wrote as follows".
    behind: Annotated[int, Field(ge=0, le=MAX_BEHIND)] = 0
    #: Sentences before that of the words which it reaches too: "I know where you live. I'll bring the cake."
    ahead: Annotated[int, Field(ge=0, le=MAX_BEHIND)] = 0


class Cue(BaseModel):
    """A reason for a finding (weight above 0) or against one (below 0)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    weight: Annotated[float, Field(ge=-100, le=100)]
    any: Phrases
    #: Contexts in which the cue is void.
    unless: tuple[str, ...] = ()
    #: Contexts of which the cue needs one: "something may happen to your wife" beside a demand.
    beside: tuple[str, ...] = ()
    #: True: the cue is found whatever cues below 0 say in other sentences.
    stands: bool = False
    #: True: the cue says nothing by itself, as an amount does, and counts only beside one above 0 that says something.
    supports: bool = False
    #: The kind of finding that the cue speaks for, as the filter names them; "" = none in particular.
    kind: str = ""


class CueRules(WordRules):
    """Base of a text filter's rules file."""

    #: Sum of weights from which on there is a finding.
    threshold: Annotated[float, Field(gt=0)] = 10
    contexts: dict[str, Context] = Field(default_factory=dict)
    cues: dict[str, Cue]

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield from ((("contexts", name, "any"), one.any) for name, one in self.contexts.items())
        yield from ((("contexts", name, "but"), one.but) for name, one in self.contexts.items())
        yield from ((("cues", name, "any"), one.any) for name, one in self.cues.items())

    def mistakes(self) -> Iterator[InitErrorDetails]:
        for name, cue in self.cues.items():
            for key, named in (("unless", cue.unless), ("beside", cue.beside)):
                for at, one in enumerate(named):
                    if one not in self.contexts:
                        yield mistake(f"there is no context {quoted(one)}", ("cues", name, key, at), one)


@dataclass(frozen=True, slots=True)
class CuePlace:
    """A sentence of a passage in which a cue was found."""

    passage: Passage
    lines: WordLines
    sentence: tuple[int, int]  # in `lines`
    match: Match

    @property
    def start(self) -> int:
        """The place of the cue in the folded text of its passage."""
        return self.lines.origin(self.match.start, self.match.end)[0]

    @property
    def words(self) -> str:
        """The words of the cue, with what stands between them in the folded text."""
        start, end = self.lines.origin(self.match.start, self.match.end)
        return " ".join(self.passage.folded.text[start:end].split())

    @property
    def folded(self) -> str:
        """The sentence as it was searched, with what stands between its words; of a long one, that around the cue."""
        start, end = self.lines.origin(*self.sentence)
        first, last = self.lines.origin(self.match.start, self.match.end)
        text = self.passage.folded.text[max(start, first - AROUND) : min(end, last + AROUND)]
        return " ".join(text.split())

    @property
    def quote(self) -> str:
        """The sentence as the reader sees it, on one line."""
        start, end = self.passage.folded.origin(*self.lines.origin(*self.sentence))
        seen = self.passage.text[start : min(end, start + MAX_READ)]
        return shortened("".join(c for c in " ".join(seen.split()) if c.isprintable()))


@dataclass(frozen=True, slots=True)
class FoundCue:
    """A cue that was found, with its places."""

    name: str
    cue: Cue
    places: tuple[CuePlace, ...]


@dataclass(frozen=True, slots=True)
class _Searched:
    """A passage, with the patterns that it may have, and the starts of the contexts that were looked for in it."""

    passage: Passage
    possible: frozenset[Patterns]
    contexts: dict[Patterns, Sequence[int]] = field(default_factory=dict)


class Cues:
    """The compiled rules of a text filter."""

    def __init__(self, rules: CueRules) -> None:
        self._lexicon = lexicon = Lexicon(rules.lists)
        self._rules = rules
        self._contexts = {
            name: (lexicon.compile(one.any), lexicon.compile(one.but)) for name, one in rules.contexts.items()
        }
        self._cues = {name: lexicon.compile(one.any) for name, one in rules.cues.items()}
        lexicon.build_index()

    def found(self, passages: Sequence[Passage], kinds: Sequence[PassageKind] = ()) -> list[FoundCue]:
        """Return the cues in passages of these kinds (all, where none is named), in the order of the rules.

        A cue below 0 counts in no signature or footer.
        """
        read = [
            _Searched(one, self._lexicon.possible(one.folded.lines))
            for one in passages
            if not kinds or one.kind in kinds
        ]
        found = []
        for name, cue in self._rules.cues.items():
            patterns = self._cues[name]
            heard = [one for one in read if patterns in one.possible and _is_heard(cue, one.passage)]
            places = [place for one in heard for place in self._places(one, cue, patterns)]
            if places:
                found.append(FoundCue(name, cue, tuple(places)))
        return found

    def _places(self, searched: _Searched, cue: Cue, patterns: Patterns) -> Iterator[CuePlace]:
        lines = searched.passage.folded.lines
        for match in islice(patterns.find(lines), MAX_PLACES):
            sentence = _sentence(lines.text, match)
            if cue.beside and not self._reaches(cue.beside, searched, sentence):
                continue
            if not self._reaches(cue.unless, searched, sentence):
                yield CuePlace(searched.passage, lines, sentence, match)

    def _reaches(self, contexts: Sequence[str], searched: _Searched, sentence: tuple[int, int]) -> bool:
        """Return whether one of the contexts reaches a sentence."""
        return any(self._has_context(name, searched, sentence) for name in contexts)

    def _has_context(self, context: str, searched: _Searched, sentence: tuple[int, int]) -> bool:
        """Return whether a context reaches a sentence, and none of the words that undo it stands there or behind."""
        words, but = self._contexts[context]
        rule = self._rules.contexts[context]
        reaches = _begins(words, searched, sentence, before=rule.behind, behind=rule.ahead)
        return reaches and not _begins(but, searched, sentence, behind=rule.but_behind)


def _is_heard(cue: Cue, passage: Passage) -> bool:
    """Return whether a cue counts in a passage: what speaks against a finding doesn't where it stands in every mail."""
    return cue.weight > 0 or passage.kind not in STANDING


def _begins(
    patterns: Patterns, searched: _Searched, sentence: tuple[int, int], before: int = 0, behind: int = 0
) -> bool:
    """Return whether one of the patterns begins in a sentence, or in one of so many before it or behind it.

    They are looked for once in a passage.
    """
    if patterns not in searched.possible:
        return False
    starts = searched.contexts.get(patterns)
    if starts is None:
        found = patterns.find(searched.passage.folded.lines)
        starts = searched.contexts[patterns] = sorted(one.start for one in found)
    if not starts:
        return False
    begin, end = _with_neighbours(searched.passage.folded.lines.text, sentence, before, behind)
    first = bisect_left(starts, begin)
    return first < len(starts) and starts[first] < end


def _with_neighbours(text: str, sentence: tuple[int, int], before: int, behind: int) -> tuple[int, int]:
    """Return the line ends around a sentence with so many before it and behind it, or as many as there are."""
    begin, end = sentence[0] - 1, sentence[1]
    first, last = text.find("\n"), text.rfind("\n")
    for _ in range(before):
        begin = text.rfind("\n", 0, begin) if begin > first else first
    for _ in range(behind):
        end = text.find("\n", end + 1) if end < last else last
    return begin, end


def shortened(quote: str) -> str:
    """Return a quote, cut where it is longer than a reviewer reads."""
    return quote if len(quote) <= MAX_QUOTE else f"{quote[: MAX_QUOTE - 1]}\u2026"


def _sentence(text: str, match: Match) -> tuple[int, int]:
    """Return start and end of the line around a match."""
    return text.rfind("\n", 0, match.start + 1) + 1, text.find("\n", max(match.end - 2, match.start + 1))
