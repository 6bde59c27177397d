"""Both configurations applied to messages, in several processes. Nothing is sent, counted or learned.

Each process has both chains, and a sandbox for each. A message is examined and judged by either in the same way, as
`mailwarden explain` does it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from gateway import app
from gateway.act.records import direction_of
from gateway.assemble.services import build_language_model
from gateway.assemble.store import open_store
from gateway.contract import Client, Envelope, Mail, Recipient
from gateway.directory.compile import refreshed
from gateway.directory.compiled import CompiledDirectory
from gateway.directory.lookup import KnownDirectory
from gateway.directory.sources import FILE_NAME
from gateway.log.output import configure
from gateway.message.labels import PERSONAL
from gateway.operations.backtest.messages import Candidate
from gateway.operations.backtest.outcomes import Compared, outcome_of
from gateway.operations.explain import Assumed, Explainer, Unusable, explaining
from gateway.services.clock import SystemClock
from gateway.settings.models import Settings
from gateway.understand.examiner import read_message

#: Messages in hand for each process, so that none waits for the next.
AHEAD = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """The terms of a trial."""

    running: Settings
    changed: Settings
    uses_store: bool  # the filters ask the store's memories, of which nothing is changed
    directory: Path | None = None  # folder of the changed directory, where it isn't the running one


async def with_directory(trial: Trial, folder: Path) -> Trial:
    """Return the terms with the changed configuration's directory compiled into the folder, where it is another one.

    Raises ConfigurationError and DirectoryUnavailable.
    """
    running, changed = trial.running, trial.changed
    if not changed.directory.is_compiled or changed.directory == running.directory:
        return trial
    await refreshed(changed.model_copy(update={"data_dir": folder}), SystemClock().now())
    return Trial(running, changed, trial.uses_store, folder)


async def compare_all(
    trial: Trial, candidates: AsyncIterator[Candidate], processes: int
) -> AsyncIterator[Compared | Candidate]:
    """Yield each message under both configurations, as they come; one that can't be tried as it is.

    Raises Unusable where a process ended over a message, or where none can be started.
    """
    await _prove_interpreter()
    with _pool(trial, processes) as executor:
        in_hand: dict[asyncio.Future[Compared], str] = {}
        try:
            await _start_first(executor)
            async for candidate in candidates:
                if candidate.left_out:
                    yield candidate
                    continue
                in_hand[_handed(executor, candidate, in_hand.values())] = candidate.name
                if len(in_hand) >= AHEAD * processes:
                    for one in await _next_done(in_hand):
                        yield one
            while in_hand:
                for one in await _next_done(in_hand):
                    yield one
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


async def _prove_interpreter() -> None:
    """Raise Unusable where this user can't run the interpreter again: multiprocessing would not say so."""
    try:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdin=asyncio.subprocess.DEVNULL)
        status = await process.wait()
    except OSError as error:
        raise _cannot_start(error) from error
    if status:
        raise _cannot_start(ChildProcessError(f"{sys.executable} ends with status {status}"))


def _pool(trial: Trial, processes: int) -> ProcessPoolExecutor:
    """Return the processes, none of which is started yet. Raises Unusable.

    A spawned process that dies before it has read the terms would stop this one for ever, in a write to a pipe of which
    CPython holds the other end too. The error of a fork server comes back.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    try:
        return ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(trial,))
    except OSError as error:
        raise _cannot_start(error) from error


async def _start_first(executor: ProcessPoolExecutor) -> None:
    """Start a process before any message is read. Raises Unusable where it can't begin."""
    try:
        await asyncio.get_running_loop().run_in_executor(executor, _is_ready)
    except (BrokenProcessPool, EOFError, OSError) as error:
        raise _cannot_start(error) from error


def _handed(executor: ProcessPoolExecutor, candidate: Candidate, names: Iterable[str]) -> asyncio.Future[Compared]:
    """Hand a message to the processes, which may start another one for it. Raises Unusable."""
    try:
        return asyncio.get_running_loop().run_in_executor(executor, _compare, candidate)
    except BrokenProcessPool as error:
        raise _ended([*names, candidate.name]) from error
    except (EOFError, OSError) as error:
        raise _cannot_start(error) from error


