"""The supervisor: opens the sockets, starts workers and keeper, restarts dead ones, passes on reloads, and drains.

The supervisor touches no message. Its listening sockets outlive a worker, so that a restarted worker finds its backlog.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import structlog

from gateway import app
from gateway.assemble.receive import capacity
from gateway.assemble.store import open_store
from gateway.assemble.understand import build_pool
from gateway.control.folder_lock import LOCK_NAME, FolderInUse, lock_folder
from gateway.directory.compile import refreshed
from gateway.directory.compiled import DirectoryUnavailable
from gateway.directory.sources import log_refresh
from gateway.log.output import configure
from gateway.measures.measures import Snapshot
from gateway.measures.totals import Totals
from gateway.operations.control import open_socket
from gateway.operations.supervisor_channel import Channel, ChannelClosed
from gateway.processes import file_limits, malloc
from gateway.processes.child import Child, copy_all
from gateway.processes.filter_warnings import FilterWarnings
from gateway.processes.fork import is_alone
from gateway.processes.process import DRAIN_SECONDS, Order
from gateway.remember.in_flight import InFlightNotes, WorkerDeaths
from gateway.services.clock import SystemClock
from gateway.settings.models import Settings
from gateway.settings.network import ListenAddress
from gateway.settings.shared import RunningSettings
from gateway.settings.yaml.problems import ConfigurationError, Problem

log = structlog.get_logger("supervisor")

#: Seconds before a process that died at once is started again: the first pause, which doubles up to the last.
BACKOFF_SECONDS = (0.2, 30.0)
#: Seconds of life after which a process counts as recovered.
STEADY_SECONDS = 60.0
#: Seconds that we wait for a port that a killed gateway's workers may still be giving up.
BIND_SECONDS = 10.0
#: Seconds before processes are killed: the drain's own limit and a margin.
STOP_SECONDS = DRAIN_SECONDS + 10.0
#: Seconds that a process has to answer with its measurements; else those that it told last count.
MEASURES_SECONDS = 1.0
#: Remarks that a reload shows.
REMARKS = 20


class CannotStart(RuntimeError):
    """The gateway can't start. The sentence tells the administrator what is in the way and what to do."""


