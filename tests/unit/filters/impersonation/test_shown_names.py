"""Names of our people beside strange addresses."""

from __future__ import annotations

import pytest

from filters.impersonation.shown_names import ShownNames
from tests.unit.filters.impersonation.facts import DIRECTORY, OURS, facts, known, letter, verified

NAMES = ShownNames(DIRECTORY, OURS, {"github.com"}, 30)
MILL = "ann@mill.example"
ANYONE = ("", MILL)


def pair(sender: str) -> tuple[str, str]:
    return next(iter(NAMES.asked(letter(sender))))


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("Ann Archer <x@outside.example>", True),
        ("ARCHER Ann <x@outside.example>", True),
        ("\u0410nn Archer <x@outside.example>", True),  # Cyrillic
        ('"bob@example.co.uk" <x@outside.example>', True),
        ("Ann Archer <home@archers.example>", False),
        ("Alan Archer <home@archers.example>", False),  # the two share an account
        ("Bob Bridges <home@archers.example>", True),
        ("Ann Archer <bob@example.co.uk>", False),  # ours: no strange address
        ("Ann Archer <notifications@github.com>", False),
        ("Ann Archer <notifications@reply.github.com>", False),
        ("Ann Archers <x@outside.example>", False),
        ("Ann <x@outside.example>", False),
        ("Ann Archer - Finance <x@outside.example>", True),
        ('"Archer, Ann (CEO)" <x@outside.example>', True),
        ('"Archer, Ann, Finance" <x@outside.example>', True),
        ('"Ann Archer, Finance Director" <x@outside.example>', True),
        ("CEO Ann Archer <x@outside.example>", True),
        ("Ann Archer via Zoom <x@outside.example>", True),
        ('"Example Ltd | Ann Archer" <x@outside.example>', True),
        ("Ann Archer \u2013 Gesch\u00e4ftsf\u00fchrung <x@outside.example>", True),
        ("Ann Archer 1 <x@outside.example>", True),
        ("Ann Archer\u2122 <x@outside.example>", True),
        ("AnnArcher <x@outside.example>", True),
        ("Ann\u00adArcher <x@outside.example>", True),
        ("From Ann Archer <x@outside.example>", True),
        ("Ann Archer's office <x@outside.example>", True),
        ("Office of Ann Archer <x@outside.example>", True),
        ("Ann Archer OBE <x@outside.example>", True),
        ("Ann Archer private <x@outside.example>", True),
        ("Ann Archer sent you a file <x@outside.example>", True),
        ("Max Mueller <x@outside.example>", True),
        ("Max Muller <x@outside.example>", True),
        ("J\u00f6rg Gross <x@outside.example>", True),
        ("Max Muellerin <x@outside.example>", False),
        ("Sent by AnnaArcher <x@outside.example>", False),
        ("Office of Ann Miller <x@outside.example>", False),
        ("Ann Archer-Jones <x@outside.example>", False),
        ("Mary Ann Archer <x@outside.example>", False),
        ("Ann Archer Motors <x@outside.example>", False),
        ("Sue Smith via Ann Archer <x@outside.example>", False),
        ("Joe Bloggs <joe@mill.example>, Ann Archer <x@outside.example>", True),
        ("Ann Archer <x@outside.example>, Ann Archer <ann@example.co.uk>", True),
        ('joe@mill.example, "Ann Archer - HR" <x@outside.example>', True),
        ("Ann Archer <ann@example.co.uk>, Joe Bloggs <joe@mill.example>", False),
        ("Ann Archer <ann@example.co.uk>, joe@mill.example", False),
    ],
)
def test_whose_name_it_is(sender: str, found: bool) -> None:
    assert bool(NAMES.evidence(facts(sender))) is found


def test_a_service_must_be_proven_where_mail_is_verified() -> None:
    sender = "Ann Archer <notifications@github.com>"
    assert not NAMES.evidence(facts(sender, authentication=verified("notifications@github.com")))
    assert NAMES.evidence(facts(sender, authentication=verified(unproven=["notifications@github.com"])))


def test_a_list_whose_answers_go_to_the_person() -> None:
    sender, listed = "Ann Archer <dev@lists.example>", "List-Id: <dev.lists.example>"
    assert not NAMES.evidence(facts(sender, listed, "Reply-To: ann@example.co.uk"))
    assert not NAMES.evidence(facts(sender, listed, "X-Original-From: ann@example.co.uk"))
    for fields in ((listed,), ("Reply-To: ann@example.co.uk",), (listed, "Reply-To: bob@example.co.uk")):
        assert NAMES.evidence(facts(sender, *fields)), fields


@pytest.mark.parametrize(
    ("days", "sent", "found"), [(29, 2, True), (30, 2, False), (31, 2, False), (60, 1, True), (60, 0, True)]
)
def test_a_namesake_is_known_for_long_and_written_to(days: int, sent: int, found: bool) -> None:
    sender = f"Ann Archer <{MILL}>"
    remembered = known([pair(sender), ANYONE], days, sent)
    assert bool(NAMES.evidence(facts(sender, remembered=remembered))) is found


def test_a_namesake_is_proven_and_has_that_name() -> None:
    sender = f"Ann Archer <{MILL}>"
    remembered = known([pair(sender), ANYONE])
    assert NAMES.evidence(facts(sender, remembered=remembered, authentication=verified(unproven=[MILL])))
    assert NAMES.evidence(facts(f"Bob Bridges <{MILL}>", remembered=remembered))
    assert NAMES.evidence(facts(sender, remembered=known([ANYONE])))


def test_only_a_proven_namesake_is_learnt() -> None:
    sender = f"Ann Archer <{MILL}>"
    assert NAMES.learnt(letter(sender)) == {pair(sender)}
    assert NAMES.learnt(letter(sender, authentication=verified(MILL))) == {pair(sender)}
    assert NAMES.learnt(letter(sender, authentication=verified(unproven=[MILL]))) == set()
    assert NAMES.learnt(letter(f"Eve Adams <{MILL}>")) == set()
