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
from pathlib import Path

from gateway.message.unread import READ_BYTES, unread
from gateway.remember.database.schema import MICROSECOND, folded
from gateway.remember.mail_journal.entries import OCTETS, Damage, DamagedLine, JournalEntry, entry_of_line
from gateway.remember.mail_journal.journal_keys import JournalKeys, LostKey, UnreadableMessage
from gateway.remember.mail_journal.segments import days_of, indexes_of

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
        words = folded(search.subject).split()
        most = MOST_OPENED - spent.opened if words else limit - len(result.found)
        fitting = (one for one in self._entries(day, _needle(search), result, spent) if _fits(one, search, behind))
        candidates = heapq.nlargest(most, fitting, key=_order)
        for entry in candidates:
            one = self._looked_into(entry, result)
            spent.opened += 1
            spent.opened_bytes += entry.place.length
            if one and all(word in folded(one.subject or "") for word in words):
                result.found.append(one)
            if len(result.found) == limit or spent.opened_bytes >= MOST_OPENED_BYTES:
                result.behind = _order(entry)
                return
        if len(candidates) == most:
            result.behind = _order(candidates[-1])
        elif spent.lines >= MOST_LINES:
            result.behind = datetime.combine(day, time.min, UTC), ""

    def _entries(self, day: date, needle: bytes, result: SearchResult, spent: _Spent) -> Iterator[JournalEntry]:
        """Yield the entries of a day; count its lines, and note what is damaged."""
        for index in indexes_of(self._folder, day):
            for one in _read_index(index, needle, spent):
                if isinstance(one, Damage):
                    result.note(one)
                else:
                    yield one

    def named(self, id: str) -> list[JournalEntry]:
        """Return the entries of an id: an entry's own, a message's, or the beginning of either. Raises OSError.

        Of many entries the first MOST_NAMED are returned.
        """
        id = id.lower()
        found: dict[str, JournalEntry] = {}
        for day in reversed(days_of(self._folder)):
            for index in indexes_of(self._folder, day):
                for one in _read_index(index, id.encode()):
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
                for one in _read_index(index):
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


def _read_index(index: Path, needle: bytes = b"", spent: _Spent | None = None) -> Iterator[JournalEntry | Damage]:
    """Yield the entries of an index file; lines without the needle are passed over, however they look."""
    try:
        file = index.open("rb")
    except FileNotFoundError:
        return  # the purge was faster
    with file:
        for number, line in enumerate(file, 1):
            if spent:
                spent.lines += 1
            if needle and needle not in line.lower():
                continue
            where = f"{index.parent.name}/{index.name}, line {number}"
            if not line.endswith(b"\n"):
                yield Damage(where, "its last line is incomplete: the process was killed there, or is writing it now")
                return
            try:
                yield entry_of_line(line[:-1], index)
            except DamagedLine as error:
                yield Damage(where, str(error))


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
