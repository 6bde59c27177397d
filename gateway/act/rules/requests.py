"""Rules of requests: who of our people may ask by a reply for the release of a held message, and of which copies.

The configuration that runs decides, as in `release_rules.py`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.act.rules.control_address import ControlAddress
from gateway.act.rules.release_rules import ReleaseRules
from gateway.message.header.addresses import address_key
from gateway.remember.records import HeldCopy, HeldMessage
from gateway.smtp.path import split_address

#: The id in the token of a notice about several messages: the reply names those that it is about by their keys.
SEVERAL = "00000000-0000-0000-0000-000000000000"
#: Characters of a key. A person seldom has more than some hundred held messages; two with one key are refused.
KEY_CHARACTERS = 6


def key_of(id: str) -> str:
    """Return the few characters by which a person names a message in a reply: the last ones of its id."""
    return id[-KEY_CHARACTERS:]


@dataclass(frozen=True, slots=True)
class RequestRules:
    """The rules. `control` has a key of its own, so that no token of a request confirms anything."""

    control: ControlAddress
    rules: ReleaseRules
    ours: Container[str]  # the organisation's domains

    def reply_to(self, person: str, until: Mapping[str, datetime]) -> str:
        """Return the address for replies to a notice about messages: id -> the end of its time."""
        id = next(iter(until)) if len(until) == 1 else SEVERAL
        return self.control.reply_to(id, person, max(until.values()))

    def copies(self, held: HeldMessage, person: str) -> tuple[HeldCopy, ...]:
        """Return the held copies that this person may ask for: their own, and all that they have sent."""
        return tuple(c for c in held.copies if c.state == "held" and self._is_of(held, c, person))

    def persons(self, held: HeldMessage) -> Sequence[str]:
        """Return everybody of ours who may ask for a copy of the message, held or not."""
        persons = (*(c.address for c in held.copies), held.mail_from)
        return [one for one in dict.fromkeys(persons) if any(self._is_of(held, c, one) for c in held.copies)]

    def _is_of(self, held: HeldMessage, copy: HeldCopy, person: str) -> bool:
        """Return whether the person is our recipient of the copy, or our sender of it.

        The direction decides, as for every notice: inbound mail from one of our addresses is outside mail.
        """
        key = address_key(person)
        if copy.direction != "outbound" and address_key(copy.address) == key:
            return True
        ours = copy.direction != "inbound" and split_address(held.mail_from)[1] in self.ours
        return ours and address_key(held.mail_from) == key

    def at_once(self, copies: Sequence[HeldCopy], person: str) -> bool:
        """Return whether these are the person's own copies, and the person releases them: nobody else need decide."""
        key = address_key(person)
        return all(
            address_key(c.address) == key and self.rules.recipient_releases(c.codes, c.direction) for c in copies
        )