async def _next_done(in_hand: dict[asyncio.Future[Compared], str]) -> Sequence[Compared]:
    done, _ = await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
    names = tuple(in_hand.values())
    for future in done:
        del in_hand[future]
    try:
        return [future.result() for future in done]
    except BrokenProcessPool as error:
        raise _ended(names) from error


def _ended(names: Sequence[str]) -> Unusable:
    return Unusable(f"a process ended while it examined one of these messages; leave it out: {', '.join(names)}")


def _cannot_start(error: Exception) -> Unusable:
    cause = "it ended at once" if isinstance(error, BrokenProcessPool) else str(error) or "it ended at once"
    return Unusable(
        f"no process can be started to examine messages: {cause}. This user must be able to run {sys.executable}, to "
        f"read the program in {Path(app.__file__).parent}, and to enter the current folder: go to another folder "
        "(cd /), or run this as root or as the user of the gateway"
    )


# --- in each process -------------------------------------------------------------------------------------------------

#: The terms, and what was built from them with the first message.
_trial: list[Trial] = []
_built: list[Comparison] = []
_runner = asyncio.Runner()


def _begin(trial: Trial) -> None:
    configure("human", "warning", to=sys.stderr)
    _trial.append(trial)
    Finalize(None, _end, exitpriority=1)  # a forked process runs nothing of `atexit`


def _is_ready() -> bool:
    """Return whether the process has its terms, as it must have by now."""
    return bool(_trial)


def _end() -> None:
    for comparison in _built:
        _runner.run(comparison.close())
    _runner.close()


def _compare(candidate: Candidate) -> Compared:
    return _runner.run(_compared(candidate))


async def _compared(candidate: Candidate) -> Compared:
    if not _built:
        _built.append(await Comparison.open(_trial[0]))
    return await _built[0].compare(candidate)


class Comparison:
    """Both configurations, ready to judge messages."""

    def __init__(self, opened: AsyncExitStack, running: Explainer, changed: Explainer) -> None:
        self._opened = opened
        self._running = running
        self._changed = changed

    @classmethod
    async def open(cls, trial: Trial) -> Comparison:
        """Open the store, if it is used, and build both chains. Raises what these raise."""
        opened = AsyncExitStack()
        store = None
        if trial.uses_store:
            store = await open_store(trial.running, create=False)
            opened.push_async_callback(store.close)
        model = build_language_model(trial.running, quiet=True)
        opened.push_async_callback(model.close)
        shared = model if trial.changed.models == trial.running.models else None  # it reads each message once for both
        running = await opened.enter_async_context(explaining(trial.running, store, shared=model))
        changed = await opened.enter_async_context(explaining(trial.changed, store, _directory(trial), shared))
        return cls(opened, running, changed)

    async def close(self) -> None:
        await self._opened.aclose()

    async def compare(self, candidate: Candidate) -> Compared:
        """Return the outcomes of a message under both configurations."""
        mail = await self._mail(candidate)
        seen, running = await self._running.judged(mail)
        _, changed = await self._changed.judged(mail)
        is_personal = PERSONAL in seen.labels
        return Compared(
            name=candidate.name,
            direction=direction_of(mail.envelope.recipients),
            sender="" if is_personal else next(iter(seen.sender.addresses), mail.envelope.mail_from),
            is_personal=is_personal,
            running=outcome_of(running),
            changed=outcome_of(changed),
        )

    async def _mail(self, candidate: Candidate) -> Mail:
        """Return the message with the facts of its arrival, else with those that its header gives."""
        if candidate.facts is None:
            return await self._running.assumed_mail(candidate.content, Assumed())
        facts: dict[str, Any] = dict(candidate.facts)
        return Mail(
            id=candidate.name,
            received_at=datetime.fromisoformat(facts["received_at"]),
            listener=facts["listener"],
            client=Client(**facts["client"]),
            envelope=Envelope(recipients=tuple(Recipient(**copy) for copy in facts["copies"]), **facts["envelope"]),
            message=await read_message(candidate.content),
        )


def _directory(trial: Trial) -> KnownDirectory | None:
    if trial.directory is None:
        return None
    return CompiledDirectory(trial.directory / FILE_NAME, trial.changed.organisation.domains)
