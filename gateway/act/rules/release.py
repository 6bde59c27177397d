"""What the release of a held copy needs: one person or two, and whether somebody must have verified it.

By the configuration that runs, whatever it was when the message was held: `check` prints what it says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.remember.records import HeldCopy, Signature
from gateway.settings.chain.entries import FilterEntry

APPROVAL_LIMIT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Needs:
    """The strictest of what copies need that are released together."""

    verification: bool = False
    two_people: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    entries: Sequence[FilterEntry] = ()
    approvers: tuple[str, ...] = ()  # users that are named; root and the gateway's own user may approve too
    limit: timedelta = APPROVAL_LIMIT

    def of(self, copies: Iterable[HeldCopy]) -> Needs:
        held = [(entry, code, copy) for copy in copies for code in copy.codes for entry in self.entries_with(code)]
        return Needs(
            verification=any(entry.needs_verification(code) for entry, code, _ in held),
            two_people=any(e.action_for(code, c.direction).release == "two_people" for e, code, c in held),  # type: ignore[arg-type]
        )

    def sender_releases(self, codes: Collection[str], direction: str) -> bool:
        """Whether each of the codes that hold a copy leaves it to its sender; the gateway's own never do.

        Where a filter stands twice, every instance that looks after this direction has to.
        """
        return bool(codes) and all(self._leaves_to_sender(code, direction) for code in codes)

    def _leaves_to_sender(self, code: str, direction: str) -> bool:
        entries = [entry for entry in self.entries_with(code) if direction in entry.directions]
        return bool(entries) and all(e.action_for(code, direction).release == "sender" for e in entries)  # type: ignore[arg-type]

    def entries_with(self, code: str) -> Sequence[FilterEntry]:
        """Of all filters, those that are off too: what they held is held still."""
        return [entry for entry in self.entries if code in entry.actions]

    def since(self, now: datetime) -> datetime:
        """First signatures that are older count no more."""
        return now - self.limit

    def live(self, copy: HeldCopy, now: datetime) -> Signature | None:
        """The first signature, while the copy waits for the second."""
        signed = copy.signature if copy.state == "held" else None
        return signed if signed and signed.at >= self.since(now) else None
