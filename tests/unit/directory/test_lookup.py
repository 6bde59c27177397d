"""People, their groups, their lists, and whether an address is ours: in memory and from the compiled file alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.contract import Directory, DistributionList, Person
from gateway.directory.compiled import CompiledDirectory
from gateway.directory.compiler import compile_directory
from gateway.directory.lookup import ConfiguredDirectory, KnownDirectory, address_key
from gateway.matching.lookalike import words_of

ANN = Person("Ann Archer", ("ann@example.com", "a.archer@example.com"), title="Director", groups=frozenset({"finance"}))
BOB = Person("Bob Baker", ("Bob@Example.com",))


Make = Callable[..., KnownDirectory]


@pytest.fixture(params=["in memory", "compiled"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return a function that makes a directory of these people, groups, domains and lists."""

    def make(
        people: Iterable[Person],
        groups: Mapping[str, Iterable[str]],
        domains: Iterable[str],
        lists: Iterable[DistributionList] = (),
    ) -> KnownDirectory:
        configured = ConfiguredDirectory(people, groups, domains := tuple(domains), lists)
        if request.param == "in memory":
            return configured
        compile_directory(configured, tmp_path / "directory.db", {})
        return CompiledDirectory(tmp_path / "directory.db", domains)

    return make


@pytest.fixture
def directory(make: Make) -> KnownDirectory:
    groups = {
        "it": ["IT@example.com", "a.archer@EXAMPLE.com"],
        "union": ["*@union.example", "rep@other.example"],
        "partners": ["*@.partner.example", "*@partner.example"],
        "everyone": ["*@example.com"],
        "empty": [],
    }
    return make([ANN, BOB], groups, ["example.com", ".example.com"])


def test_it_is_the_contracts_directory(directory: KnownDirectory) -> None:
    """Filters are given nothing else."""
    as_given: Directory = directory
    assert as_given.is_ours("x@example.com")


@pytest.mark.parametrize("address", ["ann@example.com", "ANN@EXAMPLE.COM", "a.archer@example.com"])
def test_a_person_is_found_by_every_address(directory: KnownDirectory, address: str) -> None:
    """Letter case makes no difference."""
    person = directory.person(address)
    assert person is not None
    assert (person.name, person.title) == ("Ann Archer", "Director")


@pytest.mark.parametrize("address", ["", "ann", "nobody@example.com", "ann@example.org", "@example.com"])
def test_nobody_is_found_by_other_addresses(directory: KnownDirectory, address: str) -> None:
    """None, not an exception."""
    assert directory.person(address) is None


@pytest.mark.parametrize("login", ["aarcher", "AARCHER"])
def test_a_person_is_found_by_the_login(make: Make, login: str) -> None:
    """An address is no login here: who asks tries both."""
    directory = make([BOB, replace(ANN, login="AArcher")], {}, ["example.com"])
    assert directory.person_with_login(login) == replace(ANN, login="AArcher")
    assert directory.person_with_login("ann@example.com") is None
    assert directory.person_with_login("") is None


def test_a_persons_groups_are_those_of_all_addresses(directory: KnownDirectory) -> None:
    """Her own and those that name any of her addresses, whichever she is asked by."""
    expected = {"finance", "it", "everyone"}
    assert directory.groups("ann@example.com") == directory.groups("a.archer@example.com") == expected
    person = directory.person("ann@example.com")
    assert person is not None
    assert person.groups == expected


def test_an_address_without_a_person_may_be_in_groups(directory: KnownDirectory) -> None:
    """A shared mailbox, or somebody outside."""
    assert directory.groups("it@example.com") == {"it", "everyone"}
    assert directory.groups("rep@other.example") == {"union"}
    assert directory.groups("nobody@other.example") == frozenset()


def test_a_group_may_have_a_whole_domain(directory: KnownDirectory) -> None:
    """The group has that domain alone, unless its subdomains are named too."""
    assert directory.groups("anybody@union.example") == {"union"}
    assert directory.groups("anybody@sub.union.example") == frozenset()
    assert directory.groups("x@partner.example") == directory.groups("x@a.b.partner.example") == {"partners"}


@pytest.mark.parametrize("address", ["x@example.com", "X@EXAMPLE.COM", "x@sub.example.com", '"a@b"@example.com'])
def test_an_address_is_ours_by_its_domain(directory: KnownDirectory, address: str) -> None:
    """The last @ counts."""
    assert directory.is_ours(address)


@pytest.mark.parametrize(
    "address", ["", "postmaster", "x@", "x@example.org", "x@example.com@evil.example", "example.com"]
)
def test_an_address_is_not_ours_by_anything_else(directory: KnownDirectory, address: str) -> None:
    """The null sender, a name alone, another domain."""
    assert not directory.is_ours(address)


def test_the_domains_can_be_asked_alone(directory: KnownDirectory) -> None:
    """Routes ask for domains, not for addresses."""
    assert "sub.example.com" in directory.domains
    assert "example.org" not in directory.domains


