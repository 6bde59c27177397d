"""The start of a report's time, as it is given on the command line."""

from __future__ import annotations

import pytest
import typer

from gateway.cli.since import period, since_text


def test_since_as_a_date() -> None:
    """The date is converted to UTC."""
    assert since_text("2026-01-31T10:00+01:00") == "2026-01-31T09:00:00+00:00"


def test_a_period_has_what_was_given() -> None:
    """A date as its end is included."""
    assert period(None, None) == {}
    assert set(period("7d", None)) == {"since"}
    assert period("2026-03-02T10:00Z", "2026-03-02T11:00Z") == {
        "since": "2026-03-02T10:00:00+00:00",
        "until": "2026-03-02T11:00:00+00:00",
    }
    assert set(period("2026-03-02", "2026-03-02")) == {"since", "until"}


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        ("", None, "--since is empty: write 30m, 12h, 7d, or a date such as 2026-01-31"),
        (None, "", "--until is empty: write 30m, "),
        ("lately", None, "--since lately: write 30m, "),
        ("2026-03-02", "2026-03-01", "--since 2026-03-02 and --until 2026-03-01: no time lies between them"),
        ("1h", "2h", "--since 1h and --until 2h: no time lies between them"),
    ],
)
def test_what_is_no_period(
    since: str | None, until: str | None, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, as for all input that makes no sense."""
    with pytest.raises(typer.Exit) as exited:
        period(since, until)
    assert exited.value.exit_code == 2
    assert capsys.readouterr().err.startswith(sentence)
