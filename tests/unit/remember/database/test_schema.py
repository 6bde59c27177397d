"""The column types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from gateway.remember.database.schema import Json, Moment, Words, folded

DIALECT = sqlite.dialect()


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC), 1_000_001),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 253_402_300_799_999_999),
    ],
)
def test_a_time_is_microseconds_in_utc(time, stored):
    """Exact in both directions, whatever zone it came in."""
    assert Moment().process_bind_param(time, DIALECT) == stored
    back = Moment().process_result_value(stored, DIALECT)
    assert back == time
    assert back.tzinfo is UTC


def test_a_naive_time_is_refused():
    """Nobody knows when that was."""
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(datetime(2025, 1, 1), DIALECT)


def test_no_time_is_none():
    """NULL both ways."""
    assert Moment().process_bind_param(None, DIALECT) is None
    assert Moment().process_result_value(None, DIALECT) is None


@pytest.mark.parametrize(
    ("text", "stored"),
    [("plain", "plain"), ("é€😀", "é€😀"), ("a\0b", "a\\x00b"), ("\udcff", "\\udcff"), (None, None), ("", "")],
)
def test_words_hold_any_text(text, stored):
    """Only what UTF-8 or PostgreSQL can't hold is written out."""
    assert Words().process_bind_param(text, DIALECT) == stored


@pytest.mark.parametrize("value", [{}, [], None, "\udcff\0é", {"a": [1, 2.5, True]}])
def test_json_comes_back(value):
    """The JSON is stored as ASCII text, so that no database refuses it."""
    stored = Json().process_bind_param(value, DIALECT)
    assert stored.isascii()
    assert "\0" not in stored
    assert Json().process_result_value(stored, DIALECT) == value


def test_addresses_are_compared_without_case():
    """Also outside ASCII (RFC 6531 addresses)."""
    assert folded("Jürgen.ÄRGER@Example.COM") == "jürgen.ärger@example.com"
