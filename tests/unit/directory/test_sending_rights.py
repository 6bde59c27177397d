"""The addresses that a login may send from."""

from __future__ import annotations

import pytest

from gateway.contract import Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.directory.sending_rights import SendingRights

ANN = Person("Ann Archer", ("ann@example.com", "a.archer@example.com"), login="AArcher", groups=frozenset({"sales"}))
BOB = Person("Bob Baker", ("bob@example.com",), delegates=("A.Archer@example.com",))
OFFICE = Person("Front Office", ("office@example.com",), delegates=("bob@example.com", "carl@example.com"))
RIGHTS = SendingRights(
    ConfiguredDirectory([ANN, BOB, OFFICE], {"press": ["carl@example.com"]}, ["example.com"]),
    {"Sales@example.com": ["group:sales"], "press@example.com": ["bob@example.com", "group:press"]},
)


@pytest.mark.parametrize(
    ("login", "addresses"),
    [
        ("aarcher", {"ann", "a.archer", "bob", "sales"}),  # by the directory's login; as a delegate; by a group
        ("ann@example.com", {"ann", "a.archer", "bob", "sales"}),  # by an address
        ("bob@example.com", {"bob", "office", "press"}),
        ("carl@example.com", {"carl", "office", "press"}),  # who isn't in the directory
        ("carl", set()),  # no login of anybody
        ("", set()),
        ("eve@outside.example", set()),  # no address of ours
    ],
)
def test_a_login_sends_from_its_own_addresses(login: str, addresses: set[str]) -> None:
    names = ("ann", "a.archer", "bob", "carl", "office", "sales", "press", "")
    assert {name for name in names if RIGHTS.may_send_as(login, f"{name}@example.com")} == addresses


def test_letter_case_makes_no_difference() -> None:
    assert RIGHTS.may_send_as("AARCHER", "Ann@EXAMPLE.com")


@pytest.mark.parametrize(
    "address", ["eve@outside.example", "ann@example.com.outside.example", "", "ann", '"ann"@example.com']
)
def test_no_login_sends_from_anything_else(address: str) -> None:
    assert not RIGHTS.may_send_as("aarcher", address)


def test_the_own_addresses_of_a_login_and_those_that_are_shared() -> None:
    assert RIGHTS.own("aarcher") == {"ann@example.com", "a.archer@example.com"}
    assert RIGHTS.own("carl@example.com") == {"carl@example.com"}
    assert RIGHTS.own("robot") == RIGHTS.own("") == frozenset()
    assert RIGHTS.is_shared("SALES@example.com")
    assert not RIGHTS.is_shared("ann@example.com")
