"""The phrases and words of replies in seven languages, from the YAML file beside this module, which is read once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from gateway.characters.normal_forms import normal_form
from gateway.settings.yaml.document import read_document

Meaning = Literal["yes", "agrees", "no", "fine", "courtesy"]

_ByLanguage = Mapping[str, tuple[str, ...]]
_PART = re.compile(r"<(\w+)>")


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    greetings: _ByLanguage
    greeted: _ByLanguage
    introductions: _ByLanguage
    refusals: _ByLanguage
    conditions: _ByLanguage
    removals: _ByLanguage
    please: _ByLanguage
    sending: _ByLanguage


class _Footers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    about_mail: _ByLanguage
    for_others: _ByLanguage
    writer: _ByLanguage


class _Lists(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    parts: Mapping[str, tuple[str, ...]]  # one may name those above it
    phrases: Mapping[Meaning, _ByLanguage]
    words: _Words
    footers: _Footers


def plain(text: str) -> str:
    """Return a text in small letters, without accents."""
    letters = normal_form("NFD", text.casefold().replace("\u2019", "'").replace("\u0142", "l"))
    return "".join(one for one in letters if unicodedata.category(one) != "Mn")


def _compiled(lists: _Lists) -> list[tuple[re.Pattern[str], Meaning]]:
    parts: dict[str, str] = {}
    for name, several in lists.parts.items():
        parts[name] = f"({_filled('|'.join(several), parts)})"
    return [
        (re.compile(f"(?:{plain(_filled(phrase, parts))})(?= |$)"), meaning)
        for meaning, by_language in lists.phrases.items()
        for phrases in by_language.values()
        for phrase in phrases
    ]


def _filled(phrase: str, parts: Mapping[str, str]) -> str:
    return _PART.sub(lambda part: parts[part[1]], phrase)


def _any_of(by_language: _ByLanguage) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(plain(phrase) for phrases in by_language.values() for phrase in phrases)})\b")


def _plain_words(by_language: _ByLanguage) -> frozenset[str]:
    return frozenset(plain(word) for words in by_language.values() for word in words)


LISTS: Final = _Lists.model_validate(read_document(Path(__file__).with_suffix(".yaml")).data)

#: Phrases of each meaning, as regular expressions for small letters without accents. The longest one counts.
PHRASES: Final = _compiled(LISTS)
GREETINGS: Final = _plain_words(LISTS.words.greetings)
#: Words behind a greeting that are no names.
GREETED: Final = _plain_words(LISTS.words.greeted)
#: One word of the line above a quotation: "On 2 March 2026 … wrote:".
INTRODUCTION: Final = _any_of(LISTS.words.introductions)
#: Words that refuse, in a reason for a release; none is a name.
REFUSALS: Final = _plain_words(LISTS.words.refusals)
#: Words of conditions; none is a name either.
CONDITIONS: Final = _plain_words(LISTS.words.conditions)
#: Words that tell to remove the message.
REMOVALS: Final = _plain_words(LISTS.words.removals)
PLEASE: Final = _plain_words(LISTS.words.please)
#: Beginnings of the words for the release.
SENDING: Final = tuple(_plain_words(LISTS.words.sending))
#: Phrases of which every footer has one.
ABOUT_MAIL: Final = _any_of(LISTS.footers.about_mail)
#: Phrases of a footer that speak to whoever has got the mail by mistake, and those that speak of its writer.
FOR_OTHERS: Final = _any_of(LISTS.footers.for_others)
WRITER: Final = _any_of(LISTS.footers.writer)
