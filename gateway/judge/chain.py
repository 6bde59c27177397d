"""The chain: runs the filters in the order of the list, each on the same frozen `Mail`.

It turns what a filter lets escape, exceptions and its own time limit, into findings, and knows nothing of actions. A
filter that failed never counts as one that found nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.contract import (
    AsksSender,
    AwaitsReceipts,
    Clock,
    Filter,
    Finding,
    Learns,
    Mail,
    NamesPayees,
    Outcome,
    Payee,
    Starts,
)
from gateway.contract.filter import Ability
from gateway.judge.codes import ERROR, TIMEOUT
from gateway.measures.measures import MEASURES
from gateway.settings.chain.entries import NO_FILTER, FilterEntry

log = structlog.get_logger("judge")


@dataclass(frozen=True, slots=True)
class Link:
    """One instance of a filter with its entry in the configuration."""

    entry: FilterEntry
    filter: Filter


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and the instance that made it; without an entry the gateway itself made it."""

    finding: Finding
    entry: FilterEntry | None = None

    @property
    def filter_name(self) -> str:
        return self.entry.name if self.entry else "gateway"


class Chain:
    """All filters that are not off."""

    def __init__(self, links: Sequence[Link], clock: Clock) -> None:
        self._links = tuple(link for link in links if link.entry.mode != "off")
        self._clock = clock
        self._learns = any(isinstance(link.filter, Learns) for link in self._links)

    @property
    def learns(self) -> bool:
        """Return whether any filter keeps history."""
        return self._learns

    @property
    def links(self) -> tuple[Link, ...]:
        return self._links

    async def start(self) -> dict[str, str]:
        """Let each filter check its prerequisites. Returns filter name -> warning, for the log and `status`."""
        warnings: dict[str, str] = {} if self._links else {"filters": f"{NO_FILTER}."}
        for link in self._links:
            if isinstance(link.filter, Starts) and (said := await link.filter.start()):
                warnings[link.entry.name] = said
        return warnings

    async def run(self, mail: Mail, seconds: float) -> list[Found]:
        """Return every filter's findings. `seconds` is for all filters together, counted from now."""
        directions, ends = mail.directions, self._clock.monotonic() + seconds
        waiting = [link for link in self._links if not directions.isdisjoint(link.entry.directions)]
        found: list[Found] = []
        try:
            async with asyncio.timeout(max(seconds, 0)):  # one for all: a time-out costs as much as a small filter
                while waiting:
                    if self._clock.monotonic() >= ends:
                        break
                    found += [Found(finding, waiting[0].entry) for finding in await self._ask(waiting[0], mail)]
                    del waiting[0]
        except TimeoutError:
            pass  # the filters still waiting were not asked, or not to the end
        return found + [Found(_late(link, mail), link.entry) for link in waiting]

    async def _ask(self, link: Link, mail: Mail) -> Sequence[Finding]:
        name, began = link.entry.name, self._clock.monotonic()
        try:
            findings = tuple(await link.filter.check(mail))
            _check(findings, link.entry, mail)
        except TimeoutError:
            return [_late(link, mail)]
        except Exception:
            # Law 2: any failure of a filter is a finding, never a pass.
            log.exception("filter.error", id=mail.id, filter=name)
            return [Finding(ERROR, f"The check “{name}” could not be carried out.")]
        finally:
            MEASURES.observe("filter_seconds", name, seconds=self._clock.monotonic() - began)
        return findings

    async def payees(self, mail: Mail, codes: Collection[str] | None = None) -> list[Payee]:
        """Return the payees named by a held message, as the filters report them.

        `codes` limits this to filters that held the message for a code whose release is verified. A filter's exception
        goes to the caller.
        """
        found: list[Payee] = []
        for link in self._links:
            asked = codes is None or any(map(link.entry.needs_verification, codes))
            if asked and isinstance(link.filter, NamesPayees):
                found.append(await link.filter.payee(mail))
        return found

    async def confirmations(self, mail: Mail, codes: Collection[str]) -> set[str]:
        """Return the keys that the sender confirms, as reported by the filters that have one of these codes."""
        keys: set[str] = set()
        for link in self._links:
            if isinstance(link.filter, AsksSender) and not link.entry.actions.keys().isdisjoint(codes):
                keys.update(await link.filter.confirmations(mail))
        return keys

    async def learn(self, mail: Mail, outcome: Outcome) -> None:
        """Tell the filters that keep history the message's outcome."""
        await self._tell(mail, Learns, lambda one: one.learn(mail, outcome))

    async def released(self, mail: Mail, outcome: Outcome, at: datetime) -> None:
        """Tell the filters that wait for answers that a held message goes out."""
        await self._tell(mail, AwaitsReceipts, lambda one: one.released(mail, outcome, at))

    async def _tell(self, mail: Mail, ability: type[Ability], tell: Callable[[Ability], Awaitable[None]]) -> None:
        """Tell the filters that have an ability; their exceptions change nothing any more."""
        for link in self._links:
            if not isinstance(link.filter, ability) or mail.directions.isdisjoint(link.entry.directions):
                continue
            try:
                await tell(link.filter)
            except Exception:
                log.exception("filter.learn", id=mail.id, filter=link.entry.name)


def _late(link: Link, mail: Mail) -> Finding:
    log.warning("filter.timeout", id=mail.id, filter=link.entry.name)
    return Finding(TIMEOUT, f"The check “{link.entry.name}” did not finish in time.")


def _check(findings: Sequence[Finding], entry: FilterEntry, mail: Mail) -> None:
    """Raise LookupError for an undeclared code or an unknown recipient: no action could reach such a finding."""
    undeclared = {f.code for f in findings} - set(entry.cls.codes)
    if undeclared:
        raise LookupError(f"{entry.name} does not declare {', '.join(sorted(undeclared))}")
    addresses = {r.address for r in mail.envelope.recipients}
    strangers = {a for f in findings for a in f.recipients or () if a not in addresses}
    if strangers:
        raise LookupError(f"{entry.name} found something for {len(strangers)} address(es) that are no recipients")