def test_all_people_and_domains_are_listed(directory: KnownDirectory, make: Make) -> None:
    """The search for look-alikes needs people with all their groups, and domains as they are compared."""
    assert [person.name for person in directory.people] == [ANN.name, BOB.name]
    assert all(directory.person(one.addresses[0]) == one for one in directory.people)
    assert directory.domain_names == ("example.com", ".example.com")
    assert make((), {}, ["B\u00fccher.Example."]).domain_names == ("xn--bcher-kva.example",)


def test_addresses_are_compared_without_letter_case() -> None:
    """The local part too: no mail server that an organisation runs tells them apart."""
    assert address_key("Ann@Example.COM.") == "ann@example.com"
    assert address_key("POSTMASTER") == "postmaster"


def test_lists_within_lists_are_expanded(make: Make) -> None:
    """Each person once, whichever of their addresses and lists names them; a circle of lists ends."""
    ann = Person("Ann", ("ann@example.com", "a.smith@example.com"))
    staff = DistributionList("staff@example.com", members=("ann@example.com", "board@example.com"), size=40)
    board = DistributionList(
        "board@example.com", members=("a.smith@example.com", "bob@example.com", "staff@example.com")
    )
    directory = make([ann], {}, ["example.com"], [staff, board])
    reached = directory.expand(["STAFF@example.com", "ann@example.com", "eve@other.example"])
    assert reached.people == {"ann@example.com", "bob@example.com", "eve@other.example"}
    assert reached.size == 43
    assert {one.address for one in reached.lists} == {"staff@example.com", "board@example.com"}


CLEO = Person(
    "Dr Cl\u00e9o Clark",
    ("cleo@example.com",),
    title="Chair",
    department="Board",
    phone="+44 1",
    groups=frozenset({"board", "a"}),
    manager="ann@example.com",
    delegates=("bob@example.com", "x@other.example"),
    private_addresses=("cleo@mail.example",),
    timezone="Europe/Paris",
    holidays="FR",
)


def test_a_person_comes_back_whole(make: Make) -> None:
    """Every field, and empty ones as they were."""
    directory = make([CLEO, BOB], {}, ["example.com"])
    assert directory.person("CLEO@example.com") == CLEO
    assert directory.person("bob@example.com") == BOB


def test_a_person_is_found_by_the_words_of_the_name(make: Make) -> None:
    """The words match in any order, without titles and accents; some of them alone don't match."""
    directory = make([CLEO, BOB], {}, ["example.com"])
    assert directory.named(words_of("Clark, Cleo")) == "Dr Cl\u00e9o Clark"
    assert directory.named(words_of("Bob Baker")) == "Bob Baker"
    assert directory.named(words_of("Bob")) == directory.named(frozenset()) == directory.named(words_of("B C")) == ""


def test_a_private_account_has_an_owner(make: Make) -> None:
    """It is no address of theirs; of two who share one, the first."""
    other = Person("Dan Dee", ("dan@example.com",), private_addresses=("Cleo@Mail.example", "dan@mail.example"))
    directory = make([CLEO, other], {}, ["example.com"])
    assert directory.private_owner("CLEO@mail.example") == CLEO
    assert directory.private_owner("dan@mail.example") == other
    assert directory.private_owner("cleo@example.com") is directory.person("cleo@mail.example") is None


LISTS = [
    DistributionList(
        "Staff@example.com", "All staff", ("ann@example.com", "board@example.com"), 7, ("bob@example.com",)
    ),
    DistributionList("board@example.com", members=("cleo@example.com",), writers=("group:board",), reply_all=3),
    DistributionList("closed@example.com", size=5, writers=()),
]


def test_a_list_comes_back_whole(make: Make) -> None:
    """Nobody may write to one is another thing than all may."""
    directory = make([ANN], {}, ["example.com"], LISTS)
    assert [directory.list_at(one.address.upper()) for one in LISTS] == LISTS == list(directory.lists)
    assert directory.list_at("ann@example.com") is directory.list_at("") is None


def test_lists_are_found_by_whom_they_name(make: Make) -> None:
    """People, lists and others, by the address that stands there."""
    directory = make([ANN], {}, ["example.com"], LISTS)
    assert [one.address for one in directory.lists_with("ANN@example.com")] == ["Staff@example.com"]
    assert [one.address for one in directory.lists_with("board@example.com")] == ["Staff@example.com"]
    assert directory.lists_with("a.archer@example.com") == ()


def test_whom_nobody_names_is_one_person(make: Make) -> None:
    """An address that is neither a person's nor a list's."""
    directory = make([ANN], {}, ["example.com"], LISTS)
    assert directory.expand(["X@other.example", "x@other.example"]).people == {"x@other.example"}
    assert directory.expand([]).size == 0
    assert directory.expand(["a.archer@example.com", "ann@example.com"]).people == {"ann@example.com"}
