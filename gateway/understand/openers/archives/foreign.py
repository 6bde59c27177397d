"""An archive behind content of another kind: the octets from its start on are shown to the openers as a file.

Programs that unpack archives look for them in any file. Content that is itself an archive is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gateway.message.defect import Defect
from gateway.understand.budget import Budget, Exhausted
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.archives.archive import cabinet_end, seven_end
from gateway.understand.openers.archives.placement import misplaced
from gateway.understand.openers.archives.search import MAX_CHANCES, Candidate, first_archive, search_start
from gateway.understand.openers.archives.streams import copied
from gateway.understand.openers.archives.unknown import archive_names

#: Formats whose archives tell their end, or end with their file.
_ENDS: Mapping[str, Callable[[bytes], int]] = {"7z": seven_end, "cab": cabinet_end, "RAR": len}


def _first(content: bytes) -> Candidate | None:
    start = search_start(content)
    return first_archive(content, max(start, 1)) if start < len(content) else None


def _fits(content: bytes, declared: Declared) -> bool:
    return _first(content) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    found = _first(content)
    if found is None:
        return
    if not found.kind:
        raise Exhausted("entries", f"it has more than {MAX_CHANCES} places at which an archive may begin")
    archive = copied(memoryview(content)[found.start :], budget)
    end_of = _ENDS.get(found.kind)
    end = end_of(archive) if end_of else -1
    placed = misplaced(content, found.start, found.start + end, found.kind) if end > 0 else None
    yield from () if placed is None else (placed,)
    yield Member(archive_names(declared), archive, reading=f"{found.kind} from octet {found.start} on")


OPENER = Opener("foreign start", _fits, _open)
