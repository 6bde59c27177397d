"""Number of people that a message reaches, its large lists, and the lists with leave.

People are those of To, Cc and the envelope, with every list expanded, without the sender. A list that the directory
doesn't know counts as one person, unless the mail server has put its members into the envelope.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass

from gateway.contract import Directory, DistributionList, Mail
from gateway.message import address_key, visible_addresses


@dataclass(frozen=True, slots=True)
class Reach:
    """People that a message reaches."""

    people: int
    lists: tuple[DistributionList, ...] = ()  # the expanded lists, nested ones too
    only_allowed: bool = False  # it goes to lists with leave, and to nobody else

    @property
    def described(self) -> str:
        through = f" through {len(self.lists)} list{'s' if len(self.lists) > 1 else ''}" if self.lists else ""
        return f"{self.people:,} people{through}"


def reach_of(mail: Mail, directory: Directory, allowed: Collection[str]) -> Reach:
    """Return the people that a message reaches. `allowed` are the keys of lists with leave."""
    visible = visible_addresses(mail.message)
    envelope = [one.address for one in mail.envelope.recipients]
    seen, sent = directory.expand(visible), directory.expand(envelope)
    senders = directory.expand([one for one in (*mail.sender.addresses, mail.envelope.mail_from) if one]).people
    # A recipient whom no field names is a member of a list of which only the size is known, or has a blind copy.
    besides = len(sent.people - seen.people - senders)
    unnamed = max(seen.unnamed, sent.unnamed)
    people = len(seen.people - senders) + unnamed + max(besides - seen.unnamed, 0)
    lists = {address_key(one.address): one for one in (*seen.lists, *sent.lists)}
    only_allowed = _goes_only_to(allowed, visible, envelope, senders, directory)
    return Reach(people, tuple(lists.values()), only_allowed)


def large_lists(reach: Reach, directory: Directory, allowed: Collection[str], people: int) -> list[DistributionList]:
    """Return our lists without leave that reach so many people."""
    return [
        one
        for one in reach.lists
        if address_key(one.address) not in allowed
        and directory.is_ours(one.address)
        and directory.expand([one.address]).size >= people
    ]


def _goes_only_to(
    allowed: Collection[str],
    visible: Collection[str],
    envelope: Collection[str],
    senders: Set[str],
    directory: Directory,
) -> bool:
    """Return whether To and Cc name lists with leave alone, and the envelope has the lists or their members alone."""
    named = [one for one in visible if not directory.expand([one]).people <= senders or directory.list_at(one)]
    keys = {address_key(one) for one in named}
    if not keys or not keys <= set(allowed):
        return False
    others = [one for one in envelope if address_key(one) not in keys]
    audience = directory.expand(named)
    members_known = not audience.unnamed and all(directory.list_at(one) for one in named)
    return not members_known or directory.expand(others).people <= audience.people | senders
