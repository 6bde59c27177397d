"""Distribution lists: the permitted writers, the large lists, and the recipients that a list brings a mail to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from filters.audience.crowd import Crowd
from gateway.contract import Directory, DistributionList, Mail
from gateway.message import address_key

#: Prefix of a writer that is a group.
GROUP = "group:"


class Lists:
    def __init__(self, large: int, directory: Directory) -> None:
        self._large = large
        self._directory = directory

    def closed(self, mail: Mail, crowd: Crowd) -> list[DistributionList]:
        """Return the lists that the mail is addressed to and its sender may not write to, without lists inside them."""
        return [one for one in _written_to(crowd) if one.writers is not None and not self._may_write(mail, one)]

    def _may_write(self, mail: Mail, one: DistributionList) -> bool:
        authors = self._authors(mail)
        return bool(authors) and all(self._is_writer(author, one) for author in authors)

    def _authors(self, mail: Mail) -> Collection[str]:
        """Return authors by `From:`; for mail from outside only proven ones, since anybody can write anything there."""
        if mail.directions == {"inbound"}:
            return mail.proven_senders
        return mail.sender.addresses or ((mail.envelope.mail_from,) if mail.envelope.mail_from else ())

    def _is_writer(self, author: str, one: DistributionList) -> bool:
        """Return whether an author may write to a list. Owners may.

        A person who is named by one address, or by a list, may use each of the person's addresses.
        """
        groups, key = self._directory.groups(author), self._key(address_key(author))
        return any(
            writer.removeprefix(GROUP) in groups if writer.startswith(GROUP) else key in self._people(writer)
            for writer in (*(one.writers or ()), *one.owners)
        )

    def _people(self, address: str) -> frozenset[str]:
        return self._directory.expand([address]).people

    def large(self, crowd: Crowd) -> list[DistributionList]:
        """Return the large lists that the mail is addressed to."""
        return [one for one in _written_to(crowd) if self.people([one]) >= self._large]

    def people(self, lists: Sequence[DistributionList]) -> int:
        return self._directory.expand([one.address for one in lists]).size

    def reached(self, mail: Mail, crowd: Crowd, lists: Sequence[DistributionList]) -> frozenset[str]:
        """Return the recipients who get the mail through these lists and not in their own name.

        Through lists unknown to the directory, or with unknown members, every recipient that no field names counts.
        """
        audience = self._directory.expand([one.address for one in lists])
        named = {address_key(one) for one in crowd.visible}
        addresses = {address_key(one.address) for one in audience.lists}
        anybody = audience.unnamed > 0 or not lists
        return frozenset(
            one.address
            for one in mail.envelope.recipients
            if (key := address_key(one.address)) in addresses
            or (key not in named and (anybody or self._key(key) in audience.people))
        )

    def _key(self, address: str) -> str:
        person = self._directory.person(address)
        return address_key(person.addresses[0]) if person else address


def _written_to(crowd: Crowd) -> Iterator[DistributionList]:
    yield from crowd.lists
    yield from crowd.hidden_lists
