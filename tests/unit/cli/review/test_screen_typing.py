"""The screen under a fast typist: no key reaches the list that was typed for a window which isn't there yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from gateway.cli.review.dialogues import Ask, Confirm, Dialogue, Told
from gateway.cli.review.screen import Review
from gateway.contract import Refused
from gateway.message.labels import PERSONAL
from tests.support.probes.review_screens import ask
from tests.unit.cli.review.test_screen import until


class Desk:
    """A gateway with five held messages, which is slow to answer some operations and notes what changes something."""

    def __init__(self, *slow: str) -> None:
        self.slow = set(slow)
        self.go_on = asyncio.Event()
        self.done: list[tuple[str, str, str]] = []  # operation, the last character of the short id, words
        self.personal = False
        self.filters: list[dict[str, Any]] = []  # of each count

    async def ask(self, do: str, /, **arguments: Any) -> Any:
        if do in self.slow:
            await self.go_on.wait()
        if do == "quarantine.count":
            self.filters.append(arguments)
        if do == "quarantine.read" and self.personal and not arguments["reason"]:
            raise Refused("labelled personal", (PERSONAL,))
        if do in ("quarantine.count", "quarantine.list", "quarantine.reasons", "quarantine.read"):
            return [] if "ids" in arguments else await ask(do, **arguments)
        words = arguments.get("reason") or arguments.get("text") or arguments.get("note") or ""
        self.done.append((do.partition(".")[2], arguments["id"][12], words))
        return {"id": arguments["id"]}


@asynccontextmanager
async def screen(desk: Desk) -> AsyncIterator[tuple[Review, Pilot[None]]]:
    app = Review(desk.ask)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.listing.held) == 5)
        yield app, pilot


def types(app: Review, *keys: str) -> None:
    """Type the keys at once: none waits until the one before it has been handled, as it may be over a slow line."""
    for key in keys:
        app.post_message(Key(key, " " if key == "space" else key if len(key) == 1 else None))


async def test_a_reason_waits_for_its_window() -> None:
    """It is typed before the reasons have come, and reaches the window as a whole."""
    desk = Desk("quarantine.reasons")
    async with screen(desk) as (app, pilot):
        types(app, "d", *"trap", "space", *"mail")
        await pilot.pause(0.05)
        types(app, *"xu")
        await pilot.pause(0.05)
        assert not isinstance(app.screen, Confirm)
        assert app.listing.selected == set()
        desk.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: app.screen.query_one(Input).value == "trap mailxu")
        assert desk.done == []


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (("backspace", *"lotto", "x", "backspace"), "lotto"),
        ((*"TML", "home", "H"), "HTML"),
        ((*"spqm", "backspace", "backspace", *"am"), "spam"),
        ((*"bc", "home", "a", "end", "d", "left", "delete", "e"), "abce"),
        ((*"one", "space", *"two", "ctrl+w", *"three"), "one three"),
        ((*"gone", "ctrl+u", *"new"), "new"),
        (("tab", "shift+tab", *"new"), "new"),
    ],
    ids=lambda keys: "-".join(keys) if isinstance(keys, tuple) else None,
)
@pytest.mark.parametrize(
    ("opens", "slow"), [("slash", ""), ("c", ""), ("h", ""), ("t", ""), ("d", "quarantine.reasons")]
)
async def test_a_line_is_edited_ahead_of_its_window(opens: str, slow: str, typed: tuple[str, ...], line: str) -> None:
    """Keys that edit reach the window in the order in which all were typed, also where it comes late."""
    desk = Desk(slow)
    async with screen(desk) as (app, pilot):
        types(app, opens, *typed)
        if slow:
            await pilot.pause()
            desk.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, Dialogue))
        await until(pilot, lambda: app.screen.query_one(Input).value == line)
        await pilot.pause()
        assert app.screen.query_one(Input).value == line
        assert desk.done == []


async def test_a_filter_is_replaced_before_the_list_is_decided_about() -> None:
    """Ctrl-U clears the old filter; what is typed behind Enter is about the messages that the new one shows."""
    desk = Desk()
    async with screen(desk) as (app, pilot):
        types(app, "slash", *"old", "enter", "slash", "ctrl+u", *"from:*@spam0.example", "enter", "asterisk", "d")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "from:*@spam0.example" in str(app.screen_stack[0].query_one("#top", Static).render())
        assert desk.filters[-1] == {"sender": "*@spam0.example"}


async def test_what_is_pasted_waits_too() -> None:
    desk = Desk("quarantine.reasons")
    async with screen(desk) as (app, pilot):
        types(app, "d", "a")
        app.post_message(Paste("bad"))
        types(app, "backspace", "c")
        await pilot.pause()
        desk.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: app.screen.query_one(Input).value == "abac")


async def test_decisions_typed_at_once_are_about_one_message_each() -> None:
    """The keys behind Enter wait until the first deletion is done."""
    desk = Desk()
    async with screen(desk) as (app, pilot):
        types(app, "d", "5", "enter", "d", "4", "enter", "c", *"hm", "enter")
        await until(pilot, lambda: len(desk.done) == 3)
        assert [(do, id) for do, id, _ in desk.done] == [("delete", "0"), ("delete", "1"), ("note", "2")]
        assert desk.done[2][2] == "hm"
        assert desk.done[0][2] != desk.done[1][2]
        assert len(app.listing.held) == 3


async def test_a_cancelled_window_lets_the_list_go_on() -> None:
    desk = Desk("quarantine.reasons")
    async with screen(desk) as (app, pilot):
        types(app, "d", "x", "escape", "down", "space")
        await pilot.pause(0.05)
        desk.go_on.set()
        await until(pilot, lambda: len(app.listing.selected) == 1)
        assert next(iter(app.listing.selected))[12] == "1"
        assert desk.done == []


async def test_a_window_that_complains_takes_further_keys() -> None:
    """An empty reason is none; what is typed next is the reason."""
    desk = Desk()
    async with screen(desk) as (app, pilot):
        types(app, "d", "enter", *"x y".replace(" ", ""), "enter")
        await until(pilot, lambda: bool(desk.done))
        assert desk.done == [("delete", "0", "xy")]


async def test_an_action_that_asks_nothing_lets_keys_go_on() -> None:
    """Keys wait until it has ended, and are the list's then."""
    desk = Desk("quarantine.assign")
    async with screen(desk) as (app, pilot):
        types(app, "m", "down", "slash", *"code")
        await pilot.pause(0.05)
        assert app.listing.cursor_row == 0
        assert not isinstance(app.screen, Ask)
        desk.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, Ask))
        await until(pilot, lambda: app.screen.query_one(Input).value == "code")
        assert app.listing.cursor_row == 1
        assert desk.done == [("assign", "0", "")]


