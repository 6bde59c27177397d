"""The language model where there is none: it has no opinion, and the words decide alone."""

from __future__ import annotations

from gateway.matching.language_model import Reading
from gateway.message.model import Message


class NoModel:
    async def read(self, _rule: str, _message: Message, _needed: float, *_: object) -> Reading | None:
        return None
