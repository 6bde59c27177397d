"""Count of the people that a message reaches: people in To and Cc, with lists expanded, and people in envelopes.

A mail server expands a list and splits one mail into many transactions. A recipient who is in an envelope but in no
field is a member of a list that the directory doesn't know, or has a blind copy. Both are counted, apart from each
other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.contract import Audience as Reached
from gateway.contract import Counters, Directory, DistributionList, KeyedHash, Mail
from gateway.message import address_key, visible_addresses


@dataclass(frozen=True, slots=True)
class Crowd:
    """People that a message reaches as far as its recipients can see, and the number of others."""

    visible: tuple[str, ...]  # addresses of To and Cc, each once
    reached: Reached  # the visible addresses with every list expanded
    lists: tuple[DistributionList, ...] = ()  # lists that To and Cc name directly
    hidden_lists: tuple[DistributionList, ...] = ()  # lists that only the envelope names
    members: int = 0  # members of lists that the directory doesn't know, by the envelopes of this mail so far
    unknown: int = 0  # addresses that are such lists, and not people
    hidden: int = 0  # blind copies: recipients of this envelope that no field names

    @property
    def size(self) -> int:
        """Number of people, blind copies left out."""
        return self.reached.size - self.unknown + self.members


class Crowds:
    """Counts the people that a mail reaches, over all its transactions."""

    def __init__(self, directory: Directory, counters: Counters, keyed_hash: KeyedHash) -> None:
        self._directory = directory
        self._counters = counters
        self._keyed_hash = keyed_hash

    async def of(self, mail: Mail, name: str) -> Crowd:
        """Return the people that a mail reaches; `name` is the same for each transaction of the mail."""
        visible = visible_addresses(mail.message)
        envelope = [recipient.address for recipient in mail.envelope.recipients]
        reached = self._directory.expand(visible)
        lists = self._lists(visible)
        crowd = Crowd(visible, reached, lists, tuple(one for one in self._lists(envelope) if one not in lists))
        strange = self._strange(envelope, crowd)
        if not strange:
            return crowd
        unknown = self._unknown_lists(mail, crowd, envelope)
        if not unknown:
            return replace(crowd, hidden=max(len(strange) - reached.unnamed, 0))
        once = self._keyed_hash.digest("\n".join(sorted(strange)))
        key = f"audience.people:{self._keyed_hash.digest(name)}"
        gathered = await self._counters.add(key, len(strange), mail.received_at, once=once)
        return replace(crowd, members=max(gathered - reached.unnamed, 0), unknown=len(unknown))

    def _lists(self, addresses: Iterable[str]) -> tuple[DistributionList, ...]:
        found = (self._directory.list_at(one) for one in addresses)
        return tuple({address_key(one.address): one for one in found if one}.values())

    def _strange(self, envelope: Sequence[str], crowd: Crowd) -> frozenset[str]:
        """Return people of the envelope that neither a field nor a list names."""
        direct = [one for one in envelope if self._directory.list_at(one) is None]
        return self._directory.expand(direct).people - crowd.reached.people

    def _unknown_lists(self, mail: Mail, crowd: Crowd, envelope: Sequence[str]) -> list[str]:
        """Return addresses of ours in To or Cc that may be lists unknown to the directory.

        They belong to nobody, and the mail server has not put them into the envelope. A sender's own addresses don't
        count: people write to themselves with blind copies, and to no list.
        """
        known = {address_key(one) for one in (*envelope, *mail.sender.addresses, mail.envelope.mail_from)}
        return [
            one
            for one in crowd.visible
            if self._directory.is_ours(one)
            and address_key(one) not in known
            and self._directory.person(one) is None
            and self._directory.list_at(one) is None
        ]

    def is_crowded(self, crowd: Crowd, people: int) -> bool:
        """Return whether a reply to all reaches a crowd; a list with a number of its own goes by that number."""
        own = [one for one in crowd.lists if one.reply_all is not None]
        if any(self._directory.expand([one.address]).size >= (one.reply_all or 0) for one in own):
            return True
        if not own:
            return crowd.size >= people
        apart = {address_key(one.address) for one in own}
        rest = self._directory.expand([one for one in crowd.visible if address_key(one) not in apart])
        return rest.size - crowd.unknown + crowd.members >= people
