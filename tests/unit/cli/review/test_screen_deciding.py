"""Decisions on the screen: what is refused at once, what a window names, and the ends of the list."""

from __future__ import annotations

from typing import Any

from textual.widgets import Static

from gateway.cli.review.dialogues import Confirm, Told
from gateway.cli.review.listing import PAGE
from gateway.cli.review.screen import Review
from tests.unit.cli.review.test_listing import row
from tests.unit.cli.review.test_screen import shown, until
from tests.unit.cli.review.test_screen_typing import Desk, screen, types


class Long(Desk):
    """A desk with so many messages; those with an id in `signed` wait for an approval."""

    def __init__(self, messages: int) -> None:
        super().__init__()
        self.rows = [row(f"{number:012}x{number}") for number in range(messages)]
        self.signed: set[str] = set()

    async def ask(self, do: str, /, **arguments: Any) -> Any:
        if do == "quarantine.count":
            return len(self.rows)
        if do != "quarantine.list":
            return await super().ask(do, **arguments)
        rows = [one | ({"waiting": [{}]} if one["id"] in self.signed else {}) for one in self.rows]
        if "ids" in arguments:
            return [one for one in rows if one["id"] in arguments["ids"]]
        behind = arguments.get("behind", ["", ""])[1]
        return [one for one in rows if one["id"] > behind][: arguments["limit"]]


def sentence(app: Review) -> str:
    return str(app.screen.query_one("#sentence", Static).render())


async def test_what_nobody_has_released_is_not_approved() -> None:
    """Said at once, before a reason is asked for; a release that came meanwhile is seen."""
    desk = Long(5)
    async with screen(desk) as (app, pilot):
        await pilot.press("a")
        await until(pilot, lambda: "Nobody has released" in shown(app, "#status"))
        assert not isinstance(app.screen, Confirm)
        await pilot.press("asterisk")
        desk.signed = {desk.rows[3]["id"]}
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Approve the release of “S” from eve@x" in sentence(app)
        await pilot.press("1", "enter")
        await until(pilot, lambda: bool(desk.done))
        assert [(do, id) for do, id, _ in desk.done] == [("approve", "x")]
        assert len(app.listing.held) == 4


async def test_trouble_of_the_gateway_is_told() -> None:
    """The screen stays, whatever an action asks."""
    desk = Desk()

    async def fails(do: str, /, **arguments: Any) -> Any:
        if do == "quarantine.reasons":
            raise OSError("the gateway is gone")
        return await desk.ask(do, **arguments)

    app = Review(fails)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.listing.held) == 5)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Told))
        await pilot.press("x")
        assert app.screen is app.screen_stack[0]


async def test_a_single_recipient_is_named() -> None:
    """Several are counted."""
    desk = Long(5)
    async with screen(desk) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Release “S” from eve@x to bob@example.co.uk, after a fresh check." in sentence(app)
        await pilot.press("escape", "asterisk", "r")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Release 5 messages to 5 recipients, after a fresh check." in sentence(app)


async def test_home_and_end_go_to_the_first_and_the_last_message() -> None:
    """Also where the last isn't fetched yet; what is typed behind waits."""
    desk = Long(2 * PAGE + 1)
    app = Review(desk.ask)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.listing.held) >= PAGE)
        types(app, "end", "space")
        await until(pilot, lambda: app.listing.selected == {desk.rows[-1]["id"]})
        assert app.listing.cursor_row == 2 * PAGE
        types(app, "home", "space")
        await until(pilot, lambda: app.listing.cursor_row == 1)
        assert desk.rows[0]["id"] in app.listing.selected
