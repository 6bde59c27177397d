"""The writing side of the journal: one in each process, which keeps what the process has relayed.

Mail never waits for the disk here: the octets go to the operating system, which writes them within half a minute. A
process that is killed loses nothing that it has answered for; a power cut may cost that half minute. Whatever goes
wrong is said, and the mail goes on.
"""

from __future__ import annotations

import asyncio
import os
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from gateway.remember.mail_journal.entries import RelayedMessage, line_of_entry
from gateway.remember.mail_journal.journal_keys import TAG_BYTES, JournalKeys, new_nonce
from gateway.remember.mail_journal.journal_space import JournalSpace
from gateway.remember.mail_journal.segments import SEGMENT_BYTES, Segment, days_of, make_folder, remove_day

log = structlog.get_logger("journal")

#: zlib's level: as for held mail, the least processor time.
LEVEL = 1
#: Seconds that a reply waits for the journal at most, where the disk stands still. The client has waited for the next
#: hop by then.
WAIT_SECONDS = 2.0
#: Octets that wait for the disk in one process at most; messages beyond that are not kept.
WAITING_BYTES = 64 * 1024 * 1024
#: Seconds before a journal in trouble is tried again, each time with new files.
REST_SECONDS = 10.0
#: Seconds between log lines while the trouble stays the same.
SAY_AGAIN_SECONDS = 60.0

#: The file that says that the journal is full: whichever process makes it writes the log's line, so that there is one.
FULL = "full"


@dataclass(frozen=True, slots=True)
class JournalPlan:
    """The journal as configured."""

    folder: Path
    keys: JournalKeys
    days: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The outcome for some messages: the reason why the rest isn't kept, and the changes that the log must tell."""

    trouble: str = ""
    is_full: bool = False
    became_full: bool = False
    has_room_again: bool = False


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Messages that wait for the thread, and where their outcome goes."""

    plan: JournalPlan
    messages: Sequence[RelayedMessage]
    at: datetime
    octets: int
    outcome: asyncio.Future[_Outcome]


class MailJournal:
    """The journal of one process; without a plan it is off, and costs nothing."""

    def __init__(self, plan: JournalPlan | None, new_id: Callable[[], str]) -> None:
        self._plan = plan
        self._files = _JournalFiles(new_id)
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
        outcome: asyncio.Future[_Outcome] = asyncio.get_running_loop().create_future()
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
            return await asyncio.to_thread(_remove_old, plan, now)
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
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._files.keep_each, batch)
        work.add_done_callback(lambda done: self._written(batch, done))

    def _written(self, batch: Sequence[_Waiting], done: asyncio.Future[list[_Outcome]]) -> None:
        """Tell those who wait; an error that nobody foresaw is trouble of the journal, and stops no mail either."""
        error = done.exception()
        outcomes = [_Outcome(f"{type(error).__name__}: {error}")] * len(batch) if error else done.result()
        for one, outcome in zip(batch, outcomes, strict=True):
            self._waiting_bytes -= one.octets
            if not one.outcome.done():
                one.outcome.set_result(outcome)
        self._is_writing = False
        if self._waiting:
            self._write()

    def _conclude(self, messages: Sequence[RelayedMessage], outcome: _Outcome) -> None:
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


class _JournalFiles:
    """The open segment, which the journal's one thread alone uses."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._segment: Segment | None = None
        self._space: JournalSpace | None = None
        self._trouble = ""
        self._rests_until = 0.0

    def keep_each(self, batch: Sequence[_Waiting]) -> list[_Outcome]:
        return [self.keep(one.plan, one.messages, one.at) for one in batch]

    def keep(self, plan: JournalPlan, messages: Sequence[RelayedMessage], at: datetime) -> _Outcome:
        """Write the messages, or say why not. After trouble nothing is tried for a while."""
        if time.monotonic() < self._rests_until:
            return _Outcome(self._trouble)
        try:
            return self._keep(plan, messages, at)
        except OSError as error:
            return _Outcome(self._rest(f"{plan.folder}: {error.strerror}"))
        except BaseException as error:
            self._rest(f"{type(error).__name__}: {error}")
            raise

    def _rest(self, trouble: str) -> str:
        """Close the files, which may end with half a message, and note the trouble."""
        self.close()
        self._trouble, self._rests_until = trouble, time.monotonic() + REST_SECONDS
        return trouble

    def close(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _keep(self, plan: JournalPlan, messages: Sequence[RelayedMessage], at: datetime) -> _Outcome:
        space = self._space = self._space or JournalSpace(plan.folder)
        has_room_again = False
        for message in messages:
            if space.count(plan.max_bytes):
                has_room_again |= _unmarks_full(plan.folder)
            if refusal := space.refusal(0, plan.max_bytes):  # known before anything is packed
                return _Outcome(refusal, is_full=True, became_full=_marks_full(plan.folder))
            segment = self._open(plan.folder, at)
            at = segment.last_at = max(at, segment.last_at)  # a search relies on the order of the lines
            packed, nonce = _packed(message.content), new_nonce()
            length = len(packed) + TAG_BYTES
            line = line_of_entry(
                self._new_id(),
                at,
                message,
                key=plan.keys.newest,
                nonce=nonce,
                offset=segment.offset,
                length=length,
            )
            needed = length + len(line) + 1
            if refusal := space.refusal(needed, plan.max_bytes):
                return _Outcome(refusal, is_full=True, became_full=_marks_full(plan.folder))
            segment.write_octets(plan.keys.encrypt(nonce, packed, line))
            segment.write_line(line)
            space.taken(needed)
        return _Outcome(has_room_again=has_room_again)

    def _open(self, folder: Path, at: datetime) -> Segment:
        """Return the segment of the day, a new one where the last has grown large."""
        if self._segment is not None and (
            self._segment.day != at.date() or self._segment.offset >= SEGMENT_BYTES or self._segment.is_gone
        ):
            self.close()
        if self._segment is None:
            self._segment = Segment(folder, at)
        return self._segment


def _packed(content: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(LEVEL)
    return b"".join([*map(packer.compress, content), packer.flush()])


def _marks_full(folder: Path) -> bool:
    """Make the file that says that the journal is full; return whether nobody has made it before. Raises OSError."""
    make_folder(folder)
    with suppress(FileExistsError):
        os.close(os.open(folder / FULL, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return True
    return False


def _unmarks_full(folder: Path) -> bool:
    """Remove that file; return whether it was there."""
    with suppress(FileNotFoundError):
        os.unlink(folder / FULL)
        return True
    return False


def _remove_old(plan: JournalPlan, now: datetime) -> int:
    edge = (now - timedelta(days=plan.days)).date()
    old = [day for day in days_of(plan.folder) if day < edge]
    for day in old:
        remove_day(plan.folder, day)
    return len(old)
