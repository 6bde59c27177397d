"""The shape of a filter's rules: a YAML file of words and patterns.

It holds lists of words by language, and patterns that name the lists. Each mistake in either is reported at its own
place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from gateway.matching.lexicon import Lexicon
from gateway.matching.pattern_reader import PatternError

#: The code of a language, such as `en`.
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]

#: Patterns, at least one. An administrator reads them: none is longer than a paragraph.
Phrases = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=2_000)], ...], Field(min_length=1)]

#: A place in the file, from its top down: `("signals", "new_account", "any")`.
Place = tuple[str | int, ...]


class WordRules(BaseModel):
    """Base of a filter's rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Lists of words, by language; a pattern names one as `<account>`.
    words: dict[str, dict[Language, Phrases]] = Field(default_factory=dict)

    @property
    def lists(self) -> Mapping[str, list[str]]:
        """The lists for the lexicon: all languages together."""
        return {name: [one for words in by.values() for one in words] for name, by in self.words.items()}

    def patterns(self) -> Iterable[tuple[Place, Sequence[str]]]:
        """Return the patterns besides those of `words`, each with its place in the file."""
        return ()

    def mistakes(self) -> Iterable[InitErrorDetails]:
        """Return the other mistakes, made by `mistake`."""
        return ()

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if problems := [*self.mistakes(), *self._bad_patterns()]:
            raise ValidationError.from_exception_data(type(self).__name__, problems)
        return self

    def _bad_patterns(self) -> Iterator[InitErrorDetails]:
        lexicon = Lexicon({})
        for name, by_language in self.words.items():
            for language, words in by_language.items():
                yield from _wrong(lexicon, words, ("words", name, language))
            try:
                lexicon.define(name, [word for words in by_language.values() for word in words])
            except PatternError:  # reported at its entry already; patterns with the list must not be blamed
                lexicon.define(name, [name])
        for place, patterns in self.patterns():
            yield from _wrong(lexicon, patterns, place)


def mistake(sentence: str, at: Place, value: object) -> InitErrorDetails:
    """Return a mistake in the value at this place."""
    said = PydanticCustomError("pattern", "{sentence}", {"sentence": sentence})
    return InitErrorDetails(type=said, loc=at, input=value)


def _wrong(lexicon: Lexicon, patterns: Sequence[str], at: Place) -> Iterator[InitErrorDetails]:
    for number, pattern in enumerate(patterns):
        try:
            lexicon.read(pattern)
        except PatternError as error:
            yield mistake(str(error), (*at, number), pattern)
