"""The most notices that a person gets in a day, digests included. Questions and answers to a person are not counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.contract import Counters
from gateway.message.header.addresses import address_key

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LetterLimit:
    """The limit. `kept` of the letters are for the day's digests, which are always sent."""

    counters: Counters
    a_day: int
    kept: int = 0

    async def reached(self, person: str, now: datetime) -> bool:
        """Return whether the person has had as many notices within 24 hours as there may be beside the digests."""
        had = await self.counters.total(_key(person), now - DAY, now + timedelta(minutes=1))
        return had >= max(0, self.a_day - self.kept)

    async def count(self, person: str, now: datetime) -> None:
        await self.counters.add(_key(person), 1, now)


def _key(person: str) -> str:
    return f"notices {address_key(person)}"
