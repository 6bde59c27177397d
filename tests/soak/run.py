"""One soak: the load and the faults at the same time, then rest, and the evidence for the balance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.traffic import StoreFile, log_of
from tests.soak.balance import HELD_QUERY, Balance, Evidence, balance, rows_of_held
from tests.soak.clock import JumpingClock
from tests.soak.faults import Faults
from tests.soak.load import Load
from tests.soak.mails import kind_of, mails
from tests.soak.memory import Memory
from tests.soak.metrics import Metrics
from tests.soak.plan import Plan
from tests.soak.site import WORKERS, Site, running_site

#: Most seconds for what waits at the end: clients, then the outbox.
REST_SECONDS = 180.0
#: Seconds between two looks at memory, and between two rounds of the reviewer.
LOOK_SECONDS, RELEASE_SECONDS = 5.0, 1.0
#: Seconds without a notice after which none is on its way: the keeper looks for them once a second.
QUIET_SECONDS = 2.5
WAITING = "SELECT count(DISTINCT held_id) FROM held_copies WHERE state = 'held'"
TO_RELEASE = "SELECT DISTINCT held_id, mail_from FROM held JOIN held_copies ON held_id = id WHERE state = 'held'"


@dataclass(frozen=True, slots=True)
class Result:
    balance: Balance
    memory: Memory
    faults: dict[str, int]
    attempts: int
    left_out: int  # faults for which it was too late
    audit: str  # what `audit verify` says, "" where it finds the records whole


async def soak(
    folder: Path,
    clock: JumpingClock,
    plan: Plan,
    *,
    seed: int,
    seconds: float,
    rate: float,
    say: Callable[[str], None],
    workers: int = WORKERS,
    command: list[str] | None = None,
) -> Result:
    """Run the plan over a load of `rate` messages a second; the logs lie in the folder afterwards."""
    site_ = running_site(folder, clock, has_journal=plan.has_journal, workers=workers, command=command)
    async with site_ as site:
        metrics, memory = Metrics(site.gateway.http), Memory()
        load = Load({"inbound": [site.gateway.inbound], "outbound": [site.gateway.outbound]}, mails(seed), rate)
        faults = Faults(site, metrics, time.monotonic(), say)
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(_watch(site, memory)), tasks.create_task(_release(site, load))]
            running = tasks.create_task(load.run())
            async with asyncio.TaskGroup() as breaking:
                breaking.create_task(faults.carry_out(plan.outside))
                breaking.create_task(faults.carry_out(plan.inside))
                breaking.create_task(asyncio.sleep(seconds))
            say("the faults are over; what waits is finished")
            clock.set(0)
            load.stop()
            await asyncio.wait([running], timeout=REST_SECONDS)
            running.cancel()
            for one in beside:
                one.cancel()
        await _empty_outbox(site)
        await _at_rest(site, metrics)
        seen = _evidence(site, load, faults, metrics)
        (folder / "memory").write_text("".join(f"{name} {looks}\n" for name, looks in memory.looks.items()))
        (folder / "metrics").write_text("\n".join(map(str, metrics.lives)))
        verified = await asyncio.to_thread(site.gateway.cli, "audit", "verify")
        return Result(
            balance(seen),
            memory,
            faults.done,
            len(load.attempts),
            faults.left_out,
            verified.stdout if verified.returncode else "",
        )


async def _watch(site: Site, memory: Memory) -> None:
    while True:
        memory.look(await asyncio.to_thread(site.pids))
        await asyncio.sleep(LOOK_SECONDS)


async def _release(site: Site, load: Load) -> None:
    """Release, as a reviewer would, what is held and of the kind for that; whatever stops it is tried again."""
    while True:
        for id, sender in await asyncio.to_thread(site.rows, TO_RELEASE):
            tag = str(sender).partition("@")[0]
            if tag in load.accepted and kind_of(tag) == "released":
                with suppress(OSError, ValueError):  # the keeper was killed meanwhile
                    question = {"id": str(id), "reason": "the recipient expects it"}
                    await asyncio.to_thread(site.gateway.question, "quarantine.release", question)
        await asyncio.sleep(RELEASE_SECONDS)


async def _empty_outbox(site: Site) -> None:
    """Make the outbox due, and what a killed keeper had claimed, until it is empty or nothing helps."""
    store = StoreFile(site.gateway)
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_SECONDS):
            while store.outbox():
                await asyncio.to_thread(store.hurry)
                await asyncio.to_thread(store.end_leases)
                await asyncio.sleep(0.5)


async def _at_rest(site: Site, metrics: Metrics) -> None:
    """Scrape until no session is open, no notice has come for a while, and the store's figures are those of now."""
    (waiting,) = site.rows(WAITING)[0]
    store, notices, since = StoreFile(site.gateway), -1, time.monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while True:
                if notices != len(site.hop.notices) or store.outbox():
                    notices, since = len(site.hop.notices), time.monotonic()
                await asyncio.sleep(0.5)
                await asyncio.to_thread(metrics.scrape)
                gauges = metrics.gauge("sessions"), metrics.gauge("outbox_rows"), metrics.gauge("held_messages")
                is_quiet = time.monotonic() - since > QUIET_SECONDS and notices == len(site.hop.notices)
                if is_quiet and gauges == (0, 0, waiting):
                    return


def _evidence(site: Site, load: Load, faults: Faults, metrics: Metrics) -> Evidence:
    store = StoreFile(site.gateway)
    (waiting,) = site.rows(WAITING)[0]
    return Evidence(
        accepted=load.accepted,
        refused=load.refused,
        waiting=load.waiting,
        attempts=load.attempts,
        deliveries=site.hop.deliveries,
        reports=site.hop.reports,
        notices=site.hop.notices,
        held=rows_of_held(site.rows(HELD_QUERY)),
        held_messages=int(str(waiting)),
        outbox_rows=len(store.outbox()),
        lied=site.proxy.lied,
        doubtful=faults.doubtful,
        not_recorded=log_of(site.gateway).count("outbox.not_recorded"),
        metrics=metrics,
        kills=faults.kills,
    )
