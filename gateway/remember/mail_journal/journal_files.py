"""The files that one process writes to: messages packed, encrypted and appended, where there is room.

All of it runs in one thread of the process.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.remember.mail_journal.entries import RelayedMessage, line_of_entry
from gateway.remember.mail_journal.journal_keys import TAG_BYTES, JournalKeys, new_nonce
from gateway.remember.mail_journal.journal_space import JournalSpace
from gateway.remember.mail_journal.segments import SEGMENT_BYTES, Segment, days_of, make_folder, remove_day

#: zlib's level: as for held mail, the least processor time.
LEVEL = 1
#: Seconds before a journal in trouble is tried again, each time with new files.
REST_SECONDS = 10.0

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
class Outcome:
    """The outcome for some messages: the reason why the rest isn't kept, and the changes that the log must tell."""

    trouble: str = ""
    is_full: bool = False
    became_full: bool = False
    has_room_again: bool = False


class JournalFiles:
    """The open segment of a process."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._segment: Segment | None = None
        self._space: JournalSpace | None = None
        self._trouble = ""
        self._rests_until = 0.0

    def keep(self, plan: JournalPlan, messages: Sequence[RelayedMessage], at: datetime) -> Outcome:
        """Write the messages, or say why not. After trouble nothing is tried for a while."""
        if time.monotonic() < self._rests_until:
            return Outcome(self._trouble)
        try:
            return self._keep(plan, messages, at)
        except OSError as error:
            return Outcome(self._rest(f"{plan.folder}: {error.strerror}"))
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

    def _keep(self, plan: JournalPlan, messages: Sequence[RelayedMessage], at: datetime) -> Outcome:
        space = self._space = self._space or JournalSpace(plan.folder)
        has_room_again = False
        for message in messages:
            if space.count(plan.max_bytes):
                has_room_again |= _unmarks_full(plan.folder)
            if refusal := space.refusal(0, plan.max_bytes):  # known before anything is packed
                return Outcome(refusal, is_full=True, became_full=_marks_full(plan.folder))
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
                return Outcome(refusal, is_full=True, became_full=_marks_full(plan.folder))
            segment.write_octets(plan.keys.encrypt(nonce, packed, line))
            segment.write_line(line)
            space.taken(needed)
        return Outcome(has_room_again=has_room_again)

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


def remove_old(plan: JournalPlan, now: datetime) -> int:
    edge = (now - timedelta(days=plan.days)).date()
    old = [day for day in days_of(plan.folder) if day < edge]
    for day in old:
        remove_day(plan.folder, day)
    return len(old)
