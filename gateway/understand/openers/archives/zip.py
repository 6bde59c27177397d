"""Zip files, with every file that any reader of them can see: by the headers on the way and by each directory.

The standard library's reader shows one view alone. Names are given unchanged and never used as paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.message.defect import Defect
from gateway.message.encodings.byte_search import BytePattern
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives import zip_conflicts
from gateway.understand.openers.archives.placement import (
    REACH_BYTES,
    behind,
    belied,
    is_program,
    is_shown,
    misplaced,
)
from gateway.understand.openers.archives.search import holds_others, search_start
from gateway.understand.openers.archives.streams import Unpacked
from gateway.understand.openers.archives.zip_layout import Entry, Layout, is_plausible, lay_out
from gateway.understand.openers.archives.zip_methods import DEFLATE, STORED, unpack_entry
from gateway.understand.openers.archives.zip_records import END, IN_ZIP64, LOCAL, MASKED, Header, read_local

#: Starts of an archive: a header, an end record, or the marks of a split archive (APPNOTE 8.5.3, 8.5.4).
_BEGINNINGS = (LOCAL, END, b"PK\x01\x02", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")
_SPLIT = b"PK\x07\x08PK\x03\x04"
_AN_END, _A_LOCAL = BytePattern(END), BytePattern(LOCAL)

#: Octets that inflate gives for one, and a little more: its best is 1,032 (zlib's technical notes). A header that
#: promises more lies, which is no reason to give up at once.
_DEFLATE_RATIO = 1_040
_SLACK_BYTES = 30  # octets of a local header: fewer octets behind a stream's end can hold no file

#: Defects of files that are reported where the archive is no file of its own: in another container that holds files
#: unchanged, perhaps in pieces; then anywhere else.
_HELD = frozenset({"container.encrypted"})
_FOUND = frozenset({"container.encrypted", "container.unreadable"})

_OFFICE = frozenset(
    (
        *("docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "xlsb", "pptx", "pptm", "potx", "ppsx"),
        *("ppsm", "doc", "dot", "xls", "xlt", "ppt", "pps", "pot"),  # programs open the new kinds by the old names too
    )
)
_OPEN_DOCUMENT = frozenset(("odt", "ods", "odp", "odg", "odf"))


def fits(content: bytes, declared: Declared) -> bool:
    """Return whether readers find a zip file.

    It has a header at the start, an end record near the end, or headers anywhere in content that holds no other files.
    """
    if content.startswith(_BEGINNINGS):
        return True
    if _AN_END.find(content, max(len(content) - REACH_BYTES, 0)) >= 0:
        return True
    start = search_start(content)
    return start < len(content) and (_AN_END.find(content, start) >= 0 or _has_local(content, start))


def _has_local(content: bytes, start: int) -> bool:
    at = _A_LOCAL.find(content, start)
    while at >= 0:
        local = read_local(content, at)
        if local is not None and is_plausible(local):
            return True
        at = _A_LOCAL.find(content, at + 4)
    return False


def open_zip(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Yield every entry once, by the place of its local header. Raises Unreadable and Exhausted."""
    layout = lay_out(content, budget)
    proper = _is_proper(content, layout)
    kept = _HELD if holds_others(content) else _FOUND
    if proper:
        yield from _of_archive(content, declared, layout)
    for at in sorted(layout.entries):
        budget.take_entry()
        entry = layout.entries[at]
        for member in _members(content, entry, budget):
            if proper:
                yield member
            elif isinstance(member, Member):
                defects = tuple(one for one in member.defects if one.code in kept)
                if member.content or entry.centrals or defects:
                    yield replace(member, defects=defects)
    for header in layout.dangling if proper else ():
        budget.take_entry()
        yield Member(header.names, None)
    if proper:
        yield from behind(content, layout.end, "zip", declared) if layout.endings else ()
        _complain(content, layout)


def _is_proper(content: bytes, layout: Layout) -> bool:
    """Return whether the content is a zip file to its readers, not one that happens to hold pieces of zip files."""
    if content.startswith(_BEGINNINGS):
        return True
    if holds_others(content) or is_program(content) or not layout.entries:
        return False
    within = REACH_BYTES if is_shown(content) else 0
    return any(len(content) - one.record.end <= within and one.directories for one in layout.endings)


