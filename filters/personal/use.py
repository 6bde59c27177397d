"""Counts of a person's labelled mail to outside: in working time, in number and in size, in sliding windows.

The store keeps the counters under keyed hashes of the address. Each mail counts once, however often its client repeats
it. A single mail is never a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from filters.personal.codes import HOURS, SIZE, VOLUME
from filters.personal.settings import PersonalSettings
from gateway.contract import Counters, Evidence, Finding, KeyedHash, Mail

_SUMMARIES = {
    HOURS: "More personal mail went out in working time than is fine.",
    VOLUME: "More personal mail went out than is fine.",
    SIZE: "The personal mail that went out is larger in all than is fine.",
}


@dataclass(frozen=True, slots=True)
class Window:
    """One of the two time windows in which everything is counted."""

    called: str
    length: timedelta


DAY, WEEK = Window("24 hours", timedelta(days=1)), Window("7 days", timedelta(days=7))
WINDOWS = (DAY, WEEK)


class Use:
    def __init__(self, settings: PersonalSettings, counters: Counters, keyed_hash: KeyedHash) -> None:
        self._counters = counters
        self._keyed_hash = keyed_hash
        self._fine = {
            HOURS: (settings.working_time_per_day, settings.working_time_per_week),
            VOLUME: (settings.mails_per_day, settings.mails_per_week),
            SIZE: (settings.per_day_bytes, settings.per_week_bytes),
        }

    async def findings(self, mail: Mail, person: str, *, working: bool, to: frozenset[str]) -> list[Finding]:
        """Count this mail of the person (an address key), and return a finding for each limit that is exceeded."""
        mails = await self._totals(VOLUME, person, mail, 1)
        octets = await self._totals(SIZE, person, mail, len(mail.message.raw))
        found = [*self._more(VOLUME, mails, mails, to)]
        found += self._more(SIZE, octets, mails, to)
        if working:
            in_time = await self._totals(HOURS, person, mail, 1)
            found += self._more(HOURS, in_time, in_time, to)
        return found

    async def _totals(self, code: str, person: str, mail: Mail, amount: int) -> list[int]:
        """Return the totals of each window, this mail included. A second `once` of the same mail adds nothing."""
        key, once = f"{code}:{self._keyed_hash.digest(person)}", mail.key or mail.id
        at = mail.received_at
        return [await self._counters.add(key, amount, at, once, at - window.length) for window in WINDOWS]

    def _more(self, code: str, totals: Sequence[int], mails: Sequence[int], to: frozenset[str]) -> Iterator[Finding]:
        """Yield at most one finding, and none while this mail is the only one in its windows."""
        evidence = tuple(
            Evidence(f"in {window.called}", f"{total}; {fine} is fine")
            for window, total, fine, several in zip(WINDOWS, totals, self._fine[code], mails, strict=True)
            if total > fine and several > 1
        )
        if evidence:
            yield Finding(code, _SUMMARIES[code], evidence, recipients=to)
