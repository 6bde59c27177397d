"""Splices: stretches of the original octets that give way to others; all between them stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.message.edits.types import Edit, EditConflict


@dataclass(frozen=True, slots=True)
class Splice:
    """raw[start:end] becomes `octets`; `edit` is who wanted it."""

    start: int
    end: int
    octets: bytes
    edit: Edit


def splice(raw: bytes, splices: Iterable[Splice]) -> bytes:
    """Apply splices that don't overlap; at one offset, insertions come first and keep their order."""
    pieces: list[bytes] = []
    done = 0
    last: Splice | None = None
    for one in sorted(splices, key=lambda one: (one.start, one.end)):
        if one.start < done and last is not None:
            raise EditConflict(last.edit, one.edit)
        pieces += (raw[done : one.start], one.octets)
        done, last = one.end, one
    return b"".join((*pieces, raw[done:]))
