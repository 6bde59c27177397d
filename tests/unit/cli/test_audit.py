"""`mailwarden audit …`: a real store, and no gateway running."""

from __future__ import annotations

import csv
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.cli import audit as module
from tests.unit.cli.conftest import Site, with_program

PROJECT = Path(__file__).resolve().parents[3]
WHY = "=cmd() \x1b[31m red"


@pytest.fixture
def held(site: Site) -> str:
    """Return the id of a held message that somebody has looked at and deleted."""
    id = site.take(with_program())
    site.run("quarantine", "show", id)
    site.run("quarantine", "delete", id, "--reason", WHY)
    return id


def change(site: Site, statement: str) -> None:
    connection = sqlite3.connect(site.gateway.data_dir / "mailwarden.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


async def purge_in_a_year(site: Site) -> None:
    store = await open_store(app.read_settings(site.config), create=False)
    await store.purge(datetime.now(UTC) + timedelta(days=365), 30, 180)
    await store.close()


# --- list ------------------------------------------------------------------------------------------------------------


def test_acts_are_lines(site: Site, held: str) -> None:
    """Newest first, one line of 80 columns each, with the id whole and nothing for the terminal."""
    lines = site.run("audit", "list").stdout.splitlines()
    assert [re.sub(r"^\S+ \S+ (GMT|BST) ", "", line)[:41] for line in lines] == [f"{held} root", f"{held} root"]
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in "".join(lines)


def test_acts_as_json(site: Site, held: str) -> None:
    """Everything on record of them."""
    deleted, looked = site.rows("audit", "list")
    assert {key: deleted[key] for key in ("action", "id", "reason", "recipients")} == {
        "action": "delete",
        "id": held,
        "reason": WHY,
        "recipients": ["bob@example.co.uk"],
    }
    assert (looked["action"], looked["reason"]) == ("show", "review")


def test_acts_as_csv(site: Site, held: str) -> None:
    """No cell is a formula, or an escape."""
    head, deleted, looked = csv.reader(StringIO(site.run("audit", "list", "--csv").stdout))
    assert head == ["at", "actor", "action", "id", "recipients", "reason"]
    assert deleted[2:] == ["delete", held, "bob@example.co.uk", "'=cmd() ?[31m red"]
    assert looked[2] == "show"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--action", "show"], ["show"]),
        (["--actor", "nobody"], []),
        (["--since", "1h"], ["delete", "show"]),
        (["--until", "1h"], []),
        (["--id", "payments"], []),
        (["--id", "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"], []),
        (["--limit", "1"], ["delete"]),
    ],
)
def test_acts_are_chosen(site: Site, held: str, options: list[str], found: list[str]) -> None:
    """By who, when, what and which message."""
    assert [row["action"] for row in site.rows("audit", "list", *options)] == found


@pytest.mark.parametrize(
    ("action", "hint"),
    [("reelase", "reelase (did you mean release?)"), ("xyzzy", "xyzzy: there are show, explain, ")],
)
def test_an_act_that_there_is_not(site: Site, held: str, action: str, hint: str) -> None:
    """A slip must not look like an empty record."""
    done = site.run("audit", "list", "--action", action, code=2)
    assert done.stderr.startswith(f"--action: no act is called {hint}")


def test_all_acts_are_documented() -> None:
    """The table of the options has each of them."""
    (line,) = (
        line for line in (PROJECT / "docs/records.md").read_text().splitlines() if line.startswith("| `--action`")
    )
    assert sorted(set(re.findall("`([a-z_]+)`", line))) == sorted(module.ACTIONS)


def test_acts_on_one_message(site: Site, held: str) -> None:
    """Its id, or the beginning of it as lists show it, in any case; one that nothing begins with is refused."""
    for start in (held, held[:13], held[:13].upper()):
        assert {row["id"] for row in site.rows("audit", "list", "--id", start)} == {held}
    said = site.run("audit", "list", "--id", "beefbeef", code=1).stderr
    assert said == "no act is on record for an id that begins with beefbeef\n"


@pytest.mark.parametrize(
    ("id", "sentence"),
    [
        ("nonsense", "--id: nonsense is no id: it takes the id of a message, or the beginning of it, or one of "),
        ("<e@x>", "--id: <e@x> is no id: `mailwarden trace` finds the id of a message by its Message-ID"),
        ("019", "--id: 019 is no id"),
    ],
)
def test_what_is_no_id(site: Site, id: str, sentence: str) -> None:
    """The sentence says what one is; nothing is searched."""
    assert sentence in site.run("audit", "list", "--id", id, code=2).stderr


def test_a_day_is_included(site: Site, held: str) -> None:
    """`--until` with a date means the end of that day."""
    today = datetime.now().astimezone().date()
    assert len(site.rows("audit", "list", "--since", str(today), "--until", str(today))) == 2
    assert site.rows("audit", "list", "--until", str(today - timedelta(days=1))) == []
    assert "--until 2026-13-01: write" in site.run("audit", "list", "--until", "2026-13-01", code=2).stderr


def test_an_empty_list(site: Site) -> None:
    """A sentence says so; JSON and CSV at once are too much."""
    site.take(with_program())
    assert site.run("audit", "list").stdout == "Nothing is on record.\n"
    assert "one of them" in site.run("audit", "list", "--json", "--csv", code=2).stderr
