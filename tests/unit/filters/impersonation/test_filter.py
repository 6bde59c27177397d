"""The filter `impersonation`: the facts that it puts together, what it leaves alone, and what it learns.

What it finds in a sequence of mail is in tests/scenarios/impersonation_*.yaml.
"""

from __future__ import annotations

import pytest

from filters.impersonation.codes import CODES, DOMAIN, UNREAD
from filters.impersonation.filter import Impersonation
from gateway.contract import Authentication, Author, Outcome
from gateway.directory.lookup import ConfiguredDirectory
from tests.unit.filters.impersonation.facts import DIRECTORY, Memory, letter, made, verified

EVE = "eve@outside.example"


async def test_what_a_later_look_up_may_prove_is_said() -> None:
    ours = "ann@example.co.uk"
    for undecided in (True, False):
        authentication = Authentication(True, authors=(Author(ours, "example.co.uk", undecided=undecided),))
        (finding,) = await made().check(letter(ours, authentication=authentication))
        assert (finding.code, finding.temporary) == (DOMAIN, undecided)


async def test_a_from_that_programs_read_differently_is_proven_by_nothing() -> None:
    (finding, *_) = await made().check(letter("ann @ example.co.uk", authentication=Authentication(verified=True)))
    assert (finding.code, finding.temporary) == (DOMAIN, False)


@pytest.mark.parametrize(
    ("sender", "fields", "authentication", "left_alone"),
    [
        ("Ann Archer <rep@union.example>", (), Authentication(), True),
        ("Ann Archer <rep@union.example>", (), verified("rep@union.example"), True),
        ("Ann Archer <rep@union.example>", (), verified(unproven=["rep@union.example"]), False),
        (f"Ann Archer <{EVE}>", ("Cc: rep@union.example",), Authentication(), False),
        (f"Ann Archer <{EVE}>", (), Authentication(), False),
    ],
)
async def test_protected_correspondents(
    sender: str, fields: tuple[str, ...], authentication: Authentication, left_alone: bool
) -> None:
    directory = ConfiguredDirectory(
        DIRECTORY.people, {"protected_correspondents": ["*@union.example"]}, ["example.co.uk"]
    )
    about = letter(sender, *fields, authentication=authentication)
    assert (await made(directory=directory).check(about) == []) is left_alone


@pytest.mark.parametrize(
    ("action", "fields", "learns"),
    [("relay", (), True), ("amend", (), True), ("quarantine", (), False), ("relay", ("List-Id: <a.b>",), False)],
)
async def test_what_is_learnt(action: str, fields: tuple[str, ...], learns: bool) -> None:
    """Somebody's name and address, from relayed mail of a person."""
    memory = Memory()
    await made(memory).learn(letter(f"Ann Archer <{EVE}>", *fields), Outcome({"bob@example.co.uk": action}))
    assert ({address for _, address in memory.added} == {EVE}) is learns


def test_every_code_has_a_notice() -> None:
    assert set(Impersonation.notices) == set(CODES) - {UNREAD}