class Supervisor:
    def __init__(self, config: Path, settings: Settings, workers: int) -> None:
        self._config = config
        self._settings = settings
        self._running = RunningSettings.of(settings)
        self._deaths = WorkerDeaths.shared()
        self._reloads = 0
        self._hung_up = False
        self._workers = workers
        self._children: list[Child] = []
        self._warnings = FilterWarnings()
        self._totals = Totals()
        self._stopping = asyncio.Event()
        self._lock: IO[str] | None = None

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, and until work in flight has ended. Raises CannotStart."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if a launcher left it ignored, no child could be waited for
        signal.signal(signal.SIGHUP, self._hang_up)  # by default the signal would end us
        malloc.set_allocation()
        self._provide_descriptors()
        asyncio.run(self._prepare())
        self._lock = _only_gateway(self._settings.data_dir)
        self._children = [*self._plan_workers(), self._plan_keeper()]
        if is_alone():
            gc.collect()
            gc.freeze()  # a collection in a copy would write to what all copies share
            copy_all(self._children, self._lock)
        asyncio.run(self._supervise())

    async def _prepare(self) -> None:
        """Make what the processes need, and compile the rules that they share.

        `data_dir` and a new store are made. An older schema stops the gateway, and its error names the command.
        """
        store = await open_store(self._settings, create=True)
        try:
            await self._prepare_directory()
            app.compile_rules(self._settings, store)
        finally:
            await store.close()
        await self._prove_sandbox()

    async def _supervise(self) -> None:
        """Start the children that could not begin as copies, and restart those that die."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        async with asyncio.TaskGroup() as tasks:
            loop.add_signal_handler(signal.SIGHUP, lambda: tasks.create_task(self._reload()))
            watching = [tasks.create_task(self._watch(child)) for child in self._children]
            if self._hung_up:
                tasks.create_task(self._reload())
            for listener in self._settings.listeners:
                log.info(
                    "listening", listener=listener.name, address=str(listener.address), direction=listener.direction
                )
            await self._stopping.wait()
            tasks.create_task(self._drain(watching))
        log.info("stopped")

    def _hang_up(self, *_: object) -> None:
        """Note a SIGHUP that comes before there is a loop; it is heeded once there is one."""
        self._hung_up = True

    # --- preparing ---------------------------------------------------------------------------------------------------

    def _provide_descriptors(self) -> None:
        """Raise the limit of descriptors for our processes, which inherit it."""
        has = file_limits.raise_limit()
        needs = file_limits.needed(capacity(self._settings, self._workers).connections)
        if has < needs:
            what = "connections may be closed: raise the hard limit (LimitNOFILE=), or lower limits: connections"
            log.warning("descriptors.few", limit=has, needed=needs, what=what)

    async def _prepare_directory(self) -> None:
        """Compile a directory that comes from files or a server, before a worker needs it."""
        try:
            await compile_anew(self._settings)
        except (ConfigurationError, DirectoryUnavailable) as error:
            raise CannotStart(str(error)) from error

    async def _prove_sandbox(self) -> None:
        """Check, before the first message comes, that attachments can be opened in the sandbox. Raises CannotStart."""
        pool = build_pool(self._settings, processes=1)
        try:
            await pool.start()
        except OSError as error:
            raise CannotStart(f"attachments can't be opened safely on this machine: {error}") from error
        finally:
            await pool.close()
        if self._settings.sandbox.isolation == "limits_only":
            log.warning("sandbox.limits_only", what="attachments are opened without the seccomp filter")

    def _plan_workers(self) -> list[Child]:
        addresses = {listener.name: listener.address for listener in self._settings.listeners}
        for name, address in addresses.items():
            _refuse_taken(name, address)
        children = []
        for number in range(self._workers):
            sockets = {name: _listening(address) for name, address in addresses.items()}
            order = replace(self._order("worker"), notes=InFlightNotes.shared(), deaths=self._deaths)
            children.append(Child(f"worker {number + 1}", order, sockets))
        return children

    def _plan_keeper(self) -> Child:
        return Child("keeper", self._order("keeper"), {"control": open_socket(self._settings.data_dir)})

    def _order(self, role: Any) -> Order:
        return Order(role, str(self._config), self._workers, self._running.descriptor)

    # --- watching ----------------------------------------------------------------------------------------------------

    async def _watch(self, child: Child) -> None:
        """Keep one process alive until we stop."""
        pause = BACKOFF_SECONDS[0]
        while not self._stopping.is_set():
            end = await self._live(child)
            if self._stopping.is_set():
                return
            lived = time.monotonic() - child.started
            pause = BACKOFF_SECONDS[0] if lived > STEADY_SECONDS else min(pause * 2, BACKOFF_SECONDS[1])
            child.restarts += 1
            self._count_deaths(child)
            log.error("process.died", process=child.name, exit=end, lived_seconds=round(lived, 1), again_in=pause)
            try:
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    def _count_deaths(self, child: Child) -> None:
        """Count a worker's death for each message that may be its cause."""
        if child.order.role != "worker":
            return
        notes, deaths = InFlightNotes(child.order.notes), WorkerDeaths(self._deaths)
        suspects = notes.suspects()
        notes.clear()
        if suspects:
            most = max(map(deaths.count, suspects))
            log.warning("process.suspects", process=child.name, messages=len(suspects), most_deaths=most)

    async def _live(self, child: Child) -> int | str:
        """Run one life of a process; return its exit status, or the reason why it could not start."""
        reloads = self._reloads
        try:
            ours = await child.begin()
        except OSError as error:  # no memory, no room for processes: that passes, and the others serve meanwhile
            return f"not started: {error}"
        assert child.process is not None
        if self._stopping.is_set():  # the drain began while the process was being made, and could not tell it
            child.process.terminate()
        warned, measured = partial(self._warned, child.name), partial(self._measured, child.name)
        child.channel = Channel(
            {
                **{"status": self._status, "reload": self._reload, "measures": self._measures},
                **{"warnings": warned, "measured": measured},
            }
        )
        await child.channel.open(ours)
        async with asyncio.TaskGroup() as tasks:
            if reloads != self._reloads:  # the process may have read the settings before, and could not be told
                tasks.create_task(self._tell_reload(child))
            await child.channel.serve()  # ends when the process does
        self._totals.ended(child.name)
        return await child.process.wait()

    def _stop(self) -> None:
        if self._stopping.is_set():
            log.warning("stop.now")
            self._kill()
        self._stopping.set()

    async def _drain(self, watching: list[asyncio.Task[None]]) -> None:
        """Take no new sessions, and let those in flight finish."""
        log.info("draining")
        for child in self._children:
            for sock in child.sockets.values():
                sock.close()  # else the kernel would go on to accept connections that no process serves
            if child.process is not None and child.is_alive:
                child.process.send_signal(signal.SIGTERM)
        _, late = await asyncio.wait(watching, timeout=STOP_SECONDS)
        if late:
            log.warning("drain.cut", processes=len(late))
            self._kill()

    def _kill(self) -> None:
        for child in self._children:
            if child.process is not None and child.is_alive:
                child.process.kill()

    # --- what is asked -----------------------------------------------------------------------------------------------

    async def _reload(self) -> list[str]:
        """Take over a new configuration, and return sentences for the person. A mistake keeps the running one."""
        try:
            settings, remarks = app.read_with_remarks(self._config)
        except ConfigurationError as error:
            log.error("reload.refused", problems=str(error))
            return [*str(error).splitlines(), "The running configuration is kept."]
        needs_restart = self._settings.restart_keys(settings)
        said = _worth_a_look(remarks)
        settings = self._settings.taking_over(settings)
        try:
            await compile_anew(settings)
        except (ConfigurationError, DirectoryUnavailable) as error:
            log.error("reload.refused", problems=str(error))
            return [*str(error).splitlines(), "The running configuration is kept."]
        self._settings = settings
        self._running.write(self._settings)
        self._reloads += 1
        self._provide_descriptors()
        configure(self._settings.log.format, self._settings.log.level)
        for child in self._children:
            said += await self._tell_reload(child)
        log.info("reloaded", **({"said": said} if said else {}))
        except_for = f", except {', '.join(needs_restart)}: a restart is needed for that" if needs_restart else ""
        return [*said, f"Reloaded{except_for}."]

    async def _tell_reload(self, child: Child) -> list[str]:
        """Tell a child to reload. A process that is being started takes the new settings then."""
        try:
            if child.channel is not None:
                await child.channel.ask("reload", seconds=60)
        except ChannelClosed as error:
            return [f"{child.name}: {error}; it takes the new configuration when it starts"]
        return []

    async def _status(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "config": str(self._config),
            "listeners": [
                {"name": x.name, "address": str(x.address), "direction": x.direction} for x in self._settings.listeners
            ],
            "processes": [await self._status_of(child) for child in self._children],
        }

    async def _warned(self, process: str, warnings: Mapping[str, str], away: Collection[str]) -> None:
        self._warnings.take(process, warnings, away)

    async def _measured(self, process: str, snapshot: Snapshot) -> None:
        self._totals.take(process, snapshot)

    async def _measures(self) -> Snapshot:
        """Return the measurements of all processes. A process that doesn't answer at once counts as it last told."""
        answers = await asyncio.gather(*map(self._measures_of, self._children))
        whole = self._totals.whole()
        for child, answered in zip(self._children, answers, strict=True):
            whole["counts"].append(["process_restarts", [child.name], child.restarts])
            whole["gauges"].append(["process_up", [child.name], float(answered)])
            if child.process is not None and (octets := resident_bytes(child.process.pid)) is not None:
                whole["gauges"].append(["process_resident_bytes", [child.name], octets])
        return whole

    async def _measures_of(self, child: Child) -> bool:
        """Take the newest measurements of a process; return whether it answers."""
        try:
            if child.channel is None:
                return False
            self._totals.take(child.name, await child.channel.ask("measures", seconds=MEASURES_SECONDS))
        except ChannelClosed:
            return False
        return True

    async def _status_of(self, child: Child) -> dict[str, Any]:
        known = {"name": child.name, "restarts": child.restarts}
        try:
            answer = await child.channel.ask("status", seconds=5) if child.channel else {}
        except ChannelClosed as error:
            answer = {"trouble": str(error)}
        return {**known, **answer}


