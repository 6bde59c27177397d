"""Finds mail in which our side binds itself, from people who may not do so, or not to this amount.

The words find acceptances, orders, guarantees, waivers, settlements, admissions, grants and job offers in what the
sender newly wrote to somebody outside. Quotations are the other side's words, and are not read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from filters.commitment.amounts import MAX_CHARACTERS, Amount, amounts_alone, amounts_in, largest, with_decimals
from filters.commitment.settings import SIGNATORIES, CommitmentSettings
from filters.commitment.signatories import Signatories, exceeding
from filters.commitment.thread import mail_key, thread_keys
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
    Settings,
    is_protected,
)
from gateway.matching import OWN, LanguageModel, TextRule
from gateway.message import fold

MADE = "commitment.made"
LIMIT = "commitment.limit"

_SUMMARIES: Mapping[str, str] = {
    MADE: "The message seems to bind the organisation: it accepts, orders, promises, waives or admits something. "
    'If you may not do so, let a signatory send it, or write "subject to contract".',
    LIMIT: "The message seems to bind the organisation to more than its sender may agree to alone. Let somebody send "
    'it who may, or write "subject to contract".',
}


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
    }
    release_by_sender: ClassVar[frozenset[str]] = frozenset({MADE, LIMIT})
    reminders: ClassVar[Mapping[str, str]] = dict.fromkeys(codes, "commitment")
    groups: ClassVar[frozenset[str]] = frozenset({PROTECTED, SIGNATORIES})
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

    async def check(self, mail: Mail) -> Sequence[Finding]:
        concerned = self._concerned(mail)
        if not concerned or not _is_written(mail) or is_protected(mail, self._directory):
            return []
        weighed = await self._rule.weigh(mail.message)
        if not weighed.found:
            return []
        waived = await self._confirmed_codes(mail)
        evidence = tuple(Evidence(*reason) for reason in weighed.reasons())
        return [
            Finding(code, _SUMMARIES[code], (*beside, *evidence), recipients=recipients)
            for code, (recipients, beside) in concerned.items()
            if code not in waived
        ]

    def _concerned(self, mail: Mail) -> Mapping[str, tuple[frozenset[str], Sequence[Evidence]]]:
        """Return the codes that a commitment of this mail has, with the recipients and the evidence of each."""
        limits = self._signatories.limits(mail, (r.address for r in mail.envelope.recipients if _is_outside(r)))
        concerned: dict[str, tuple[frozenset[str], Sequence[Evidence]]] = {}
        if strangers := frozenset(one for one, limit in limits.items() if limit is None):
            concerned[MADE] = strangers, ()
        bounded = {one: limit for one, limit in limits.items() if limit}
        if bounded:
            amounts = largest(_amounts(mail))
            over = {one: found for one, limit in bounded.items() if (found := exceeding(amounts, limit))}
            shown = sorted({amount for found in over.values() for amount in found})
            if over:
                concerned[LIMIT] = frozenset(over), [Evidence("amount over the limit", str(one)) for one in shown]
        return concerned

    async def _confirmed_codes(self, mail: Mail) -> Collection[str]:
        """Return the codes that the sender has confirmed: all for this mail; in its thread, all but the limit's."""
        mine, thread = mail_key(mail), thread_keys(mail)
        known = await self._confirmed.known({mine, *thread})
        return self.codes if mine in known else {MADE} if known else set()

    async def confirmations(self, mail: Mail) -> Collection[str]:
        """Return the keys of what the sender confirms: this mail, and the thread."""
        return {mail_key(mail), *thread_keys(mail)}


def _amounts(mail: Mail) -> Iterator[Amount]:
    """Yield the amounts in what the sender newly wrote: in the beginning of it, where it is long."""
    left = MAX_CHARACTERS
    for passage in mail.message.view.of(*OWN):
        if left <= 0:
            return
        text = passage.text[:left]
        left -= len(text)
        plain = with_decimals(text)
        searched = passage.folded.text if plain == passage.text else fold(plain).text
        yield from amounts_in(searched)
        yield from amounts_alone(searched)


def _is_outside(recipient: Recipient) -> bool:
    return recipient.direction == "outbound"


def _is_written(mail: Mail) -> bool:
    """Return whether a person of ours wrote the mail: no null sender, and nothing that a program sends on its own."""
    automatic = (mail.message.header("auto-submitted") or "no").partition(";")[0].strip().casefold() != "no"
    return bool(mail.envelope.mail_from) and not automatic
