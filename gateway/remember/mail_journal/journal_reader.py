"""The reading side of the journal: its entries by search, the octets of one, and all messages in turn.

Nothing here writes. What is damaged is named and left out. Reading blocks, so call it in a thread.
"""

from __future__ import annotations

import heapq
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from gateway.message.unread import READ_BYTES, unread
from gateway.remember.database.schema import MICROSECOND, folded
from gateway.remember.mail_journal.entries import OCTETS, Damage, DamagedLine, JournalEntry, entry_of_line
from gateway.remember.mail_journal.journal_keys import JournalKeys, LostKey, UnreadableMessage
from gateway.remember.mail_journal.segments import days_of, indexes_of

#: Octets of an index that are read at once.
BLOCK_BYTES = 1024 * 1024
#: Lines of indexes that one question reads, at the end of a day: some seconds. The answer names where to go on.
MOST_LINES = 3_000_000
#: Messages, and their octets, that one question decrypts for their subjects: a few seconds.
MOST_OPENED = 10_000
MOST_OPENED_BYTES = 1024 * 1024 * 1024
#: Damages that one answer names, and entries that the beginning of an id may have.
MOST_DAMAGES = 20
MOST_NAMED = 20

#: The place of an entry in the order of the journal: its time and id.
Order = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Search:
    """Conditions that all must hold; an empty one always does."""

    text: str = ""  # an address, `@domain`, a Message-ID or an id
    sender: str = ""  # an address, or `@domain`
    recipient: str = ""
    subject: str = ""  # words, which must all be there; personal mail is not searched
    since: datetime | None = None
    until: datetime | None = None  # excluded


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """An entry that fits, and its subject where that can be shown."""

    entry: JournalEntry
    subject: str | None  # None: labelled personal, or its key is lost
    unreadable: str = ""  # why its octets can't be read


@dataclass(slots=True)
class SearchResult:
    """One page of an answer, newest first."""

    found: list[FoundMessage] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    more_damages: int = 0
    behind: Order | None = None  # the search goes on behind this place; None: it is complete

    def note(self, damage: Damage) -> None:
        if len(self.damages) < MOST_DAMAGES:
            self.damages.append(damage)
        else:
            self.more_damages += 1


class JournalReader:
    """The journal in one folder, under these keys."""

    def __init__(self, folder: Path, keys: JournalKeys) -> None:
        self._folder = folder
        self._keys = keys

    def find(self, search: Search, limit: int, behind: Order | None = None) -> SearchResult:
        """Return the newest entries that fit, those behind a place if one is given. Raises OSError.

        A damaged message is no part of the answer, and named. One whose key is lost is part of it.
        """
        result, spent = SearchResult(), _Spent()
        for day in reversed(days_of(self._folder)):
            if result.behind is None and _touches(day, search, behind):
                self._find_in(day, search, limit, behind, result, spent)
        return result

    def _find_in(
        self, day: date, search: Search, limit: int, behind: Order | None, result: SearchResult, spent: _Spent
    ) -> None:
        """Add the entries of a day. Where the search must stop, `result.behind` says behind which place."""
        words, needle = folded(search.subject).split(), _needle(search)
        indexes = [_newest_first(index, needle, result, spent) for index in indexes_of(self._folder, day)]
        for entry in heapq.merge(*indexes, key=_order, reverse=True):
            if search.since and entry.at < search.since:
                return
            if not _fits(entry, search, behind):
                continue
            one = self._looked_into(entry, result)
            spent.opened += 1
            spent.opened_bytes += entry.place.length
            if one and all(word in folded(one.subject or "") for word in words):
                result.found.append(one)
            if len(result.found) == limit or spent.opened >= MOST_OPENED or spent.opened_bytes >= MOST_OPENED_BYTES:
                result.behind = _order(entry)
                return
        if spent.lines >= MOST_LINES:
            result.behind = datetime.combine(day, time.min, UTC), ""

    def named(self, id: str) -> list[JournalEntry]:
        """Return the entries of an id: an entry's own, a message's, or the beginning of either. Raises OSError.

        Of many entries the first MOST_NAMED are returned.
        """
        id = id.lower()
        found: dict[str, JournalEntry] = {}
        for day in reversed(days_of(self._folder)):
            for index in indexes_of(self._folder, day):
                for one in _oldest_first(index, id.encode()):
                    if isinstance(one, Damage) or not (one.id.startswith(id) or one.mail_id.startswith(id)):
                        continue
                    found[one.id] = one
                    if one.id == id:
                        return [one]
                    if len(found) == MOST_NAMED:
                        return sorted(found.values(), key=_order)
        return sorted(found.values(), key=_order)

    def content(self, entry: JournalEntry) -> bytes:
        """Return the message as it was relayed. Raises UnreadableMessage, and OSError."""
        try:
            return zlib.decompress(self._packed(entry))
        except zlib.error as error:
            raise UnreadableMessage(f"its octets can't be unpacked: {error}") from error

    def messages(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[JournalEntry, bytes] | Damage]:
        """Yield each message of the time with its octets, oldest day first; in the place of a damaged one a Damage.

        Messages that are relayed meanwhile may be among them. Raises OSError.
        """
        search = Search(since=since, until=until)
        for day in days_of(self._folder):
            if not _touches(day, search, None):
                continue
            for index in indexes_of(self._folder, day):
                for one in _oldest_first(index):
                    if isinstance(one, Damage):
                        yield one
                    elif _is_between(one.at, since, until):
                        yield self._with_content(one)

    def _with_content(self, entry: JournalEntry) -> tuple[JournalEntry, bytes] | Damage:
        try:
            return entry, self.content(entry)
        except UnreadableMessage as error:
            return Damage(entry.id, str(error))

    def _looked_into(self, entry: JournalEntry, result: SearchResult) -> FoundMessage | None:
        """Decrypt a message, which proves its entry too, and read its subject unless it is labelled personal."""
        try:
            head = zlib.decompressobj().decompress(self._packed(entry), READ_BYTES)
        except LostKey as error:
            return FoundMessage(entry, None, str(error))
        except (UnreadableMessage, zlib.error) as error:
            result.note(Damage(entry.id, str(error)))
            return None
        return FoundMessage(entry, None if entry.personal else unread(head).subject)

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


