"""The walk along a chain, without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.remember.chain.ends import End
from gateway.remember.chain.faults import Fault
from gateway.remember.chain.hashes import NOTHING, row_hash
from gateway.remember.chain.walk import SEARCHES, Link, Walk

KEY = bytes(32)


def chain(rows: int) -> list[Link]:
    hash, links = NOTHING, []
    for number in range(1, rows + 1):
        hash = row_hash(KEY, hash, "audit", [f"m{number}"])
        links.append(Link(number, hash, f"m{number}", number, [f"m{number}"]))
    return links


def walk(rows: list[Link], *, sealed: bool = True, last: int | None = None) -> list[Fault]:
    head = End(last or 0, sealed=last is not None)
    return Walk(KEY, "audit", End(sealed=sealed), head).take(rows)


def test_a_chain_without_a_fault():
    """None is found."""
    assert walk(chain(5)) == []


@pytest.mark.parametrize("place", range(5))
def test_one_changed_row_is_one_fault(place):
    """Its content, or its hash: the rest follows all the same."""
    rows = chain(5)
    number, id = place + 1, f"m{place + 1}"
    assert walk([*rows[:place], replace(rows[place], values=["x"]), *rows[place + 1 :]]) == [
        Fault("changed", number, id)
    ]
    assert walk([*rows[:place], replace(rows[place], hash=b"x"), *rows[place + 1 :]]) == [Fault("changed", number, id)]


@pytest.mark.parametrize("number", [None, "5", 5.5, b"5"])
def test_a_number_that_is_none(number):
    """The row has no place."""
    assert walk([*chain(5), replace(chain(6)[5], number=number)]) == [Fault("inserted", id="m6")]


def test_a_row_behind_the_head_or_twice():
    """It is inserted, even if it follows."""
    rows = chain(5)
    assert walk(rows, last=4) == [Fault("inserted", 5, "m5")]
    assert walk([*rows[:3], rows[2], *rows[3:]]) == [Fault("inserted", 3, "m3")]


def test_a_row_behind_a_gap_is_taken_as_it_is():
    """Nobody knows what stood before it."""
    rows = chain(6)
    assert walk([*rows[:2], *rows[4:]]) == [Fault("missing", 3, other=4)]


def test_without_a_start():
    """The walk begins at the first row there is."""
    rows = chain(6)
    assert walk(rows[3:], sealed=False) == []
    assert walk([rows[3], replace(rows[4], values=[]), rows[5]], sealed=False) == [Fault("changed", 5, "m5")]


def test_a_search_for_places_ends():
    """With a wrong key every row is changed."""
    rows = [replace(row, hash=bytes([number]) * 32) for number, row in enumerate(chain(60))]
    looked = Walk(KEY, "audit", End(sealed=True), End())
    assert len(looked.take(rows)) == 60
    assert looked._searches == SEARCHES - 60
