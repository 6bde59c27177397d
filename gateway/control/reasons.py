"""Refuse reasons, names and numbers for the record that are blank or invisible."""

from __future__ import annotations

#: The fillers of Hangul: Unicode counts them as letters, and they are invisible.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")


def says_something(text: str) -> bool:
    """Return whether the text has a letter or digit of any script: invisible characters or dots alone are no answer."""
    return any(c.isalnum() and c not in _UNSEEN for c in text)
