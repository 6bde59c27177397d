"""The reading side of the journal: entries by id, the octets of one, and all messages in turn.

Nothing here writes. What is damaged is named and left out. Reading blocks, so call it in a thread.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.message.unread import READ_BYTES
from gateway.remember.database.schema import MICROSECOND
from gateway.remember.mail_journal.entries import OCTETS, Damage, JournalEntry
from gateway.remember.mail_journal.indexes import oldest_first
from gateway.remember.mail_journal.journal_keys import JournalKeys, UnreadableMessage
from gateway.remember.mail_journal.segments import days_of, indexes_of

#: Entries that the beginning of an id may have.
MOST_NAMED = 20


class JournalReader:
    """The journal in one folder, under these keys."""

    def __init__(self, folder: Path, keys: JournalKeys) -> None:
        self.folder = folder
        self._keys = keys

    def named(self, id: str) -> list[JournalEntry]:
        """Return the entries of an id: an entry's own, a message's, or the beginning of either. Raises OSError.

        Of many entries the first MOST_NAMED are returned.
        """
        id = id.lower()
        found: dict[str, JournalEntry] = {}
        for day in reversed(days_of(self.folder)):
            for index in indexes_of(self.folder, day):
                for one in oldest_first(index, id.encode()):
                    if isinstance(one, Damage) or not (one.id.startswith(id) or one.mail_id.startswith(id)):
                        continue
                    found[one.id] = one
                    if one.id == id:
                        return [one]
                    if len(found) == MOST_NAMED:
                        return sorted(found.values(), key=lambda entry: entry.order)
        return sorted(found.values(), key=lambda entry: entry.order)

    def content(self, entry: JournalEntry) -> bytes:
        """Return the message as it was relayed. Raises UnreadableMessage, and OSError."""
        try:
            return zlib.decompress(self._packed(entry))
        except zlib.error as error:
            raise UnreadableMessage(f"its octets can't be unpacked: {error}") from error

    def beginning(self, entry: JournalEntry) -> bytes:
        """Return the first octets of a message, most of the header at least; raises as `content`.

        The whole message is decrypted, which proves its entry too.
        """
        try:
            return zlib.decompressobj().decompress(self._packed(entry), READ_BYTES)
        except zlib.error as error:
            raise UnreadableMessage(f"its octets can't be unpacked: {error}") from error

    def messages(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[JournalEntry, bytes] | Damage]:
        """Yield each message of the time with its octets, oldest day first; in the place of a damaged one a Damage.

        Messages that are relayed meanwhile may be among them. Raises OSError.
        """
        for day in days_of(self.folder):
            if not is_within(day, since, until):
                continue
            for index in indexes_of(self.folder, day):
                for one in oldest_first(index):
                    if isinstance(one, Damage):
                        yield one
                    elif is_between(one.at, since, until):
                        yield self._with_content(one)

    def _with_content(self, entry: JournalEntry) -> tuple[JournalEntry, bytes] | Damage:
        try:
            return entry, self.content(entry)
        except UnreadableMessage as error:
            return Damage(entry.id, str(error))

    def _packed(self, entry: JournalEntry) -> bytes:
        place = entry.place
        try:
            with place.index.with_suffix(OCTETS).open("rb") as file:
                is_whole = place.offset >= 0 and 0 <= place.length <= os.fstat(file.fileno()).st_size - place.offset
                octets = os.pread(file.fileno(), place.length, place.offset) if is_whole else b""
        except FileNotFoundError:
            is_whole = False
        if not is_whole:
            raise UnreadableMessage("the file with its octets is missing or cut short")
        return self._keys.decrypt(place.key, place.nonce, octets, place.line)


def is_within(day: date, since: datetime | None, until: datetime | None) -> bool:
    """Return whether a day has moments of the time; `until` is excluded."""
    return (since is None or day >= since.astimezone(UTC).date()) and (
        until is None or day <= (until - MICROSECOND).astimezone(UTC).date()
    )


def is_between(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)
