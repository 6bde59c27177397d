"""The monitor: gathers the gateway's health, and makes the pages /healthz, /readyz and /metrics of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from gateway.app import Components
from gateway.assemble.services import build_resolver
from gateway.contract import DnsUnavailable, Unreachable
from gateway.measures.measures import Snapshot
from gateway.monitoring.exposition import exposition
from gateway.monitoring.health import Health
from gateway.monitoring.http_listener import Answer, Page

#: Seconds between two DNS queries for a domain of ours, which show that the DNS answers.
DNS_SECONDS = 30.0

#: Asks the supervisor; raises ConnectionError where it gives no answer.
AskSupervisor = Callable[[str], Awaitable[Any]]


class Monitor:
    """The health of the gateway under one configuration, as the keeper sees it."""

    def __init__(
        self,
        parts: Components,
        health: Health,
        ask_supervisor: AskSupervisor,
        filter_warnings: Callable[[], Mapping[str, str]],
    ) -> None:
        self._parts = parts
        self._health = health
        self._ask_supervisor = ask_supervisor
        self._filter_warnings = filter_warnings

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
        figures = await self._health.figures()
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
        troubles = self._health.hop_troubles()
        return {
            f"next hop of {name}": "" if any(hop not in troubles for hop in hops) else f"{hops[0]}: {troubles[hops[0]]}"
            for name, hops in self._health.chains().items()
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
        figures, now = await self._health.figures(), self._parts.clock.now()
        gauges: list[tuple[str, float | None]] = [("store_up", float(not isinstance(figures, str)))]
        if not isinstance(figures, str):
            gauges += [(name, figures[name]) for name in ("held_messages", "held_bytes", "outbox_rows")]
            gauges.append(("held_bytes_limit", figures["quarantine_max_bytes"]))
            for name, key in (("oldest_held_seconds", "oldest_held_at"), ("oldest_outbox_seconds", "oldest_outbox_at")):
                gauges.append((name, (now - figures[key]).total_seconds() if figures[key] else 0.0))
        gauges.append(("disk_free_bytes", self._health.free_bytes()))
        rows: list[list[Any]] = [[name, [], value] for name, value in gauges if value is not None]
        for listener, one in self._health.certificates().items():
            rows.append(["certificate_expires_timestamp_seconds", [listener], one.in_use_until.timestamp()])
        found = Counter(one.kind for one in self._health.conditions(figures, None, snapshot))
        rows += [["trouble", [kind], number] for kind, number in found.items()]
        known = self._health.hops()  # a reload may have taken one out
        states = [row for row in snapshot["states"] if row[0] != "next_hop_up" or row[1][0] in known]
        return {**snapshot, "gauges": [*snapshot["gauges"], *rows], "states": states}

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
