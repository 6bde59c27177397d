"""What a person reads of a message, in passages: the facts that every text filter goes by. Pure data.

`gateway.message.text.reader` makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.message.passage import Passage, PassageKind


@dataclass(frozen=True, slots=True)
class TextView:
    """All that a person reads of a message, in its order."""

    passages: tuple[Passage, ...]
    complete: bool = True  # False: some of it could not be read, or was too much
    image_only: bool = False  # it shows a picture, and no more text than a line

    def of(self, *kinds: PassageKind) -> Iterator[Passage]:
        """The passages of these kinds; of all, where none is named."""
        return (passage for passage in self.passages if not kinds or passage.kind in kinds)
