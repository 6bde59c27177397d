"""Sizes as people read them."""

from __future__ import annotations


def readable_size(octets: int) -> str:
    """Return octets for people, in the units of the settings: 512 B, 4.0 KiB, 117 MiB."""
    if octets < 2**10:
        return f"{octets} B"
    power, unit = next((p, u) for p, u in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")) if octets >= p)
    size = octets / power
    return f"{size:.1f} {unit}" if size < 99.95 else f"{size:.0f} {unit}"
