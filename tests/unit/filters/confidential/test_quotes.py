"""Quotes for a reviewer."""

from __future__ import annotations

from filters.confidential.quotes import masked, shown


def test_what_a_reviewer_sees() -> None:
    assert masked("5555 5555 5555 4444", 4) == f"{'•' * 12}4444"
    assert masked("12") == "••"
    assert shown("a\nb\tc") == "a b c"
    assert len(shown("x" * 500)) == 80
