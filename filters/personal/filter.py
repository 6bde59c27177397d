"""Finds personal use of the mail: its amount, private mail without a label, and mail through private accounts.

The filter counts and guesses. It never edits, and shows nobody a word of a private message. It leaves the group
`protected_correspondents` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import inf
from typing import ClassVar

from filters.personal.codes import CODES, HOURS, OWN_ACCOUNT, SIZE, UNLABELLED, VOLUME
from filters.personal.cues import Cues, Weighed, is_forwarded, wrote_nothing
from filters.personal.private_accounts import Accounts, family_name, only_ours
from filters.personal.settings import PersonalSettings
from filters.personal.use import Use
from gateway.calendar import is_holiday
from gateway.contract import (
    ANYONE,
    PROTECTED,
    Clock,
    Codes,
    Correspondents,
    Counters,
    Direction,
    Directory,
    Evidence,
    Finding,
    KeyedHash,
    Mail,
    Mode,
    Organisation,
    Person,
    Recipient,
    Settings,
    department_report,
    is_protected,
)
from gateway.matching import LanguageModel
from gateway.message import address_key, sender_of, visible_addresses

LABEL = "personal"
#: Name of the rule's head in the language model.
HEAD = "personal"

#: Octets of a message up to which its texts are read in the event loop. A larger message is read in a thread.
MAX_INLINE_BYTES = 64 * 1024

_TO_OWN = "Business mail seems to go to the sender's own private account."
_FROM_OWN = "Business mail seems to come from a private account of one of our people."


class Personal:
    """Filter for the organisation's own senders; for mail from outside it gives only `personal.own_account`."""

    name: ClassVar[str] = "personal"
    Settings: ClassVar[type[Settings]] = PersonalSettings
    codes: ClassVar[Codes] = CODES
    reminders: ClassVar[Mapping[str, str]] = dict.fromkeys(codes, "personal")
    by_model: ClassVar[frozenset[str]] = frozenset({UNLABELLED})
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED})
    operations: ClassVar[type] = department_report("report.personal", name, codes)
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("outbound", "internal", "inbound")

    def __init__(
        self,
        settings: PersonalSettings,
        clock: Clock,
        directory: Directory,
        counters: Counters,
        correspondents: Correspondents,
        organisation: Organisation,
        keyed_hash: KeyedHash,
        language_model: LanguageModel,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._known_regions: set[str] = set()
        self._working_time = settings.working_time
        self._directory = directory
        self._correspondents = correspondents
        self._organisation = organisation
        self._model = language_model
        self._use = Use(settings, counters, keyed_hash)
        self._accounts = Accounts(directory, settings.rules.consumer)
        self._cues = Cues(settings.rules, (organisation.name, organisation.registered_name))

    @staticmethod
    def least_people(settings: PersonalSettings) -> int:
        """Return the least number of people that a number in a report is about."""
        return settings.report_people

    @staticmethod
    def found_in(settings: PersonalSettings) -> Mapping[Direction, Collection[str]]:
        """Return the codes by direction; mail without a label is looked for where that is switched on."""
        unlabelled = [UNLABELLED] if settings.unlabelled else []
        return {
            "inbound": [OWN_ACCOUNT],
            "outbound": [HOURS, VOLUME, SIZE, OWN_ACCOUNT, *unlabelled],
            "internal": unlabelled,
        }

    async def start(self) -> None:
        """Load the organisation's calendar before the first message waits for it."""
        await self._know(self._organisation.holidays, self._clock.now().date())

    async def _know(self, region: str, day: date) -> None:
        """Load a region's calendar, which takes a second the first time, and note it as loaded."""
        if region not in self._known_regions:
            await asyncio.to_thread(is_holiday, day, region)
            self._known_regions.add(region)

    async def check(self, mail: Mail) -> Sequence[Finding]:
        if is_protected(mail, self._directory):
            return []
        sent = [r for r in mail.envelope.recipients if r.direction != "inbound"]
        received = frozenset(r.address for r in mail.envelope.recipients if r.direction == "inbound")
        found: list[Finding] = []
        if received:
            found += await self._from_own_account(mail, received)
        if not sent or not mail.envelope.mail_from:
            return found
        if LABEL in mail.labels:
            return [*found, *await self._used(mail, sent)]
        own = await self._to_own_account(mail, sent)
        return [*found, *own, *(() if own else await self._unlabelled(mail, sent))]

    # --- labelled mail -----------------------------------------------------------------------------------------------

    async def _used(self, mail: Mail, sent: Sequence[Recipient]) -> list[Finding]:
        """Return findings about the amount of mail to outside: others see such mail, and it costs money."""
        outside = frozenset(r.address for r in sent if r.direction == "outbound")
        if not outside:
            return []
        address = mail.envelope.mail_from
        person = self._directory.person(address)
        zone = (person and person.timezone) or self._organisation.timezone
        region = (person and person.holidays) or self._organisation.holidays
        await self._know(region, mail.received_at.date())
        working = self._working_time.holds(mail.received_at, zone, region)
        key = address_key(person.addresses[0] if person else address)
        return await self._use.findings(mail, key, working=working, to=outside)

    # --- private accounts --------------------------------------------------------------------------------------------

    async def _to_own_account(self, mail: Mail, sent: Sequence[Recipient]) -> list[Finding]:
        person = self._sender(mail)
        outside = [r.address for r in sent if r.direction == "outbound"]
        shown = _names(mail)
        forward = is_forwarded(mail) and wrote_nothing(mail)
        own = {
            one
            for one in outside
            if self._accounts.is_own(person, one, shown.get(address_key(one), ""), self_forward=forward)
            or (self._accounts.is_likely(person, one) and await self._is_only_theirs(mail, one))
        }
        if not own or not await self._is_business(mail, person.name):
            return []
        evidence = tuple(Evidence("recipient", one) for one in sorted(own))
        return [Finding(OWN_ACCOUNT, _TO_OWN, evidence, recipients=frozenset(own))]

    async def _is_only_theirs(self, mail: Mail, address: str) -> bool:
        """Return whether, by history, nobody else of ours exchanges mail with that address."""
        theirs, anyone = (mail.envelope.mail_from, address), (ANYONE, address)
        known = await self._correspondents.known([theirs, anyone])
        return only_ours(known.get(theirs), known.get(anyone))

    async def _from_own_account(self, mail: Mail, received: frozenset[str]) -> list[Finding]:
        """Return a finding for business mail from a private account of one of ours.

        A forged sender must not put anybody under suspicion: where mail is verified, the address must be proven.
        """
        sender = mail.sender
        if LABEL in mail.labels or len(sender.addresses) != 1:
            return []
        (address,) = sender.addresses
        if mail.authentication.verified and address_key(address) not in mail.proven_senders:
            return []
        owner = self._accounts.owner(address, sender.name)
        if not owner or not await self._is_business(mail, owner):
            return []
        return [Finding(OWN_ACCOUNT, _FROM_OWN, (Evidence("From", address),), recipients=received)]

    async def _is_business(self, mail: Mail, name: str) -> bool:
        return any(map(self._speaks_of_business, await self._read(mail, name)))

    def _speaks_of_business(self, text: Weighed) -> bool:
        return text.business <= self._settings.rules.thresholds.business and text.sum < 0

    # --- unlabelled mail ---------------------------------------------------------------------------------------------

    async def _unlabelled(self, mail: Mail, sent: Sequence[Recipient]) -> list[Finding]:
        """Return a finding if the text looks private, only where the setting `unlabelled` asks for it.

        The finding is a guess, and carries no evidence: nobody may read the private text.
        """
        to_one = len(mail.envelope.recipients) == 1 and len(visible_addresses(mail.message)) <= 1
        if not self._settings.unlabelled or not to_one or is_forwarded(mail):
            return []
        (recipient,) = sent
        person = self._sender(mail)
        letter, quoted = await self._read(mail, person.name)
        if self._speaks_of_business(quoted):
            return []
        found = {**letter.cues, **self._about_recipient(mail, person, recipient)}
        limits = self._settings.rules.thresholds
        limit = limits.outbound if recipient.direction == "outbound" else limits.internal
        total = sum(found.values()) + await self._by_model(mail, found)
        return [Finding(UNLABELLED, CODES[UNLABELLED].sentence)] if total >= limit else []

    async def _by_model(self, mail: Mail, cues: Mapping[str, float]) -> float:
        """Return what the language model adds where a cue speaks for private life; it is never asked for sentences."""
        if all(weight <= 0 for weight in cues.values()):
            return 0
        reading = await self._model.read(HEAD, mail.message, inf)
        return reading.weight if reading else 0

    def _about_recipient(self, mail: Mail, person: Person, recipient: Recipient) -> Mapping[str, float]:
        """Return the cues that the recipient's address gives."""
        weights = self._settings.rules.weights
        found: dict[str, float] = {}
        if recipient.direction == "outbound" and self._accounts.is_consumer(recipient.address):
            found["consumer"] = weights.consumer
            if family_name(person.name, recipient.address, _names(mail).get(address_key(recipient.address), "")):
                found["family_name"] = weights.family_name
        return found

    async def _read(self, mail: Mail, name: str) -> tuple[Weighed, Weighed]:
        """Return the cues of the new and of the quoted text. RE2 releases the interpreter lock while it searches."""

        def read() -> tuple[Weighed, Weighed]:
            return self._cues.of_letter(mail, name), self._cues.of_quoted(mail)

        return read() if len(mail.message.raw) <= MAX_INLINE_BYTES else await asyncio.to_thread(read)

    def _sender(self, mail: Mail) -> Person:
        """Return the sender from the directory, else by the name in From."""
        address = mail.envelope.mail_from
        return self._directory.person(address) or Person(mail.sender.name, (address,))


def _names(mail: Mail) -> Mapping[str, str]:
    """Return the display names beside the addresses of To and Cc."""
    fields = [*mail.message.root.fields("to"), *mail.message.root.fields("cc")]
    found: dict[str, str] = {}
    for field in fields:
        one = sender_of([field])
        if len(one.addresses) == 1:
            found[address_key(one.addresses[0])] = one.name
    return found
