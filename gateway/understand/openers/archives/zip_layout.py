"""The layout of a zip file, by two views: a walk from header to header, and every central directory.

The walk skips the data of each file, so that an archive inside an archive isn't taken for this one's; the content
between files is searched. Sizes that no header tells are found by unpacking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.understand.budget import Budget, Exhausted
from gateway.understand.openers.archives.streams import Unpacked
from gateway.understand.openers.archives.zip_directories import (
    MAX_ENDINGS,
    MAX_HEADERS,
    Directory,
    DirectoryReader,
    Ending,
)
from gateway.understand.openers.archives.zip_methods import KNOWN_METHODS, unpack_entry
from gateway.understand.openers.archives.zip_records import DESCRIPTOR, IN_ZIP64, STREAMED, Header, read_end, read_local

_SIGNATURE = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06)")


@dataclass(slots=True)
class Entry:
    """A file in the archive: its local header, and the central headers that lead there."""

    local: Header
    data_end: int
    centrals: list[Header] = field(default_factory=list)
    overlaps: bool = False  # it stands inside another entry's data
    measured: Unpacked | None = None  # the content, where only unpacking told its size

    @property
    def data_start(self) -> int:
        return self.local.end


@dataclass(slots=True)
class Layout:
    """Both views of a zip file, side by side."""

    entries: dict[int, Entry] = field(default_factory=dict)  # by the place of the local header
    endings: list[Ending] = field(default_factory=list)
    strays: list[Directory] = field(default_factory=list)  # directories that no end record leads to
    dangling: list[Header] = field(default_factory=list)  # central headers that lead to no local one

    @property
    def walked(self) -> frozenset[int]:
        return frozenset(at for at, entry in self.entries.items() if not entry.overlaps)

    @property
    def start(self) -> int:
        return min(self.entries, default=min((one.record.at for one in self.endings), default=0))

    @property
    def end(self) -> int:
        return max((one.record.end for one in self.endings), default=0)


def is_plausible(header: Header) -> bool:
    """Return whether this is a real local header, and not four octets that look like one.

    7-Zip takes headers of any version, and names that are empty or have controls in them.
    """
    return header.method in KNOWN_METHODS and b"\0" not in header.name and (bool(header.name) or header.packed > 0)


def lay_out(content: bytes, budget: Budget) -> Layout:
    """Lay out a zip file by both views. Raises Exhausted."""
    walk = _Walk(content, budget)
    walk.run()
    walk.join()
    return walk.layout


class _Walk:
    def __init__(self, content: bytes, budget: Budget) -> None:
        self.layout = Layout()
        self._content = content
        self._budget = budget
        self._reader = DirectoryReader(content, budget)
        self._by_place: dict[int, Header] = {}
        self._learned: set[Directory] = set()
        self._all_endings_read = False
        self._descriptors: dict[int, int] | None = None
        self._archive_start = -1  # of the archive that the walk is in; -1 = none yet
        last = self._reader.last_ending()
        if last is not None:
            self._learn(last)

    def run(self) -> None:
        """Walk from the first header to the end of the content."""
        at = 0
        while (found := _SIGNATURE.search(self._content, at)) is not None:
            step = {3: self._local, 1: self._central, 5: self._end}[found[0][2]]
            at = step(found.start(), found.start() == at)

    def join(self) -> None:
        """Connect every central header with its local one."""
        claimed = {one.start for ending in self.layout.endings for one in ending.directories}
        self.layout.strays = [one for one in self.layout.strays if one.start not in claimed]
        distinct = dict.fromkeys(one for ending in self.layout.endings for one in ending.directories)
        for directory in (*distinct, *self.layout.strays):
            for header in directory.headers:
                self._join(header, directory.local_at(header))

    def _join(self, header: Header, place: int) -> None:
        entry = self.layout.entries.get(place)
        if entry is None:
            local = read_local(self._content, place)
            if local is None:
                self.layout.dangling.append(header)
                return
            entry = self._entry(local, header)
            entry.overlaps = True
        entry.centrals.append(header)

    def _local(self, at: int, adjoins: bool) -> int:
        local = read_local(self._content, at)
        if local is None or not (adjoins or at in self._by_place or is_plausible(local)):
            return at + 4
        if self._archive_start < 0:
            self._archive_start = at
        entry = self._entry(local, self._by_place.get(at))
        return max(entry.data_end, local.end)

    def _entry(self, local: Header, central: Header | None) -> Entry:
        if len(self.layout.entries) >= MAX_HEADERS:
            raise Exhausted("entries", f"a zip archive has more than {MAX_HEADERS} headers")
        entry = Entry(local, self._known_end(local, central))
        self.layout.entries[local.at] = entry
        if entry.data_end < 0:
            self._measure(entry)
        return entry

    def _known_end(self, local: Header, central: Header | None) -> int:
        """Return the end of a file's data, or -1 where it is unknown.

        Where the headers disagree it is the nearer end, so that nothing is skipped.
        """
        if central is None and not local.knows_sizes and not self._all_endings_read:
            self._read_all_endings()
            central = self._by_place.get(local.at)
        sizes = [local.packed] if local.knows_sizes else []
        sizes += [central.packed] if central is not None and central.packed != IN_ZIP64 else []
        ends = [local.end + packed for packed in sizes]
        return min(*ends, len(self._content)) if ends else -1

    def _measure(self, entry: Entry) -> None:
        local = entry.local
        by_descriptor = self._descriptor_ends().get(local.end) if local.flags & STREAMED else None
        if by_descriptor is not None:
            entry.data_end = by_descriptor
        elif local.method == 0 or local.is_encrypted or local.method not in KNOWN_METHODS:
            following = _SIGNATURE.search(self._content, local.end)
            entry.data_end = following.start() if following else len(self._content)
        else:
            data = memoryview(self._content)[local.end :]
            entry.measured = unpack_entry(local.method, local.flags, data, None, self._budget)
            entry.data_end = local.end + entry.measured.used_bytes

    def _descriptor_ends(self) -> dict[int, int]:
        """Return the start of each file's data by its descriptor's own count -> its end.

        Descriptors have a 32 and a 64 bit form (APPNOTE 4.3.9); both are read.
        """
        if self._descriptors is None:
            self._descriptors = {}
            at = self._content.find(DESCRIPTOR)
            while at >= 0 and len(self._descriptors) < 2 * MAX_HEADERS:
                for width in (8, 4):
                    packed = int.from_bytes(self._content[at + 8 : at + 8 + width], "little")
                    self._descriptors.setdefault(at - packed, at)
                at = self._content.find(DESCRIPTOR, at + 4)
        return self._descriptors

    def _central(self, at: int, adjoins: bool) -> int:
        directory = self._reader.stray(at, max(self._archive_start, 0))
        if directory.headers:
            self.layout.strays.append(directory)
        return max(directory.end, at + 4)

    def _end(self, at: int, adjoins: bool) -> int:
        record = read_end(self._content, at)
        if record is not None:
            if len(self.layout.endings) >= MAX_ENDINGS:
                raise Exhausted("entries", f"a zip archive has more than {MAX_ENDINGS} end records")
            self.layout.endings.append(self._reader.ending(record))
            self._archive_start = -1
        return at + 22  # the comment is searched as well: an end record may hide in it

    def _learn(self, ending: Ending) -> None:
        for directory in ending.directories:
            if directory in self._learned:
                continue
            self._learned.add(directory)
            for header in directory.headers:
                self._by_place.setdefault(directory.local_at(header), header)

    def _read_all_endings(self) -> None:
        self._all_endings_read = True
        for ending in self._reader.endings_in(0, len(self._content)):
            self._learn(ending)
