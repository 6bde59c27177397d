"""A held message in the terminal: short ids and ages, marks, nothing that moves the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console, Group

from gateway.cli.reading import _findings, age, as_read, marked, short_ids
from tests.support.probes.review_screens import ask

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
