"""Boundaries of multiparts: what a Content-Type field may mean, and whether a text would look like a delimiter."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.message.model import Header

#: Readings of a declared boundary that are tried, until one is found in the body.
MAX_BOUNDARIES = 4


def boundaries(content_type: Header | None) -> list[bytes]:
    """The boundary as declared; then, for a field that declares it oddly, other readings of it."""
    if content_type is None:
        return []
    readings: list[bytes] = []
    for value in content_type.structured.values("boundary"):
        bare = value.rstrip(" \t")  # RFC 2046 5.1.1: it doesn't end in a blank
        octets = bare.encode("utf-8", "replace")
        readings += [octets, bare.encode("latin-1", "replace"), *octets.split()[:1]]
    usable = [boundary for boundary in readings if boundary and b"\n" not in boundary and b"\r" not in boundary]
    return list(dict.fromkeys(usable))[:MAX_BOUNDARIES]


def holds_delimiter(octets: bytes, forbidden: Iterable[bytes]) -> bool:
    """Whether a line of the octets could be taken for a delimiter of one of these boundaries."""
    return any(b"--" + boundary in octets for boundary in forbidden)
