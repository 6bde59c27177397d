"""Judges the number of people that a message reaches, and the people it names.

The filter finds needless replies to a crowd, storms of replies, mail unfit for a large list, outside people's addresses
that become known to each other, and a recipient who was perhaps not meant. Counts and confirmations are for a mail, by
sender, Message-ID and Date, in however many transactions it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from filters.audience.crowd import Crowd, Crowds
from filters.audience.exposure import Exposed, Exposure, seen_key, thread_key
from filters.audience.lists import Lists
from filters.audience.misdirection import Misdirected, Misdirection
from filters.audience.operations import PauseOperations
from filters.audience.settings import AudienceSettings
from filters.audience.storm import Paused, Storms
from filters.audience.thread import Prefixes, Thread, mail_name, thread_of
from filters.audience.wording import Wordings, attachments
from gateway.contract import (
    DIRECTIONS,
    Code,
    Codes,
    Confirmed,
    Correspondents,
    Counters,
    Direction,
    Directory,
    DistributionList,
    Evidence,
    Finding,
    KeyedHash,
    Mail,
    Mode,
    Organisation,
    Outcome,
    Pauses,
    Settings,
)
from gateway.message import Message, address_key

REPLY_ALL = "audience.reply_all"
STORM = "audience.storm"
LIST_WRITER = "audience.list_writer"
LIST_BUSINESS = "audience.list_business"
HEAVY = "audience.heavy"
EXPOSED = "audience.exposed"
MISDIRECTED = "audience.misdirected"

#: The label that the gateway gives to mail that its sender calls personal.
PERSONAL = "personal"

#: Octets of a message up to which its texts are read in the event loop. A larger message is read in a thread.
MAX_INLINE_BYTES = 64 * 1024

_SUMMARIES: Mapping[str, str] = {
    REPLY_ALL: "The reply goes to many people and says nothing that they all need: please answer one person alone.",
    LIST_WRITER: "The sender may not write to a distribution list that the message is addressed to.",
    LIST_BUSINESS: "The message seems to be private, and goes to a large distribution list.",
    HEAVY: "The message carries large attachments to a large distribution list: please send a link to one copy.",
    EXPOSED: "Many people outside would see each other's addresses: please use Bcc, or confirm that they may.",
}
_MISDIRECTED = "The sender has never written to {}, which is almost the usual address {}: perhaps that was meant."
_PAUSED = "So many people replied to everybody that replies to all are paused until {}: please answer one person alone."
_RELAYED = frozenset({"relay", "amend"})
#: Codes that one confirmation of a mail lets through in all its transactions. The sender may not decide about other
#: codes.
_CONFIRMABLE = frozenset({REPLY_ALL, LIST_BUSINESS, HEAVY, EXPOSED, MISDIRECTED})


@dataclass(frozen=True, slots=True)
class _Looked:
    """Facts about a message that are collected before any rule is asked."""

    mail: Mail
    name: str  # the same for each transaction of the mail
    thread: Thread
    crowd: Crowd

    @property
    def is_ours(self) -> bool:
        return self.mail.directions != {"inbound"}

    @property
    def key(self) -> str:
        """Key of the sender's confirmation of this mail, by the reverse-path: `From:` can be written by anybody."""
        return f"audience.mail\n{address_key(self.mail.envelope.mail_from)}\n{self.name}"


