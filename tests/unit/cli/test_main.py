"""The other commands with no gateway running, and the program as a whole."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import cli
from gateway.control.users import user_name
from gateway.remember import status_figures
from tests.support.servers import preloaded
from tests.unit.cli.conftest import PLAIN, Site, with_program

PROJECT = Path(__file__).resolve().parents[3]


def program(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return preloaded.run([*arguments, "--config", str(site.config)])


# --- status, reload, purge -------------------------------------------------------------------------------------------


def test_a_status_without_a_gateway_is_trouble(site: Site) -> None:
    """Exit code 1; the store's figures all the same."""
    site.take(with_program())
    (found,) = site.rows("status", code=1)
    assert found["running"] is None
    assert found["trouble"] == ["No gateway is running on this configuration."]
    assert found["store"]["held_messages"] == 1
    shown = site.run("status", code=1).stdout
    assert "! No gateway is running" in shown
    assert "held messages" in shown


def test_a_status_tells_that_internal_mail_is_missing(site: Site) -> None:
    """Once the gateway has run for a week; a note, not trouble."""
    site.take(PLAIN)
    (found,) = site.rows("status", code=1)
    assert found["notes"] == []
    with sqlite3.connect(site.gateway.data_dir / "mailwarden.db") as database:
        for table in ("audit_recipients", "audit"):
            database.execute(f"update {table} set at = at - 8 * 86400 * 1000000")
    (found,) = site.rows("status", code=1)
    assert [note[:35] for note in found["notes"]] == ["No internal mail was seen for 7 day"]
    assert "- No internal mail" in site.run("status", code=1).stdout


def test_a_status_tells_a_full_disk_from_a_full_quarantine(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room on the disk makes none in the quarantine, and the other way round."""
    site.take(with_program())
    monkeypatch.setattr(status_figures, "DISK_RESERVE_BYTES", 2**60)
    (found,) = site.rows("status", code=1)
    assert [said[:30] for said in found["trouble"][1:]] == ["The disk of the store is full "]
    monkeypatch.undo()
    site.gateway.more = "quarantine_max_bytes: 1\n"
    site.gateway.write()
    (found,) = site.rows("status", code=1)
    assert [said[:24] for said in found["trouble"][1:]] == ["The quarantine is full ("]


def test_a_reload_without_a_gateway_is_refused(site: Site) -> None:
    """There is nothing to reload."""
    site.take(PLAIN)
    assert "no gateway is running" in site.run("reload", code=1).stderr


def test_a_mistake_without_a_gateway_is_told(site: Site) -> None:
    """Nobody else could answer."""
    site.gateway.filters = "filters:\n  - atachments\n"
    site.gateway.write()
    said = site.run("status", code=1).stderr
    assert "filters.yaml:2:5: " in said
    assert "No gateway runs that could be asked" in said


def test_a_data_dir_that_is_a_file_is_told(site: Site) -> None:
    """Every command names the key `data_dir`."""
    site.gateway.data_dir.write_text("a file")
    said = site.run("status", code=1).stderr
    assert said == f"data_dir: {site.gateway.data_dir} is a file, and a folder is needed\n"


def test_a_purge_says_what_went(site: Site) -> None:
    """A purge counts by the retention that is set."""
    site.take(with_program())
    (counts,) = site.rows("purge")
    assert (counts["quarantine"], counts["audit"]) == (0, 0)
    assert "quarantine" in site.run("purge").stdout
    assert len(site.rows("quarantine", "list")) == 1


def test_who_purged_by_hand_is_on_record(site: Site) -> None:
    """The history has the user, and that no gateway was running."""
    id = site.take(with_program())
    with closing(sqlite3.connect(site.gateway.data_dir / "mailwarden.db")) as store:
        store.execute("UPDATE held SET received_at = 0")
        store.commit()
    assert site.rows("purge")[0]["quarantine"] == 1
    (row,) = site.rows("audit", "list", "--action", "purge")
    assert (row["id"], row["actor"], row["reason"]) == (
        id,
        f"{user_name(os.getuid())} (no gateway running)",
        "retention",
    )


# --- the program -----------------------------------------------------------------------------------------------------


def test_what_is_piped_is_the_answer_alone(site: Site, tmp_path: Path) -> None:
    """Log lines go to standard error: a filter that breaks spoils no JSON."""
    site.gateway.filters = "filters:\n  - attachments\n  - virus: {clamd: '127.0.0.1:1'}\n"
    site.gateway.write()
    (tmp_path / "a.eml").write_bytes(PLAIN)
    done = program(site, "explain", str(tmp_path / "a.eml"), "--json")
    assert done.returncode == 0
    assert [json.loads(line)["action"] for line in done.stdout.splitlines()] == ["defer"]


def test_a_release_logs_to_standard_error(site: Site) -> None:
    """A next hop that is away is a warning beside the answer."""
    id = site.take(with_program())
    site.gateway.next_hop = "smtp://127.0.0.1:1"
    site.gateway.write()
    done = program(site, "quarantine", "release", id, "--reason", "ordered", "--json")
    expected = {"id": id, "recipients": ["bob@example.co.uk"], "delivered": False, "verified": []}
    assert json.loads(done.stdout) == expected
    assert "next_hop.trouble" in done.stderr


@pytest.mark.parametrize("command", [[], ["quarantine"], ["quarantine", "list"], ["explain"], ["serve"], ["db"]])
def test_help_is_there(command: list[str]) -> None:
    """The program, its groups and its commands have help."""
    done = CliRunner().invoke(cli, [*command, "--help"])
    assert done.exit_code == 0
    assert " ".join(["Usage: mailwarden", *command]) in done.stdout


def test_nothing_configured_is_unusable(tmp_path: Path) -> None:
    """It says where it looked."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "check"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    if Path("/etc/mailwarden/gateway.yaml").exists():
        pytest.skip("this machine has a configuration of its own")
    assert done.returncode == 2
    assert "--config" in done.stderr
