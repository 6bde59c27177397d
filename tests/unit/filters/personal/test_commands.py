"""`mailwarden report personal`: what people and programs are shown."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Site

FILTERS = "filters:\n  - personal: {mails_per_day: 1, mails_per_week: 1, report_people: 3}\n"
PLAIN = b"From: a@b.example\r\nSubject: x\r\n\r\nx\r\n"


def test_without_mail_everything_is_suppressed(site: Site) -> None:
    """The report says that the last month has no mail; in JSON the last row stands alone."""
    site.gateway.filters = FILTERS
    site.gateway.write()
    site.take(PLAIN)
    shown = site.run("report", "personal").stdout
    assert "The audit trail has no mail of " in shown
    (row,) = site.rows("report", "personal")
    assert (row["department"], row["people"]) == (None, 3)
    assert set(row["counts"].values()) == {None}


@pytest.mark.parametrize(
    ("month", "said"), [("yesterday", "is no month: write one such as"), ("2999-01", "2999-01 isn't over")]
)
def test_a_report_is_about_a_month_that_is_over(site: Site, month: str, said: str) -> None:
    site.take(PLAIN)
    assert said in site.run("report", "personal", "--month", month, code=1).output
