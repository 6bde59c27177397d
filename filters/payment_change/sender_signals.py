"""Signals against a sender: a name, a domain or a thread that is not what it seems. Facts in, signals out.

Such a signal holds nothing by itself; it lowers the sum that the words must reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from filters.payment_change.settings import Rules
from filters.payment_change.signals import Signal
from gateway.contract import ANYONE, Correspondence, Correspondents, Directory, Evidence, Mail, Pair
from gateway.matching import (
    Counterparties,
    OwnNames,
    StrangeDomains,
    domain_of,
    folded_words,
    organisation,
)
from gateway.message import fold, sender_of

#: Words of a name, at least; a single word is not remembered.
MIN_WORDS = 2


@dataclass(frozen=True, slots=True)
class ShownSender:
    """The sender of a message as it shows itself, and what is remembered of it."""

    addresses: tuple[str, ...]
    known: Mapping[Pair, Correspondence]

    @property
    def stranger(self) -> bool:
        return not any((ANYONE, address) in self.known for address in self.addresses)


class SenderSignals:
    """Signals about senders, by the directory and the remembered correspondence."""

    def __init__(self, rules: Rules, directory: Directory, correspondents: Correspondents) -> None:
        self._weights = rules.weights
        self.counterparty = Counterparties(rules.free_mail)
        self._added_words = rules.added_words
        self._directory = directory
        self._correspondents = correspondents

    @cached_property
    def _ours(self) -> OwnNames:
        return OwnNames(self._directory.named, self._directory.domain_names)

    @cached_property
    def _domains(self) -> StrangeDomains:
        return StrangeDomains(self._ours, self._added_words)

    async def signals(self, mail: Mail) -> list[Signal]:
        """Return the signals about the sender of mail from outside."""
        sender = mail.sender
        who = ShownSender(sender.addresses, await self._correspondents.known(list(self._asked(mail, sender.addresses))))
        return [
            *self._address(who, sender.name),
            *self._name(who, sender.name),
            *self._proof(mail, who),
            *self._thread(mail, who),
        ]

    async def remember(self, mail: Mail, addresses: Sequence[str]) -> None:
        """Remember the organisations from which a proven name has written; `known_name` depends on them."""
        pairs = {pair for address in addresses for pair in self._names(mail.sender.name, address)}
        if pairs:
            await self._correspondents.add(pairs, "received", mail.received_at)

    def _asked(self, mail: Mail, addresses: Sequence[str]) -> Iterator[Pair]:
        for address in addresses:
            yield ANYONE, address
            yield from ((ANYONE, key) for key in self._domains.asked(domain_of(address)))
            yield from self._names(mail.sender.name, address)

    def _names(self, name: str, address: str) -> Iterator[Pair]:
        """Yield the pairs for a name anywhere and at this organisation; none for a single word (`Accounts`)."""
        words = sorted(word for word in folded_words(fold(name).text) if word.isalnum())
        if len(words) >= MIN_WORDS:
            key = f'"{" ".join(words)}"'
            yield ANYONE, key
            yield key, self.counterparty(address)

    def _name(self, who: ShownSender, name: str) -> Iterator[Signal]:
        """Yield a signal for a name that has written from another organisation."""
        for address in who.addresses:
            if self._directory.is_ours(address) or not (pairs := list(self._names(name, address))):
                continue
            anywhere, here = pairs
            if anywhere in who.known and here not in who.known:
                shown = (Evidence("From", f"{name} <{address}>"),)
                says = "Somebody of that name has written from elsewhere"
                yield Signal("known_name", says, self._weights.known_name, shown)

    def _address(self, who: ShownSender, name: str) -> Iterator[Signal]:
        """Yield signals about the shown name and the domain."""
        weights = self._weights
        for address in who.addresses:
            if self._directory.is_ours(address) or self._directory.person(address):
                continue
            if named := list(self._ours.named(name, self._directory.is_ours)):
                evidence = tuple(Evidence(one.what, one.whom) for one in named)
                yield Signal(
                    "our_name", "The name is one of our people's, the address is not", weights.our_name, evidence
                )
            if alike := self._alike(address, who.known):
                yield Signal("lookalike", "The domain resembles another", weights.lookalike, alike)
            if self.counterparty.is_free(domain_of(address)):
                shown = (Evidence("From", address),)
                yield Signal("free_mail", "Anybody can have such an address", weights.free_mail, shown)

    def _alike(self, address: str, known: Mapping[Pair, Correspondence]) -> tuple[Evidence, ...]:
        domain = domain_of(address)
        itself = known.get((ANYONE, f"@{organisation(domain)}"))
        if itself and itself.sent:
            return ()
        found = self._domains.resembled(domain, lambda key: known.get((ANYONE, key)))
        return tuple(Evidence(one.what, one.whom) for one in found)

    def _proof(self, mail: Mail, who: ShownSender) -> Iterator[Signal]:
        weights, authentication = self._weights, mail.authentication
        if who.stranger:
            yield Signal("first_contact", "Nobody of ours has exchanged mail with it", weights.first_contact)
        if authentication.verified and authentication.dmarc.result == "fail":
            yield Signal("failed_authentication", "DMARC failed", weights.failed_authentication)
        elif authentication.verified and not authentication.authenticated:
            yield Signal("unauthenticated", "Nothing proves the address in From", weights.unauthenticated)

    def _thread(self, mail: Mail, who: ShownSender) -> Iterator[Signal]:
        """Yield signals about the reply address and the mail that this message claims to answer."""
        replies = sender_of(mail.message.root.fields("reply-to")).addresses
        homes = {organisation(domain_of(address)) for address in who.addresses}
        if away := [one for one in replies if organisation(domain_of(one)) not in homes]:
            shown = (Evidence("Reply-To", away[0]),)
            weight = self._weights.reply_to_elsewhere
            yield Signal("reply_to_elsewhere", "Answers go to another domain", weight, shown)
        if self._answers_us(mail) and not any(self._wrote_to(address, who.known) for address in who.addresses):
            shown = (Evidence("References", mail.message.header("references") or ""),)
            yield Signal(
                "strange_thread", "It answers mail that we never sent there", self._weights.strange_thread, shown
            )

    def _answers_us(self, mail: Mail) -> bool:
        """Return whether the message answers a Message-ID under one of our domains."""
        named = f"{mail.message.header('in-reply-to') or ''} {mail.message.header('references') or ''}"
        return any(self._directory.is_ours(one.strip("<>")) for one in named.split()[:50] if "@" in one)

    @staticmethod
    def _wrote_to(address: str, known: Mapping[Pair, Correspondence]) -> bool:
        itself = known.get((ANYONE, address))
        return itself is not None and itself.sent > 0
