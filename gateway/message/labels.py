"""The labels that a sender puts on a message: `personal`, by the subject or by `Sensitivity: Personal`. Pure.

The reading is conservative: the word must stand as a label, so that a "Personal injury claim" is no personal message.
The words are configured (`labels:`); filters ask `Mail.labels`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from gateway.message.folding.folding import fold
from gateway.message.model import Message

PERSONAL = "personal"

#: The text shown in place of a personal message's subject as long as nobody has given a reason to read it.
PERSONAL_SUBJECT = "[personal]"

#: All labels that exist.
LABELS = frozenset({PERSONAL})

#: The words as shipped. A word in brackets counts in brackets only: outside of them it means the staff, or a
#: department. English `private` is missing: "Private: board papers" is business.
PERSONAL_WORDS = (
    *("personal", "personal mail", "personal email", "personal e-mail"),
    *("personnal", "persoanl", "presonal", "perosnal", "personl"),  # as people type it
    *("privat", "persönlich", "private mail"),  # German
    *("privé", "[personnel]", "courrier personnel", "message personnel"),  # French
    *("privado", "correo personal"),  # Spanish: personal
    *("privato", "[personale]", "posta personale"),  # Italian
    *("persoonlijk", "privé-mail"),  # Dutch: privé
    *("prywatne", "prywatny", "prywatna", "prywatnie", "osobiste"),  # Polish
)

#: Characters of a subject that are read, and prefixes in front of a label that are skipped.
_SUBJECT_CHARS = 500
_MAX_PREFIXES = 20
#: Characters at a subject's end in which a label in brackets is looked for.
_END_CHARS = 60

#: Prefixes that mail programs put before a subject when they answer or forward: English, German, French, Spanish,
#: Italian, Dutch, Polish, Portuguese, Swedish. And those of gateways and lists: `[EXTERNAL]`.
_PREFIX = re.compile(
    r"\s*+(?:(?:re|fwd?|aw|antw|antwort|wg|tr|rep|rv|enc|res|i|r|rif|doorst|odp|pd|sv|vs|vb)(?:\[\d{1,3}+\]|\^\d{1,3}+)?+\s?+:"
    r"|\[[^\]\[]{1,30}+\])"
)


class Labeller:
    """A reader of labels by given words, which are compiled once."""

    def __init__(self, personal: Iterable[str] = PERSONAL_WORDS, tags: Iterable[str] = ()) -> None:
        """Take the words, and texts that the gateway itself puts before subjects."""
        words = [word.strip() for word in personal]
        bare = _either(tuple(word for word in words if not word.startswith("[")))
        bracketed = _either(tuple(word.strip("[] ") for word in words))
        inner = rf"\s*+(?:{bracketed})\s*+"
        brackets = rf"(?:\[{inner}\]|\({inner}\)|\{{{inner}\}}|<{inner}>|\*{{1,3}}+{inner}\*)"
        self._at_start = re.compile(rf"\s*+(?:{brackets}|(?:{bare})(?:\s?:|\s++[-\u2013\u2014|]{{1,2}}\s|\s*+[.!]*+$))")
        tagged = _either(tuple(tag for tag in tags if tag.strip()))
        self._prefix = re.compile(rf"\s*+(?:{tagged})|{_PREFIX.pattern}") if tagged else _PREFIX
        self._at_end = re.compile(rf"(?:^|\s){brackets}[.!]*+$")

    def of(self, message: Message) -> frozenset[str]:
        """Return a message's labels; so far `personal` alone. Any Subject or Sensitivity (RFC 4021 2.1.55) counts."""
        personal = any(value.strip().lower() == PERSONAL for value in message.all("sensitivity"))
        personal = personal or any(map(self.is_personal, message.all("subject")))
        return frozenset({PERSONAL}) if personal else frozenset()

    def is_personal(self, subject: str) -> bool:
        """Return whether a subject is labelled personal.

        At the start, behind Re: and Fwd: too: `Personal: …`, `[PERSONAL] …`, `(personal) …`, `Personal - …`,
        `Personal`. At the end in brackets: `… [personal]`, `… (personal)`.
        """
        subject = fold(subject[:_SUBJECT_CHARS]).text.strip()
        at = 0
        for _ in range(_MAX_PREFIXES):
            if self._at_start.match(subject, at):
                return True
            prefix = self._prefix.match(subject, at)
            if not prefix:
                break
            at = prefix.end()
        return bool(self._at_end.search(subject[-_END_CHARS:]))


@lru_cache(maxsize=16)  # each part that reads labels is given the same words
def _either(words: tuple[str, ...]) -> str:
    """Return a pattern that matches any of these words, longest first.

    A word in brackets that is too long for the end of a subject is still found at its beginning.
    """
    folded = {fold(word).text.strip() for word in words}
    return "|".join(re.escape(word) for word in sorted(folded, key=len, reverse=True))


SHIPPED = Labeller()


def labels_of(message: Message) -> frozenset[str]:
    """Return a message's labels by the words as shipped."""
    return SHIPPED.of(message)
