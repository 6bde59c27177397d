"""The view of a message: the passages that a person reads, by which every text filter goes. Pure data.

`gateway.message.text.message_view` makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.message.passage import Passage, PassageKind


@dataclass(frozen=True, slots=True)
class TextView:
    """All text that a person reads of a message, in its order."""

    passages: tuple[Passage, ...]
    complete: bool = True  # False: some text could not be read, or was too much
    image_only: bool = False  # it shows a picture, and a line of text at most

    def of(self, *kinds: PassageKind) -> Iterator[Passage]:
        """Return the passages of these kinds; of all kinds, where none is named."""
        return (passage for passage in self.passages if not kinds or passage.kind in kinds)
