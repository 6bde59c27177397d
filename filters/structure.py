"""Finds defects in the structure of a message: ambiguities between mail programs, and content that was not read.

The filter inspects no octets itself. Parser, decoders and openers have noted the defects on the parts, and the table
`STRUCTURE_DEFECTS` gives the class of each. `attachments` judges the type and the content of a part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from gateway.contract import DIRECTIONS, Code, Codes, Direction, Evidence, Finding, Mail, Mode, Settings
from gateway.message import STRUCTURE_DEFECTS, Defect, Message, Part, TimeSlices

#: Pieces of evidence in one finding: a reviewer reads a screen, and a message may hold thousands of defects.
EVIDENCE_PIECES = 20

#: Octets of the line with the defect that are quoted: the length that RFC 5322 2.1.1 asks lines to keep to.
QUOTED_BYTES = 78

_REST_OF_LINE = re.compile(rb"[^\r\n]{0,%d}" % QUOTED_BYTES)

AMBIGUOUS = "structure.ambiguous"

#: class of a defect -> code.
_CODES = {
    "ambiguous": AMBIGUOUS,
    "malformed": "structure.malformed",
    "limit": "structure.limit",
}

_SUMMARIES = {
    "structure.ambiguous": (
        "The message is put together in such a way that one mail program may show something else than another."
    ),
    "structure.malformed": "The message breaks a rule for how e-mail is written, without changing what people see.",
    "structure.limit": "The message could not be read completely: something in it is too large or nested too deeply.",
}


class StructureSettings(Settings):
    """Settings of `structure`: it has none of its own."""


class Structure:
    """Filter for defects of all parts, including parts of nested messages and unpacked parts."""

    name: ClassVar[str] = "structure"
    Settings: ClassVar[type[Settings]] = StructureSettings
    codes: ClassVar[Codes] = {
        "structure.ambiguous": Code("security.viruses", "quarantine", _SUMMARIES["structure.ambiguous"]),
        "structure.limit": Code("security.viruses", "quarantine", _SUMMARIES["structure.limit"]),
        "structure.malformed": Code("security.viruses", "log", _SUMMARIES["structure.malformed"]),
    }
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    def __init__(self, settings: StructureSettings) -> None:
        pass

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """Return one finding for each class of defects."""
        found: dict[str, list[tuple[Part, Defect]]] = {}
        slices = TimeSlices()
        for part in mail.message.parts:
            await slices.pause()
            for defect in part.defects:
                code = _CODES.get(STRUCTURE_DEFECTS.get(defect.code, ""))
                if code and not (part.is_quoted and code == AMBIGUOUS):
                    found.setdefault(code, []).append((part, defect))
        return [_finding(mail.message, code, found[code]) for code in self.codes if code in found]


def _finding(message: Message, code: str, found: Sequence[tuple[Part, Defect]]) -> Finding:
    shown = _each_kind_first(found)[:EVIDENCE_PIECES]
    evidence = tuple(_evidence(message, part, defect) for part, defect in shown)
    return Finding(code, _SUMMARIES[code], evidence=evidence, part=evidence[0].part)


def _each_kind_first(found: Sequence[tuple[Part, Defect]]) -> list[tuple[Part, Defect]]:
    """Return the first defect of each code, then the others.

    The evidence is cut off, and many defects of one code must not push out the only defect of another.
    """
    firsts: dict[str, int] = {}
    for number, (_, defect) in enumerate(found):
        firsts.setdefault(defect.code, number)
    chosen = set(firsts.values())
    return [found[n] for n in sorted(chosen)] + [one for n, one in enumerate(found) if n not in chosen]


def _evidence(message: Message, part: Part, defect: Defect) -> Evidence:
    """Return the defect's sentence, with the line that holds the defect if that line is in the message itself."""
    if part.raw is not message.raw:
        return Evidence(defect.what, part=part.path)
    line = _REST_OF_LINE.match(message.raw, defect.offset)
    quote = line[0] if line else b""
    return Evidence(defect.what, _printable(quote), part.path, (defect.offset, defect.offset + len(quote)))


def _printable(octets: bytes) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in octets.decode("utf-8", "replace"))
