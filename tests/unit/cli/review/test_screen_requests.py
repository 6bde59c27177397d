"""Requests on the reviewers' screen: they are seen, granted to whoever asked, and refused with a sentence."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gateway.cli.review.dialogues import Ask, Confirm, Recipients
from gateway.cli.review.screen import Review
from tests.unit.cli.conftest import Site, with_program
from tests.unit.cli.review.test_screen import drive, shown, until
from tests.unit.cli.test_quarantine_requests import ANN, BOB, ask


@pytest.fixture
def held(site: Site) -> str:
    id = site.take(with_program(), ANN, BOB)
    ask(site, id)
    return id


def test_whoever_asked_is_filled_in(site: Site, held: str) -> None:
    """Release to some has the number of the one who asked; the others stay held."""

    async def keys(app: Review, pilot: Pilot[None]) -> None:
        (row,) = app.listing.held.values()
        assert row["requests"][0]["person"] == BOB
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, Recipients))
        assert app.screen.query_one(Input).value == "2"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("1", "enter")
        await until(pilot, lambda: "1 of 1 released" in shown(app, "#status"))

    drive(site, keys)
    assert site.held_state(held) == {ANN: "held", BOB: "released"}


def test_an_undone_deletion_shows_its_answer(site: Site, held: str) -> None:
    """The person who had asked was told of it: nobody has refused, and nobody waits."""

    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("d", "5", "enter")
        await until(pilot, lambda: "1 of 1 deleted" in shown(app, "#status"))
        await pilot.press("u")
        await until(pilot, lambda: "1 of 1 held again" in shown(app, "#status"))
        assert "told deleted by root" in app.listing.get_cell(held, "Why").plain

    drive(site, keys)
    read = site.run("quarantine", "read", held).stdout
    assert "Told deleted by root" in read
    assert "Refused" not in read
    assert [row["id"] for row in site.rows("quarantine", "list", "--request", "deleted")] == [held]


def test_a_request_is_refused(site: Site, held: str) -> None:
    """The sentence is asked for; without a request the key says so."""

    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, Ask))
        await pilot.press(*"No.", "enter")
        await until(pilot, lambda: "1 of 1 refused" in shown(app, "#status"))
        assert "refused by root" in app.listing.get_cell(held, "Why").plain
        await pilot.press("f")
        await until(pilot, lambda: "Nobody has asked" in shown(app, "#status"))

    drive(site, keys)
    (entry,) = site.rows("quarantine", "show", held)
    assert [(one["state"], one["answer"]) for one in entry["requests"]] == [("refused", "No.")]
    assert site.held_state(held) == {ANN: "held", BOB: "held"}
