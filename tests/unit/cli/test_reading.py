"""A held message in the terminal: short ids and ages, marks, nothing that moves the terminal."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console, Group

from gateway.cli.desk import desk
from gateway.cli.reading import WHY_CELLS, _findings, _recipient, age, as_read, marked, short_ids
from gateway.cli.review.screen import Review
from tests.support.probes.review_screens import ask
from tests.unit.cli.conftest import Site, with_program

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "shown"), [(-5, "0m"), (0, "0m"), (59, "59m"), (60, "1h"), (2879, "47h"), (2880, "2d")]
)
def test_ages(minutes: int, shown: str) -> None:
    """A clock that was set back makes no negative age."""
    assert age((NOW - timedelta(minutes=minutes)).isoformat(), NOW) == shown


def test_short_ids_differ() -> None:
    """They are as short as they can be."""
    ids = ["019bfa2e-5d3c-7000-8000-000000000001", "019bfa2e-5d3c-7000-8000-000000000002"]
    assert short_ids(ids[:1]) == ["019bfa2e-5d3c"]
    assert short_ids(ids) == ids


@pytest.mark.parametrize(
    ("direction", "addresses", "cells", "wide", "shown"),
    [
        ("inbound", ["bob@example.co.uk"], 9, False, "bob"),
        ("internal", ["bob@example.co.uk"], 30, False, "bob"),
        ("inbound", ["bob@example.co.uk"], 30, True, "bob@example.co.uk"),
        ("inbound", ["bob@example.co.uk"], 16, True, "bob"),
        ("inbound", ["bob@example.co.uk", "ann@example.co.uk", "x@y"], 9, False, "bob +2"),
        ("inbound", ["robert.stone@example.co.uk", "x@y"], 9, False, "rober… +1"),
        ("outbound", ["joe@supplier.example"], 9, False, "joe@supp…"),
        ("inbound", ["\u202eoe@example.co.uk"], 12, False, "⟨U+202E⟩oe"),
        ("inbound", [], 9, False, ""),
    ],
)
def test_a_recipient_in_a_line(direction: str, addresses: list[str], cells: int, wide: bool, shown: str) -> None:
    """Ours by the local part, where there is no room for more; those whose copies are held, or else lie in the bin."""
    copies = [{"address": one, "state": "held"} for one in addresses]
    row = {"recipients": copies, "direction": direction}
    assert _recipient(row, cells, wide=wide) == shown
    row["recipients"] = [{"address": "gone@x", "state": "released"}, *copies]
    if addresses:
        assert _recipient(row, cells, wide=wide) == shown
    row["recipients"] = [{"address": "bob@x", "state": "deleted"}, {"address": "ann@x", "state": "released"}]
    assert _recipient(row, 50, wide=True) == "bob@x"


def test_evidence_is_marked_over_line_ends() -> None:
    text = marked("our bank\nhas Changed. ok", ["bank has changed", "ok"])
    assert [text.plain[span.start : span.end] for span in text.spans] == ["bank\nhas Changed"]


async def test_nothing_moves_the_terminal() -> None:
    """Law 6: neither escapes nor markup of the message reach it."""
    read = await ask("quarantine.read", id="019bfa2e-5d30-7000-8000-000000000000")
    read["subject"] = "\x1b[2J[bold red]free[/]"
    read["text"] = [{"kind": "new", "part": "1", "text": "\x1b]0;owned\x07 [link=x]", "left_out": 5}]
    console = Console(width=80, force_terminal=False, color_system=None, record=True, file=None)
    with console.capture() as captured:
        console.print(as_read(read))
    shown = captured.get()
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []
    assert "[bold red]free[/]" in shown
    assert "(5 more characters are not shown)" in shown
    assert shown.index("payment_change.account") < shown.index("Reply-To") < shown.index("Part")


def test_every_text_of_a_finding_is_harmless() -> None:
    """Also those that a contributed filter made of a message: the clause, what was found, and the part."""
    text = "x\x1b[31m\u202e"
    evidence = {"what": text, "quote": text, "part": text}
    found = [{"code": "a.b", "clause": text, "summary": text, "evidence": [evidence]}]
    said = StringIO()
    Console(file=said, width=200).print(Group(*_findings(found, "bold")))
    assert said.getvalue().replace("\n", "").isprintable()


# --- a message that was made to harm its reader ----------------------------------------------------------------------

#: Escapes, markup, a title for the terminal, and characters that turn the order round.
SUBJECT = "\u202egnp.exe\u2066 \x1b[2J\x1b]0;owned\x07[bold red] \u05d0\u05d1\u05d2 "
NAME = "invoice\u202egpj.exe"


def hold_hostile(site: Site, subject: str = SUBJECT) -> str:
    """Hold a message whose subject, author's name, text and file's name are hostile; return its id."""
    raw = with_program(subject, NAME).decode()
    raw = raw.replace("From: Eve", 'From: "\u202eEve\x1b[31m\u0410\u043b\u0456\u0441\u0430"', 1)
    raw = raw.replace("Hello", "Hello\x1b[8m hidden\x9b2J\u202e olleh\u200b [link=http://evil.example]x[/link]")
    return site.take(raw.encode("utf-8", "surrogateescape"))


def is_harmless(text: str) -> bool:
    return all(one.isprintable() or one == "\n" for one in text) and "\u202e" not in text


@pytest.mark.parametrize("subject", [SUBJECT, SUBJECT + "A" * 1_000_000])
def test_no_command_hands_a_message_to_the_terminal(site: Site, subject: str) -> None:
    """Nor does it print a megabyte."""
    id = hold_hostile(site, subject)
    site.run("quarantine", "note", id, "--text", "x\x1b[2J\u202e")
    for command in (("list",), ("list", "--long"), ("read", id), ("show", id)):
        done = site.run("quarantine", *command)
        assert is_harmless(done.stdout), command
        assert len(done.stdout) < 30_000, command
        told = site.run("quarantine", *command[:1], *command[1:2] if id in command else (), "--json").stdout
        assert told.isascii()
        assert all(json.loads(line) for line in told.splitlines())


def test_a_line_of_the_list_is_as_wide_as_the_terminal(site: Site) -> None:
    """Wide letters count twice; the code stays whole."""
    hold_hostile(site)
    site.take(with_program("\u6f22\u5b57" * 100, id="wide"))
    lines = site.run("quarantine", "list").stdout.splitlines()
    assert {cell_len(line) <= 80 for line in lines} == {True}
    assert len(lines) == 3
    assert all("attachment.executable" in line for line in lines[1:])
    assert lines[0].split() == ["Id", "Age", "Author", "To", "Subject", "Why"]
    assert all(" bob " in line for line in lines[1:])
    assert "\u27e8U+202E\u27e9" in lines[2]


def test_read_says_what_misleads(site: Site) -> None:
    shown = " ".join(site.run("quarantine", "read", hold_hostile(site)).stdout.split())
    assert "\u27e8U+202E\u27e9gnp.exe" in shown
    assert "\u27e8looks like" in shown
    assert "\u27e8U+001B\u27e9[8m hidden" in shown
    assert "[link=http://evil.example]" in shown


def test_the_screen_shows_nothing_else(site: Site) -> None:
    """The list, the message, and the question before a deletion."""
    hold_hostile(site)
    pictures: list[str] = []

    async def run() -> None:
        async with desk(site.config) as asked:
            app = Review(asked)
            async with app.run_test(size=(80, 24)) as pilot, asyncio.timeout(30):
                while not app.listing.held:
                    await pilot.pause(0.05)
                pictures.append(app.export_screenshot())
                await pilot.press("enter")
                while not app.is_reading:
                    await pilot.pause(0.05)
                pictures.append(app.export_screenshot())
                await pilot.press("d")
                await pilot.pause(0.2)
                pictures.append(app.export_screenshot())

    asyncio.run(run())
    for picture in pictures:
        text = unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture))).replace("\xa0", " ")
        assert "U+202E" in text
        assert is_harmless(text)


def test_ten_thousand_parts_are_counted(site: Site) -> None:
    """A thousand are listed; the message is read in a moment all the same."""
    head, _, rest = with_program().decode().partition("--b\r\n")
    many = "".join(f"--b\r\nContent-Type: text/plain\r\n\r\nPart {number}\r\n" for number in range(10_000))
    shown = site.run(
        "quarantine", "read", site.take((head + "--b\r\n" + rest.replace("--b--", many + "--b--")).encode())
    )
    assert re.search(r"and \d,?\d+ more parts", shown.stdout)
    assert len(shown.stdout) < 1_000_000


def test_the_longest_usual_code_fits() -> None:
    assert len("payment_change.wording") <= WHY_CELLS
