"""Gaps in a chain: threats that no filter looks for. A gap is no mistake, but an administrator must know it first.

`check`, `reload` and `status` report each in the same words. A filter adds remarks on its own settings (`remarks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.contract import Filter, Guards
from gateway.settings.chain.entries import NO_FILTER, FilterEntry
from gateway.settings.yaml.problems import Location


def unchecked(filters: Sequence[FilterEntry], known: Mapping[str, type[Filter]]) -> Iterator[tuple[Location, str]]:
    """Yield sentences with their place in the configuration. `known` are the filters that a chain may name."""
    if all(entry.mode == "off" for entry in filters):
        yield ("filters",), NO_FILTER
        return
    for kind, cls in known.items():
        if isinstance(cls, Guards) and not any(entry.kind == kind for entry in filters):
            yield ("filters",), f"{kind} is not in the chain: {cls.unguarded}"
    yield from switched_off(filters)


def switched_off(filters: Sequence[FilterEntry]) -> Iterator[tuple[Location, str]]:
    """Yield a sentence for each guard that is in the chain and off everywhere."""
    off: dict[str, tuple[int, FilterEntry]] = {}
    for number, entry in enumerate(filters):
        if entry.mode == "off":
            off.setdefault(entry.kind, (number, entry))
    for kind, (number, entry) in off.items():
        if isinstance(entry.cls, Guards) and all(one.mode == "off" for one in filters if one.kind == kind):
            yield ("filters", number, kind, "mode"), f"{entry.name} is off: {entry.cls.unguarded}"
