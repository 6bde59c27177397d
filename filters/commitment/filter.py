"""Finds mail in which our side binds itself, from people who may not do so, or not to this amount.

The words find acceptances, orders, guarantees, waivers, settlements, admissions, grants and job offers in what the
sender newly wrote to somebody outside. Quotations are the other side's words, and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from filters.commitment.amounts import Amount, all_amounts, largest, with_decimals
from filters.commitment.settings import SIGNATORIES, CommitmentSettings
from filters.commitment.signatories import Signatories, exceeding
from filters.commitment.thread import keys_to_confirm, thread_keys
from gateway.contract import (
    PROTECTED,
    Code,
    Codes,
    Confirmed,
    Direction,
    Directory,
    Evidence,
    Finding,
    Mail,
    Mode,
    Recipient,
    Remark,
    Settings,
    confirmed_keys,
    unprotected_recipients,
)
from gateway.matching import OWN, WRITTEN, LanguageModel, TextRule, left_out, within_limit
from gateway.message import Passage, fold, unmatched_outside, visible_addresses

#: Addresses in To and Cc towards which a confirmation counts for the thread, besides the recipients of the transaction.
MAX_VISIBLE = 100

#: Words of a subject that only names its matter, at most, and the words of a subject behind the marks of a reply.
MOST_NAMING = 2
_SUBJECT_WORDS = re.compile(r"\w+(?![^:]*:)")

#: An amount such as `10.000 GBP`, which some people read as ten.
_THOUSANDS_BY_POINT = re.compile(r"[0-9]\.[0-9]{3}(?![0-9])")

#: Name of the keys by which a confirmation counts for one mail.
_MAIL = "commitment: mail"

MADE = "commitment.made"
LIMIT = "commitment.limit"
SUSPECTED = "commitment.suspected"
UNREAD = "commitment.unread"

_SUMMARIES: Mapping[str, str] = {
    MADE: "The message seems to bind the organisation: it accepts, orders, promises, waives or admits something. "
    'If you may not do so, let a signatory send it, or write "subject to contract".',
    LIMIT: "The message seems to bind the organisation to more than its sender may agree to alone. Let somebody send "
    'it who may, or write "subject to contract".',
}
_SUSPICION = "The message may bind the organisation: a language model takes it so, and no word of the rules was found."


class _Concerned(NamedTuple):
    """The recipients whom a code concerns."""

    recipients: frozenset[str]
    summary: str
    evidence: tuple[Evidence, ...] = ()


class Commitment:
    """Filter with one finding for the recipients towards whom the sender may not bind the organisation."""

    name: ClassVar[str] = "commitment"
    Settings: ClassVar[type[Settings]] = CommitmentSettings
    codes: ClassVar[Codes] = {
        MADE: Code("email.commitments", "log", "The message seems to bind the organisation, and its sender may not."),
        LIMIT: Code(
            "email.commitments",
            "log",
            "The message seems to bind the organisation to a higher amount than its sender may agree to.",
        ),
        SUSPECTED: Code("email.commitments", "log", _SUSPICION),
        UNREAD: Code("email.commitments", "log", "The message has more text than is looked through for commitments."),
    }
    release_by_sender: ClassVar[frozenset[str]] = frozenset({MADE, LIMIT, SUSPECTED})
    reminders: ClassVar[Mapping[str, str]] = dict.fromkeys(_SUMMARIES, "commitment")
    by_model: ClassVar[frozenset[str]] = frozenset({MADE, LIMIT, SUSPECTED})
    suspected: ClassVar[frozenset[str]] = frozenset({SUSPECTED})
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED, SIGNATORIES})
    needs_directions: ClassVar[Mapping[Direction, str]] = {
        "outbound": "it finds nothing without outbound mail: only mail to outside is looked through"
    }
    shipped_mode: ClassVar[Mode] = "monitor"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("outbound",)

    def __init__(
        self,
        settings: CommitmentSettings,
        directory: Directory,
        confirmed: Confirmed,
        language_model: LanguageModel,
    ) -> None:
        self._directory = directory
        self._confirmed = confirmed
        self._signatories = Signatories(settings.signatories, directory)
        self._rule = TextRule("commitment", settings.rules, language_model)

    @staticmethod
    def found_in(settings: CommitmentSettings) -> Mapping[Direction, Collection[str]]:
        """Return every code for mail to outside, and none for other mail."""
        return {"outbound": Commitment.codes}

    @staticmethod
    def remarks(settings: CommitmentSettings, domains: Sequence[str], today: date) -> Iterator[Remark]:
        """Remark on counterparties without an address, and on amounts that people may read as others."""
        for index, one in enumerate(settings.signatories):
            for position, pattern in enumerate(one.counterparties):
                if sentence := unmatched_outside(pattern, domains):
                    yield Remark(("signatories", index, "counterparties", position), sentence)
            for position, (written, amount) in enumerate(one.amounts):
                if _THOUSANDS_BY_POINT.search(written):
                    yield Remark(("signatories", index, "up_to", position), f"{written} is read as {amount}")

    async def check(self, mail: Mail) -> Sequence[Finding]:
        concerned = self._concerned(mail)
        if not concerned or not _is_written(mail):
            return []
        own = tuple(mail.message.view.of(*WRITTEN))
        weighed = await self._rule.weigh(mail.message, passages=_sentences(within_limit(own)))
        unread = tuple(Evidence(*one) for one in left_out(own))
        everybody = frozenset(address for one in concerned.values() for address in one.recipients)
        found = [Finding(UNREAD, self.codes[UNREAD].sentence, unread, recipients=everybody)] if unread else []
        if not weighed.found:
            return found
        evidence = tuple(Evidence(*reason) for reason in weighed.reasons())
        confirmed = await self._confirmed_recipients(mail)
        for code, one in concerned.items():
            if left := one.recipients - confirmed[code]:
                said = (SUSPECTED, _SUSPICION) if weighed.only_by_model else (code, one.summary)
                found.append(Finding(*said, (*one.evidence, *evidence), recipients=left))
        return found

    def _concerned(self, mail: Mail) -> Mapping[str, _Concerned]:
        """Return the codes that a commitment of this mail has, with the recipients of each."""
        to = unprotected_recipients(mail, self._directory)
        limits = self._signatories.limits(mail, (r.address for r in to if _is_outside(r)))
        concerned: dict[str, _Concerned] = {}
        if strangers := frozenset(one for one, limit in limits.items() if limit is None):
            concerned[MADE] = _Concerned(strangers, _SUMMARIES[MADE])
        bounded = {one: limit for one, limit in limits.items() if limit}
        if bounded:
            amounts = largest(_amounts(mail))
            over = {one: found for one, limit in bounded.items() if (found := exceeding(amounts, limit))}
            shown = sorted({amount for found in over.values() for amount in found})
            if over:
                allowed = sorted({Amount(*limit) for one in over for limit in bounded[one].items()})
                summary = f"{_SUMMARIES[LIMIT]} The sender's limit: {', '.join(map(str, allowed))}."
                evidence = tuple(Evidence("amount over the limit", str(one)) for one in shown)
                concerned[LIMIT] = _Concerned(frozenset(over), summary, evidence)
        return concerned

    async def _confirmed_recipients(self, mail: Mail) -> Mapping[str, frozenset[str]]:
        """Return for each code the recipients for whom the sender has confirmed the commitment.

        The mail itself is confirmed for all codes, its thread for all but the limit's.
        """
        own = (await confirmed_keys(_MAIL, mail)).by_recipient
        threads = thread_keys(mail, own)
        known = await self._confirmed.known({*own.values(), *(key for keys in threads.values() for key in keys)})
        this = frozenset(one for one, key in own.items() if key in known)
        return {MADE: this | {one for one, keys in threads.items() if keys & known}, LIMIT: this}

    async def confirmations(self, mail: Mail) -> Collection[str]:
        """Return the keys of what the sender confirms: this mail, and its thread towards those who are in it."""
        reached = [one.address for one in mail.envelope.recipients]
        visible = visible_addresses(mail.message)[:MAX_VISIBLE]
        return (await confirmed_keys(_MAIL, mail)).all | keys_to_confirm(mail, {*reached, *visible})


def _amounts(mail: Mail) -> Iterator[Amount]:
    """Yield the amounts in what the sender newly wrote."""
    for passage in within_limit(mail.message.view.of(*OWN)):  # signatures name a share capital, or a turnover
        plain = with_decimals(passage.text)
        searched = passage.folded.text if plain == passage.text else fold(plain).text
        yield from all_amounts(searched)


def _sentences(passages: Sequence[Passage]) -> Sequence[Passage]:
    """Return the passages without a subject of one word or two above a text: it only names the matter."""
    if all(one.kind != "new" for one in passages):
        return passages
    return [one for one in passages if one.kind != "subject" or len(_SUBJECT_WORDS.findall(one.text)) > MOST_NAMING]


def _is_outside(recipient: Recipient) -> bool:
    return recipient.direction == "outbound"


def _is_written(mail: Mail) -> bool:
    """Return whether a person of ours wrote the mail: no null sender, and nothing that a program sends on its own."""
    automatic = (mail.message.header("auto-submitted") or "no").partition(";")[0].strip().casefold() != "no"
    return bool(mail.envelope.mail_from) and not automatic
