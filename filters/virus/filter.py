"""Has the scanner look at a message, and reports signatures found and contents that could not be scanned.

The filter never edits, and calls nothing clean that was not scanned. The table `_CODES` gives the code for a
signature's name; `scanned_contents` lists what the scanner is shown.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import ClassVar

from filters.virus.scanned_contents import Content, Withheld, contents
from filters.virus.settings import VirusSettings
from gateway.contract import (
    ON_ERROR,
    Code,
    Codes,
    Direction,
    Evidence,
    Finding,
    Mail,
    Mode,
    Scan,
    Scanner,
    ScannerTooLarge,
    ScannerUnavailable,
    Settings,
    Unreachable,
)
from gateway.message import Message

#: Scans for one message. A newsletter with a hundred pictures needs some more than a hundred. Each scan takes about a
#: millisecond, and all filters together have 60 s.
MAX_SCANS = 500
#: Scans of one message at a time: nearly all mail is scanned at once, and waits for the scanner once.
SCANS_AT_A_TIME = 4

WITHHELD = "a container that exceeds what may be spent on opening it"

_SUMMARIES = {
    "virus.found": "A virus or a test virus was found in the message.",
    "virus.heuristic": "The virus scanner found something suspicious or unwanted in the message.",
    "virus.limits": "The message could not be scanned completely for viruses: something in it exceeds a limit.",
    "virus.encrypted": "Something in the message is encrypted and could not be scanned for viruses.",
    "virus.unavailable": "The message could not be scanned for viruses at the moment.",
    "virus.too_large": "The message is too large to be scanned for viruses.",
}

#: Beginning of a signature's name -> code. The first that fits counts; without one the code is `virus.found`.
_CODES = (
    ("Heuristics.Limits.", "virus.limits"),
    ("Heuristics.Encrypted.", "virus.encrypted"),
    ("Heuristics.", "virus.heuristic"),
    ("PUA.", "virus.heuristic"),
)

_Outcome = Scan | ScannerUnavailable | ScannerTooLarge

UNPROVEN = (
    "The virus scanner gives no answer: start clamd ({}). Until it answers, mail waits with its senders (451), or "
    "goes as the filter's `on_error` says. Nor is it known whether it reports what it does not scan."
)


class Virus:
    """Filter that scans every decoded part by itself, and every message in a copy without the bodies of these parts."""

    name: ClassVar[str] = "virus"
    Settings: ClassVar[type[Settings]] = VirusSettings
    codes: ClassVar[Codes] = {
        "virus.found": Code("security.viruses", "quarantine", _SUMMARIES["virus.found"]),
        "virus.heuristic": Code("security.viruses", "quarantine", _SUMMARIES["virus.heuristic"]),
        "virus.limits": Code("security.viruses", "quarantine", _SUMMARIES["virus.limits"]),
        "virus.encrypted": Code(
            "security.viruses",
            {"inbound": "tag", "outbound": "log", "internal": "log"},
            _SUMMARIES["virus.encrypted"],
        ),
        "virus.unavailable": Code("security.viruses", ON_ERROR, _SUMMARIES["virus.unavailable"]),
        "virus.too_large": Code("security.viruses", "quarantine", _SUMMARIES["virus.too_large"]),
    }
    never_by_recipient: ClassVar[Mapping[str, str]] = dict.fromkeys(
        codes, "there is a virus in it, or nobody could look for one"
    )
    unguarded: ClassVar[str] = "nothing looks for viruses"
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound", "internal")

    def __init__(self, settings: VirusSettings, scanner: Scanner) -> None:
        self._scanner = scanner

    async def start(self) -> str | None:
        """Return a sentence for each doubt about the scanner, or None if there is no doubt.

        The scanner must report what it does not scan, and must have signatures. If it gives no answer, the sentence is
        an `Unreachable`.
        """
        try:
            doubts = [await self._scanner.unarmed(), await self._scanner.blind()]
            return " ".join(filter(None, doubts)) or None
        except (ScannerUnavailable, ScannerTooLarge) as error:
            return Unreachable(UNPROVEN.format(error))

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """Return findings for signatures, and for contents that clamd did not scan: too large, away or too slow."""
        evidence: defaultdict[str, list[Evidence]] = defaultdict(list)
        waiting = _to_scan(mail.message, evidence)
        while several := list(islice(waiting, SCANS_AT_A_TIME)):
            outcomes = await asyncio.gather(*(self._scan(one, mail.client.network) for one in several))
            for one, outcome in zip(several, outcomes, strict=True):
                for code, seen in _evidence(outcome, one.part):
                    evidence[code].append(seen)
            if "virus.unavailable" in evidence:
                break  # the other parts would only wait for it as well
        return [
            Finding(code, _SUMMARIES[code], evidence=tuple(found), part=_carrier(found[0].part))
            for code, found in evidence.items()
        ]

    async def _scan(self, one: Content, client: str) -> _Outcome:
        """Return the outcome for one content.

        A leaf's clean verdict may be known already; copies of messages are new each time.
        """
        scan = self._scanner.scan_leaf if one.is_leaf else self._scanner.scan
        try:
            return await scan(one.octets, client=client)
        except (ScannerUnavailable, ScannerTooLarge) as error:
            return error


def _to_scan(message: Message, evidence: defaultdict[str, list[Evidence]]) -> Iterator[Content]:
    """Yield each content once, MAX_SCANS at most; what is left out is noted as evidence."""
    known: set[bytes] = set()
    for one in contents(message):
        if isinstance(one, Withheld):
            evidence["virus.limits"].append(Evidence("limit", WITHHELD, one.part))
        elif one.octets not in known and len(known) == MAX_SCANS:
            left = f"more than {MAX_SCANS} parts that have to be scanned"
            evidence["virus.limits"].append(Evidence("limit", left, one.part))
            break
        elif one.octets not in known:
            known.add(one.octets)
            yield one


def _evidence(outcome: _Outcome, part: str | None) -> Iterator[tuple[str, Evidence]]:
    """Yield what a scan found in a part, or why there was none, each with the code."""
    match outcome:
        case ScannerUnavailable():
            yield "virus.unavailable", Evidence("scanner", str(outcome), part)
        case ScannerTooLarge():
            yield "virus.too_large", Evidence("scanner", str(outcome), part)
        case _:
            yield from ((code_of(name), Evidence("signature", name, part)) for name in outcome.names)


def _carrier(path: str | None) -> str | None:
    """Return the path of the part of the message itself that a path leads into."""
    return path.partition("/")[0] if path else None


def code_of(signature: str) -> str:
    """Return the code for a signature's name; a ".UNOFFICIAL" that clamd appends makes no difference."""
    return next((code for start, code in _CODES if signature.startswith(start)), "virus.found")
