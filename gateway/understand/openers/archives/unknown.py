"""A file that is named as an archive but is of no known kind: it is reported as unread, never skipped.

A program that is more forgiving than the openers may find files in it. Text holds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable

#: Extensions that archivers register for themselves, and those of disk images.
_SUFFIXES = frozenset(
    (
        *("zip", "zipx", "rar", "7z", "cab", "arj", "ace", "lzh", "lha", "alz", "egg", "tar", "gz", "tgz", "bz2"),
        *("tbz", "tbz2", "xz", "txz", "lzma", "zst", "tzst", "taz", "tpz", "lz4", "lz", "tlz", "cpio", "rpm", "deb"),
        *("iso", "wim", "swm", "esd", "xar", "dmg", "vhd", "vhdx", "sit", "sitx", "cbr", "cbz", "cb7", "jar", "zoo"),
        *("lzma86", "pmd", "simg", "squashfs", "apfs", "qcow2", "vdi", "vmdk", "arc", "alz", "xip", "apk", "ipa"),
    )
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def archive_names(declared: Declared) -> tuple[str, ...]:
    """Return the names that promise an archive."""
    return tuple(name for name in declared.names if not _SUFFIXES.isdisjoint(Declared((name,)).extensions))


def unknown(known: Sequence[Opener]) -> Opener:
    """Return the opener for files named as archives that none of the known openers fits."""

    def fits(content: bytes, declared: Declared) -> bool:
        if _SUFFIXES.isdisjoint(declared.extensions) or _CONTROLS.search(content) is None:
            return False
        return not any(one.fits(content, declared) for one in known)

    return Opener("archive", fits, _open)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    raise Unreadable("it is named as an archive, but is none of a known kind")
    yield  # an opener is a generator
