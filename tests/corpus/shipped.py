"""Messages through all that judges them as shipped: the real sandbox, and the shipped filters with a real clamd."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

from filters.registry import FILTERS
from gateway.assemble.judge import build_filter
from gateway.assemble.services import build_services
from gateway.assemble.understand import build_pool, build_unfolder
from gateway.contract import ON_ERROR, Direction, Filter, Finding, Mail
from gateway.message.mime.parse import parse
from gateway.services.clock import SystemClock
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.loading import load
from tests.support.builders.judgement import mail

CONFIGURATION = Path(__file__).resolve().parents[2] / "config/gateway.yaml"

_HOLDING = ("quarantine", "reject", "discard", ON_ERROR)


class Shipped:
    """`async with Shipped(address_of_clamd) as shipped:` then `await shipped.findings(raw)`, several at a time."""

    def __init__(self, clamd: str) -> None:
        self._clamd = clamd
        self._clients = count()  # each message has its own, so that no cell is kept for others

    async def __aenter__(self) -> Shipped:
        self._open = AsyncExitStack()
        settings = load(CONFIGURATION, FILTERS)
        self._pool = build_pool(settings)
        self._unfolder = build_unfolder(settings, self._pool)
        given = build_services(settings, SystemClock())
        self._filters = {entry.name: build_filter(self._scanned(entry), given) for entry in settings.filters}
        self._open.push_async_callback(self._pool.close)
        await self._pool.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def _scanned(self, entry: FilterEntry) -> FilterEntry:
        if "clamd" not in type(entry.settings).model_fields:
            return entry
        return replace(entry, settings=entry.settings.model_copy(update={"clamd": self._clamd}))

    @property
    def filters(self) -> Mapping[str, Filter]:
        """Return the shipped filters by their names, in the order of the chain."""
        return self._filters

    async def examined(self, raw: bytes, *recipients: str) -> Mail:
        """Return a message as the chain gets it: to Bob, unless recipients are named (`out:bob@other.example`)."""
        message = await self._unfolder.unfold(parse(raw), f"client {next(self._clients)}")
        return replace(mail(*recipients, raw=b""), message=message)

    async def findings(self, raw: bytes, until: str = "") -> list[Finding]:
        """Return the shipped filters' findings in an inbound message; no filter is asked once one has found `until`."""
        about = await self.examined(raw)
        found: list[Finding] = []
        for one in self._filters.values():
            found += await one.check(about)
            if any(finding.code == until for finding in found):
                break
        return found


def found_in_all(messages: Mapping[str, bytes], clamd: str) -> Mapping[str, Sequence[Finding]]:
    """The findings in each message, by its name; as many at a time as there are cores."""

    async def judged() -> Mapping[str, Sequence[Finding]]:
        async with Shipped(clamd) as shipped:
            at_a_time = asyncio.Semaphore(2 * (os.cpu_count() or 1))

            async def one(raw: bytes) -> Sequence[Finding]:
                async with at_a_time:
                    return await shipped.findings(raw)

            found = await asyncio.gather(*map(one, messages.values()))
        return dict(zip(messages, found, strict=True))

    return asyncio.run(judged())


def holding(codes: Sequence[str]) -> list[str]:
    """Return those of the codes that hold an inbound message as shipped."""
    shipped = {code: one.action for cls in FILTERS.values() for code, one in cls.codes.items()}
    return [code for code in codes if _inbound(shipped[code]) in _HOLDING]


def _inbound(action: str | Mapping[Direction, str]) -> str:
    return action if isinstance(action, str) else action["inbound"]
