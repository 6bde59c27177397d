"""Outside people who see each other's addresses in To and Cc, the commonest disclosure of personal data by mail.

The filter remembers the people visible in a thread: an answer among them exposes nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from filters.audience.thread import Thread
from gateway.contract import Directory, Mail
from gateway.matching import domain_of, organisation
from gateway.message import address_key, visible_addresses

#: Addresses of a thread that are remembered; a mailing list's archive has more addresses than any reply.
MAX_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Exposed:
    """Outside people in To and Cc, by `address_key`, and the number of their organisations."""

    people: frozenset[str]
    organisations: int


class Exposure:
    def __init__(self, people: int, free_mail: Collection[str], directory: Directory) -> None:
        self._people = people
        self._free_mail = frozenset(one.casefold() for one in free_mail)
        self._directory = directory

    def of(self, visible: Collection[str]) -> Exposed | None:
        """Return the exposed people, or None if they are few or all of one organisation."""
        outside = frozenset(address_key(one) for one in visible if self._is_outside(one))
        organisations = {self._organisation(one) for one in outside}
        if len(outside) < self._people or len(organisations) < 2:
            return None
        return Exposed(outside, len(organisations))

    def _is_outside(self, address: str) -> bool:
        """Return whether an address is outside. A private address of one of ours is that person's own affair."""
        return not self._directory.is_ours(address) and self._directory.person(address) is None

    def _organisation(self, address: str) -> str:
        """Return the organisation of an address. Where anybody can have an address, each address is its own."""
        domain = organisation(domain_of(address))
        return address if domain in self._free_mail else domain

    def shown_by(self, mail: Mail) -> frozenset[str]:
        """Return the outside people visible to everybody who gets this mail, its sender among them."""
        named = (*visible_addresses(mail.message), *mail.sender.addresses)
        return frozenset(address_key(one) for one in named if self._is_outside(one))

    def to_remember(self, mail: Mail, thread: Thread) -> frozenset[str]:
        """Return keys of the people visible in the thread from now on; none if they are too few to matter."""
        shown = self.shown_by(mail)
        if len(shown) < self._people:
            return frozenset()
        some = sorted(shown)[:MAX_REMEMBERED]
        return frozenset(seen_key(name, one) for name in thread.sure_names for one in some)


def seen_key(thread: str, address: str) -> str:
    return f"audience.seen\n{thread}\n{address}"


def thread_key(thread: str) -> str:
    """Return the key of a sender's confirmation that all people in the thread may see each other."""
    return f"audience.exposed\n{thread}"
