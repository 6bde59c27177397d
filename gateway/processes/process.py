"""A worker or the keeper as a process. Only the supervisor starts it (`child.py`).

The process takes its sockets and its channel by file descriptor. It runs until it is told to drain or the supervisor
has gone, and takes over a new configuration when it is told to reload.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import signal
import socket
import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import uvloop

from gateway import app
from gateway.assemble.journal import build_journal_plan
from gateway.assemble.judge import asks_language_model
from gateway.assemble.logins import build_authenticator
from gateway.assemble.receive import build_listeners, capacity
from gateway.assemble.store import open_store
from gateway.contract import Unreachable
from gateway.directory.refresh import DirectoryWatch
from gateway.log.output import configure
from gateway.log.output import trouble as log_trouble
from gateway.logins.attempts import Attempts
from gateway.measures.measures import MEASURES, Snapshot
from gateway.monitoring.alerts import Alerts
from gateway.monitoring.health import Health
from gateway.monitoring.http_listener import HttpListener
from gateway.monitoring.monitor import DNS_SECONDS, Monitor
from gateway.monitoring.webhook import Webhook
from gateway.operations.control import Control
from gateway.operations.dispatch import Operations
from gateway.operations.supervisor_channel import Channel, ChannelClosed
from gateway.receive.server import Server
from gateway.remember.in_flight import PRIVATE, InFlight, InFlightNotes, WorkerDeaths
from gateway.remember.message_log import MessageLog
from gateway.remember.store import Store
from gateway.services.message_ids import new_id
from gateway.settings.models import Settings
from gateway.settings.shared import RunningSettings

#: Seconds that a drain may last, after which it is cut: a message under way may wait this long for the next hop after
#: its final dot.
DRAIN_SECONDS = 30.0
#: Seconds between checks in which filters prove that their services work: one small scan.
PROVE_AGAIN_SECONDS = 30.0
#: Seconds between two reports of a process's measurements to the supervisor: what a killed process loses of them.
MEASURE_SECONDS = 1.0
#: New objects before the collector looks for cycles. A message makes some two thousand; with Python's own 700 the
#: collector would run three times for each.
GC_OBJECTS = 10_000
#: Seconds that `status` waits for the filters' checks; after that it shows the results of the last ones.
STATUS_SECONDS = 3.0
#: Seconds between questions to next hops about the extensions that they offer.
LEARN_SECONDS = 300.0
#: Seconds between these questions of the keeper, whose answers are the state of the next hops that is shown.
PROBE_HOPS_SECONDS = 60.0
#: Seconds between these questions while some next hops have not answered yet, or failed.
LEARN_AGAIN_SECONDS = 5.0
_PR_SET_NAME = 15  # of prctl(2)


@dataclass(frozen=True, slots=True)
class Order:
    """The supervisor's order to a process at its start."""

    role: Literal["worker", "keeper"]
    config: str  # shown in the list of processes; the settings themselves come from the supervisor
    workers: int
    settings: int  # this field and the next ones are file descriptors
    channel: int = -1
    notes: int = PRIVATE  # a worker's notes of its messages in hand
    deaths: int = PRIVATE
    sockets: dict[str, int] = field(default_factory=dict)  # listener -> descriptor; the keeper's is "control"

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All descriptors of the order."""
        return tuple(
            n for n in (self.settings, self.channel, self.notes, self.deaths, *self.sockets.values()) if n >= 0
        )


class Process(ABC):
    """Common part of worker and keeper: store, channel, reload, drain."""

    learn_seconds = LEARN_SECONDS

    def __init__(self, order: Order, store: Store, settings: Settings) -> None:
        self.order = order
        self.store = store
        self.parts = app.build(settings, store, quiet=order.role == "keeper")
        self.stop = asyncio.Event()
        self.reloaded = asyncio.Event()  # there may be other next hops
        handlers = {"drain": self.drain, "reload": self.reload, "status": self.status, "measures": self.measures}
        self.channel = Channel(handlers)
        self.warnings: dict[str, str] = {}
        self._told: Snapshot = {}  # the measurements that the supervisor has
        self.working = False  # before that a reload only replaces the parts: work begins with them
        self.sockets = {name: socket.socket(fileno=fd) for name, fd in order.sockets.items()}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for ignored in (signal.SIGINT, signal.SIGHUP):  # the terminal sends them to all; the supervisor decides
            loop.add_signal_handler(ignored, lambda: None)
        loop.add_signal_handler(signal.SIGTERM, self.stop.set)
        await self.channel.open(socket.socket(fileno=self.order.channel))
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(self._serve_channel())
            audit = tasks.create_task(self.store.audit.run())
            learning = tasks.create_task(self._learn_offers())
            proving = tasks.create_task(self._prove_filters())
            measuring = tasks.create_task(self._report_measures())
            await self.work(tasks)
            for task in (serving, audit, learning, proving, measuring):
                task.cancel()
        await self._tell_measures()
        await self.parts.relay.close()
        await self.parts.pool.close()
        await self.parts.language_model.close()
        self.parts.journal.close()

    @abstractmethod
    async def work(self, tasks: asyncio.TaskGroup) -> None:
        """Run until `stop` is set and work in progress has ended."""

    @abstractmethod
    def reconfigure(self) -> None:
        """Hand the new parts to the running work."""

    async def _serve_channel(self) -> None:
        await self.channel.serve()
        self.stop.set()  # the supervisor has gone: no process would restart or stop us

    async def _prove_filters(self) -> None:
        """Let the filters prove, again and again, that their services work: a lost scanner then shows in `status`."""
        await self._start_filters()
        while True:
            await asyncio.sleep(PROVE_AGAIN_SECONDS)
            await self._start_filters()

    async def _start_filters(self) -> None:
        """Prove the filters, and tell the supervisor, which logs what several processes find once."""
        self.warnings = await self.parts.judge.chain.start()
        away = [name for name, sentence in self.warnings.items() if isinstance(sentence, Unreachable)]
        with suppress(ChannelClosed):  # the supervisor has gone, and so this process ends
            self.channel.tell("warnings", warnings=self.warnings, away=away)

    async def _learn_offers(self) -> None:
        while True:
            hops = self.parts.routes.all
            for hop in hops:
                await self.parts.relay.learn((hop,))
            known = all(self.parts.relay.offers((hop,)) for hop in hops)
            fine = known and self.parts.relay.troubles.keys().isdisjoint(hops)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.learn_seconds if fine else LEARN_AGAIN_SECONDS):
                    await self.reloaded.wait()
            self.reloaded.clear()

    async def _report_measures(self) -> None:
        """Tell the supervisor again and again what this process has measured: the supervisor outlives it."""
        while True:
            await self._tell_measures()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _tell_measures(self) -> None:
        snapshot = await self.measures()
        if snapshot == self._told:
            return
        with suppress(ChannelClosed):  # the supervisor has gone, and so this process ends
            self.channel.tell("measured", snapshot=snapshot)
            self._told = snapshot

    async def measures(self) -> Snapshot:
        """Return all measurements of this process."""
        MEASURES.gauge("sandbox_processes", value=self.parts.pool.running)
        MEASURES.gauge("language_model_processes", value=self.parts.language_model.running)
        return MEASURES.snapshot()

    # --- what the supervisor asks ------------------------------------------------------------------------------------

    async def drain(self) -> None:
        self.stop.set()

    async def reload(self) -> None:
        """Take over the settings that the supervisor has checked; mail goes on while new rules are compiled."""
        settings = RunningSettings(self.order.settings).read()
        await asyncio.to_thread(app.compile_rules, settings, self.store)
        configure(settings.log.format, settings.log.level)
        self.store.limit_quarantine(settings.quarantine_max_bytes)
        self.parts.journal.configure(build_journal_plan(settings))
        self.parts = app.build(settings, self.store, before=self.parts, quiet=self.order.role == "keeper")
        await self.parts.language_model.switch(on=settings.models == "on")
        MEASURES.forget_states()
        if self.working:
            self.reconfigure()
        self.reloaded.set()
        await self._start_filters()
        gc.collect()  # the parts before are in cycles, with rules of many megabytes

    async def status(self) -> dict[str, Any]:
        with suppress(TimeoutError):
            async with asyncio.timeout(STATUS_SECONDS):
                await self._start_filters()
        lost = {"log": log_trouble()} if log_trouble() else {}
        warnings = {**self.warnings, **self.own_warnings(), **lost}
        return {"pid": os.getpid(), "role": self.order.role, "warnings": warnings, **self.figures()}

    def own_warnings(self) -> dict[str, str]:
        """Return warnings besides the filters' own."""
        own = {"journal": self.parts.journal.trouble, "language model": self.parts.language_model.trouble}
        return {name: sentence for name, sentence in own.items() if sentence}

    def figures(self) -> dict[str, Any]:
        return {}


