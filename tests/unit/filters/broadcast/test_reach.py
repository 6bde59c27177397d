"""People that a message reaches, large lists, and lists with leave."""

from __future__ import annotations

import pytest

from filters.broadcast.reach import Reach, large_lists, reach_of
from gateway.contract import DistributionList, Mail, Person
from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.judgement import mail

TEAM = DistributionList("team@example.co.uk", members=tuple(f"p{n}@example.co.uk" for n in range(9)))
ALL = DistributionList("all@example.co.uk", size=120)
OUTER = DistributionList("outer@example.co.uk", members=("team@example.co.uk", "bob@example.co.uk"))
STRANGE = DistributionList("many@lists.example", size=500)
SOCIAL = DistributionList("social@example.co.uk", members=("s1@example.co.uk", "s2@example.co.uk"))
CLUB = DistributionList("club@example.co.uk", size=50)
DIRECTORY = ConfiguredDirectory(
    [Person("Ann", ("ann@example.co.uk", "a@example.com"))],
    {},
    ["example.co.uk", "example.com"],
    [TEAM, ALL, OUTER, STRANGE, SOCIAL, CLUB],
)
ALLOWED = frozenset({"social@example.co.uk", "club@example.co.uk", "unknown@example.co.uk"})


def to(fields: str, *recipients: str) -> Mail:
    raw = f"From: ann@example.co.uk\r\nTo: {fields}\r\nSubject: x\r\n\r\nx\r\n".encode()
    named = recipients or tuple(one.strip() for one in fields.split(","))
    return mail(*(f"us:{one}" for one in named), raw=raw, sender="ann@example.co.uk")


def reach(fields: str, *recipients: str) -> Reach:
    return reach_of(to(fields, *recipients), DIRECTORY, ALLOWED)


@pytest.mark.parametrize(
    ("fields", "recipients", "people"),
    [
        ("bob@example.co.uk", (), 1),
        ("bob@example.co.uk, BOB@example.co.uk", (), 1),
        ("bob@example.co.uk, a@example.com", (), 1),  # the sender's own other address
        ("team@example.co.uk", (), 9),
        ("outer@example.co.uk, p1@example.co.uk", (), 10),
        ("all@example.co.uk", (), 120),
        ("all@example.co.uk", ("m1@example.co.uk", "m2@example.co.uk"), 120),  # the mail server has expanded the list
        ("ann@example.co.uk", ("b1@example.co.uk", "b2@example.co.uk"), 2),  # blind copies
        ("unknown@example.co.uk", ("m1@example.co.uk", "m2@example.co.uk"), 3),
    ],
)
def test_people(fields: str, recipients: tuple[str, ...], people: int) -> None:
    assert reach(fields, *recipients).people == people


@pytest.mark.parametrize(
    ("fields", "recipients", "only"),
    [
        ("social@example.co.uk", (), True),
        ("Social@Example.co.uk", (), True),
        ("social@example.co.uk, ann@example.co.uk", (), True),
        ("social@example.co.uk, bob@example.co.uk", (), False),
        ("social@example.co.uk", ("s1@example.co.uk", "s2@example.co.uk"), True),
        ("social@example.co.uk", ("s1@example.co.uk", "bob@example.co.uk"), False),  # a blind copy to somebody else
        ("club@example.co.uk", ("m1@example.co.uk",), True),  # nobody knows its members
        ("unknown@example.co.uk", ("m1@example.co.uk",), True),
        ("ann@example.co.uk", ("social@example.co.uk",), False),
        ("all@example.co.uk", (), False),
    ],
)
def test_lists_with_leave(fields: str, recipients: tuple[str, ...], only: bool) -> None:
    """Nobody else may get the message, as far as the members are known."""
    assert reach(fields, *recipients).only_allowed is only


def test_large_lists() -> None:
    """Those of ours without leave, nested ones too, from the number on."""

    def large(fields: str, people: int) -> list[str]:
        return [one.address for one in large_lists(reach(fields), DIRECTORY, ALLOWED, people)]

    assert large("all@example.co.uk", 120) == ["all@example.co.uk"]
    assert large("all@example.co.uk", 121) == []
    assert large("outer@example.co.uk", 9) == ["outer@example.co.uk", "team@example.co.uk"]
    assert large("many@lists.example, club@example.co.uk", 10) == []


def test_described() -> None:
    assert reach("all@example.co.uk").described == "120 people through 1 list"
    assert reach("outer@example.co.uk").described == "10 people through 2 lists"
    assert reach("bob@example.co.uk").described == "1 people"
