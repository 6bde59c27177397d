"""A passage: a stretch of a message's text as a person sees it, and the same text folded for matching."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from gateway.message.folding.folding import fold
from gateway.message.folding.layers import Folded

#: Kinds of passages. "sender" is the display name of From or Reply-To; "attachment" is text of a file, or of a message
#: inside.
PassageKind = Literal["subject", "sender", "new", "quoted", "signature", "footer", "attachment"]

#: A passage that is cut to many characters is cut to a multiple of these: filters share it whose limits differ by the
#: length of a subject or a name.
CUT_CHARACTERS = 500
#: Share of the end in a passage that is cut to both its ends.
AT_THE_END = 0.25


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text as a person sees it, its lines ended by a line feed, and the same text folded for matching."""

    kind: PassageKind
    part: str  # path of the part that holds it
    text: str
    folded: Folded = field(repr=False)
    _cut: dict[int, Passage] = field(default_factory=dict, init=False, repr=False, compare=False)  # by length

    @property
    def length(self) -> int:
        """Length of the text or of the folded text, in which one sign may stand for several words."""
        return max(len(self.text), len(self.folded.text))

    def at_both_ends(self, characters: int) -> Passage:
        """Return the passage with its beginning and its end alone, a line feed between them.

        A long text is cut and folded once: all filters that ask for nearly the same length share the passage.
        """
        if characters > 20 * CUT_CHARACTERS:
            characters = (characters - 1) // CUT_CHARACTERS * CUT_CHARACTERS
        if characters not in self._cut:
            text = self._both_ends(characters)
            self._cut[characters] = replace(self, text=text, folded=fold(text))
        return self._cut[characters]

    def _both_ends(self, characters: int) -> str:
        tail = int(characters * AT_THE_END)
        head = characters - tail - 1
        _, end = self.folded.origin(0, min(head, len(self.folded.text)))
        start, _ = self.folded.origin(max(len(self.folded.text) - tail, 0), len(self.folded.text))
        return f"{self.text[: min(head, end)]}\n{self.text[max(len(self.text) - tail, start) :]}"