async def test_what_nobody_has_read_is_not_closed_by_keys_typed_before() -> None:
    """A refusal stays until a key is pressed that comes behind it."""
    desk = Desk("senders.propose")

    async def refuse(do: str, /, **arguments: Any) -> Any:
        answer = await desk.ask(do, **arguments)
        if do == "senders.propose":
            raise Refused("not this one")
        return answer

    app = Review(refuse)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.listing.held) == 5)
        types(app, "b", *"spam", "enter")
        await pilot.pause(0.05)
        desk.go_on.set()
        await until(pilot, lambda: isinstance(app.screen, Told))
        await pilot.pause(0.05)
        assert isinstance(app.screen, Told)
        await pilot.press("d")
        assert not isinstance(app.screen, Told | Confirm)


async def test_the_reason_to_read_personal_mail_waits() -> None:
    """Letters typed while the message is fetched are no actions on it."""
    desk = Desk("quarantine.read")
    desk.personal = True
    async with screen(desk) as (app, pilot):
        types(app, "enter", *"need", "enter")
        await pilot.pause(0.05)
        desk.go_on.set()
        await until(pilot, lambda: app.is_reading)
        assert desk.done == []


async def test_escape_ends_the_reading() -> None:
    """Keys behind Enter are dropped with it; the list goes on."""
    desk = Desk("quarantine.read")
    async with screen(desk) as (app, pilot):
        types(app, "enter", "d", "escape", "down")
        await until(pilot, lambda: app.listing.cursor_row == 1)
        desk.go_on.set()
        await pilot.pause(0.05)
        assert not app.is_reading
        assert not isinstance(app.screen, Confirm)
        await pilot.press("space")
        assert len(app.listing.selected) == 1


async def test_the_next_message_needs_no_end_of_the_last() -> None:
    """n and p leaf through; a decision typed behind them is about the message that is shown in the end."""
    desk = Desk()
    async with screen(desk) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.is_reading)
        desk.slow = {"quarantine.read"}
        types(app, "n", "n", "p", "n", "d", "5", "enter")
        await until(pilot, lambda: app.listing.cursor_row == 2)
        desk.go_on.set()
        await until(pilot, lambda: bool(desk.done))
        assert [(do, id) for do, id, _ in desk.done] == [("delete", "2")]
