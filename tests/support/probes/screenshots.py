"""`make screenshots`: ten amended messages as Chromium shows them, in build/screenshots, for people to look at.

The shipped disclaimer in the replies of ten mail programs and shapes, some by a program in dark mode, some with the
banner of `external` too. Chromium is asked for nothing but local files.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filters.external.banner import ALL_REASONS, LOOKALIKE, NEW_TO_EVERYBODY, Banner
from gateway.message.edits import render
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from tests.corpus.reply_files import FOLDER as REPLIES
from tests.corpus.reply_files import reply_file
from tests.support.builders.disclaimers import amended, entity, message, shipped

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "screenshots"
CHROMIUM_SECONDS = 60

#: No window, no calls home, nothing of another profile.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=800,1000"),
)
#: Turns light pages dark, as the mail programs of telephones do.
DARK = "--blink-settings=forceDarkModeEnabled=true"

UNCLOSED = (
    "<html><head><title>Order</title></head><body><table border=1><tr><td><b>Dear Bob,<p>the order is below."
    "<table><tr><td>12<td>boxes<tr><td>7<td>crates"
)
NO_BODY = "<p>Dear Bob,</p>\n<p>no html, head or body here.</p>\n<p>Kind regards<br>Ann</p>\n"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture; `reasons` = those of the banner above it, None = without one."""

    name: str
    html: str
    dark: bool = False
    reasons: frozenset[str] | None = None


def shots() -> list[Shot]:
    """Return all ten pictures to take."""
    both = frozenset({NEW_TO_EVERYBODY, LOOKALIKE})
    return [
        _reply("outlook-desktop"),
        _reply("outlook-web", dark=True),
        _reply("gmail"),
        _reply("apple-mail", dark=True),
        _reply("thunderbird-top", reasons=ALL_REASONS[0]),
        _reply("notes-table"),
        _reply("iphone", dark=True, reasons=both),
        _reply("yahoo", reasons=both),
        Shot("unclosed-tags", UNCLOSED),
        Shot("no-body", NO_BODY),
    ]


def _reply(name: str, *, dark: bool = False, reasons: frozenset[str] | None = None) -> Shot:
    return Shot(name, reply_file(REPLIES / f"{name}.html").source, dark, reasons)


async def page(shot: Shot) -> str:
    """Return the HTML as it leaves, and then as it comes in to somebody who has `external`."""
    found = await amended(message(entity("text/html; charset=utf-8", shot.html)), **shipped())
    if shot.reasons is not None:
        found = _with_banner(found, shot.reasons)
    return found.root.text


def _with_banner(found: Message, reasons: frozenset[str]) -> Message:
    templates = ((ROOT / f"config/banners/external.{kind}").read_text("utf-8") for kind in ("txt", "html"))
    return parse(render(found, Banner(*templates).edits(found, reasons)))


def photograph(html: Path, picture: Path, *, dark: bool) -> None:
    """Take a picture with Chromium. Raises CalledProcessError or TimeoutExpired."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", *FLAGS, *([DARK] if dark else []), f"--user-data-dir={profile}"]
        command += [f"--screenshot={picture}", html.as_uri()]
        subprocess.run(command, capture_output=True, check=True, timeout=CHROMIUM_SECONDS)


def take() -> Iterator[Path]:
    """Yield each picture as soon as it is taken; its HTML stands beside it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number, shot in enumerate(shots(), 1):
        stem = f"{number:02}-{shot.name}{'-dark' if shot.dark else ''}{'-banner' if shot.reasons is not None else ''}"
        html = FOLDER / f"{stem}.html"
        html.write_text(asyncio.run(page(shot)), "utf-8-sig")  # the mark tells the charset that the mail's field told
        photograph(html, FOLDER / f"{stem}.png", dark=shot.dark)
        yield FOLDER / f"{stem}.png"


def main() -> int:
    for picture in take():
        if not picture.exists():
            print(f"{picture.name}: Chromium made no picture")
            return 1
        print(picture.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
