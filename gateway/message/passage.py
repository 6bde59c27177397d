"""A passage: a stretch of a message's text as a person sees it, and the same text folded for matching."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.message.folding.layers import Folded

#: Kinds of passages. "sender" is the display name of From or Reply-To; "attachment" is text of a file, or of a message
#: inside.
PassageKind = Literal["subject", "sender", "new", "quoted", "signature", "footer", "attachment"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text as a person sees it, its lines ended by a line feed, and the same text folded for matching."""

    kind: PassageKind
    part: str  # path of the part that holds it
    text: str
    folded: Folded = field(repr=False)
