"""The small windows: a reason by its number or in words, and no way past an empty one."""

from __future__ import annotations

import pytest
from textual.app import App

from gateway.cli.review.dialogues import Confirm, Recipients

REASONS = ("Fine", "Harmful")


async def answered(screen: Confirm | Recipients, *keys: str) -> object:
    answers: list[object] = []
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(screen, answers.append)
        await pilot.press(*keys)
        await pilot.pause()
    return answers[0] if answers else "open"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (["2", "enter"], "Harmful"),
        (["3", "enter"], "3"),
        ([*"own words".replace(" ", "_").replace("_", "x"), "enter"], "ownxwords"),
        (["enter"], "open"),
        (["space", "enter"], "open"),
        (["escape"], None),
    ],
)
async def test_a_reason(keys: list[str], reason: object) -> None:
    assert await answered(Confirm("Delete?", REASONS), *keys) == reason


async def test_recipients_are_chosen() -> None:
    assert await answered(Recipients(["a@x", "b@x"]), "2", "enter") == ["b@x"]
    assert await answered(Recipients(["a@x", "b@x"]), "2", "comma", "1", "enter") == ["b@x", "a@x"]
    assert await answered(Recipients(["a@x"]), "enter") == "open"
    assert await answered(Recipients(["a@x"]), "7", "enter") == "open"
    assert await answered(Recipients(["a@x"]), "escape") is None
