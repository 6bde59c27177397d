"""Searches in the journal: page by page, newest first, and bounded in what they read.

A search blocks, so call it in a thread.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from gateway.message.unread import unread
from gateway.remember.database.schema import folded
from gateway.remember.mail_journal.entries import Damage, JournalEntry, Order
from gateway.remember.mail_journal.indexes import newest_first
from gateway.remember.mail_journal.journal_keys import LostKey, UnreadableMessage
from gateway.remember.mail_journal.journal_reader import JournalReader, is_between, is_within
from gateway.remember.mail_journal.segments import days_of, indexes_of

#: Lines of indexes that one question reads, at the end of a day: some seconds. The answer names where to go on.
MOST_LINES = 3_000_000
#: Messages, and their octets, that one question decrypts for their subjects: a few seconds.
MOST_OPENED = 10_000
MOST_OPENED_BYTES = 1024 * 1024 * 1024
#: Damages that one answer names.
MOST_DAMAGES = 20


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


class JournalSearch:
    """One question to the journal, with the answer as far as it is."""

    def __init__(self, reader: JournalReader, search: Search, limit: int, behind: Order | None = None) -> None:
        self._reader = reader
        self._search = search
        self._limit = limit
        self._behind = behind
        self._words = folded(search.subject).split()
        self._needle = _needle(search)
        self._lines = self._opened = self._opened_bytes = 0
        self._result = SearchResult()

    def answer(self) -> SearchResult:
        """Return the newest entries that fit, those behind a place if one is given. Raises OSError.

        A damaged message is no part of the answer, and named. One whose key is lost is part of it.
        """
        ends = [one for one in (self._search.until, self._behind and self._behind[0]) if one]
        for day in reversed(days_of(self._reader.folder)):
            if self._result.behind is None and is_within(day, self._search.since, min(ends, default=None)):
                self._search_day(day)
        return self._result

    def _search_day(self, day: date) -> None:
        """Add the entries of a day. Where the search must stop, the result says behind which place."""
        indexes = (self._entries(index) for index in indexes_of(self._reader.folder, day))
        for entry in heapq.merge(*indexes, key=lambda entry: entry.order, reverse=True):
            if self._search.since and entry.at < self._search.since:
                return
            if _fits(entry, self._search, self._behind):
                self._look_into(entry)
                if self._is_enough:
                    self._result.behind = entry.order
                    return
        if self._lines >= MOST_LINES:
            self._result.behind = datetime.combine(day, time.min, UTC), ""

    @property
    def _is_enough(self) -> bool:
        found = len(self._result.found) >= self._limit
        return found or self._opened >= MOST_OPENED or self._opened_bytes >= MOST_OPENED_BYTES

    def _entries(self, index: Path) -> Iterator[JournalEntry]:
        """Yield the entries of an index file, newest first; count its lines, and note what is damaged."""
        for one in newest_first(index, self._needle):
            self._lines += 1
            if isinstance(one, JournalEntry):
                yield one
            elif one:
                self._result.note(one)

    def _look_into(self, entry: JournalEntry) -> None:
        """Add an entry whose message can be decrypted, or whose key is lost, if its subject has the words."""
        self._opened += 1
        self._opened_bytes += entry.place.length
        subject, unreadable = None, ""
        try:
            beginning = self._reader.beginning(entry)
            subject = None if entry.personal else unread(beginning).subject
        except LostKey as error:
            unreadable = str(error)
        except UnreadableMessage as error:
            self._result.note(Damage(entry.id, str(error)))
            return
        if all(word in folded(subject or "") for word in self._words):
            self._result.found.append(FoundMessage(entry, subject, unreadable))


def _fits(entry: JournalEntry, search: Search, behind: Order | None) -> bool:
    """Return whether an entry fits all of a search but the words of the subject."""
    sender, addresses = entry.envelope.mail_from, [recipient.address for recipient in entry.envelope.recipients]
    return (
        is_between(entry.at, search.since, search.until)
        and (behind is None or entry.order < behind)
        and (not search.sender or _is_at(sender, search.sender))
        and (not search.recipient or any(_is_at(one, search.recipient) for one in addresses))
        and (not search.text or _is_named(search.text, entry, [sender, *addresses]))
    )


def _needle(search: Search) -> bytes:
    """Return octets that stand in each line that fits, in lower case; b"" where there are none to rely on."""
    text = folded(search.text or search.sender or search.recipient)
    bare = text.removeprefix("<").removesuffix(">")
    return json.dumps(bare)[1:-1].encode() if bare.isascii() else b""


def _is_named(text: str, entry: JournalEntry, addresses: list[str]) -> bool:
    """Return whether a text is an id of the entry, its Message-ID, or an address or a domain of its envelope."""
    bare = text.removeprefix("<").removesuffix(">")
    ids = (entry.id, entry.mail_id, entry.message_id)
    return text in ids or entry.message_id in (bare, f"<{bare}>") or any(_is_at(one, bare) for one in addresses)


def _is_at(address: str, wanted: str) -> bool:
    """Compare an address with an address, or with `@domain`; letter case makes no difference."""
    one, other = folded(address), folded(wanted)
    return one.endswith(other) if other.startswith("@") else one == other