class Audience:
    """Filter with one finding for each rule. For mail from outside only storms and closed lists are judged."""

    name: ClassVar[str] = "audience"
    Settings: ClassVar[type[Settings]] = AudienceSettings
    codes: ClassVar[Codes] = {
        REPLY_ALL: Code("email.congestion", "quarantine", _SUMMARIES[REPLY_ALL]),
        STORM: Code(
            "email.congestion",
            {"inbound": "quarantine", "outbound": "reject", "internal": "reject"},
            "So many people replied to everybody that replies to all are paused.",
        ),
        LIST_WRITER: Code("email.lists", "quarantine", _SUMMARIES[LIST_WRITER]),
        LIST_BUSINESS: Code("email.lists", "quarantine", _SUMMARIES[LIST_BUSINESS]),
        HEAVY: Code("email.congestion", "quarantine", _SUMMARIES[HEAVY]),
        EXPOSED: Code("security.personal-data", "quarantine", _SUMMARIES[EXPOSED]),
        MISDIRECTED: Code(
            "security.personal-data",
            "quarantine",
            "The sender has never written to a recipient, whose address is almost a usual one.",
        ),
    }
    release_by_sender: ClassVar[frozenset[str]] = _CONFIRMABLE
    reviewers_allow: ClassVar[frozenset[str]] = frozenset({REPLY_ALL, LIST_WRITER, LIST_BUSINESS, HEAVY})
    operations: ClassVar[type] = PauseOperations
    needs: ClassVar[Mapping[str, str]] = {
        "correspondents": "without `external` nobody's usual addresses are remembered: "
        "`audience.misdirected` finds nothing"
    }
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    def __init__(
        self,
        settings: AudienceSettings,
        directory: Directory,
        counters: Counters,
        correspondents: Correspondents,
        pauses: Pauses,
        confirmed: Confirmed,
        keyed_hash: KeyedHash,
        organisation: Organisation,
    ) -> None:
        rules = settings.rules
        self._settings = settings
        self._confirmed = confirmed
        self._keyed_hash = keyed_hash
        self._zone = ZoneInfo(organisation.timezone)
        self._prefixes = Prefixes(rules.reply_prefixes, rules.forward_prefixes)
        self._wordings = Wordings(rules)
        self._crowds = Crowds(directory, counters, keyed_hash)
        self._storms = Storms(settings.storms, counters, pauses, keyed_hash)
        self._lists = Lists(settings.large_list, directory)
        self._exposure = Exposure(settings.exposed, rules.free_mail, directory)
        self._misdirection = Misdirection(settings.usual_messages, directory, correspondents)

    @staticmethod
    def found_in(settings: AudienceSettings) -> Mapping[Direction, Collection[str]]:
        """Return the codes by direction: people outside are known to each other by mail to outside alone."""
        return {
            "inbound": {STORM, LIST_WRITER},
            "internal": Audience.codes.keys() - {EXPOSED, MISDIRECTED},
            "outbound": Audience.codes,
        }

    # --- check -------------------------------------------------------------------------------------------------------

    async def check(self, mail: Mail) -> Sequence[Finding]:
        looked = await self._look(mail)
        found = self._closed_lists(looked)
        if looked.thread.is_reply:
            found += await self._reply(looked)
        if looked.is_ours:
            found += await self._to_lists(looked)
            found += await self._outside(looked)
        return await self._unconfirmed(looked, found)

    async def _look(self, mail: Mail) -> _Looked:
        name = mail_name(mail)
        return _Looked(mail, name, thread_of(mail.message, self._prefixes), await self._crowds.of(mail, name))

    async def _reply(self, looked: _Looked) -> list[Finding]:
        found: list[Finding] = []
        crowd, mail = looked.crowd, looked.mail
        crowded = looked.is_ours and self._crowds.is_crowded(crowd, self._settings.reply_all)
        if crowded and (needless := await self._read(mail.message, self._wordings.needless)):
            found.append(Finding(REPLY_ALL, _SUMMARIES[REPLY_ALL], (_people(crowd), needless)))
        paused = await self._storms.count(
            looked.thread.name,
            crowd.size,
            self._keyed_hash.digest(looked.name),
            mail.received_at,
            outside=not looked.is_ours,
            sender=mail.envelope.mail_from,
        )
        if paused:
            found.append(self._storm(paused, crowd))
        return found

    def _storm(self, paused: Paused, crowd: Crowd) -> Finding:
        until = paused.until.astimezone(self._zone).strftime("%H:%M on %-d %B %Y")
        return Finding(STORM, _PAUSED.format(until), (_people(crowd), Evidence("storm", paused.reason)))

    def _closed_lists(self, looked: _Looked) -> list[Finding]:
        closed = self._lists.closed(looked.mail, looked.crowd)
        if not closed:
            return []
        evidence = tuple(Evidence("list", one.address) for one in closed)
        return self._of_lists(LIST_WRITER, looked, closed, evidence)

    async def _to_lists(self, looked: _Looked) -> list[Finding]:
        crowd, message = looked.crowd, looked.mail.message
        large = self._lists.large(crowd)
        if not large and crowd.members < self._settings.large_list:
            return []
        found: list[Finding] = []
        if private := await self._private(looked.mail):
            found += self._of_lists(LIST_BUSINESS, looked, large, (_people(crowd), private))
        size = max(crowd.size, self._lists.people(large))
        octets = sum(len(part.decoded) for part in attachments(message))
        if octets >= self._settings.attachment_bytes and octets * size >= self._settings.heavy_bytes:
            weight = Evidence("attachments", f"{octets:,} octets to {size:,} people")
            found += self._of_lists(HEAVY, looked, large, (weight,))
        return found

    async def _private(self, mail: Mail) -> Evidence | None:
        if PERSONAL in mail.labels:
            return Evidence("private", "It is labelled personal")
        return await self._read(mail.message, self._wordings.private)

    @staticmethod
    async def _read(message: Message, read: Callable[[Message], Evidence | None]) -> Evidence | None:
        """Return what `read` finds. RE2 releases the interpreter lock while it searches."""
        return read(message) if len(message.raw) <= MAX_INLINE_BYTES else await asyncio.to_thread(read, message)

    def _of_lists(
        self, code: str, looked: _Looked, lists: Sequence[DistributionList], evidence: tuple[Evidence, ...]
    ) -> list[Finding]:
        """Return a finding for the recipients that the lists bring the mail to; copies to others are not part of it."""
        reached = self._lists.reached(looked.mail, looked.crowd, lists)
        return [Finding(code, _SUMMARIES[code], evidence, recipients=reached)] if reached else []

    async def _outside(self, looked: _Looked) -> list[Finding]:
        outbound = frozenset(one.address for one in looked.mail.envelope.recipients if one.direction == "outbound")
        if not outbound:
            return []
        found = []
        if exposed := await self._exposed(looked):
            shown = f"{len(exposed.people)} people of {exposed.organisations} organisations"
            visible = Evidence("outside people in To and Cc", shown)
            found.append(Finding(EXPOSED, _SUMMARIES[EXPOSED], (visible,), recipients=outbound))
        if misses := await self._misses(looked.mail):
            concerned = frozenset(miss.recipient for miss in misses)
            evidence = tuple(Evidence("perhaps meant", f"{miss.meant}, not {miss.recipient}") for miss in misses)
            summary = _MISDIRECTED.format(misses[0].recipient, misses[0].meant)
            found.append(Finding(MISDIRECTED, summary, evidence, recipients=concerned))
        return found

    async def _exposed(self, looked: _Looked) -> Exposed | None:
        """Return the exposed people.

        Return None if the people see each other in this thread already, or if the thread was confirmed.
        """
        exposed = self._exposure.of(looked.crowd.visible)
        if exposed is None:
            return None
        name = looked.thread.sure_name
        if not name:
            return exposed
        keys = {seen_key(name, one) for one in exposed.people} if looked.thread.is_reply else set()
        known = await self._confirmed.known({thread_key(name), *keys})
        return None if thread_key(name) in known or (keys and keys <= known) else exposed

    async def _misses(self, mail: Mail) -> list[Misdirected]:
        misses = await self._misdirection.of(mail)
        known = await self._confirmed.known([miss.key for miss in misses]) if misses else set()
        return [miss for miss in misses if miss.key not in known]

    async def _unconfirmed(self, looked: _Looked, found: list[Finding]) -> list[Finding]:
        """Return findings without those that the sender has confirmed: further transactions of the mail may follow."""
        if all(one.code not in _CONFIRMABLE for one in found) or not await self._confirmed.known([looked.key]):
            return found
        return [one for one in found if one.code not in _CONFIRMABLE]

    # --- what is confirmed, and what is learned ----------------------------------------------------------------------

    async def confirmations(self, mail: Mail) -> Collection[str]:
        """Return the keys of what the sender confirms: the mail, its thread's visible people, and each near miss."""
        looked = await self._look(mail)
        keys = {looked.key}
        if self._exposure.of(looked.crowd.visible):
            keys |= {thread_key(name) for name in looked.thread.sure_names}
        return keys | {miss.key for miss in await self._misdirection.of(mail)}

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Remember the people visible to each other in a thread, by relayed mail from outside or from us."""
        if _RELAYED.isdisjoint(outcome.actions.values()):
            return
        if keys := self._exposure.to_remember(mail, thread_of(mail.message, self._prefixes)):
            await self._confirmed.add(keys, mail.received_at)


def _people(crowd: Crowd) -> Evidence:
    hidden = f", {crowd.hidden:,} blind copies besides" if crowd.hidden else ""
    count = len(crowd.reached.lists)
    lists = f" through {count} list{'s' if count > 1 else ''}" if count else ""
    return Evidence("people", f"{crowd.size:,} people{lists}{hidden}")