def _of_archive(content: bytes, declared: Declared, layout: Layout) -> Iterator[Defect]:
    if _is_masked(layout):
        yield Defect("container.encrypted", "the directory of the zip archive is encrypted", 0)
    elif not any(one.is_split for one in layout.endings):
        yield from zip_conflicts.of_layout(layout)
    if layout.entries:
        held = holds_others(content)
        placed = None if held else misplaced(content, layout.start, layout.end, "zip")
        named = belied(declared, "zip", _OFFICE | _OPEN_DOCUMENT | {"zip"})
        yield from (one for one in (placed, named) if one is not None)
    if _lacks_types(declared, layout):
        yield Defect("container.mismatch", "a zip archive without the parts of a document is named as one", 0)


def _is_masked(layout: Layout) -> bool:
    return any(entry.local.flags & MASKED for entry in layout.entries.values())


def _names(layout: Layout) -> set[str]:
    entries = layout.entries.values()
    return {name.lower() for entry in entries for name in _names_of(entry)}


def _lacks_types(declared: Declared, layout: Layout) -> bool:
    """Return whether an office document lacks the list of its parts (ECMA-376 part 2, ODF part 3)."""
    if not declared.extensions & (_OFFICE | _OPEN_DOCUMENT):
        return False
    inside = _names(layout)
    return not inside & {"[content_types].xml", "mimetype", "meta-inf/manifest.xml"}


def _complain(content: bytes, layout: Layout) -> None:
    if content.startswith(_SPLIT) or any(one.is_split for one in layout.endings):
        raise Unreadable("it is one volume of a zip archive of several")
    if not layout.endings:
        raise Unreadable("the zip archive is cut off: it has no end record")


# --- entries ----------------------------------------------------------------------------------------------------------


def _names_of(entry: Entry) -> tuple[str, ...]:
    """Return an entry's names, the directory's first: most programs show it."""
    headers = (*entry.centrals, entry.local)
    return tuple(dict.fromkeys(name for header in headers for name in header.names))


def _members(content: bytes, entry: Entry, budget: Budget) -> Iterator[Member | Defect]:
    """Yield one member, or one for each way of reading its data that its headers allow."""
    names = _names_of(entry)
    conflicts = (*zip_conflicts.of_entry(entry), *zip_conflicts.of_names((entry.centrals or [entry.local])[0]))
    headers = [*entry.centrals, entry.local]
    if all(header.is_encrypted for header in headers):
        encrypted = Defect("container.encrypted", "it is encrypted", entry.local.at)
        yield Member(names, None, "", (*conflicts, encrypted))
        return
    for method, data in _readings(content, entry, headers):
        yield from _member(names, method, data, entry, conflicts, budget)


def _readings(content: bytes, entry: Entry, headers: list[Header]) -> Iterator[tuple[int, memoryview]]:
    """Yield each method with each size that a header gives."""
    view = memoryview(content)
    if entry.measured is not None:
        yield entry.local.method, view[entry.data_start : entry.data_end]
        return
    seen = set()
    for header in headers:
        if header.is_encrypted:
            continue
        known = header.knows_sizes or (header is not entry.local and header.packed != IN_ZIP64)
        end = min(entry.data_start + header.packed, len(content)) if known else entry.data_end
        if (header.method, end) not in seen:
            seen.add((header.method, end))
            yield header.method, view[entry.data_start : end]


def _member(
    names: tuple[str, ...],
    method: int,
    data: memoryview,
    entry: Entry,
    conflicts: tuple[Defect, ...],
    budget: Budget,
) -> Iterator[Member | Defect]:
    found = entry.measured or _unpacked(method, data, entry, budget)
    if found.problem:
        fault = Defect("container.unreadable", found.problem, entry.local.at)
        yield Member(names, found.content or None, "", (*conflicts, fault))
        return
    slack = bytes(data[found.used_bytes :])
    if slack:
        conflicts += (Defect("container.mismatch", "there is more behind the end of its data", entry.local.at),)
    content = None if not found.content and all(name.endswith("/") for name in names) else found.content
    yield Member(names, content, "", (*conflicts, *zip_conflicts.of_content(entry, found)))
    if len(slack) > _SLACK_BYTES:
        yield Member((), slack)


def _unpacked(method: int, data: memoryview, entry: Entry, budget: Budget) -> Unpacked:
    sizes = {header.size for header in (*entry.centrals, entry.local) if header.size not in (0, IN_ZIP64)}
    size = max(sizes, default=None)
    likely = method not in (STORED, DEFLATE) or (method == DEFLATE and (size or 0) <= _DEFLATE_RATIO * len(data))
    if size and len(sizes) == 1 and likely and size > budget.bytes_left:
        budget.take(size)  # all headers say so: there is no need to unpack it to find that it is too much
    return unpack_entry(method, entry.local.flags, data, size, budget)


OPENER = Opener("zip", fits, open_zip)
