"""The monitor: gathers the gateway's health, and makes the pages /healthz, /readyz and /metrics of it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from gateway.app import Components
from gateway.assemble.services import build_resolver
from gateway.contract import DnsUnavailable, Unreachable
from gateway.measures.measures import Snapshot
from gateway.monitoring.exposition import exposition
from gateway.monitoring.http_listener import Answer, Page
from gateway.remember.database.errors import StoreUnavailable

#: Seconds for which the store's figures are used again: several programs may read /metrics, and counting takes time.
FIGURES_SECONDS = 10.0
#: Seconds that the store has to answer.
STORE_SECONDS = 5.0
#: Seconds between two DNS queries for a domain of ours, which show that the DNS answers.
DNS_SECONDS = 30.0

#: Asks the supervisor; raises ConnectionError where it gives no answer.
AskSupervisor = Callable[[str], Awaitable[Any]]


class Monitor:
    """The health of the gateway under one configuration, as the keeper sees it."""

    def __init__(
        self, parts: Components, ask_supervisor: AskSupervisor, filter_warnings: Callable[[], Mapping[str, str]]
    ) -> None:
        self._parts = parts
        self._ask_supervisor = ask_supervisor
        self._filter_warnings = filter_warnings
        self._figures: tuple[float, dict[str, Any] | str] = (0.0, "")
        self._counting = asyncio.Lock()

    @property
    def pages(self) -> Mapping[str, Page]:
        """The pages by their paths."""
        return {"/healthz": self.healthz, "/readyz": self.readyz, "/metrics": self.metrics}

    async def healthz(self, _: str = "") -> Answer:
        """Return 200 while the gateway's processes answer: a supervisor that sees 503 should restart it."""
        try:
            await self._ask_supervisor("measures")
        except ConnectionError as error:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"The supervisor gives no answer: {error}\n".encode())
        return Answer(HTTPStatus.OK, b"ok\n")

    async def readyz(self, _: str = "") -> Answer:
        """Return 200 if mail can be judged, held and relayed now, else 503; the lines say what is in the way."""
        lines = await self.readiness()
        ready = all(trouble == "" for trouble in lines.values())
        text = "".join(f"{name}: {trouble or 'ok'}\n" for name, trouble in lines.items())
        return Answer(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, text.encode())

    async def readiness(self) -> dict[str, str]:
        """Return each service that mail needs -> a sentence about its trouble, or ""."""
        figures = await self.figures()
        return {
            "store": figures if isinstance(figures, str) else "",
            **await self._workers(),
            **self._scanners(),
            **self._next_hops(),
        }

    async def _workers(self) -> dict[str, str]:
        try:
            rows = (await self._ask_supervisor("measures"))["gauges"]
        except ConnectionError as error:
            return {"workers": f"the supervisor gives no answer: {error}"}
        up = [name for name, labels, value in rows if name == "process_up" and value and labels[0] != "keeper"]
        return {"workers": "" if up else "no worker answers"}

    def _scanners(self) -> dict[str, str]:
        """Return the filters whose service gives no answer and that defer or hold mail because of it."""
        warnings = self._filter_warnings()
        needed = [e.name for e in self._parts.settings.filters if e.mode == "enforce" and e.on_error != "accept"]
        said = {name: warnings.get(name, "") for name in dict.fromkeys(needed)}
        return {f"filter {name}": text if isinstance(text, Unreachable) else "" for name, text in said.items()}

    def _next_hops(self) -> dict[str, str]:
        """Return each chain of next hops; it is well as long as one of them takes mail."""
        troubles = self._parts.relay.troubles
        return {
            f"next hop of {name}": "" if any(hop not in troubles for hop in hops) else f"{hops[0]}: {troubles[hops[0]]}"
            for name, hops in self._parts.routes.chains.items()
        }

    async def metrics(self, accept: str = "") -> Answer:
        """Return the measurements of all processes, with the keeper's own look at store, disk and certificates."""
        try:
            snapshot = await self._ask_supervisor("measures")
        except ConnectionError as error:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"The supervisor gives no answer: {error}\n".encode())
        octets, content_type = exposition(await self._with_store(snapshot), accept)
        return Answer(HTTPStatus.OK, octets, content_type)

    async def _with_store(self, snapshot: Snapshot) -> Snapshot:
        figures, now = await self.figures(), self._parts.clock.now()
        gauges: list[tuple[str, float | None]] = [("store_up", float(not isinstance(figures, str)))]
        if not isinstance(figures, str):
            gauges += [(name, figures[name]) for name in ("held_messages", "held_bytes", "outbox_rows")]
            gauges.append(("held_bytes_limit", figures["quarantine_max_bytes"]))
            for name, key in (("oldest_held_seconds", "oldest_held_at"), ("oldest_outbox_seconds", "oldest_outbox_at")):
                gauges.append((name, (now - figures[key]).total_seconds() if figures[key] else 0.0))
        gauges.append(("disk_free_bytes", float(shutil.disk_usage(self._parts.settings.data_dir).free)))
        rows = [[name, [], value] for name, value in gauges if value is not None]
        return {**snapshot, "gauges": [*snapshot["gauges"], *rows]}

    async def figures(self) -> dict[str, Any] | str:
        """Return the store's figures, of some seconds ago at most; a sentence where the store gives no answer."""
        async with self._counting:
            asked_at, figures = self._figures
            if not asked_at or time.monotonic() - asked_at > FIGURES_SECONDS or isinstance(figures, str):
                figures = await self._asked_store()
                self._figures = time.monotonic(), figures
            return figures

    async def _asked_store(self) -> dict[str, Any] | str:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self._parts.store.figures()
        except TimeoutError:
            return f"the store gives no answer within {STORE_SECONDS:g} seconds"
        except StoreUnavailable as error:
            return str(error)

    async def ask_dns(self) -> None:
        """Ask the DNS about a domain of ours: the resolver notes whether it answered, and how soon.

        A resolver of its own has nothing cached. Without authentication the gateway needs no such DNS.
        """
        settings = self._parts.settings
        if not settings.authentication.verify:
            return
        domain = settings.organisation.domains[0].removeprefix(".")
        try:
            await build_resolver(settings).look_up(domain, "MX")
        except DnsUnavailable:
            return  # noted by the resolver