class Worker(Process):
    """A worker, which takes mail."""

    async def work(self, tasks: asyncio.TaskGroup) -> None:
        await self.parts.pool.start()
        self._in_flight = InFlight(InFlightNotes(self.order.notes), WorkerDeaths(self.order.deaths))
        self._message_log = MessageLog(self.store.audit)
        self._tasks = tasks
        self._server = Server(self.parts.clock, new_id)
        self._attempts = Attempts(self.parts.clock)
        self.working = True
        self.reconfigure()
        await self._server.listen(self.sockets, tasks)
        having = tasks.create_task(self._have_language_model())
        await self.stop.wait()
        await self._server.drain(DRAIN_SECONDS)
        having.cancel()
        await self.store.audit.flush()

    async def _have_language_model(self) -> None:
        """Have the language model's process ready where a filter may ask it, so that no message waits for its start."""
        while True:
            if asks_language_model(self.parts.settings):
                await self.parts.language_model.start()
            await asyncio.sleep(PROVE_AGAIN_SECONDS)

    def reconfigure(self) -> None:
        settings = self.parts.settings
        journey = app.build_journey(self.parts, self._message_log, self._tasks.create_task, self._in_flight)
        self._logins = build_authenticator(settings, self._attempts, self.parts.clock)
        listeners = build_listeners(settings, self.parts.ours, self._logins)
        self._server.configure(journey, listeners, capacity(settings, self.order.workers))

    def figures(self) -> dict[str, Any]:
        if not self.working:
            return {"starting": True}
        return {**self._server.figures, "audit_waiting": self.store.audit.waiting}

    def own_warnings(self) -> dict[str, str]:
        logins = self._logins.trouble if self.working and self._logins else ""
        return {**super().own_warnings(), **({"logins": logins} if logins else {})}

    async def measures(self) -> Snapshot:
        """Return all measurements of this worker, its sessions among them."""
        if self.working:
            for name, value in self._server.figures.items():
                MEASURES.gauge(name, value=value)
            MEASURES.gauge("audit_rows_waiting", value=self.store.audit.waiting)
        return await super().measures()


