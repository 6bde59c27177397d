"""Gaps in a chain: threats that no filter looks for. A gap is no mistake, but an administrator must know it first.

`check`, `reload` and `status` report each in the same words. A filter adds remarks on its own settings (`remarks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.settings.chain.entries import NO_FILTER, FilterEntry
from gateway.settings.yaml.problems import Location

#: The filter without which nothing looks for viruses.
SCANNING = "virus"


def unchecked(filters: Sequence[FilterEntry]) -> Iterator[tuple[Location, str]]:
    """Yield sentences, with their place in the configuration."""
    if all(entry.mode == "off" for entry in filters):
        yield ("filters",), NO_FILTER
    elif not any(entry.kind == SCANNING for entry in filters):
        yield ("filters",), f"{SCANNING} is not in the chain: nothing looks for viruses"
    else:
        yield from switched_off(filters)


def switched_off(filters: Sequence[FilterEntry]) -> Iterator[tuple[Location, str]]:
    """Yield a sentence about a scan that is in the chain and off."""
    scans = [(number, entry) for number, entry in enumerate(filters) if entry.kind == SCANNING]
    if scans and all(entry.mode == "off" for _, entry in scans):
        number, entry = scans[0]
        yield ("filters", number, entry.kind, "mode"), f"{entry.name} is off: nothing looks for viruses"
