"""The writing side of the journal: one in each process, which keeps what the process has relayed.

Mail never waits for the disk here: the octets go to the operating system, which writes them within half a minute. A
process that is killed loses nothing that it has answered for; a power cut may cost that half minute. Whatever goes
wrong is said, and the mail goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.remember.mail_journal.entries import RelayedMessage
from gateway.remember.mail_journal.journal_files import JournalFiles, JournalPlan, Outcome, remove_old

log = structlog.get_logger("journal")

#: Seconds that a reply waits for the journal at most, where the disk stands still. The client has waited for the next
#: hop by then.
WAIT_SECONDS = 2.0
#: Octets that wait for the disk in one process at most; messages beyond that are not kept.
WAITING_BYTES = 64 * 1024 * 1024
#: Seconds between log lines while the trouble stays the same.
SAY_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Messages that wait for the thread, and where their outcome goes."""

    plan: JournalPlan
    messages: Sequence[RelayedMessage]
    at: datetime
    octets: int
    outcome: asyncio.Future[Outcome]


class MailJournal:
    """The journal of one process; without a plan it is off, and costs nothing."""

    def __init__(self, plan: JournalPlan | None, new_id: Callable[[], str]) -> None:
        self._plan = plan
        self._files = JournalFiles(new_id)
        self._thread = ThreadPoolExecutor(1, "journal")  # begins with the first message
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._is_writing = False
        self._said = ("", 0.0)
        self.trouble = ""  # why messages are not kept at the moment, for `status`

    @property
    def is_on(self) -> bool:
        return self._plan is not None

    def configure(self, plan: JournalPlan | None) -> None:
        """Take over another plan, from the next message on."""
        self._plan, self.trouble = plan, ""

    async def keep(self, messages: Sequence[RelayedMessage], at: datetime) -> None:
        """Keep messages that a next hop has taken. Trouble is logged, and no reason to refuse anything."""
        plan = self._plan
        if plan is None or not messages:
            return
        octets = sum(one.size_bytes for one in messages)
        if self._waiting_bytes and self._waiting_bytes + octets > WAITING_BYTES:
            self._say(messages, "the disk of the journal is too slow: too many messages wait for it")
            return
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(plan, messages, at, octets, outcome))
        self._waiting_bytes += octets
        if not self._is_writing:
            self._write()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                self._conclude(messages, await outcome)
        except TimeoutError:
            self._say(messages, f"the disk of the journal is too slow: nothing was written in {WAIT_SECONDS:.0f} s")

    async def purge(self, now: datetime) -> int:
        """Remove the days that are over their time; return how many. What can't be removed is logged."""
        plan = self._plan
        if plan is None:
            return 0
        try:
            return await asyncio.to_thread(remove_old, plan, now)
        except OSError as error:
            log.error("journal.not_purged", error=str(error))
            return 0

    def close(self) -> None:
        """Wait for what is being written, and close the files."""
        self._thread.shutdown()
        self._files.close()

    def _write(self) -> None:
        """Hand all that waits to the thread: many messages cost one change of thread."""
        batch, self._waiting, self._is_writing = self._waiting, [], True
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._keep_each, batch)
        work.add_done_callback(lambda done: self._written(batch, done))

    def _keep_each(self, batch: Sequence[_Waiting]) -> list[Outcome]:
        """Keep what waited; in the thread."""
        return [self._files.keep(one.plan, one.messages, one.at) for one in batch]

    def _written(self, batch: Sequence[_Waiting], done: asyncio.Future[list[Outcome]]) -> None:
        """Tell those who wait; an error that nobody foresaw is trouble of the journal, and stops no mail either."""
        error = done.exception()
        outcomes = [Outcome(f"{type(error).__name__}: {error}")] * len(batch) if error else done.result()
        for one, outcome in zip(batch, outcomes, strict=True):
            self._waiting_bytes -= one.octets
            if not one.outcome.done():
                one.outcome.set_result(outcome)
        self._is_writing = False
        if self._waiting:
            self._write()

    def _conclude(self, messages: Sequence[RelayedMessage], outcome: Outcome) -> None:
        if outcome.became_full:
            log.error("journal.full", why=outcome.trouble)
        if outcome.has_room_again:
            log.info("journal.has_room")
        if outcome.is_full:
            self.trouble = f"relayed mail is not kept: {outcome.trouble}"
        elif outcome.trouble:
            self._say(messages, outcome.trouble)
        else:
            self.trouble = ""

    def _say(self, messages: Sequence[RelayedMessage], trouble: str) -> None:
        """Log trouble, the same once a minute."""
        self.trouble = f"relayed mail is not kept: {trouble}"
        before, at = self._said
        now = time.monotonic()
        if before != trouble or now >= at + SAY_AGAIN_SECONDS:
            self._said = trouble, now
            log.error("journal.not_written", id=messages[0].mail_id, error=trouble)
