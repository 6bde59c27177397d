"""Outside recipients without earlier mail from the sender whose address is a near miss of a usual one.

The memory of correspondents has hashes alone, so near addresses are generated and looked up (`address_variants`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from filters.audience.address_variants import variants
from gateway.contract import Correspondents, Directory, Mail, Pair
from gateway.message import address_key

#: Recipients of a message for whom near misses are looked up: senders who write to more strangers at once take the
#: addresses from a list.
MAX_STRANGERS = 10
#: Addresses in `From:` that are used; more are ignored.
MAX_SENDERS = 2


@dataclass(frozen=True, slots=True)
class Misdirected:
    """A recipient, and the sender's usual address that was perhaps meant."""

    sender: str
    recipient: str
    meant: str
    path: str  # the reverse-path: a confirmation counts for it, and for no other user of the name in `From:`

    @property
    def key(self) -> str:
        """Key of the sender's confirmation, which never expires."""
        return "\n".join(("audience.misdirected", *map(address_key, (self.path, self.sender, self.recipient))))


class Misdirection:
    def __init__(self, usual_messages: int, directory: Directory, correspondents: Correspondents) -> None:
        self._usual = usual_messages
        self._directory = directory
        self._correspondents = correspondents

    async def of(self, mail: Mail) -> list[Misdirected]:
        senders = self._senders(mail)
        outside = _outside(mail)
        if not senders or not outside:
            return []
        known = await self._written(tuple((sender, one) for sender in senders for one in outside), least=1)
        strange = [one for one in outside if not any((sender, one) in known for sender in senders)]
        return [miss for one in strange[:MAX_STRANGERS] if (miss := await self._miss(mail, senders, one))]

    def _senders(self, mail: Mail) -> list[str]:
        """Return senders as they are remembered: the addresses of `From:` that are ours."""
        return [one for one in mail.sender.addresses if self._directory.is_ours(one)][:MAX_SENDERS]

    async def _miss(self, mail: Mail, senders: Sequence[str], recipient: str) -> Misdirected | None:
        """Return a near miss of a recipient, None without one.

        If the usual address is a recipient too, nothing was mistaken.
        """
        await asyncio.sleep(0)  # each takes milliseconds, and SQLite doesn't yield: other tasks run in between
        near, path = variants(recipient), mail.envelope.mail_from
        if not {address_key(one) for one in _outside(mail)}.isdisjoint(near):
            return None
        pairs = tuple((sender, one) for sender in senders for one in near)
        if not (known := await self._written(pairs, least=self._usual)):
            return None
        found = (Misdirected(sender, recipient, meant, path) for sender, meant in pairs if (sender, meant) in known)
        return next(found, None)

    async def _written(self, pairs: Sequence[Pair], least: int) -> frozenset[Pair]:
        """Return the pairs with at least `least` messages sent from ours to theirs."""
        known = await self._correspondents.known(pairs)
        return frozenset(pair for pair, one in known.items() if one.sent >= least)


def _outside(mail: Mail) -> list[str]:
    return [one.address for one in mail.envelope.recipients if one.direction == "outbound"]
