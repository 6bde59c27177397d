"""Quotes of a message for a reviewer: on one line, and with numbers and secrets masked. Pure."""

from __future__ import annotations


def shown(text: str, most: int = 80) -> str:
    """Return a text on one line, for a reviewer."""
    plain = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return plain if len(plain) <= most else f"{plain[: most - 1]}\u2026"


def masked(text: str, keep: int = 2) -> str:
    """Return a number or a secret with all but its last characters hidden."""
    plain = "".join(c for c in text if c.isalnum())
    return "\u2022" * max(len(plain) - keep, 0) + plain[-keep:] if len(plain) > keep * 2 else "\u2022" * len(plain)
