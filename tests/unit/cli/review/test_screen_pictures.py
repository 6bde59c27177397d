"""The screen looks as its pictures in docs/quarantine.md do."""

from __future__ import annotations

from tests.support.probes.review_screens import FOLDER, screens, text_of


async def test_the_pictures_show_the_screen() -> None:
    """Where the screen has changed on purpose: `python -m tests.support.probes.review_screens` makes them anew."""
    for name, picture in (await screens()).items():
        assert text_of(picture) == text_of((FOLDER / f"{name}.svg").read_text("utf-8")), name
