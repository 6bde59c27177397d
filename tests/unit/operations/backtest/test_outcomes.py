"""The difference between two outcomes of a message."""

from __future__ import annotations

import pytest

from gateway.operations.backtest.outcomes import CHANGES, Change, Compared, Outcome, by_code, numbers


def outcome(text: str) -> Outcome:
    """`quarantine relay: a.b c.d`: the actions on the copies, and the codes."""
    actions, _, codes = text.partition(":")
    return Outcome({f"p{n}@x.example": does for n, does in enumerate(actions.split())}, tuple(codes.split()))


def compared(running: str, changed: str, name: str = "m1") -> Compared:
    return Compared(name, "inbound", "eve@outside.example", False, outcome(running), outcome(changed))


@pytest.mark.parametrize(
    ("running", "changed", "change"),
    [
        ("relay", "quarantine: a.b", "newly held"),
        ("quarantine relay: a.b", "relay quarantine: c.d", "newly held"),
        ("quarantine quarantine: a.b", "quarantine relay: a.b", "no longer held"),
        ("quarantine: a.b", "reject: a.b", "no longer held"),
        ("quarantine: a.b", "quarantine: a.b c.d", "held by other codes"),
        ("relay", "amend", "otherwise changed"),
        ("relay", "reject: a.b", "otherwise changed"),
        ("relay amend", "relay amend", "as before"),
    ],
)
def test_changes(running: str, changed: str, change: Change) -> None:
    assert compared(running, changed).change == change


def test_the_gravest_action_is_the_messages() -> None:
    assert outcome("relay quarantine amend").action == "quarantine"
    assert outcome("").action == "relay"


def test_numbers_and_codes() -> None:
    """A code counts where it holds; the one with the most changes comes first."""
    all_of_them = [
        compared("quarantine: a.b", "quarantine: a.b"),
        compared("quarantine: a.b", "relay"),
        compared("relay", "quarantine: c.d"),
        compared("relay", "quarantine: c.d"),
        compared("relay", "reject: e.f"),
    ]
    found = by_code(all_of_them)
    assert list(found) == ["c.d", "a.b"]
    assert (found["a.b"].running, found["a.b"].changed, found["a.b"].no_longer_held) == (2, 1, 1)
    assert (found["c.d"].running, found["c.d"].changed, found["c.d"].newly_held) == (0, 2, 2)
    counted = numbers(all_of_them)
    assert tuple(counted) == CHANGES
    assert [*counted.values()] == [2, 1, 0, 1, 1]
