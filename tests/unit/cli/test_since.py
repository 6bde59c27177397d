"""The start of a report's time, as it is given on the command line."""

from __future__ import annotations

from gateway.cli.since import since_text


def test_since_as_a_date() -> None:
    """The date is converted to UTC."""
    assert since_text("2026-01-31T10:00+01:00") == "2026-01-31T09:00:00+00:00"
