"""Outside recipients whom their sender has never written to, and whose address is a near miss of a usual one.

The memory of correspondents has hashes alone, so near addresses are made and looked up (`near`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from filters.audience.near import variants
from gateway.contract import Correspondents, Directory, Mail, Pair
from gateway.message import address_key

#: Recipients of a message that near misses are sought for: who writes to more strangers at once takes them from a list.
MAX_STRANGERS = 10
#: Senders that a message may have.
MAX_SENDERS = 2


@dataclass(frozen=True, slots=True)
class Miss:
    """A recipient, and the usual address of the sender's that was perhaps meant."""

    sender: str
    recipient: str
    meant: str
    path: str  # the reverse-path: who confirms answers for it, and for nobody else whose name stands in `From:`

    @property
    def key(self) -> str:
        """Of the sender's confirmation, which is for good."""
        return "\n".join(("audience.misdirected", *map(address_key, (self.path, self.sender, self.recipient))))


class Misdirection:
    def __init__(self, usual_messages: int, directory: Directory, correspondents: Correspondents) -> None:
        self._usual = usual_messages
        self._directory = directory
        self._correspondents = correspondents

    async def of(self, mail: Mail) -> list[Miss]:
        senders = self._senders(mail)
        outside = _outside(mail)
        if not senders or not outside:
            return []
        known = await self._written(tuple((sender, one) for sender in senders for one in outside), least=1)
        strange = [one for one in outside if not any((sender, one) in known for sender in senders)]
        return [miss for one in strange[:MAX_STRANGERS] if (miss := await self._miss(mail, senders, one))]

    def _senders(self, mail: Mail) -> list[str]:
        """As they are remembered: by the addresses of `From:`, those that are ours."""
        return [one for one in mail.sender.addresses if self._directory.is_ours(one)][:MAX_SENDERS]

    async def _miss(self, mail: Mail, senders: Sequence[str], recipient: str) -> Miss | None:
        """Where the usual address is a recipient too, nothing was mistaken."""
        await asyncio.sleep(0)  # each takes milliseconds, of which SQLite gives none away: others have a turn between
        near, path = variants(recipient), mail.envelope.mail_from
        if not {address_key(one) for one in _outside(mail)}.isdisjoint(near):
            return None
        pairs = tuple((sender, one) for sender in senders for one in near)
        known = await self._written(pairs, least=self._usual)
        found = (Miss(sender, recipient, meant, path) for sender, meant in pairs if (sender, meant) in known)
        return next(found, None)

    async def _written(self, pairs: Sequence[Pair], least: int) -> frozenset[Pair]:
        """Those of the pairs between which so many messages of ours went."""
        known = await self._correspondents.known(pairs)
        return frozenset(pair for pair, one in known.items() if one.sent >= least)


def _outside(mail: Mail) -> list[str]:
    return [one.address for one in mail.envelope.recipients if one.direction == "outbound"]
