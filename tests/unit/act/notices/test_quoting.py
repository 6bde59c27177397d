"""Words from outside in a notice: short, on one line, and without what moves a terminal."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gateway.act.notices.quoting import (
    SHOWN_RECIPIENTS,
    SHOWN_SUMMARIES,
    listed,
    moment,
    quoted,
    quoted_masked,
    summaries,
)
from tests.support.builders.judgement import NOW


def test_what_is_quoted() -> None:
    """Line ends are blanks, other controls and overrides are written out, and the rest is cut."""
    assert quoted("a\r\nBcc: x\x1b[2J\u202eb\u2028c") == "a Bcc: x⟨U+001B⟩[2J⟨U+202E⟩b⟨U+2028⟩c"
    assert quoted("x" * 300, 10) == "x" * 9 + "…"


def test_numbers_are_masked_before_the_cut() -> None:
    """A cut would leave too few digits to be recognised."""
    assert "12" not in quoted_masked("x" * 5 + " 1234 5678", 10)


def test_findings_are_named_each_once() -> None:
    """The first ones; the others are counted, and one without words is left out."""
    assert summaries(["One.", "Two.", "One.", ""], quoted) == "One. Two."
    many = [f"Finding {n}." for n in range(SHOWN_SUMMARIES + 2)]
    assert summaries(many, quoted).endswith(f"Finding {SHOWN_SUMMARIES - 1}. And 2 more.")
    assert summaries([], quoted) == ""


def test_of_many_addresses_the_first_are_listed() -> None:
    """The others are counted."""
    many = [f"p{n}@x" for n in range(SHOWN_RECIPIENTS + 2)]
    assert listed(many).endswith(f"p{SHOWN_RECIPIENTS - 1}@x and 2 more")
    assert listed(many[:2]) == "p0@x, p1@x"


def test_a_moment_is_in_the_zone() -> None:
    """The zone's name stands behind it."""
    assert moment(NOW, ZoneInfo("Asia/Tokyo")) == "Monday 02 March 2026, 18:30 JST"
