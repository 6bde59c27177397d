"""A file that is named as an archive and is of no kind that is known here: named as unread, never passed over.

A program that is more forgiving than the openers may find files in it. Text and what a person looks at hold none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gateway.message.model import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable
from gateway.understand.openers.archives.placement import is_shown

_SUFFIXES = frozenset(
    (
        *("zip", "zipx", "rar", "7z", "cab", "arj", "ace", "lzh", "lha", "alz", "egg", "tar", "gz", "tgz", "bz2"),
        *("tbz", "tbz2", "xz", "txz", "lzma", "zst", "tzst"),
    )
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_LOOK_BYTES = 4096


def unknown(known: Sequence[Opener]) -> Opener:
    """The opener for what none of the known ones fits."""

    def fits(content: bytes, declared: Declared) -> bool:
        if _SUFFIXES.isdisjoint(declared.extensions) or is_shown(content):
            return False
        is_text = _CONTROLS.search(content, 0, _LOOK_BYTES) is None
        return not is_text and not any(one.fits(content, declared) for one in known)

    return Opener("archive", fits, _open)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    raise Unreadable("it is named as an archive, but is none of a known kind")
    yield  # an opener is a generator
