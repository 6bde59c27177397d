"""Facts about the sender of one message."""

from __future__ import annotations

import pytest

from tests.unit.filters.impersonation.facts import facts, known, verified

EVE = "eve@outside.example"


def test_what_is_proven() -> None:
    """An address is proven where nobody verifies mail, or where it is authenticated."""
    assert facts(EVE).is_proven(EVE)
    assert facts(EVE, authentication=verified(EVE)).is_proven("EVE@outside.example")
    assert not facts(EVE, authentication=verified(unproven=[EVE])).is_proven(EVE)


@pytest.mark.parametrize(("sent", "written"), [(0, False), (1, True)])
def test_whom_we_have_written_to(sent: int, written: bool) -> None:
    about = facts(EVE, remembered=known([("", EVE)], sent=sent))
    assert about.has_written_to(EVE) is written
    assert not about.has_written_to("adam@outside.example")


@pytest.mark.parametrize(("days", "older"), [(29, False), (30, True), (31, True)])
def test_the_age_of_a_record(days: int, older: bool) -> None:
    about = facts(EVE, remembered=known([("", EVE)], days))
    assert about.is_older(about.record(EVE), 30) is older
    assert not about.is_older(None, 30)


@pytest.mark.parametrize(
    ("field", "listed", "passed_on"),
    [
        ("X-Other: 1", False, False),
        ("List-Id: <a.b>", True, True),
        ("Precedence: bulk", True, True),
        ("Auto-Submitted: auto-replied", False, False),
        ("Resent-From: x@y.example", False, True),
    ],
)
def test_who_passed_it_on(field: str, listed: bool, passed_on: bool) -> None:
    about = facts(EVE, field)
    assert (about.is_list_mail, about.is_passed_on) == (listed, passed_on)
