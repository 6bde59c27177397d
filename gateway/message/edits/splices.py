"""Splices: stretches of the original octets that are replaced; all octets between them stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.message.edits.types import Edit, EditConflict


@dataclass(frozen=True, slots=True)
class Splice:
    """A replacement of raw[start:end] by `octets`, on behalf of `edit`."""

    start: int
    end: int
    octets: bytes
    edit: Edit


def splice(raw: bytes, splices: Iterable[Splice]) -> bytes:
    """Apply splices that don't overlap; at one offset, insertions come first and keep their order.

    Raises EditConflict for two that overlap.
    """
    pieces: list[bytes] = []
    done = 0
    last: Splice | None = None
    for one in sorted(splices, key=lambda one: (one.start, one.end)):
        if one.start < done and last is not None:
            raise EditConflict(last.edit, one.edit)
        pieces += (raw[done : one.start], one.octets)
        done, last = one.end, one
    return b"".join((*pieces, raw[done:]))
