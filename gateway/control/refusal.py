"""The refusal of an operation, and the lack of an answer."""

from __future__ import annotations

from collections.abc import Sequence


class Refused(RuntimeError):
    """The operation was not carried out; nothing has changed. The sentence is for the person who asked."""

    def __init__(self, sentence: str, codes: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.codes = tuple(codes)


class NoAnswer(RuntimeError):
    """Neither a gateway nor the store answers. The sentence tells the person what is in the way."""
