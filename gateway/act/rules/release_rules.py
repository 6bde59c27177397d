"""The rules of who may release a held message: one person or two, its sender or recipient, verified by somebody or not.

The configuration that runs decides, not that of the time when the message was held; `check` prints these rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.contract import Notices
from gateway.remember.records import HeldCopy, HeldMessage, Signature
from gateway.settings.chain.entries import FilterEntry, Notify, Release


@dataclass(frozen=True, slots=True)
class ReleaseNeeds:
    """The strictest needs among copies that are released together."""

    verification: bool = False
    two_people: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """Rules of the running configuration on who may release a held message: how many people, or its sender alone."""

    entries: Sequence[FilterEntry]
    approvers: tuple[str, ...]  # named users; root and the gateway's own user may approve too
    limit: timedelta

    def of(self, copies: Iterable[HeldCopy]) -> ReleaseNeeds:
        """Return what the release of these copies of one message needs."""
        held = [(entry, code, copy) for copy in copies for code in copy.codes for entry in self.entries_with(code)]
        return ReleaseNeeds(
            verification=any(entry.needs_verification(code) for entry, code, _ in held),
            two_people=any(e.action_for(code, c.direction).release == "two_people" for e, code, c in held),  # type: ignore[arg-type]
        )

    def sender_releases(self, codes: Collection[str], direction: str) -> bool:
        """Return whether every code that holds a copy leaves it to its sender; the gateway's own codes never do.

        Where a filter stands in the chain twice, every instance for this direction has to leave it.
        """
        return bool(codes) and all(self._leaves_to("sender", code, direction) for code in codes)

    def recipient_releases(self, codes: Collection[str], direction: str) -> bool:
        """Return whether every code that holds a copy leaves it to its recipient, as `sender_releases`."""
        return bool(codes) and all(self._leaves_to("recipient", code, direction) for code in codes)

    def _leaves_to(self, whose: Release, code: str, direction: str) -> bool:
        entries = [entry for entry in self.entries_with(code) if direction in entry.directions]
        return bool(entries) and all(e.action_for(code, direction).release == whose for e in entries)  # type: ignore[arg-type]

    def notifies(self, whom: Notify, codes: Collection[str], direction: str) -> bool:
        """Return whether one of the codes that hold a copy notifies this person by the configuration."""
        entries = [(entry, code) for code in codes for entry in self.entries_with(code)]
        return any(whom in (entry.action_for(code, direction).notify or ()) for entry, code in entries)  # type: ignore[arg-type]

    def is_masked(self, held: HeldMessage) -> bool:
        """Return whether a filter has a notice of its own about the message: notices then leave numbers out."""
        codes = {*held.codes, *(code for copy in held.copies for code in copy.codes)}
        entries = ((entry.cls, code) for code in codes for entry in self.entries_with(code))
        return any(isinstance(cls, Notices) and code in cls.notices for cls, code in entries)

    def entries_with(self, code: str) -> Sequence[FilterEntry]:
        """Return the entries with this code, also of filters that are off: a copy that they held is held still."""
        return [entry for entry in self.entries if code in entry.actions]

    def since(self, now: datetime) -> datetime:
        """Return the time before which a first signature no longer counts."""
        return now - self.limit

    def live(self, copy: HeldCopy, now: datetime) -> Signature | None:
        """Return the first signature, while the copy waits for the second."""
        signed = copy.signature if copy.state == "held" else None
        return signed if signed and signed.at >= self.since(now) else None