@dataclass(slots=True)
class _Spent:
    """The work that one question has cost so far."""

    lines: int = 0
    opened: int = 0
    opened_bytes: int = 0


def _fits(entry: JournalEntry, search: Search, behind: Order | None) -> bool:
    """Return whether an entry fits all of a search but the words of the subject."""
    sender, addresses = entry.envelope.mail_from, [recipient.address for recipient in entry.envelope.recipients]
    return (
        _is_between(entry.at, search.since, search.until)
        and (behind is None or _order(entry) < behind)
        and (not search.sender or _is_at(sender, search.sender))
        and (not search.recipient or any(_is_at(one, search.recipient) for one in addresses))
        and (not search.text or _is_named(search.text, entry, [sender, *addresses]))
    )


def _newest_first(index: Path, needle: bytes, result: SearchResult, spent: _Spent) -> Iterator[JournalEntry]:
    """Yield the entries of an index file, from the last to the first; count the lines, and note what is damaged."""
    with _opened(index) as file:
        for line in _lines_backwards(file):
            spent.lines += 1
            if needle in line.lower():
                one = _entry_or_damage(line, index)
                if isinstance(one, JournalEntry):
                    yield one
                else:
                    result.note(one)


def _oldest_first(index: Path, needle: bytes = b"") -> Iterator[JournalEntry | Damage]:
    """Yield the entries of an index file; lines without the needle are passed over, however they look."""
    with _opened(index) as file:
        yield from (_entry_or_damage(line, index) for line in file if needle in line.lower())


def _opened(index: Path) -> BinaryIO:
    """Open an index file; one that the purge has removed is empty."""
    try:
        return index.open("rb")
    except FileNotFoundError:
        return BytesIO()


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file with their line ends, the last one first."""
    end, rest, line_end = file.seek(0, os.SEEK_END), b"", b""
    while end:
        start = max(0, end - BLOCK_BYTES)
        file.seek(start)
        rest, *lines = (file.read(end - start) + rest).split(b"\n")
        for line in reversed(lines):
            if line or line_end:  # behind the last line end there is nothing, where the file is whole
                yield line + line_end
            line_end = b"\n"
        end = start
    if rest:
        yield rest + line_end


def _entry_or_damage(line: bytes, index: Path) -> JournalEntry | Damage:
    where = f"{index.parent.name}/{index.name}"
    if not line.endswith(b"\n"):
        return Damage(where, "its last line is incomplete: the process was killed there, or is writing it now")
    try:
        return entry_of_line(line[:-1], index)
    except DamagedLine as error:
        return Damage(where, str(error))


def _needle(search: Search) -> bytes:
    """Return octets that stand in each line that fits, in lower case; b"" where there are none to rely on."""
    text = folded(search.text or search.sender or search.recipient)
    bare = text.removeprefix("<").removesuffix(">")
    return json.dumps(bare)[1:-1].encode() if bare.isascii() else b""


def _is_named(text: str, entry: JournalEntry, addresses: list[str]) -> bool:
    """Return whether a text is an id of the entry, its Message-ID, or an address or a domain of its envelope."""
    bare = text.removeprefix("<").removesuffix(">")
    ids = (entry.id, entry.mail_id, entry.message_id)
    return text in ids or entry.message_id in (bare, f"<{bare}>") or any(_is_at(one, text) for one in addresses)


def _is_at(address: str, wanted: str) -> bool:
    """Compare an address with an address, or with `@domain`; letter case makes no difference."""
    one, other = folded(address), folded(wanted)
    return one.endswith(other) if other.startswith("@") else one == other


def _touches(day: date, search: Search, behind: Order | None) -> bool:
    """Return whether a day may have entries that fit. Both ends are excluded."""
    ends = [one for one in (search.until, behind and behind[0]) if one]
    return (search.since is None or day >= search.since.astimezone(UTC).date()) and all(
        day <= (end - MICROSECOND).astimezone(UTC).date() for end in ends
    )


def _is_between(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def _order(entry: JournalEntry) -> Order:
    return entry.at, entry.id
