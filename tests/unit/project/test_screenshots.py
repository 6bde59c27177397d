"""`make screenshots`: what is photographed, and how Chromium is called."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.probes import screenshots
from tests.support.probes.browser import times_visible
from tests.support.probes.screenshots import FOLDER, ROOT, Shot, page, photograph, shots


def test_ten_of_every_kind() -> None:
    """Some in dark mode, some with the banner, unclosed tags, no body; no picture overwrites another."""
    ten = shots()
    assert len({shot.name for shot in ten}) == len(ten) == 10
    assert any(shot.dark for shot in ten)
    assert any(shot.reasons is not None for shot in ten)
    assert {"unclosed-tags", "no-body"} <= {shot.name for shot in ten}


@pytest.mark.parametrize("shot", shots(), ids=lambda shot: shot.name)
async def test_each_shows_what_was_added(shot: Shot) -> None:
    """The disclaimer once, and the banner where it is asked for."""
    html = await page(shot)
    assert times_visible(html, "is monitored, by automated means too") == 1
    assert times_visible(html, "EXTERNAL E-MAIL:") == (shot.reasons is not None)


def test_the_pictures_stay_out_of_git() -> None:
    """The folder is one that git ignores."""
    ignored = (ROOT / ".gitignore").read_text().split()
    assert f"{FOLDER.relative_to(ROOT).parts[0]}/" in ignored


@pytest.mark.parametrize("dark", [False, True])
def test_chromium_calls_nobody(dark: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fresh profile each time, no window, no background traffic."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> None:
        calls.append(command)

    monkeypatch.setattr(subprocess, "run", run)
    for _ in range(2):
        photograph(tmp_path / "a.html", tmp_path / "a.png", dark=dark)
    profiles = {word for call in calls for word in call if word.startswith("--user-data-dir=")}
    assert len(profiles) == 2
    assert {"--headless", "--disable-background-networking", "--disable-sync"} <= set(calls[0])
    assert (screenshots.DARK in calls[0]) == dark
