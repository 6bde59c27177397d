"""`mailwarden report conduct`: what people and programs are shown."""

from __future__ import annotations

from tests.unit.cli.conftest import Site

FILTERS = "filters:\n  - language: {report_people: 3}\n"
PLAIN = b"From: a@b.example\r\nSubject: x\r\n\r\nx\r\n"


def test_without_findings_everything_is_suppressed(site: Site) -> None:
    """The report says that the last month has no mail; in JSON the last row stands alone."""
    site.gateway.filters = FILTERS
    site.gateway.write()
    site.take(PLAIN)
    shown = site.run("report", "conduct").stdout
    assert "The audit trail has no mail of " in shown
    (row,) = site.rows("report", "conduct")
    assert (row["department"], row["people"]) == (None, 3)
    assert set(row["counts"].values()) == {None}