def _worth_a_look(remarks: Sequence[Problem]) -> list[str]:
    """Return one line for each remark; of many remarks only the first."""
    said = [f"worth a look: {remark}" for remark in remarks[:REMARKS]]
    more = len(remarks) - REMARKS
    return [*said, f"and {more} more: `mailwarden check` shows them"] if more > 0 else said


async def compile_anew(settings: Settings) -> None:
    """Compile the directory if it comes from files or a server and has changed."""
    if settings.directory.is_compiled:
        now = SystemClock().now()
        log_refresh(await refreshed(settings, now), now)


def resident_bytes(pid: int) -> int | None:
    """Return the memory of a process; None where it has ended, or where there is no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None


# --- sockets ---------------------------------------------------------------------------------------------------------


def _only_gateway(data_dir: Path) -> IO[str]:
    """Return a lock that ends with this process.

    Two gateways on one folder would share ports and store unknowingly. Raises CannotStart.
    """
    try:
        return lock_folder(data_dir)
    except FolderInUse as error:
        raise CannotStart(
            f"another gateway is running on {data_dir}, or `mailwarden db copy`: stop it, or give this one its own "
            "data_dir"
        ) from error
    except OSError as error:
        raise CannotStart(f"{data_dir / LOCK_NAME} can't be locked: {error.strerror}") from error


def _refuse_taken(name: str, address: ListenAddress) -> None:
    """Raise CannotStart for a port that another program has; SO_REUSEPORT alone would share it in silence."""
    ends = time.monotonic() + BIND_SECONDS
    while True:
        try:
            _bound(address, reuse_port=False).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < ends:
                time.sleep(0.1)  # a killed gateway's workers give the port up within moments
                continue
            raise CannotStart(_no_port(name, address, error)) from error
        return


def _no_port(name: str, address: ListenAddress, error: OSError) -> str:
    to_do = {
        errno.EADDRINUSE: f"`ss -ltnp 'sport = :{address.port}'` by root names the program that has it; stop that, or "
        "give the listener another port",
        errno.EACCES: "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE (docs/deploy.md), or give the "
        "listener another port",
        errno.EADDRNOTAVAIL: "this machine has no such address; `ip address` shows those that it has",
    }
    said = f"listener {name} can't have {address}: {os.strerror(error.errno or 0)}"
    return f"{said}: {to_do[error.errno]}" if error.errno in to_do else said


def _listening(address: ListenAddress) -> socket.socket:
    """Return a bound socket, with SO_REUSEPORT: one socket for each worker."""
    sock = _bound(address, reuse_port=True)
    sock.listen(1024)
    return sock


def _bound(address: ListenAddress, *, reuse_port: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Accepted connections inherit it. Without it a reply in two segments waits 44 ms for a delayed ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((address.host, address.port))
    except OSError:
        sock.close()
        raise
    return sock
