"""Judges attachments and their contents by names, declared and true types, and by what could not be examined.

A name counts as bad if any form of it is bad. Octets are judged whatever the name says. The filter opens nothing
itself: the contents of archives and documents are among the message's parts, and defects note what was not opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import ClassVar

from filters.attachments.categories import Hit, Index
from filters.attachments.codes import CODES, ENCRYPTED, NEVER_BY_RECIPIENT, PASSWORD, REVIEWERS_ALLOW, of_defect
from filters.attachments.evidence import Gathered
from filters.attachments.passwords import Passwords
from filters.attachments.searched_texts import searched_texts
from filters.attachments.settings import AttachmentsSettings
from gateway.contract import BESIDE_ENCRYPTED, Codes, Direction, Finding, Mail, Mode, Organisation, Remark, Settings
from gateway.message import Message, Part, TimeSlices

#: The true type of all text that names its interpreter.
SCRIPT = "text/x-shellscript"

_INTERPRETER = re.compile(rb"#![ \t]*+/[A-Za-z0-9._+/-]{2,128}+[ \t\r\n]")
_TEXTS = ("text/", "application/javascript")

#: Texts and names of a message that are searched for a password if something in the message is encrypted. A letter and
#: its attachments have fewer.
MAX_TEXTS = 200

_PASSWORD_TOLD = "An attachment is encrypted, and its password stands in the same message."  # noqa: S105 - a sentence


class Attachments:
    """Filter for names, declared types and true types of all parts, of nested messages and unpacked parts too."""

    name: ClassVar[str] = "attachments"
    Settings: ClassVar[type[Settings]] = AttachmentsSettings
    codes: ClassVar[Codes] = CODES
    amends: ClassVar[frozenset[str]] = frozenset(CODES)
    reviewers_allow: ClassVar[frozenset[str]] = REVIEWERS_ALLOW
    never_by_recipient: ClassVar[Mapping[str, str]] = NEVER_BY_RECIPIENT
    shipped_mode: ClassVar[Mode] = "enforce"
    #: A password may stand in a document beside the archive.
    reads_text: ClassVar[str] = BESIDE_ENCRYPTED
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound", "internal")

    def __init__(self, settings: AttachmentsSettings, organisation: Organisation) -> None:
        self._index = Index(settings.looked_for)
        self._passwords = Passwords(settings.password_words, settings.not_passwords)
        self._notice = settings.template(organisation.contact)

    @staticmethod
    def remarks(settings: AttachmentsSettings, domains: Sequence[str], today: date) -> Iterable[Remark]:
        """Remark that the filter blocks no kind of file by name or type."""
        if not settings.block:
            yield Remark(("block",), "attachments blocks nothing: executables, scripts and the like pass")

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """Return one finding for each code of a part and of all parts that came out of it."""
        gathered: dict[str, Gathered] = {}
        slices = TimeSlices()
        for part in mail.message.parts:
            await slices.pause()
            for hit in self._hits(part, mail.message):
                of = gathered.get(part.carrier) or gathered.setdefault(part.carrier, _gathered(part, mail.message))
                of.add(hit, part.path)
        self._add_password(mail.message, [one for one in gathered.values() if ENCRYPTED in one])
        return [finding for one in gathered.values() for finding in one.findings(self._notice)]

    def _hits(self, part: Part, message: Message) -> Iterator[Hit]:
        yield from self._named(part)
        yield from self._index.of_declared(part.content_type)
        if part.true_type and not _is_text_again(part, message):
            true_type = SCRIPT if is_script(part) else part.true_type
            yield from self._index.of_true(true_type, inside=part.path != part.carrier)
        yield from _undone(part)

    def _named(self, part: Part) -> Iterator[Hit]:
        """Yield hits for every form of every name.

        Folders and some extensions count only inside archives, others only outside.
        """
        for name, forms in part.name_forms.items():
            if name in part.given_names:
                is_folder = name.endswith(("/", "\\")) and not part.body
                yield from self._index.of_member(name, forms, is_folder=is_folder)
            else:
                yield from self._index.of_name(name, forms)

    def _add_password(self, message: Message, encrypted: Sequence[Gathered]) -> None:
        if not encrypted:
            return
        for one in islice(searched_texts(message), MAX_TEXTS):
            passage = self._passwords.named(one.text) if one.is_name else self._passwords.given(one.text)
            if passage or (one.name and self._passwords.is_alone(one.name, one.text)):
                hit = Hit(PASSWORD, _PASSWORD_TOLD, f"password in the {one.where}", passage or one.text.strip())
                encrypted[0].add(hit, one.part)
                return


def _gathered(part: Part, message: Message) -> Gathered:
    return Gathered(message.part(part.carrier) or part)


def _undone(part: Part) -> Iterator[Hit]:
    """Yield hits for defects of the content, and for content that was not examined."""
    for defect in part.defects:
        if ours := of_defect(defect.code):
            yield Hit(*ours, "limit" if "limit" in defect.code else "content", defect.what)


def _is_text_again(part: Part, message: Message) -> bool:
    """Return whether a part is another reading of a body text, and a text too: nobody opens such a part as a file."""
    whole, reading, _ = part.path.rpartition("/(")
    around = message.part(whole) if reading else None
    return around is not None and around.is_body_text and part.true_type.startswith(_TEXTS)


def is_script(part: Part) -> bool:
    """Return whether a text names its interpreter ("#!/usr/bin/perl"), or other content does so by a path.

    Installers for Unix are such other content. libmagic only guesses a script's language, and takes documentation that
    quotes code for code too: of 249 Markdown files 51 were "application/javascript". AMR sound starts with "#!" as
    well, and is no text.
    """
    if not part.decoded.startswith(b"#!"):
        return False
    return part.true_type.startswith(_TEXTS) or _INTERPRETER.match(part.decoded) is not None
