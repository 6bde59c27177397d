"""`mailwarden audit …`: a real store, and no gateway running."""

from __future__ import annotations

import csv
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from gateway.remember.database.secret import NAME
from tests.unit.cli.conftest import Site, with_program

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


# --- list ------------------------------------------------------------------------------------------------------------


def test_acts_are_lines(site: Site, held: str) -> None:
    """Newest first, one line of 80 columns each, with the id whole and nothing for the terminal."""
    lines = site.run("audit", "list").stdout.splitlines()
    assert [re.sub(r"^\S+ \S+Z ", "", line)[:41] for line in lines] == [f"{held} root", f"{held} root"]
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
        (["--id", "other"], []),
        (["--limit", "1"], ["delete"]),
    ],
)
def test_acts_are_chosen(site: Site, held: str, options: list[str], found: list[str]) -> None:
    """By who, when, what and which message."""
    assert [row["action"] for row in site.rows("audit", "list", *options)] == found


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


# --- verify ----------------------------------------------------------------------------------------------------------


def test_a_line_for_each_chain(site: Site, held: str) -> None:
    """Rows, times and head; a head that was noted is known again."""
    audit, history = site.run("audit", "verify").stdout.splitlines()
    day = f"{datetime.now(UTC):%Y-%m-%d} ..:..:..Z"
    assert re.fullmatch(rf"audit: 1 row, {day} to {day}, head 1:[0-9a-f]{{32}}", audit)
    assert re.fullmatch(rf"history: 2 rows, {day} to {day}, head 2:[0-9a-f]{{32}}", history)
    heads = [line.rpartition(" ")[2] for line in (audit, history)]
    site.run("audit", "verify", "--expect", heads[0], "--expect", heads[1])
    wrong = f"1:{heads[1][2:]}"
    assert f"{wrong}: no chain has this head" in site.run("audit", "verify", "--expect", wrong, code=1).stdout
    assert site.rows("audit", "verify", "--expect", wrong, code=1)[-1] == {"not_found": wrong}
    assert "--expect takes a head" in site.run("audit", "verify", "--expect", "1:x", code=2).stderr


def test_faults_are_told(site: Site, held: str) -> None:
    """Exit code 1, the chain, the number and the message."""
    change(site, "UPDATE audit SET reply = '250 fine'")
    change(site, "DELETE FROM history WHERE number = 1")
    assert site.run("audit", "verify", code=1).stdout.splitlines() == [
        f"audit: number 1 is changed, or a row from elsewhere (id {held})",
        "history: number 1 is missing",
    ]
    audit, history = site.rows("audit", "verify", code=1)
    assert (audit["chain"], audit["faults"][0]["kind"], audit["faults"][0]["id"]) == ("audit", "changed", held)
    assert (history["faults"][0]["kind"], history["faults"][0]["number"]) == ("missing", 1)


def test_what_can_not_be_checked(site: Site, held: str) -> None:
    """No key, or no store: exit code 2 with a sentence."""
    secret = site.gateway.data_dir / NAME
    secret.chmod(0o644)
    assert "open to others" in site.run("audit", "verify", code=2).stderr
    secret.unlink()
    assert "secret.key is missing" in site.run("audit", "verify", code=2).stderr
    (site.gateway.data_dir / "mailwarden.db").write_bytes(b"no database, but long enough to look at\n" * 50)
    assert "not a database" in site.run("audit", "verify", code=2).stderr
