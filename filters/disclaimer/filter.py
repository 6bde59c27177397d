"""Adds the organisation's disclaimer to outgoing mail: once, where a person expects it, in every form of the text.

Signed, encrypted and broken messages are never edited; `fallback` decides about them. Automatic replies, which carry
the null reverse-path, and reports about other messages get no disclaimer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from email.utils import getaddresses
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from filters.disclaimer.body_texts import Body, body_of, unseen
from filters.disclaimer.choice import Facts, first_match
from filters.disclaimer.marker import DisclaimerSigns, disclaimer_signs, marked
from filters.disclaimer.remarks import remarks
from filters.disclaimer.settings import DisclaimerSettings
from filters.disclaimer.templates import Sender, as_html, sender_of, template
from gateway.contract import (
    Clock,
    Code,
    Codes,
    Direction,
    Directory,
    Evidence,
    Finding,
    KeyedHash,
    Mail,
    Mode,
    Organisation,
    Settings,
)
from gateway.message import AddText, Edit, InsertText, Part, Wrap

ADDED = "disclaimer.added"
SKIPPED = "disclaimer.skipped"
IMPOSSIBLE = "disclaimer.impossible"

#: Octets of a message above which its text is read in a thread, so that other messages don't wait for it.
IN_THREAD_BYTES = 256 * 1024

#: Senders whose addresses and filled disclaimers are cached.
_SENDERS_KEPT = 1_000

_SUMMARIES = {
    ADDED: "The standard disclaimer is added.",
    SKIPPED: "The standard disclaimer is not added: {}.",
    IMPOSSIBLE: "The standard disclaimer can't be added: {}.",
}


class Wording:
    """One disclaimer: its templates, filled in for a sender."""

    def __init__(self, name: str, text: str, html: str | None, organisation: Organisation, mark: str) -> None:
        self.name = name
        self._organisation = organisation
        self._mark = mark
        self._text = template(text, html=False)
        self._html = None if html is None else template(html, html=True)
        self.filled = lru_cache(_SENDERS_KEPT)(self._filled)
        self.known: DisclaimerSigns = disclaimer_signs(mark, self._bare)

    def _bare(self, sender: Sender) -> tuple[str, str]:
        text = self._text(sender, self._organisation)
        return text, as_html(text) if self._html is None else self._html(sender, self._organisation)

    def _filled(self, sender: Sender) -> tuple[str, str]:
        """Return the disclaimer in plain text and in HTML."""
        text, html = self._bare(sender)
        return text, marked(html, self._mark)


class Disclaimer:
    """The standard disclaimer, in text and HTML, on every message that leaves."""

    name: ClassVar[str] = "disclaimer"
    Settings: ClassVar[type[Settings]] = DisclaimerSettings
    codes: ClassVar[Codes] = {
        ADDED: Code("email.disclaimer", "amend", _SUMMARIES[ADDED]),
        SKIPPED: Code(
            "email.disclaimer",
            "log",
            "The standard disclaimer is not added: the message must not be edited, or is no letter.",
        ),
        IMPOSSIBLE: Code("email.disclaimer", "reject", "The standard disclaimer can't be added to the message."),
    }
    amends: ClassVar[frozenset[str]] = frozenset({ADDED})
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("outbound",)
    remarks = staticmethod(remarks)

    def __init__(
        self,
        settings: DisclaimerSettings,
        clock: Clock,
        directory: Directory,
        organisation: Organisation,
        keyed_hash: KeyedHash,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._directory = directory
        self._zone = ZoneInfo(organisation.timezone)
        self._wordings = _wordings(settings, organisation, keyed_hash)

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """Return one finding for each wording that some recipients get, or one that gives the reason for none."""
        if not mail.envelope.mail_from:
            return ()
        if len(mail.message.raw) > IN_THREAD_BYTES:
            return await asyncio.to_thread(self._findings, mail)
        return self._findings(mail)

    def _findings(self, mail: Mail) -> Sequence[Finding]:
        body = body_of(mail.message)
        if body.kind == "text":
            body = unseen(body, self._settings.place) or body
        if body.kind == "other":
            return (_finding(SKIPPED, body),)
        if body.kind in ("sealed", "broken") and self._settings.fallback != "wrap":
            return (_finding(IMPOSSIBLE if self._settings.fallback == "reject" else SKIPPED, body),)
        return self._additions(mail, body)

    def _additions(self, mail: Mail, body: Body) -> list[Finding]:
        """Return a finding for each wording that the body lacks, with its edits (gateway/message/edits makes them)."""
        address = author(mail, self._directory)
        sender = sender_of(self._directory.person(address), address)
        found = []
        chosen = self._chosen(mail, address)
        for wording, recipients in chosen.items():
            if edits := self._edits(body, wording, sender):
                only = frozenset(recipients) if len(chosen) > 1 else None
                evidence = Evidence("template", wording.name)
                found.append(Finding(ADDED, _SUMMARIES[ADDED], (evidence,), recipients=only, edits=edits))
        return found

    def _chosen(self, mail: Mail, address: str) -> Mapping[Wording, list[str]]:
        today = self._clock.now().astimezone(self._zone).date()
        facts = Facts(address, self._directory.groups(address), mail.labels, today)
        rules = self._settings.rules
        otherwise = len(rules) if "personal" in mail.labels else len(rules) + 1
        chosen: dict[Wording, list[str]] = {}
        for recipient in mail.envelope.recipients:
            number = first_match(rules, facts, recipient)
            wording = self._wordings[otherwise if number is None else number]
            chosen.setdefault(wording, []).append(recipient.address)
        return chosen

    # --- edits -------------------------------------------------------------------------------------------------------

    def _edits(self, body: Body, wording: Wording, sender: Sender) -> tuple[Edit, ...]:
        text, html = wording.filled(sender)
        if not text:
            return ()
        if body.kind == "none":
            return (AddText(text),)
        if body.kind != "text":
            return (Wrap(text, html),)
        place = self._settings.place
        placed = {"top": f"{text}\n\n", "end": f"\n{text}\n"}.get(place, text)
        parts = [part for part in body.parts if not self._is_there(part, wording)]
        return tuple(
            InsertText(part.path, place, "", html)
            if part.content_type == "text/html"
            else InsertText(part.path, place, placed, "")
            for part in parts
        )

    def _is_there(self, part: Part, wording: Wording) -> bool:
        once = self._settings.once_per_thread
        return once != "never" and wording.known.is_in(part, quoted=once == "thread")


def author(mail: Mail, directory: Directory) -> str:
    """Return the author's address: the one address in `From:` if it is ours, else the reverse-path."""
    addresses = _addresses(tuple(mail.message.all("from")))
    return addresses[0] if len(addresses) == 1 and directory.is_ours(addresses[0]) else mail.envelope.mail_from


@lru_cache(_SENDERS_KEPT)
def _addresses(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(address for _, address in getaddresses(fields))


def _finding(code: str, body: Body) -> Finding:
    path = body.parts[0].path if body.parts else None
    return Finding(code, _SUMMARIES[code].format(body.why), (Evidence("reason", body.why, path),), part=path)


def _wordings(settings: DisclaimerSettings, organisation: Organisation, keyed_hash: KeyedHash) -> tuple[Wording, ...]:
    """Return the wordings of the rules, then the personal wording, then the standard wording.

    The mark depends on the wording's name and not on its text, so that it is recognised after the text has changed.
    """
    texts = [(f"rule {number}", rule.text, rule.html) for number, rule in enumerate(settings.rules, 1)]
    texts.append(("personal", settings.personal_text, settings.personal_html))
    texts.append(("standard", settings.text, settings.html))
    return tuple(
        Wording(name, text, html, organisation, keyed_hash.digest(f"disclaimer {name}")) for name, text, html in texts
    )