class KeeperProcess(Process):
    """Empties the outbox, sends notices, purges, and answers people at the control socket and programs over HTTP."""

    learn_seconds = PROBE_HOPS_SECONDS

    async def work(self, tasks: asyncio.TaskGroup) -> None:
        self.take_up()
        server = await self._control.listen(self.sockets["control"])
        keeping = tasks.create_task(self._keep())
        asking = (self._directory_watch.run(), self._ask_dns())
        telling = (self._http.run(), self._webhook.run(), self._alerts.run())
        others = [tasks.create_task(one) for one in (*asking, *telling)]
        await self.stop.wait()
        server.close()
        for task in others:
            task.cancel()
        await keeping

    def take_up(self) -> None:
        """Make the objects that a reload configures anew, and configure them for the first time."""
        self._control = Control()
        self._directory_watch = DirectoryWatch(lambda: self.parts.settings, self.parts.clock)
        self._http = HttpListener()
        self._webhook = Webhook()
        self._alerts = Alerts(self._webhook, self._state_of_all)
        self.working = True
        self.reconfigure()

    async def _keep(self) -> None:
        """Run one round after another, each with the configuration that is valid then."""
        while not self.stop.is_set():
            await self._keeper.tick(self.stop)

    def reconfigure(self) -> None:
        self._keeper = app.build_keeper(self.parts)
        release = app.build_release(self.parts, self._keeper)
        self._health = Health(self.parts)
        operations = Operations(self.parts, release, self._keeper, supervisor=self.channel, health=self._health)
        self._control.configure(operations, self.parts.settings.reviewers)
        self._monitor = Monitor(self.parts, self._health, self._ask_supervisor, lambda: self.warnings)
        http = self.parts.settings.http
        self._alerts.configure(self.parts, self._health)
        self._http.configure(None if http == "off" else http, self._monitor.pages)

    async def _ask_supervisor(self, do: str) -> Any:
        return await self.channel.ask(do, seconds=5)

    async def _state_of_all(self) -> tuple[dict[str, Any], Snapshot]:
        return await self._ask_supervisor("status"), await self._ask_supervisor("measures")

    async def _ask_dns(self) -> None:
        while True:
            await self._monitor.ask_dns()
            await self._health.ask_for_keys()
            await asyncio.sleep(DNS_SECONDS)

    def own_warnings(self) -> dict[str, str]:
        own = {}
        if self.working:
            own = {"directory": self._directory_watch.warning(), "http": self._http.trouble}
            own["alerts"] = self._webhook.trouble
        return {**super().own_warnings(), **{name: sentence for name, sentence in own.items() if sentence}}


def _keep_to_itself(order: Order) -> None:
    """Make the order's descriptors non-inheritable: our children open hostile content, and must have none of these."""
    for descriptor in order.descriptors:
        os.set_inheritable(descriptor, False)


def spare_collector() -> None:
    """Keep the garbage collector from walking what was made at start-up again and again: it stays for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 10, 10)


async def run(order: Order) -> None:
    """Run the process until it is told to stop."""
    _keep_to_itself(order)
    MEASURES.clear()  # a copy has those of the supervisor
    settings = RunningSettings(order.settings).read()
    configure(settings.log.format, settings.log.level)
    store = await open_store(settings, create=False)
    spare_collector()
    try:
        await {"worker": Worker, "keeper": KeeperProcess}[order.role](order, store, settings).run()
    finally:
        await store.close()


def order_json(order: Order) -> str:
    return json.dumps(asdict(order))


def live(order: Order) -> None:
    """Run the whole life of the process."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, f"mw-{order.role}".encode(), 0, 0, 0)  # for ps and top
    with suppress(KeyboardInterrupt):
        uvloop.run(run(order))


def main() -> None:
    """Run the process as a program of its own."""
    live(Order(**json.loads(sys.argv[1])))
