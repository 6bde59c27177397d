"""Finds confidential content in mail to outside: markings, identifiers, tables of people, credentials, code, words.

The filter reads what our people send outside, attachments too. It leaves alone encrypted mail, recipients who have
agreed, the person concerned, the group `protected_correspondents`, and words and markings of personal mail. Evidence
shows no number and no secret whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from filters.confidential.codes import (
    CODE,
    CODES,
    CREDENTIALS,
    IDENTIFIERS,
    MARKED,
    PEOPLE,
    SUMMARIES,
    SUSPECTED,
    UNREAD,
    WORDS,
)
from filters.confidential.credentials import CredentialReader
from filters.confidential.encryption import is_encrypted
from filters.confidential.identifiers import CARD, Identifier, identifiers
from filters.confidential.leave import (
    ListedAgreements,
    Named,
    concerns_alone,
    is_named_after,
    is_named_like_ai,
    is_only_about,
)
from filters.confidential.limits import Limits
from filters.confidential.markings import Markings
from filters.confidential.operations import AgreementOperations
from filters.confidential.passages import naming, searched
from filters.confidential.people import People, PeopleReader, full_names
from filters.confidential.plain_text import plainly
from filters.confidential.replies import Prefixes, answers_outsider
from filters.confidential.settings import ConfidentialSettings
from filters.confidential.source_code import SourceCode
from gateway.contract import (
    PROTECTED,
    Agreements,
    Clock,
    Codes,
    Confirmed,
    Direction,
    Directory,
    Evidence,
    Finding,
    Mail,
    Mode,
    Organisation,
    Remark,
    Routes,
    Settings,
    confirmed_keys,
    unprotected_recipients,
)
from gateway.matching import (
    Counterparties,
    Fact,
    LanguageModel,
    Lexicon,
    TextRule,
    Weighed,
    domain_of,
    left_out,
    within_limit,
    words_of,
)
from gateway.message import Message, Passage, address_key, sender_of, unmatched_outside

#: Octets of a message up to which it is read in the event loop. A larger message is read in a thread.
MAX_INLINE_BYTES = 16 * 1024
#: Label of mail whose words and markings are its sender's own business.
LABEL = "personal"
#: Kind of the cues that speak of a marking.
MARKING = "marking"
#: Codes that the sender may answer for.
_CONFIRMABLE = frozenset({MARKED, WORDS, SUSPECTED})
#: Beginning of the keys of a mail that its sender has confirmed.
_MAIL = "confidential mail"
_NO_TLS = "Somebody there has agreed to such mail, but the way there does not require encryption (TLS)."


@dataclass(frozen=True, slots=True)
class _Looked:
    """The confidential content of a message, whoever gets it."""

    named: Named
    marked: tuple[Evidence, ...]
    identifiers: tuple[Identifier, ...]
    people: People
    credentials: tuple[Evidence, ...]
    code: tuple[Evidence, ...]
    unread: tuple[Evidence, ...]  # text that was not looked through

    @property
    def has_card(self) -> bool:
        return any(one.kind == CARD for one in self.identifiers)


class Confidential:
    """Filter with one finding for each kind of confidential content, about the recipients who should not get it."""

    name: ClassVar[str] = "confidential"
    Settings: ClassVar[type[Settings]] = ConfidentialSettings
    codes: ClassVar[Codes] = CODES
    notices: ClassVar[Mapping[str, str]] = dict.fromkeys(SUMMARIES, "confidential")
    release_by_sender: ClassVar[frozenset[str]] = _CONFIRMABLE
    by_model: ClassVar[frozenset[str]] = frozenset({WORDS, SUSPECTED})
    suspected: ClassVar[frozenset[str]] = frozenset({SUSPECTED})
    operations: ClassVar[type] = AgreementOperations
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED})
    needs_directions: ClassVar[Mapping[Direction, str]] = {
        "outbound": "it finds nothing without outbound mail: only mail to outside is looked through"
    }
    reads_text: ClassVar[bool] = True
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("outbound",)

    def __init__(
        self,
        settings: ConfidentialSettings,
        directory: Directory,
        organisation: Organisation,
        confirmed: Confirmed,
        routes: Routes,
        agreements: Agreements,
        language_model: LanguageModel,
        clock: Clock,
    ) -> None:
        rules = settings.rules
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(organisation.timezone)
        self._directory = directory
        self._confirmed = confirmed
        self._routes = routes
        self._prefixes = Prefixes(rules.reply_prefixes, rules.forward_prefixes)
        lexicon = Lexicon(rules.lists)  # of all: its index looks up the words of a text once
        self._markings = Markings(rules, lexicon)
        self._people = PeopleReader(rules, lexicon)
        self._credentials = CredentialReader(rules, lexicon)
        names = (organisation.name, organisation.registered_name)
        self._code = SourceCode(rules, names, lexicon)
        self._listed = ListedAgreements(settings.agreed, settings.ai_services)
        self._recorded = agreements
        self._free = Counterparties(rules.free_mail)
        self._words = TextRule("confidential", rules, language_model)
        lexicon.build_index()

    @staticmethod
    def found_in(settings: ConfidentialSettings) -> Mapping[Direction, Collection[str]]:
        """Return every code for mail to outside, and none for other mail."""
        return {"outbound": Confidential.codes}

    @staticmethod
    def remarks(settings: ConfidentialSettings, domains: Sequence[str], today: date) -> Iterator[Remark]:
        """Remark on agreements that never count, or not yet."""
        for index, one in enumerate(settings.agreed):
            if one.date > today:
                yield Remark(("agreed", index, "date"), f"{one.date} is to come: the agreement counts from then on")
            for position, pattern in enumerate(one.recipients):
                if sentence := unmatched_outside(pattern, domains):
                    yield Remark(("agreed", index, "recipients", position), sentence)

    @staticmethod
    def counts_on_tls(settings: ConfidentialSettings) -> Remark | None:
        needed = settings.agreed and settings.agreed_tls == "required"
        return Remark(("agreed",), "no agreement counts (or set agreed_tls: any)") if needed else None

    # --- check -------------------------------------------------------------------------------------------------------

    async def check(self, mail: Mail) -> Sequence[Finding]:
        outside = self._outside(mail)
        if not outside or is_encrypted(mail.message):
            return []
        today = self._clock.now().astimezone(self._zone).date()
        listed = {one for one in outside if self._listed.covering(one, today)}
        unsafe = {one for one in listed if not self._is_safe(mail, one)}
        asked = [one for one in outside if one not in listed - unsafe]
        if not asked:
            return []
        looked = await self._look(mail.message)
        found = await self._found(mail, asked, looked)
        if found and (recorded := await self._agreed_by_reply(asked)):
            unsafe |= {one for one in recorded if not self._is_safe(mail, one)}
            asked = [one for one in asked if one not in recorded - unsafe]
            found = await self._found(mail, asked, looked) if asked else []
        return [_with_agreements(one, unsafe) for one in await self._unconfirmed(mail, found)]

    def _outside(self, mail: Mail) -> list[str]:
        """Return the recipients outside whose copies are judged."""
        to = unprotected_recipients(mail, self._directory)
        return [one.address for one in to if one.direction == "outbound"]

    async def _agreed_by_reply(self, addresses: Sequence[str]) -> set[str]:
        """Return those of the addresses that have agreed by a reply; a service can't."""
        people = [one for one in addresses if not self._listed.is_service(one)]
        return await self._recorded.agreed(people) if people else set()

    def _is_safe(self, mail: Mail, address: str) -> bool:
        """Return whether an agreement counts on the way that the mail takes to this recipient."""
        return self._settings.agreed_tls == "any" or self._routes.require_tls(address, mail.listener)

    async def _look(self, message: Message) -> _Looked:
        short = (
            len(message.raw) <= MAX_INLINE_BYTES
            and sum(len(one.text) for one in message.view.passages) <= MAX_INLINE_BYTES
        )
        return self._read(message) if short else await asyncio.to_thread(self._read, message)

    def _read(self, message: Message) -> _Looked:
        kind, _ = self._prefixes.read(message.subject[:500])
        is_answer = answers_outsider(message, self._directory.is_ours, self._names_ours)
        passages = searched(message, is_forwarded=kind == "forward", is_answer=is_answer)
        read = plainly(within_limit(passages.data))
        made_up = bool(self._people.made_up(read))
        marked = self._markings.found(message, passages.markings, is_answer=is_answer)
        limits = Limits()
        found = identifiers(read, limits, self._settings.own_accounts, made_up=made_up)
        people = self._people.read(read, limits)
        named = naming(read, lambda one: bool(identifiers([one], limits))) if found else []
        return _Looked(
            Named.of(named),
            tuple(replace(one, quote=self._credentials.hidden(one.quote)) for one in marked),
            tuple(found),
            people,
            tuple(self._credentials.found(message, read)),
            tuple(self._code.found(message, self._directory.domain_names)),
            unread=tuple(_unread(passages.data, limits)),
        )

    def _names_ours(self, text: str) -> bool:
        """Return whether a text has the full name of one of our people."""
        return any(self._directory.named(words_of(name)) for name in full_names(text))

    async def _found(self, mail: Mail, outside: Sequence[str], looked: _Looked) -> list[Finding]:
        """Return the findings about these recipients."""
        weighed = None
        if LABEL not in mail.labels:
            weighed = await self._words.weigh(mail.message, facts=self._facts(mail, outside, looked))
        return list(self._findings(mail, outside, looked, weighed))

    def _findings(self, mail: Mail, outside: Sequence[str], looked: _Looked, weighed: Weighed | None) -> list[Finding]:
        """Return the findings; without `weighed` the mail is personal, and its words and markings count for nothing."""
        everybody = frozenset(outside)
        marked = looked.marked if weighed else ()
        found = [
            _finding(code, evidence, everybody)
            for code, evidence in ((MARKED, marked), (CREDENTIALS, looked.credentials), (CODE, looked.code))
            if evidence
        ]
        if looked.has_card or len(looked.identifiers) >= self._settings.identifiers:
            shown = _names(mail)
            others = frozenset(one for one in outside if not self._concerns_alone(mail, one, shown, looked))
            if others:
                found.append(_finding(IDENTIFIERS, [one.evidence for one in looked.identifiers[:20]], others))
        if len(looked.people.rows) >= self._settings.rows:
            found.append(_finding(PEOPLE, looked.people.evidence, everybody))
        if weighed and _is_found(weighed, is_marked=bool(looked.marked)):
            code = SUSPECTED if weighed.only_by_model else WORDS
            found.append(_finding(code, list(self._shown(weighed)), everybody))
        if looked.unread:
            found.append(Finding(UNREAD, CODES[UNREAD].sentence, looked.unread, recipients=everybody))
        return found

    def _shown(self, weighed: Weighed) -> Iterator[Evidence]:
        """Yield the reasons of the words; what they quote of the mail has no number and no secret."""
        own = {"sum", *(fact.name for fact in weighed.facts)}
        before = {one.name: f"{one.cue.says}: " for one in weighed.cues} | {"language model": "above all: "}
        for reason in weighed.reasons():
            if reason.what in own:
                yield Evidence(*reason)
                continue
            says = before.get(reason.what, "")
            says = says if reason.quote.startswith(says) else ""
            quote = f"{says}{self._credentials.hidden(reason.quote[len(says) :])}"
            yield Evidence(*reason._replace(quote=quote))

    def _facts(self, mail: Mail, outside: Sequence[str], looked: _Looked) -> list[Fact]:
        """Return facts that the rule about words weighs besides the words."""
        weights = self._settings.rules.weights
        facts: list[Fact] = []
        if any(map(self._listed.is_service, outside)):
            facts.append(
                Fact("ai service", "It goes to a public service of artificial intelligence", weights.ai_service)
            )
        elif any(map(is_named_like_ai, outside)):
            facts.append(
                Fact("ai name", "The domain is named like a service of artificial intelligence", weights.ai_name)
            )
        if any(self._free.is_free(domain_of(one)) for one in outside):
            facts.append(Fact("free mail", "It goes to an address where anybody can have one", weights.free_mail))
        if any(self._is_own(mail, one) for one in outside):
            facts.append(Fact("own account", "It goes to an address with the sender's own name", weights.own_account))
        people = looked.people
        rows = len(people.rows)
        shown = _names(mail) if rows >= 2 or looked.identifiers else {}
        if rows >= 2 and not any(is_only_about(one, shown.get(address_key(one), ""), people) for one in outside):
            weight = weights.several_people if rows > 2 else weights.people
            facts.append(Fact("people", f"{rows} people stand beside data of theirs", weight))
            if people.kinds > 1:
                facts.append(Fact("kinds", f"{people.kinds} kinds of data stand there", weights.several_kinds))
        if looked.identifiers and not any(self._concerns_alone(mail, one, shown, looked) for one in outside):
            number = len(looked.identifiers)
            said = f"{number} identifiers of people" if number > 1 else "an identifier of a person"
            facts.append(Fact("identifiers", said, weights.identifiers))
        return facts

    @staticmethod
    def _concerns_alone(mail: Mail, address: str, names: Mapping[str, str], looked: _Looked) -> bool:
        shown = names.get(address_key(address), "")
        return concerns_alone(address, shown, mail.sender.name, looked.named, looked.identifiers)

    def _is_own(self, mail: Mail, address: str) -> bool:
        """Return whether an address has the sender's own name, or is a private one that the directory knows."""
        person = self._directory.person(mail.envelope.mail_from)
        owner = self._directory.private_owner(address)
        if person and owner and owner.addresses == person.addresses:
            return True
        return is_named_after(address, person.name if person else mail.sender.name)

    # --- what is confirmed -------------------------------------------------------------------------------------------

    async def _unconfirmed(self, mail: Mail, found: list[Finding]) -> list[Finding]:
        """Return findings without the recipients for whom the sender has confirmed this mail."""
        if all(one.code not in _CONFIRMABLE for one in found):
            return found
        keys = (await confirmed_keys(_MAIL, mail)).by_recipient
        known = await self._confirmed.known(set(keys.values()))
        confirmed = frozenset(address for address, key in keys.items() if key in known)
        left = (
            replace(one, recipients=(one.recipients or frozenset()) - confirmed) if one.code in _CONFIRMABLE else one
            for one in found
        )
        return [one for one in left if one.recipients]

    async def confirmations(self, mail: Mail) -> Collection[str]:
        """Return the keys of what the sender confirms: this mail, with its content, to these recipients."""
        return (await confirmed_keys(_MAIL, mail)).all


