"""Conflicts between the views of one zip file: headers of one entry, directories of one archive. Opens nothing.

Differences that ordinary programs write are no conflict: sizes behind the data, slashes, text encodings.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.message.header.name_forms import extensions_of
from gateway.understand.openers.archives.streams import Unpacked
from gateway.understand.openers.archives.zip_layout import Entry, Layout
from gateway.understand.openers.archives.zip_records import IN_ZIP64, MASKED, STREAMED, Header


def of_entry(entry: Entry) -> Iterator[Defect]:
    """Compare the local header with the central ones, and the central ones with each other."""
    for what in dict.fromkeys(_between(entry)):
        yield Defect("container.mismatch", what, entry.local.at)


def _between(entry: Entry) -> Iterator[str]:
    if entry.overlaps:
        yield "it stands in the data of another file"
    for central in entry.centrals:
        if not (entry.local.flags | central.flags) & MASKED:
            yield from _local_and_central(entry.local, central)
    if len({(one.name, one.at) for one in entry.centrals}) > 1:
        yield "the directory lists its data more than once"


def _local_and_central(local: Header, central: Header) -> Iterator[str]:
    if not _same_names(local, central):
        yield "it has another name in its own header than in the directory"
    if local.method != central.method:
        yield "it has another compression method in its own header than in the directory"
    if local.is_encrypted != central.is_encrypted:
        yield "it is encrypted by one header alone"
    for said, truly in ((local.packed, central.packed), (local.size, central.size), (local.crc, central.crc)):
        if said != truly and not (local.flags & STREAMED and said in (0, IN_ZIP64)):
            yield "it has another size or checksum in its own header than in the directory"


def _same_names(local: Header, central: Header) -> bool:
    """Return whether the names are equal octets, or equal as text.

    Some programs write slashes or an encoding differently in the two places.
    """
    if local.name == central.name:
        return True
    texts = [{name.replace("\\", "/") for name in header.names} for header in (local, central)]
    return bool(texts[0] & texts[1]) and _extensions(local) == _extensions(central)


def _extensions(header: Header) -> set[frozenset[str]]:
    """Return the extensions of each of the header's names."""
    return {extensions_of((name,)) for name in header.names}


def of_names(header: Header) -> Iterator[Defect]:
    """Yield a defect where a Unicode Path extra field gives a name with another extension.

    The field may spell the same name in other characters.
    """
    if len(_extensions(header)) > 1:
        yield Defect("container.mismatch", "its Unicode name has another extension than its name", header.at)


def of_content(entry: Entry, found: Unpacked) -> Iterator[Defect]:
    """Compare content that was unpacked whole with the size and checksum in its header."""
    header = _authority(entry)
    if header is None:
        return
    if len(found.content) != header.size:
        yield Defect("container.mismatch", "its size is another than its header says", entry.local.at)
    elif zlib.crc32(found.content) != header.crc:
        yield Defect("container.mismatch", "its checksum is another than its header says", entry.local.at)


def _authority(entry: Entry) -> Header | None:
    if entry.centrals:
        return entry.centrals[0]
    return None if entry.local.flags & STREAMED else entry.local


def of_layout(layout: Layout) -> Iterator[Defect]:
    """Compare the directories with the files that the walk found, and with their end records."""
    for what, at in dict(_of_layout(layout)).items():
        yield Defect("container.mismatch", what, at)


def _of_layout(layout: Layout) -> Iterator[tuple[str, int]]:
    for header in layout.dangling[:1]:
        yield "the directory lists a file that isn't there", header.at
    views = set()
    for ending in layout.endings:
        for directory in ending.directories:
            views.add(directory.view)
            if ending.record.count not in (len(directory.headers), len(directory.headers) & 0xFFFF):
                yield "the end record counts other files than the directory lists", ending.record.at
            if ending.record.size < directory.end - directory.start:
                yield "the end record makes the directory shorter than it is", ending.record.at
        if not ending.directories:
            views.add(frozenset())
            if ending.record.count:
                yield "there is no directory where the end record points to", ending.record.at
    if len(views) > 1:
        yield "it has several directories, which list different files", layout.endings[-1].record.at
    if any(layout.walked - view for view in views):
        yield "there are files that a directory doesn't list", layout.endings[-1].record.at
