"""The options `--since` and `--until`: a time span or a date, as people write it."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gateway.cli.options import UNUSABLE, fail

SINCE_HELP = "30m, 12h, 7d, 4w or a date"

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class TimeError(ValueError):
    """A text that is no time."""


def read_since(text: str) -> str:
    """Return the time in ISO 8601, in UTC. Raises TimeError with the accepted forms."""
    match = re.fullmatch(r"(\d{1,5})([mhdw])", text, re.ASCII)
    if match:
        return (datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})).isoformat()
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.astimezone()).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise TimeError("write 30m, 12h, 7d, or a date such as 2026-01-31") from None


def since_text(text: str, option: str = "--since") -> str:
    """Return the time as `read_since`; exit with a sentence for a text that is no time."""
    try:
        return read_since(text)
    except TimeError as error:
        fail(f"{option} {text or 'is empty'}: {error}", UNUSABLE)


def until_text(text: str) -> str:
    """Return the time in ISO 8601, in UTC, that `--until` excludes: of a date the end of that day."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        with suppress(ValueError, OverflowError):
            return (datetime.fromisoformat(text) + timedelta(days=1)).astimezone(UTC).isoformat()
    return since_text(text, "--until")


def period(since: str | None, until: str | None) -> dict[str, str]:
    """Return the times of those options that were given; exit with a sentence where no time lies between them."""
    times = {}
    if since is not None:
        times["since"] = since_text(since)
    if until is not None:
        times["until"] = until_text(until)
    if since and until and datetime.fromisoformat(times["since"]) >= datetime.fromisoformat(times["until"]):
        fail(f"--since {since} and --until {until}: no time lies between them", UNUSABLE)
    return times
