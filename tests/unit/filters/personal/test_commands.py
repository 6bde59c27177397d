"""`mailwarden report personal`: what people and programs are shown."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Site

FILTERS = "filters:\n  - personal: {mails_per_day: 1, mails_per_week: 1, report_people: 3}\n"
PLAIN = b"From: a@b.example\r\nSubject: x\r\n\r\nx\r\n"


def test_without_mail_everything_is_suppressed(site: Site) -> None:
    """The last row alone, and what a dash means."""
    site.gateway.filters = FILTERS
    site.gateway.write()
    site.take(PLAIN)
    shown = site.run("report", "personal").stdout
    assert "(others together)" in shown
    assert "\u2013: about fewer than 3 people, or nobody" in shown
    (row,) = site.rows("report", "personal", "--since", "1w")
    assert (row["department"], row["people"]) == (None, 3)
    assert set(row["counts"].values()) == {None}


@pytest.mark.parametrize("text", ["yesterday", "4x", "-1d", "99999999999d"])
def test_since_is_a_span_or_a_date(site: Site, text: str) -> None:
    """Else exit code 2, and how to write it."""
    assert "write 30m, 12h, 7d" in site.run("report", "personal", f"--since={text}", code=2).output
