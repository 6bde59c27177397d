"""The faults of a plan, carried out on a site; each puts right what it has broken."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

from tests.faults.full_disk import largest_file, limit_files
from tests.soak.metrics import Metrics
from tests.soak.plan import EARLY, TOO_LATE, Fault
from tests.soak.site import Site, gone

#: Counts that a process has not told the supervisor when it dies, if it could not be asked just before: they tell it
#: once a second, later on a busy machine.
UNTOLD_SECONDS = 3.0
#: Seconds before the question in which something was done and may not have been counted yet.
UNCOUNTED_SECONDS = 1.0
#: Seconds after a fault of the store in which the keeper may still fail to record what it has sent.
STORE_SECONDS = 2.0


@dataclass
class Faults:
    """`doubtful` are times in which a copy that was taken may be sent again: its sender died or couldn't record it."""

    site: Site
    metrics: Metrics
    began: float
    say: Callable[[str], None]
    doubtful: list[tuple[float, float]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    left_out: int = 0
    kills: dict[str, int] = field(default_factory=dict)  # of this life of the supervisor, by process

    async def carry_out(self, faults: Sequence[Fault]) -> None:
        """Carry out one fault after another, each at its time or once the one before has ended."""
        for fault in faults:
            await asyncio.sleep(max(0.0, self.began + fault.at - time.monotonic()))
            if time.monotonic() > self.began + fault.at + TOO_LATE and fault.name not in EARLY:
                self.say(f"{time.monotonic() - self.began:6.1f} s  left out, too late: {fault.name}")
                self.left_out += 1
                continue
            self.say(f"{time.monotonic() - self.began:6.1f} s  {fault.name}")
            await self._actions[fault.name](fault)
            self.done[fault.name] = self.done.get(fault.name, 0) + 1
            self.say(f"{time.monotonic() - self.began:6.1f} s  … over: {fault.name}")

    @property
    def _actions(self) -> Mapping[str, Callable[[Fault], Awaitable[None]]]:
        return {
            "clamd is killed": self._kill_clamd,
            "clamd stalls": self._stall_clamd,
            **dict.fromkeys(("clamd says clean", "clamd says found", "clamd talks nonsense"), self._lie),
            **dict.fromkeys(
                (
                    *("next hop says 4xx", "next hop says 5xx", "next hop stalls", "next hop hangs up"),
                    *("next hop takes and hangs up", "mailbox is full"),
                ),
                self._trouble_hop,
            ),
            "DNS is dead": self._stop_dns,
            "store is locked": self._lock_store,
            "disk is full": self._fill_disk,
            "clock jumps": self._jump,
            "SIGHUP": self._hang_up,
            "worker is killed": self._kill_worker,
            "first worker is killed": lambda _: self._kill("worker 1"),
            "keeper is killed": lambda _: self._kill("keeper"),
            "supervisor is killed": self._kill_supervisor,
            "sandbox is killed": self._kill_sandbox,
        }

    # --- around the gateway ------------------------------------------------------------------------------------------

    async def _kill_clamd(self, fault: Fault) -> None:
        await asyncio.to_thread(self.site.clamd.kill)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(self.site.clamd.start)

    async def _stall_clamd(self, fault: Fault) -> None:
        self.site.clamd.pause()
        await asyncio.sleep(fault.seconds)
        self.site.clamd.go_on()

    async def _lie(self, fault: Fault) -> None:
        self.site.proxy.mode = fault.name.removeprefix("clamd ").replace(" ", "_")
        await asyncio.sleep(fault.seconds)
        self.site.proxy.mode = "honest"

    async def _trouble_hop(self, fault: Fault) -> None:
        mode = fault.name.removeprefix("next hop ").replace(" ", "_")
        self.site.hop.set_mode("mailbox_full" if fault.name == "mailbox is full" else mode)
        await asyncio.sleep(min(fault.seconds, 3.0) if mode == "says_5xx" else fault.seconds)
        self.site.hop.set_mode("fine")

    async def _stop_dns(self, fault: Fault) -> None:
        await asyncio.to_thread(self.site.names.stop)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(self.site.names.start)

    # --- the machine -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _store_trouble(self) -> AsyncIterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.doubtful.append((began - STORE_SECONDS, time.monotonic() + STORE_SECONDS))

    async def _lock_store(self, fault: Fault) -> None:
        with closing(sqlite3.connect(self.site.store, isolation_level=None, timeout=0)) as lock:
            async with self._store_trouble():
                async with asyncio.timeout(60):
                    while not _locked(lock):  # the gateway writes
                        await asyncio.sleep(0.01)
                await asyncio.sleep(fault.seconds)
                lock.execute("ROLLBACK")

    async def _fill_disk(self, fault: Fault) -> None:
        async with self._store_trouble():
            limit_files(self.site.gateway, largest_file(self.site.gateway) + 10_000)
            await asyncio.sleep(fault.seconds)
            limit_files(self.site.gateway, resource.RLIM_INFINITY)

    async def _jump(self, fault: Fault) -> None:
        self.site.clock.set(fault.number)

    # --- the gateway's processes -------------------------------------------------------------------------------------

    async def _hang_up(self, _: Fault) -> None:
        assert self.site.gateway.process is not None
        os.kill(self.site.gateway.process.pid, signal.SIGHUP)

    async def _kill_worker(self, fault: Fault) -> None:
        others = sorted(name for name in await self._pids() if name.startswith("worker") and name != "worker 1")
        await self._kill(others[int(fault.number * len(others))])

    async def _kill(self, name: str) -> None:
        """Kill a process right after it was asked for its counts, and wait for another in its place."""
        pid = (await self._pids())[name]
        async with self._losing():
            os.kill(pid, signal.SIGKILL)
            await gone([pid])
        self.kills[name] = self.kills.get(name, 0) + 1
        await asyncio.to_thread(self.site.gateway.wait)

    async def _kill_supervisor(self, _: Fault) -> None:
        """Kill the supervisor, and start it again as systemd would, once its processes have gone."""
        gateway = self.site.gateway
        assert gateway.process is not None
        children = gateway.children()
        async with self._losing():
            gateway.process.kill()
            await asyncio.to_thread(gateway.process.wait)
            await gone(children)
        self.kills.clear()
        self.metrics.new_life()
        await asyncio.to_thread(gateway.start)

    async def _kill_sandbox(self, fault: Fault) -> None:
        cells = await asyncio.to_thread(self.site.gateway.cells)
        if cells:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(cells[int(fault.number * len(cells))], signal.SIGKILL)

    @asynccontextmanager
    async def _losing(self) -> AsyncIterator[None]:
        """Note the time in which counts are lost, and in which a copy that was taken may come again."""
        began = time.monotonic() - UNCOUNTED_SECONDS
        if not await asyncio.to_thread(self.metrics.scrape):
            began -= UNTOLD_SECONDS
        yield
        ended = time.monotonic()
        self.metrics.lost.append((began, ended))
        self.doubtful.append((began, ended))

    async def _pids(self) -> dict[str, int]:
        """Return the processes once all of them run."""
        await asyncio.to_thread(self.site.gateway.wait)
        return await asyncio.to_thread(self.site.pids)


def _locked(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True
