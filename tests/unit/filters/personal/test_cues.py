"""Signatures are left out before a text is looked at."""

from __future__ import annotations

import pytest

from filters.personal.cues import without_signature


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see you\nann\nsales", "see you"),
        ("see you\nkind regards\n\nthe boss", "see you"),
        ("see you\nann archer, sales", "see you"),
        ("ann said so\nyes", "ann said so\nyes"),
        ("hi\nann of the other department said that she would like to come", None),
        ("see you", None),
    ],
)
def test_a_signature_is_left_out(text: str, left: str | None) -> None:
    """A signature begins with the closing words or the writer's own name; a sentence that begins with it is none."""
    assert without_signature(text, "Ann Archer").strip() == (left or text)
