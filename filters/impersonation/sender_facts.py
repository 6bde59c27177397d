"""Facts about the sender of one message from outside, gathered once for all judgements. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.contract import ANYONE, Correspondence, Mail, Pair
from gateway.message import address_key, written_by_program

#: Beginnings of the local part of an address that a forwarder has rewritten (Sender Rewriting Scheme).
_REWRITTEN = ("srs0=", "srs1=", "srs0+", "srs1+", "prvs=", "bounces+srs=")
#: Fields of somebody who passes a message on.
_PASSED_ON = ("resent-from", "resent-sender", "x-forwarded-to", "x-forwarded-for")


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """A message, and what is remembered of the addresses and domains in it."""

    mail: Mail
    known: Mapping[Pair, Correspondence]

    def record(self, key: str) -> Correspondence | None:
        """Return the record of an address, or of a key of `StrangeDomains.asked`, with all of ours together."""
        return self.known.get((ANYONE, key))

    def is_proven(self, address: str) -> bool:
        """Return whether an address of From is authenticated, or nobody verifies mail."""
        authentication = self.mail.authentication
        return not authentication.verified or address_key(address) in authentication.authenticated

    @property
    def unproven(self) -> bool:
        """Return whether nothing proves one of the addresses of From."""
        return not all(map(self.is_proven, self.mail.sender.addresses))

    def has_written_to(self, address: str) -> bool:
        """Return whether our people have written to an address."""
        known = self.record(address)
        return known is not None and known.sent > 0

    def is_older(self, known: Correspondence | None, days: int) -> bool:
        """Return whether a record is that many days old."""
        return known is not None and self.mail.received_at - known.first >= timedelta(days=days)

    @property
    def is_list_mail(self) -> bool:
        return written_by_program(self.mail.message) in ("list-*", "precedence")

    @property
    def is_passed_on(self) -> bool:
        """Return whether a mailing list or a forwarder seems to have handed the message on, which breaks proofs."""
        local = self.mail.envelope.mail_from.lower()
        names = {field.key for field in self.mail.message.headers}
        sealed = self.mail.authentication.arc.result == "pass"
        return self.is_list_mail or sealed or local.startswith(_REWRITTEN) or not names.isdisjoint(_PASSED_ON)
