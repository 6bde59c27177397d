"""The chain of filters, each with its settings and the services that it asks for."""

from __future__ import annotations

import asyncio
import inspect

from gateway.assemble.services import Services, build_language_model, build_scanner
from gateway.contract import Filter
from gateway.judge.chain import Chain, Link
from gateway.judge.judgement import Judge
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.models import Settings

#: Seconds that `check` waits for a scanner.
DOUBT_SECONDS = 3.0


def build_judge(settings: Settings, given: Services) -> Judge:
    """Build the judge, with the chain in the order of the list."""
    links = [Link(entry, build_filter(entry, given)) for entry in settings.filters]
    return Judge(
        Chain(links, given.clock),
        given.clock,
        given.directory.groups,
        settings.limits.judge_seconds,
        settings.defer_limit.total_seconds(),
    )


def build_filter(entry: FilterEntry, given: Services) -> Filter:
    """Build the filter with its settings and the services that its constructor asks for by name.

    The parameter `amended` gets the codes of the function `amended`.
    """
    _, *names = inspect.signature(entry.cls).parameters
    services = (amended(entry) if name == "amended" else given.of(name, entry.settings) for name in names)
    return entry.cls(entry.settings, *services)  # type: ignore[call-arg]


def asks_language_model(settings: Settings) -> bool:
    """Return whether a filter that is on asks the language model: whether its constructor has that parameter."""
    on = (entry.cls for entry in settings.filters if entry.mode != "off")
    return any("language_model" in inspect.signature(cls).parameters for cls in on)


async def language_model_doubts(settings: Settings) -> list[str]:
    """Return a warning if the language model can't be started, and a filter would ask it.

    It is a remark and no mistake: the gateway runs without it.
    """
    if not asks_language_model(settings):
        return []
    model = build_language_model(settings, quiet=True)
    try:
        await model.start()
        return [f"models: the language model can't be started: {model.trouble}"] if model.trouble else []
    finally:
        await model.close()


def amended(entry: FilterEntry) -> frozenset[str]:
    """Return the codes whose edits the configuration uses: a filter may skip other edits that take time."""
    return frozenset(
        code for code, specs in entry.actions.items() if any(specs[way].do == "amend" for way in entry.directions)
    )


async def scanner_doubts(settings: Settings) -> list[str]:
    """Return the warnings about scanners, each with its place in the configuration.

    A scanner that gives no answer within DOUBT_SECONDS is one: `check` may run before the scanner does, so it is a
    remark and no mistake.
    """
    found = []
    for entry in settings.filters:
        _, *names = inspect.signature(entry.cls).parameters
        if entry.mode != "off" and names == ["scanner"]:
            said = await _doubt(entry)
            found += [f"{entry.shown}: {entry.name}: {said}"] if said else []
    return found


async def _doubt(entry: FilterEntry) -> str | None:
    scanner = build_scanner(entry.settings)
    try:
        async with asyncio.timeout(DOUBT_SECONDS):
            said: str | None = await entry.cls(entry.settings, scanner).start()  # type: ignore[call-arg, attr-defined]
    except TimeoutError:
        return f"the scanner gives no answer within {DOUBT_SECONDS:g} seconds"
    finally:
        await scanner.close()
    return said