def _is_found(weighed: Weighed, *, is_marked: bool) -> bool:
    """Return whether the words are a finding; where the marking itself is one, they must be so without it."""
    cues = tuple(one for one in weighed.cues if not is_marked or one.cue.kind != MARKING)
    return replace(weighed, cues=cues).found


def _finding(code: str, evidence: Sequence[Evidence], recipients: frozenset[str]) -> Finding:
    return Finding(code, SUMMARIES[code], tuple(evidence), recipients=recipients)


def _unread(passages: Sequence[Passage], limits: Limits) -> Iterator[Evidence]:
    """Yield what was left out: text, and numbers or lines beyond those that are worked out."""
    yield from (Evidence(*one) for one in left_out(passages))
    if limits.reached:
        yield Evidence("numbers and lines", "more of them than are worked out in one message")


def _with_agreements(finding: Finding, unsafe: set[str]) -> Finding:
    """Return a finding that says where a recipient has agreed, but the way requires no TLS; evidence names whom."""
    names = sorted(unsafe & (finding.recipients or frozenset()))
    evidence = (Evidence("agreement", f"{one} has agreed, but the way there doesn't require TLS") for one in names)
    summary = f"{finding.summary} {_NO_TLS}" if names else finding.summary
    return replace(finding, summary=summary, evidence=(*finding.evidence, *evidence))


def _names(mail: Mail) -> Mapping[str, str]:
    """Return the display names beside the addresses of To and Cc."""
    found: dict[str, str] = {}
    for field in (*mail.message.root.fields("to"), *mail.message.root.fields("cc")):
        one = sender_of([field])
        if len(one.addresses) == 1:
            found[address_key(one.addresses[0])] = one.name
    return found
