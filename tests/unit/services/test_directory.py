"""People, their groups, and whether an address is ours."""

from __future__ import annotations

import pytest

from gateway.contract import Directory, DistributionList, Person
from gateway.services.directory import ConfiguredDirectory, address_key

ANN = Person("Ann Archer", ("ann@example.com", "a.archer@example.com"), title="Director", groups=frozenset({"finance"}))
BOB = Person("Bob Baker", ("Bob@Example.com",))


@pytest.fixture
def directory() -> ConfiguredDirectory:
    groups = {
        "it": ["IT@example.com", "a.archer@EXAMPLE.com"],
        "union": ["*@union.example", "rep@other.example"],
        "partners": ["*@.partner.example", "*@partner.example"],
        "everyone": ["*@example.com"],
        "empty": [],
    }
    return ConfiguredDirectory([ANN, BOB], groups, ["example.com", ".example.com"])


def test_it_is_the_contracts_directory(directory: ConfiguredDirectory) -> None:
    """Filters are given nothing else."""
    as_given: Directory = directory
    assert as_given.is_ours("x@example.com")


@pytest.mark.parametrize("address", ["ann@example.com", "ANN@EXAMPLE.COM", "a.archer@example.com"])
def test_a_person_is_found_by_every_address(directory: ConfiguredDirectory, address: str) -> None:
    """Letter case makes no difference."""
    person = directory.person(address)
    assert person is not None
    assert (person.name, person.title) == ("Ann Archer", "Director")


@pytest.mark.parametrize("address", ["", "ann", "nobody@example.com", "ann@example.org", "@example.com"])
def test_nobody_is_found_by_other_addresses(directory: ConfiguredDirectory, address: str) -> None:
    """None, not an exception."""
    assert directory.person(address) is None


def test_a_persons_groups_are_those_of_all_addresses(directory: ConfiguredDirectory) -> None:
    """Her own and those that name any of her addresses, whichever she is asked by."""
    expected = {"finance", "it", "everyone"}
    assert directory.groups("ann@example.com") == directory.groups("a.archer@example.com") == expected
    person = directory.person("ann@example.com")
    assert person is not None
    assert person.groups == expected


def test_an_address_without_a_person_may_be_in_groups(directory: ConfiguredDirectory) -> None:
    """A shared mailbox, or somebody outside."""
    assert directory.groups("it@example.com") == {"it", "everyone"}
    assert directory.groups("rep@other.example") == {"union"}
    assert directory.groups("nobody@other.example") == frozenset()


def test_a_group_may_have_a_whole_domain(directory: ConfiguredDirectory) -> None:
    """That domain alone, unless its subdomains are named too."""
    assert directory.groups("anybody@union.example") == {"union"}
    assert directory.groups("anybody@sub.union.example") == frozenset()
    assert directory.groups("x@partner.example") == directory.groups("x@a.b.partner.example") == {"partners"}


@pytest.mark.parametrize("address", ["x@example.com", "X@EXAMPLE.COM", "x@sub.example.com", '"a@b"@example.com'])
def test_an_address_is_ours_by_its_domain(directory: ConfiguredDirectory, address: str) -> None:
    """The last @ counts."""
    assert directory.is_ours(address)


@pytest.mark.parametrize(
    "address", ["", "postmaster", "x@", "x@example.org", "x@example.com@evil.example", "example.com"]
)
def test_an_address_is_not_ours_by_anything_else(directory: ConfiguredDirectory, address: str) -> None:
    """The null sender, a name alone, another domain."""
    assert not directory.is_ours(address)


def test_the_domains_can_be_asked_alone(directory: ConfiguredDirectory) -> None:
    """Routes ask for domains, not for addresses."""
    assert "sub.example.com" in directory.domains
    assert "example.org" not in directory.domains


def test_all_people_and_domains_are_listed(directory: ConfiguredDirectory) -> None:
    """For whoever looks for what resembles them: people with all their groups, domains as they are compared."""
    assert [person.name for person in directory.people] == [ANN.name, BOB.name]
    assert all(directory.person(one.addresses[0]) is one for one in directory.people)
    assert directory.domain_names == ("example.com", ".example.com")
    assert ConfiguredDirectory((), {}, ["B\u00fccher.Example."]).domain_names == ("xn--bcher-kva.example",)


def test_addresses_are_compared_without_letter_case() -> None:
    """The local part too: no mail server that an organisation runs tells them apart."""
    assert address_key("Ann@Example.COM.") == "ann@example.com"
    assert address_key("POSTMASTER") == "postmaster"


def test_lists_within_lists_are_expanded() -> None:
    """Each person once, whichever of their addresses and lists names them; a circle of lists ends."""
    ann = Person("Ann", ("ann@example.com", "a.smith@example.com"))
    staff = DistributionList("staff@example.com", members=("ann@example.com", "board@example.com"), size=40)
    board = DistributionList(
        "board@example.com", members=("a.smith@example.com", "bob@example.com", "staff@example.com")
    )
    directory = ConfiguredDirectory([ann], {}, ["example.com"], [staff, board])
    reached = directory.expand(["STAFF@example.com", "ann@example.com", "eve@other.example"])
    assert reached.people == {"ann@example.com", "bob@example.com", "eve@other.example"}
    assert reached.size == 43
    assert {one.address for one in reached.lists} == {"staff@example.com", "board@example.com"}
