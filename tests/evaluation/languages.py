"""The language of a labelled mail, told by its most frequent words; English where it isn't clear."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.message import fold

WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "English": "the and of to you is for we are have this that with your will it be on at",
        "German": "der die das und ist nicht wir sie ich mit fur ein eine auf von zu den im bitte haben",
        "French": "le la les et est nous vous pour une des que dans sur avec pas je votre du au merci",
        "Spanish": "el los las que una por para con del se no es su le lo gracias esta como nos muy",
        "Italian": "il che di per una non con sono la le del della mi ci si grazie questo anche ho alla",
        "Dutch": "de het een en van ik je niet is dat op voor met we zijn u bij aan te naar",
        "Polish": "i w nie na sie z do jest to ze prosze dla za po jak o dziekuje mam pan pani",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """Return the language whose frequent words make up most of a text."""
    words = _WORD.findall(fold(text).text)
    counts = {language: sum(word in known for word in words) for language, known in WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] > counts["English"] else "English"
