"""What people have to say for the record: a reason, a name, a number. Only here it is known when it says something."""

from __future__ import annotations

#: Fillers of Hangul: letters to Unicode, and nothing to the eye.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")


def says_something(text: str) -> bool:
    """Whether it has a letter or a digit, of any script: what nobody sees, and dots alone, are no answer."""
    return any(c.isalnum() and c not in _UNSEEN for c in text)
