"""Cues of `personal.yaml` that tell private life from business in a sender's text.

The text itself never leaves this module: a finding about unlabelled mail carries no evidence (docs/personal.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from filters.personal.private_accounts import name_words
from filters.personal.settings import Rules
from gateway.contract import Mail
from gateway.matching import Lexicon, word_lines
from gateway.message import fold

#: Characters of a message that are read: private mail is short, and long mail tells its kind at its beginning.
MAX_CHARACTERS = 20_000
#: Characters from which on a text is long: most texts of that length contain some private word.
LONG_CHARACTERS = 1_000
#: Most words that a line of a signature has.
SIGNATURE_WORDS = 8
#: Closing words of a letter. The text behind them is a signature, whether it is set apart or not.
_CLOSING = re.compile(
    r"\s*(?:(?:with )?(?:kind|best|warm|many)(?:est)? (?:regards|wishes)|regards|best"
    r"|yours (?:sincerely|faithfully)|cheers"
    r"|mit (?:freundlichen|besten) gru(?:ss|\u00df)en|cordialement|bien (?:cordialement|a vous)|un saludo|atentamente"
    r"|cordiali saluti|distinti saluti|met vriendelijke groet(?:en)?|pozdrawiam|z powazaniem)[ ,.!]*"
)
#: Subject prefixes of a forwarded message in seven languages.
_FORWARDED = re.compile(r"(?i)\s*(?:(?:re|aw|sv|antw|odp)\s*:\s*)*(?:fwd?|wg|tr|rv|i|inoltro|doorst|pd)\s*:")


@dataclass(frozen=True, slots=True)
class Weighed:
    """Cues that were found, with their weights; only the decision uses them."""

    cues: dict[str, float]

    @property
    def sum(self) -> float:
        return sum(self.cues.values())

    @property
    def business(self) -> float:
        """Sum of the weights below 0, which speak for business."""
        return sum(weight for weight in self.cues.values() if weight < 0)


class Cues:
    """Compiled rules of `personal.yaml`."""

    def __init__(self, rules: Rules, organisation: Iterable[str]) -> None:
        """Compile the rules; `organisation` holds the names that letters use for ours."""
        lexicon = Lexicon(rules.lists)
        self._rules = rules
        self._cues = {name: (cue.weight, lexicon.compile(cue.any)) for name, cue in rules.cues.items()}
        lexicon.build_index()
        self._ours = tuple(fold(name).text for name in organisation if name)
        self._documents = frozenset(end.casefold().rpartition(".")[2] for end in rules.documents)

    def of_letter(self, mail: Mail, name: str) -> Weighed:
        """Return the cues in the text that a sender of this name newly wrote."""
        view = mail.message.view
        found = self._found([passage.folded.text for passage in view.of("subject")])
        for passage in view.of("new"):
            found |= self._found([without_signature(passage.folded.text[:MAX_CHARACTERS], name)])
        if sum(len(passage.text) for passage in view.of("new")) > LONG_CHARACTERS:
            found["long"] = self._rules.weights.long
        if self._has_document(mail):
            found["document"] = self._rules.weights.document
        return Weighed(found)

    def of_quoted(self, mail: Mail) -> Weighed:
        """Return the cues in the text that the message quotes or forwards."""
        return Weighed(self._found(passage.folded.text[:MAX_CHARACTERS] for passage in mail.message.view.of("quoted")))

    def _found(self, texts: Iterable[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for text in texts:
            lines = word_lines(text)
            for name, (weight, patterns) in self._cues.items():
                if name not in found and next(patterns.find(lines), None):
                    found[name] = weight
            if any(ours in text for ours in self._ours):
                found["organisation"] = self._rules.weights.organisation
        return found

    def _has_document(self, mail: Mail) -> bool:
        return any(not part.extensions.isdisjoint(self._documents) for part in mail.message.leaves)


def without_signature(text: str, name: str) -> str:
    """Return a folded letter up to its closing words, or up to the line that begins with the writer's name."""
    first = name_words(name)[:1]
    kept: list[str] = []
    for line in text.split("\n"):
        words = line.split()
        signed = bool(first) and name_words(line)[:1] == first and len(words) <= SIGNATURE_WORDS
        if any(kept) and (_CLOSING.fullmatch(line) or (signed and line.strip())):
            break
        kept.append(line)
    return "\n".join(kept)


def is_forwarded(mail: Mail) -> bool:
    """Return whether the subject marks the message as forwarded."""
    return bool(_FORWARDED.match(mail.message.header("subject") or ""))


def wrote_nothing(mail: Mail) -> bool:
    """Return whether the message has no new words."""
    return not any(passage.text.strip() for passage in mail.message.view.of("new"))
