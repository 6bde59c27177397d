"""Finds facts about senders from outside: known or not, proven or not, look-alikes; and banners in our replies.

After the reply the filter remembers the exchanged addresses of `From:`. It decides nothing: as shipped each finding is
a header, and with `amend` the findings are a banner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import ClassVar, TypeVar

from filters.external.banner import FIRST_CONTACT, LOOKALIKE, NEW_TO_EVERYBODY, UNAUTHENTICATED, Reasons
from filters.external.correspondence import is_personal
from filters.external.removal import Removal
from filters.external.settings import ExternalSettings
from gateway.contract import (
    ANYONE,
    Code,
    Codes,
    Correspondence,
    Correspondents,
    Direction,
    Directory,
    Evidence,
    Finding,
    Mail,
    Mode,
    Outcome,
    Pair,
    Settings,
    Way,
)
from gateway.matching import (
    OwnNames,
    StrangeDomains,
    domain_of,
    kept_forms,
    organisation,
    warm,
)
from gateway.message import AddHeader, Edit, Sender, address_key

SENDER = "external.sender"
CODE_OF = {
    FIRST_CONTACT: "external.first_contact",
    NEW_TO_EVERYBODY: "external.first_contact",
    UNAUTHENTICATED: "external.unauthenticated",
    LOOKALIKE: "external.lookalike",
}
BANNER_QUOTED = "external.banner_quoted"

CLAUSE = "security.phishing"
#: Field name of the policy's own tag: a copy whose text can't be amended gets it in the banner's place.
TAG_HEADER = "X-Mailwarden-Tag"

#: Octets of a message up to which its texts are read in the event loop. A larger message is read in a thread.
MAX_INLINE_BYTES = 64 * 1024

#: Characters of a From field that are quoted as evidence.
MAX_QUOTED = 200

#: Time after which the stored forms of a domain that we write to are renewed, well before they would be forgotten.
FORMS_AFTER = timedelta(days=1)

Read = TypeVar("Read")

_SHIPPED: Mapping[Direction, str] = {"inbound": "tag", "outbound": "log", "internal": "log"}
_RELAYED = frozenset({"relay", "amend"})

_SUMMARIES = {
    SENDER: "The message comes from outside the organisation.",
    FIRST_CONTACT: "The recipient has not exchanged e-mail with the sender's address before.",
    NEW_TO_EVERYBODY: "Nobody in the organisation has exchanged e-mail with the sender's address before.",
    UNAUTHENTICATED: "Nothing proves that the message comes from the address that it shows.",
    LOOKALIKE: "The sender's name or address resembles a known one, but is not the same.",
    BANNER_QUOTED: "A banner that this gateway put on mail from outside is quoted in the message.",
}


class External:
    """Filter with one finding for each reason, for the recipients that the reason concerns."""

    name: ClassVar[str] = "external"
    Settings: ClassVar[type[Settings]] = ExternalSettings
    codes: ClassVar[Codes] = {
        SENDER: Code(CLAUSE, _SHIPPED, _SUMMARIES[SENDER]),
        **{
            CODE_OF[one]: Code(CLAUSE, _SHIPPED, _SUMMARIES[one]) for one in (FIRST_CONTACT, UNAUTHENTICATED, LOOKALIKE)
        },
        BANNER_QUOTED: Code(
            CLAUSE, {"inbound": "log", "outbound": "amend", "internal": "log"}, _SUMMARIES[BANNER_QUOTED]
        ),
    }
    keeps: ClassVar[frozenset[str]] = frozenset({"correspondents"})
    amends: ClassVar[frozenset[str]] = frozenset(codes)
    #: A banner changes the body: DKIM (RFC 6376 3.7).
    amend_breaks_signatures: ClassVar[frozenset[str]] = frozenset({SENDER, *CODE_OF.values()})
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound")

    def __init__(
        self,
        settings: ExternalSettings,
        directory: Directory,
        correspondents: Correspondents,
        amended: Collection[str] = (),
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._correspondents = correspondents
        self._amended = frozenset(amended)
        self._honest = frozenset(organisation(domain_of(one)) for one in settings.honest_domains)
        self._banner = settings.banner
        rendered = self._banner.rendered.values()
        self._removal = Removal((text for text, _ in rendered), (html for _, html in rendered))

    @staticmethod
    def found_in(settings: ExternalSettings) -> Mapping[Direction, Collection[str]]:
        """Return the quoted banner for mail to outside, and the other codes for mail from there."""
        return {"inbound": (SENDER, *CODE_OF.values()), "outbound": (BANNER_QUOTED,)}

    @cached_property
    def _ours(self) -> OwnNames:
        return OwnNames(self._directory.named, self._directory.domain_names)

    @cached_property
    def _domains(self) -> StrangeDomains:
        return StrangeDomains(self._ours, self._settings.added_words)

    async def start(self) -> None:
        await asyncio.to_thread(warm)

    # --- check -------------------------------------------------------------------------------------------------------

    async def check(self, mail: Mail) -> Sequence[Finding]:
        inbound = [r.address for r in mail.envelope.recipients if r.direction == "inbound"]
        outbound = frozenset(r.address for r in mail.envelope.recipients if r.direction == "outbound")
        found = await self._inbound(mail, inbound) if inbound else []
        if outbound and (edits := await _aside(mail, partial(self._removal.edits, mail.message))):
            found.append(Finding(BANNER_QUOTED, _SUMMARIES[BANNER_QUOTED], recipients=outbound, edits=edits))
        return found

    async def _inbound(self, mail: Mail, recipients: Sequence[str]) -> list[Finding]:
        sender = mail.sender
        known = await self._correspondents.known(list(self._asked(sender, recipients)))
        common = {UNAUTHENTICATED} if (unproven := self._unproven(mail, sender)) else set()
        resembled = self._resembled(sender, known)
        common |= {LOOKALIKE} if resembled else set()
        claimed = self._claimed(sender) if unproven else ()
        evidence = (Evidence("From", ", ".join(sender.addresses) or sender.name), *self._differing(mail), *claimed)
        evidence = (*evidence, *resembled)
        found: list[Finding] = []
        for concerned, contact in self._by_contact(sender, recipients, known):
            reasons = frozenset(common | contact)
            found += await _aside(mail, partial(self._findings, mail, frozenset(concerned), reasons, evidence))
        return found

    def _findings(
        self, mail: Mail, concerned: frozenset[str], reasons: Reasons, evidence: tuple[Evidence, ...]
    ) -> list[Finding]:
        codes = {SENDER: SENDER, **{reason: CODE_OF[reason] for reason in CODE_OF if reason in reasons}}
        wanted = not self._amended.isdisjoint(codes.values())
        banner = self._banner.edits(mail.message, reasons) if wanted else ()
        found = []
        for reason, code in codes.items():
            edits: tuple[Edit, ...] = (AddHeader(TAG_HEADER, f"{code}; clause={CLAUSE}"), *banner)
            shown = evidence if reason != SENDER else ()
            later = reason == UNAUTHENTICATED and _undecided(mail)
            found.append(Finding(code, _SUMMARIES[reason], shown, recipients=concerned, edits=edits, temporary=later))
        return found

    def _asked(self, sender: Sender, recipients: Sequence[str]) -> Iterator[Pair]:
        """Yield all pairs that are looked up for one message, in one query."""
        for address in sender.addresses:
            yield from ((recipient, address) for recipient in (*recipients, ANYONE))
            yield from ((ANYONE, key) for key in self._domains.asked(domain_of(address)))

    def _by_contact(
        self, sender: Sender, recipients: Sequence[str], known: Mapping[Pair, Correspondence]
    ) -> Iterator[tuple[list[str], set[str]]]:
        """Yield the recipients who know the sender, and those who don't.

        A sender who claims to be one of us is no new contact.
        """
        addresses = [one for one in sender.addresses if not self._directory.is_ours(one)]
        if sender.addresses and not addresses:
            yield list(recipients), set()
            return
        known_to_all = bool(addresses) and all((ANYONE, one) in known for one in addresses)
        old = [r for r in recipients if addresses and all((r, one) in known for one in addresses)]
        new = [r for r in recipients if r not in old]
        if old:
            yield old, set()
        if new:
            yield new, {FIRST_CONTACT if known_to_all else NEW_TO_EVERYBODY}

    def _unproven(self, mail: Mail, sender: Sender) -> bool:
        """Return whether nothing proves the sender's addresses.

        Without verification only two senders are doubted: one that claims to be ours, since our mail doesn't come in
        here, and one that mail programs read in different ways.
        """
        proven = mail.authentication.authenticated
        if mail.authentication.verified:
            return not sender.addresses or any(address_key(one) not in proven for one in sender.addresses)
        return sender.differs or any(map(self._directory.is_ours, sender.addresses))

    def _differing(self, mail: Mail) -> Iterator[Evidence]:
        if mail.sender.differs:
            written = " ".join(field.text for field in mail.message.root.fields("from"))
            yield Evidence("mail programs read the address in different ways", written[:MAX_QUOTED])

    def _claimed(self, sender: Sender) -> Iterator[Evidence]:
        """Yield evidence for each address that claims to be ours.

        This is the worst forgery. `lookalike` says nothing of it, since the address is no likeness but the same.
        """
        return (Evidence("claims to be one of yours", one) for one in sender.addresses if self._directory.is_ours(one))

    def _resembled(self, sender: Sender, known: Mapping[Pair, Correspondence]) -> tuple[Evidence, ...]:
        """Return evidence of people or domains that the sender resembles; none if we have written to that address."""
        strange = [
            address
            for address in sender.addresses
            if not self._directory.is_ours(address)
            and self._directory.person(address) is None
            and organisation(domain_of(address)) not in self._honest
            and not ((known_one := known.get((ANYONE, address))) and known_one.sent)
        ]
        if not strange:
            return ()
        names = dict.fromkeys(name for address in strange for name in sender.names_of(address))
        found = [one for name in names for one in self._ours.named(name, self._directory.is_ours)]
        for address in strange:
            found += self._domains.resembled(domain_of(address), lambda key: known.get((ANYONE, key)))
        return tuple(dict.fromkeys(Evidence(one.what, one.whom) for one in found))

    # --- learn -------------------------------------------------------------------------------------------------------

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Remember the addresses of relayed mail.

        Where mail is verified, an outside sender's address must be proven: a forged address must not become a known
        one.
        """
        if not is_personal(mail):
            return
        sender = mail.sender
        relayed = [r for r in mail.envelope.recipients if outcome.actions.get(r.address) in _RELAYED]
        inbound = [r.address for r in relayed if r.direction == "inbound"]
        outbound = [r.address for r in relayed if r.direction == "outbound"]
        if inbound:
            proven = mail.authentication.authenticated
            theirs = [] if sender.differs else list(sender.addresses)
            theirs = [a for a in theirs if not mail.authentication.verified or address_key(a) in proven]
            theirs = [a for a in theirs if not self._directory.is_ours(a)]
            await self._remember("received", mail, inbound, theirs)
        if outbound:
            ours = [address for address in sender.addresses if self._directory.is_ours(address)]
            await self._remember("sent", mail, ours, outbound)

    async def _remember(self, way: Way, mail: Mail, ours: Sequence[str], theirs: Sequence[str]) -> None:
        if not theirs:
            return
        domains = {organisation(domain_of(address)) for address in theirs}
        pairs = {(one, address) for one in (*ours, ANYONE) for address in theirs}
        pairs |= {(ANYONE, f"@{domain}") for domain in domains}
        if way == "sent":
            pairs |= await self._forms(domains, mail.received_at)
        await self._correspondents.add(pairs, way, mail.received_at)

    async def _forms(self, domains: Collection[str], at: datetime) -> set[Pair]:
        """Return the forms by which other domains resemble a domain that we write to; they are renewed once a day."""
        known = await self._correspondents.known([(ANYONE, f"@{domain}") for domain in domains])
        written = {domain for domain in domains if _is_fresh(known.get((ANYONE, f"@{domain}")), at)}
        return {(ANYONE, form) for domain in set(domains) - written for form in kept_forms(domain)}


async def _aside(mail: Mail, read: Callable[[], Read]) -> Read:
    """Return the result of `read`, which runs in a thread if the texts may be long."""
    return read() if len(mail.message.raw) <= MAX_INLINE_BYTES else await asyncio.to_thread(read)


def _undecided(mail: Mail) -> bool:
    """Return whether a later look-up may still prove every address that nothing proves now."""
    unproven = [author for author in mail.authentication.authors if not author.aligned]
    return bool(unproven) and all(author.undecided for author in unproven)


def _is_fresh(known: Correspondence | None, at: datetime) -> bool:
    """Return whether a domain's forms are stored and recent. A domain that only wrote to us has no forms yet."""
    return known is not None and known.sent > 0 and at - known.last < FORMS_AFTER
