"""Addresses in Reply-To by which answers leave the sender for somebody else."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from filters.impersonation.sender_facts import SenderFacts
from gateway.contract import ANYONE, Directory, Mail, Pair
from gateway.matching import Counterparties, domain_of, organisation, organisation_of
from gateway.message import address_key, sender_of


class ReplyAddresses:
    """Judgement of Reply-To beside From."""

    def __init__(self, directory: Directory, counterparty: Counterparties, services: Collection[str]) -> None:
        self._directory = directory
        self._counterparty = counterparty
        self._services = services

    def asked(self, mail: Mail) -> Iterator[Pair]:
        """Yield the pairs that the memory of correspondents is asked about the reply addresses."""
        for address in _replies(mail):
            yield ANYONE, address
            yield ANYONE, f"@{organisation(domain_of(address))}"

    def elsewhere(self, facts: SenderFacts) -> list[str]:
        """Return the reply addresses, if none of them belongs to the sender, to us or to somebody that we write to."""
        replies, authors = _replies(facts.mail), facts.mail.sender.addresses
        if any(self._is_fine(one, authors, facts) for one in replies):
            return []
        return list(replies)

    def is_free(self, address: str) -> bool:
        """Return whether anybody can have an address at the domain of this one."""
        return self._counterparty.is_free(domain_of(address))

    def _is_fine(self, reply: str, authors: tuple[str, ...], facts: SenderFacts) -> bool:
        domain = domain_of(reply)
        ours = self._directory.is_ours(reply) or self._directory.private_owner(reply) or self._directory.person(reply)
        written = facts.record(f"@{organisation(domain)}")
        theirs = written is not None and written.sent > 0 and not self.is_free(reply)
        known = facts.has_written_to(reply) or theirs or organisation_of(domain) in self._services
        same = bool(authors) and all(self._is_same(reply, author) for author in authors)
        return bool(ours) or known or same

    def _is_same(self, reply: str, author: str) -> bool:
        """Return whether two addresses have one owner, as far as a name shows it: `acme.com` is also `acme.co.uk`."""
        if self._counterparty(reply) == self._counterparty(author):
            return True
        if self.is_free(reply) or self.is_free(author):
            both = self.is_free(reply) and self.is_free(author)
            return both and address_key(reply).partition("@")[0] == address_key(author).partition("@")[0]
        return _label(reply) == _label(author)


def _replies(mail: Mail) -> tuple[str, ...]:
    return sender_of(mail.message.root.fields("reply-to")).addresses


def _label(address: str) -> str:
    return organisation(domain_of(address)).partition(".")[0]
