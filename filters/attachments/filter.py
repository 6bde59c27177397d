"""Looks at attachments: what their names end in, what type they claim, and what their octets are.

A name is bad if any reading of it is; octets are judged whatever the name says. It opens no container but zip, whose
members' names it reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import ClassVar

from filters.attachments.categories import CODES, UNINSPECTABLE, Hit, Index
from filters.attachments.settings import AttachmentsSettings
from gateway.contract import (
    Codes,
    Direction,
    Evidence,
    Finding,
    Mail,
    Mode,
    Part,
    ReplacePart,
    Settings,
    TrueType,
    zip_listing,
)

#: Characters of a file name that are quoted: as many as a file system allows.
QUOTED_CHARACTERS = 255

#: Pieces of evidence in one finding: a reviewer reads a screen, and a zip file may hold 65,535 names.
EVIDENCE_PIECES = 20

#: Above this an attachment is searched for names of archive members in a thread: made up ones take a second.
IN_THREAD_BYTES = 64 * 1024

#: Octets that no text in a message body has: controls but for HT, LF, FF, CR and ESC (of ISO 2022).
_CONTROLS = bytes(octet for octet in range(32) if octet not in b"\t\n\x0c\r\x1b")

#: The true type of all text that names its interpreter.
SCRIPT = "text/x-shellscript"

_UNREAD = "An attachment could not be examined, so it is not known what it is."


class Attachments:
    """Names, declared types and true types of all parts, those of nested messages included."""

    name: ClassVar[str] = "attachments"
    Settings: ClassVar[type[Settings]] = AttachmentsSettings
    codes: ClassVar[Codes] = CODES
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound", "internal")

    def __init__(self, settings: AttachmentsSettings, true_type: TrueType) -> None:
        self._index = Index(settings.looked_for)
        self._true_type = true_type
        self._notice = settings.template

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """One finding for each part and code."""
        findings: list[Finding] = []
        for part in mail.message.parts:
            hits = [*self._named(part), *await self._shown(part), *_unread(part)]
            if hits:
                findings += self._findings(part, hits)
        return findings

    def _named(self, part: Part) -> Iterator[Hit]:
        """What the header says: names and Content-Type."""
        for name in part.names:
            yield from self._index.of_name(name)
        yield from self._index.of_declared(part.content_type)

    async def _shown(self, part: Part) -> Sequence[Hit]:
        """What the octets show; of a zip file, the names inside it too."""
        if not part.is_leaf or is_body_text(part):
            return ()
        content = part.decoded
        inside = await self._inside(content)
        try:
            true_type = await self._true_type.of(content)
            return [*self._index.of_true(SCRIPT if is_script(content, true_type) else true_type), *inside]
        except ValueError as error:  # the content's fault: a retry would end the same way
            return [*inside, Hit(UNINSPECTABLE, _UNREAD, "true type", str(error))]

    async def _inside(self, content: bytes) -> list[Hit]:
        """By the names inside an archive."""
        if len(content) <= IN_THREAD_BYTES:
            return list(self._members(content))
        return await asyncio.to_thread(lambda: list(self._members(content)))

    def _members(self, content: bytes) -> Iterator[Hit]:
        listing = zip_listing(content)
        for name in listing.names:
            yield from self._index.of_member(name)
        if not listing.complete:
            yield Hit(UNINSPECTABLE, _UNREAD, "limit", f"more names in an archive than the first {len(listing.names)}")

    def _findings(self, part: Part, hits: Sequence[Hit]) -> Iterator[Finding]:
        by_code: dict[str, list[Hit]] = {}
        for hit in hits:
            by_code.setdefault(hit.code, []).append(hit)
        edit = ReplacePart(part.path, self._removed(part, [found[0] for found in by_code.values()]))
        for code, found in by_code.items():
            evidence = tuple(Evidence(h.what, h.quote[:QUOTED_CHARACTERS], part.path) for h in found[:EVIDENCE_PIECES])
            yield Finding(code, found[0].summary, evidence=evidence, part=part.path, edits=(edit,))

    def _removed(self, part: Part, hits: Sequence[Hit]) -> str:
        """The notice in the attachment's place; one for all findings of a part, so that they agree on the edit."""
        return self._notice.render(
            file=printable(part.names[0]) if part.names else "(without a name)",
            reason=" ".join(hit.summary for hit in hits),
            clause=", ".join(dict.fromkeys(CODES[hit.code][0] for hit in hits)),
        )


def is_body_text(part: Part) -> bool:
    """Whether a part is the message's own text: nameless plain text or HTML, not sent as an attachment.

    Its true type is not asked for: nobody opens a body as a file, and one that quotes a script would be taken for it.
    Octets that no text has make it an attachment all the same.
    """
    if part.content_type not in {"text/plain", "text/html"} or part.names or part.disposition == "attachment":
        return False
    content = part.decoded
    return len(content.translate(None, _CONTROLS)) == len(content)


def is_script(content: bytes, true_type: str) -> bool:
    """Whether text names its interpreter ("#!/usr/bin/perl").

    Which language it is libmagic only guesses, and it takes documentation that quotes code for code too: of 249
    Markdown files 51 were "application/javascript". AMR sound starts with "#!" as well, and is no text.
    """
    return content.startswith(b"#!") and true_type.startswith(("text/", "application/javascript"))


def printable(name: str) -> str:
    """A file name for a line of text: no controls, no marks that turn the writing direction, not endless."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:QUOTED_CHARACTERS])


def _unread(part: Part) -> Iterator[Hit]:
    """What the parser left out at one of its limits was not looked at."""
    for defect in part.defects:
        if defect.code.startswith("limit."):
            yield Hit(UNINSPECTABLE, _UNREAD, "limit", defect.what)
