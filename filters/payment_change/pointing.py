"""Texts in which a sender points at a quotation, and asks for something to be done about it.

Words that point (`below`, `this mail`) and words that ask (`please process`) must be near each other, or there must be
hardly any other words. An answer that quotes the answered mail doesn't point at it, and a warning asks for the
contrary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from filters.payment_change.quotations import quotations
from filters.payment_change.settings import HandedOn
from gateway.matching import GREETINGS, Lexicon, Match, WordLines, folded_words, word_lines
from gateway.message import Passage, is_closing

#: Characters at either end of the sender's text that are searched: words that point at a quotation stand near it.
MAX_CHARACTERS = 2_000
#: Sentences between words that point and words that ask.
SENTENCES_NEAR = 2
#: Sentences between words that point and a warning that concerns them.
SENTENCES_OF_WARNING = 1
#: Words of a text that points and says nothing else: "Hi Ann, as below, many thanks, Eve".
FEW_WORDS = 9
#: Words of a greeting: "Dear Mr and Mrs Smith".
FEW_WORDS_OF_GREETING = 5


class Pointing:
    """The compiled words that point, ask or warn."""

    def __init__(self, rules: HandedOn, lexicon: Lexicon) -> None:
        self._points = lexicon.compile(rules.points)
        self._asks = lexicon.compile(rules.asks)
        self._unless = lexicon.compile(rules.unless)
        self._warns = lexicon.compile(rules.warns)

    def is_in(self, passages: Iterable[Passage]) -> bool:
        """Return whether one of the passages asks for something to be done about what it quotes."""
        return any(self._hands_on(_lines(one)) for one in passages)

    def _hands_on(self, lines: WordLines) -> bool:
        if not (pointed := list(self._points.find(lines))):
            return False
        quoted = quotations(lines.text)
        points = self._sentences(pointed, lines, quoted)
        if not points:
            return False
        warned = {_sentence(lines.text, one) for one in self._warns.find(lines)}
        said = {_sentence(lines.text, one) for one in self._unless.find(lines)}
        points = [
            at for at in points if at not in said and not any(abs(at - one) <= SENTENCES_OF_WARNING for one in warned)
        ]
        asks = [at for at in self._sentences(self._asks.find(lines), lines, quoted) if at not in said]
        near = any(abs(point - ask) <= SENTENCES_NEAR for point in points for ask in asks)
        return near or bool(points and not said and _words_outside(lines.text, quoted) <= FEW_WORDS)

    def _sentences(self, found: Iterable[Match], lines: WordLines, quoted: Sequence[Match]) -> list[int]:
        """Return the numbers of the sentences with a match that isn't in quotation marks."""
        outside = (one for one in found if not any(q.start <= one.start and one.end <= q.end for q in quoted))
        return sorted({_sentence(lines.text, one) for one in outside})


def says_nothing(passages: Iterable[Passage]) -> bool:
    """Return whether these passages hold no more than a greeting and a closing phrase."""
    return all(
        is_closing(line.strip()) or _is_greeting(folded)
        for one in passages
        for line, folded in zip_longest(_written(one.text), _written(one.folded.text), fillvalue="")
    )


def _written(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _is_greeting(folded: str) -> bool:
    words = [word for word in folded_words(folded) if any(map(str.isalnum, word))]
    return not words or (words[0] in GREETINGS and len(words) <= FEW_WORDS_OF_GREETING)


def _lines(passage: Passage) -> WordLines:
    """Return the word lines of both ends of a passage."""
    text = passage.folded.text
    return passage.folded.lines if len(text) <= 2 * MAX_CHARACTERS else word_lines(text, (), {}, 2 * MAX_CHARACTERS)


def _sentence(text: str, match: Match) -> int:
    return text.count("\n", 0, match.start + 1)


def _words_outside(text: str, quoted: Sequence[Match]) -> int:
    inside = sum(len(text[one.start : one.end].split()) for one in quoted)
    return sum(any(map(str.isalnum, word)) for word in text.split()) - inside
