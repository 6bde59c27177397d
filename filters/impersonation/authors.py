"""The authors of our own people's mail, by the rights of the login that sent it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contract import Directory, Evidence, Mail, Person, SendingRights
from gateway.matching import words_of
from gateway.message import address_key, sender_of

#: The MIME type of an invitation (RFC 5545). Whoever forwards one leaves its organizer in From (RFC 5546 3.2.2.3).
_INVITATION = "text/calendar"
#: Fields of somebody who sends a received message again as it was (RFC 5322 3.6.6).
_RESENT = ("resent-from", "resent-sender")


class Authors:
    """Judgement of From and Sender by the rights of the login."""

    def __init__(self, directory: Directory, rights: SendingRights) -> None:
        self._directory = directory
        self._rights = rights

    def assumed(self, mail: Mail) -> list[Evidence]:
        """Return evidence of names and addresses of others that the login may not use; none without a known login."""
        login, own = mail.client.login, self._own(mail)
        if not own or self._hands_on(mail, own):
            return []
        fields = {"From": mail.sender.addresses, "Sender": _sent_by(mail)}
        found = [
            Evidence(field, one) for field, addresses in fields.items() for one in addresses if self._alien(login, one)
        ]
        return found or [Evidence("From", name) for name in mail.sender.names if self._names_another(login, name)][:1]

    def unsigned(self, mail: Mail) -> list[Evidence]:
        """Return evidence of authors beside whom `Sender:` must name the person who sent the message (RFC 5322 3.6.2).

        They are several authors, or one on whose behalf a delegate sends.
        """
        authors, sent_by = mail.sender.addresses, _sent_by(mail)
        if len(authors) > 1 and not sent_by and not mail.sender.differs:
            return [Evidence("From", one) for one in authors]
        login, own = mail.client.login, self._own(mail)
        if not own or own.intersection(map(address_key, sent_by)) or self._hands_on(mail, own):
            return []
        return [Evidence("From", one) for one in authors if self._is_on_behalf(login, own, one)]

    def _own(self, mail: Mail) -> frozenset[str]:
        return self._rights.own(mail.client.login) if mail.client.login else frozenset()

    @staticmethod
    def _hands_on(mail: Mail, own: frozenset[str]) -> bool:
        """Return whether the login only hands on somebody's message or invitation, and says that it does."""
        again = (one for name in _RESENT for one in sender_of(mail.message.root.fields(name)).addresses)
        if own.intersection(map(address_key, again)):
            return True
        invites = any(part.content_type == _INVITATION for part in mail.message.parts)
        return invites and bool(own.intersection(map(address_key, _sent_by(mail))))

    def _alien(self, login: str, address: str) -> bool:
        """Return whether an address is somebody else's. An address of ours that belongs to nobody is no other's."""
        if self._rights.may_send_as(login, address) or self._is_private(login, address):
            return False
        if self._directory.is_ours(address):
            return self._directory.person(address) is not None or self._rights.is_shared(address)
        return True

    def _is_private(self, login: str, address: str) -> bool:
        person = self._person(login)
        return person is not None and address_key(address) in map(address_key, person.private_addresses)

    def _person(self, login: str) -> Person | None:
        return next(filter(None, map(self._directory.person, sorted(self._rights.own(login)))), None)

    def _names_another(self, login: str, name: str) -> bool:
        """Return whether a display name is that of one of our people on whose behalf the login may not send."""
        words = words_of(name)
        person = self._person(login)
        if len(words) < 2 or not self._directory.named(words) or (person and words == words_of(person.name)):
            return False
        namesakes = [one for one in self._directory.people if words_of(one.name) == words]
        return not any(self._rights.may_send_as(login, address) for one in namesakes for address in one.addresses)

    def _is_on_behalf(self, login: str, own: frozenset[str], address: str) -> bool:
        """Return whether the address is another person's, for whom the login is a delegate."""
        if address_key(address) in own or self._rights.is_shared(address) or not self._directory.person(address):
            return False
        return self._rights.may_send_as(login, address)


def _sent_by(mail: Mail) -> Sequence[str]:
    return sender_of(mail.message.root.fields("sender")).addresses
