"""The reviewers' screen on a real store, driven by keys at 80 columns and 24 lines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from gateway.cli.desk import desk
from gateway.cli.review.dialogues import Confirm, Told
from gateway.cli.review.screen import Review
from tests.unit.cli.conftest import Site, with_program

Keys = Callable[[Review, Pilot[None]], Awaitable[None]]


@pytest.fixture
def three(site: Site) -> list[str]:
    names = ("bob@example.co.uk", "ann@example.com")
    return [site.take(with_program(f"Order {n}", id=str(n)), *names[: 1 + n % 2]) for n in range(3)]


def drive(site: Site, keys: Keys) -> None:
    async def run() -> None:
        async with desk(site.config) as ask:
            app = Review(ask)
            async with app.run_test(size=(80, 24)) as pilot:
                await until(pilot, lambda: bool(app.listing.held))
                await keys(app, pilot)

    asyncio.run(run())


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait until something is so; the sandbox's first process takes a second or two."""
    async with asyncio.timeout(30):
        while not true():
            await pilot.pause(0.05)


def shown(app: Review, where: str) -> str:
    return str(app.query_one(where, Static).render())


def test_a_message_is_read(site: Site, three: list[str]) -> None:
    async def keys(app: Review, pilot: Pilot[None]) -> None:
        assert shown(app, "#top").strip() == "3 held · newest"
        await pilot.press("enter")
        await until(pilot, lambda: app.is_reading)
        await pilot.press("n")
        await until(pilot, lambda: "2 of 3" in shown(app, "#status"))
        await pilot.press("escape")
        assert not app.is_reading

    drive(site, keys)
    (entry,) = site.rows("quarantine", "show", three[2])
    assert [h["operation"] for h in entry["history"]] == ["read", "show"]


def test_several_are_deleted_and_restored(site: Site, three: list[str]) -> None:
    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("space", "space", "d")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("enter")  # no reason: nothing is done
        assert isinstance(app.screen, Confirm)
        await pilot.press("5", "enter")
        await until(pilot, lambda: "2 of 2 deleted" in shown(app, "#status"))
        assert list(app.listing.held) == [three[0]]
        await pilot.press("u")
        await until(pilot, lambda: "2 of 2 held again" in shown(app, "#status"))
        assert len(app.listing.held) == 3

    drive(site, keys)
    assert len(site.rows("quarantine", "list")) == 3


def test_one_of_two_recipients_gets_it(site: Site, three: list[str]) -> None:
    async def keys(app: Review, pilot: Pilot[None]) -> None:
        app.listing.move_cursor(row=1)
        await pilot.press("t")
        await pilot.pause()
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press(*"fine", "enter")
        await until(pilot, lambda: "1 of 1 released" in shown(app, "#status"))

    drive(site, keys)
    assert sorted(site.held_state(three[1]).values()) == ["held", "released"]


def test_a_filter_narrows_the_list(site: Site, three: list[str]) -> None:
    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"order", "space", "2", "enter")
        await until(pilot, lambda: list(app.listing.held) == [three[2]])
        assert "1 held: order 2" in shown(app, "#top")

    drive(site, keys)


def test_a_message_is_handed_over_with_a_note(site: Site, three: list[str]) -> None:
    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("m")
        await until(pilot, lambda: "1 of 1 yours" in shown(app, "#status"))
        await pilot.press("h", *"nobdy", "enter")
        await until(pilot, lambda: isinstance(app.screen, Told))
        await pilot.press("x")
        assert not isinstance(app.screen, Told)

    drive(site, keys)
    (row,) = [row for row in site.rows("quarantine", "list") if row["assigned_to"]]
    assert row["id"] == three[2]


def test_a_decision_is_about_the_message_that_is_open(site: Site) -> None:
    """Whatever is selected; a message that can't be opened leaves the list, and nothing is open then."""
    plain = site.take(with_program("Order", id="1"))
    site.take(with_program("Personal: boat", id="2"))

    async def keys(app: Review, pilot: Pilot[None]) -> None:
        app.listing.move_cursor(row=1)
        await pilot.press("enter")
        await until(pilot, lambda: app.is_reading)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Confirm))  # why does one read personal mail?
        await pilot.press("escape")
        await until(pilot, lambda: not app.is_reading)
        app.listing.move_cursor(row=1)
        await pilot.press("enter")
        await until(pilot, lambda: app.is_reading)
        await pilot.press("space", "asterisk")  # the list's keys do nothing while a message is open
        assert app.listing.selected == set()
        app.listing.move_cursor(row=0)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "\u201cOrder\u201d from Eve" in str(app.screen.query_one("#sentence", Static).render())
        await pilot.press("5", "enter")
        await until(pilot, lambda: "1 of 1 deleted" in shown(app, "#status"))

    drive(site, keys)
    assert [row["id"] for row in site.rows("quarantine", "list", "--deleted")] == [plain]


def test_what_is_refused_stays_selected_and_is_told(site: Site, three: list[str]) -> None:
    """The marks and the number agree."""
    site.gateway.filters += "  - virus: {clamd: '127.0.0.1:1'}\n"
    site.gateway.write()

    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("space", "r")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("1", "enter")
        await until(pilot, lambda: isinstance(app.screen, Told))
        await pilot.press("x")
        assert "1 selected" in shown(app, "#top")
        assert app.listing.selected == {three[2]}

    drive(site, keys)


def test_a_sender_is_blocked_once_the_rule_was_shown(site: Site, three: list[str]) -> None:
    """As it will stand in the file; what can't be is told."""
    site.gateway.more = "sender_rules_file: var/senders.yaml\n"
    site.gateway.write()

    async def keys(app: Review, pilot: Pilot[None]) -> None:
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        sentence = str(app.screen.query_one("#sentence", Static).render())
        assert "Hold all further mail from eve@outside.example" in sentence
        assert 'block: "eve@outside.example"' in sentence
        await pilot.press("5", "enter")
        await until(pilot, lambda: isinstance(app.screen, Told))
        await pilot.press("x", "l")
        await until(pilot, lambda: isinstance(app.screen, Told))

    drive(site, keys)
    (rule,) = site.rows("quarantine", "senders")
    assert (rule["block"], rule["reason"]) == ("eve@outside.example", "Unwanted mail")
