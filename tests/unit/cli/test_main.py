"""The other commands with no gateway running, and the program as a whole."""

from __future__ import annotations

import grp
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import control_client
from gateway.cli.main import cli
from gateway.operations.control import user_name
from gateway.remember import status_figures
from gateway.services.clamd import TEST_PATTERN, TEST_SIGNATURE
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import with_virus
from tests.support.servers.ports import free_port
from tests.unit.cli.conftest import PLAIN, Site, with_program

PROJECT = Path(__file__).resolve().parents[3]


def program(site: Site, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the program as it is installed."""
    command = [sys.executable, "-m", "gateway", *arguments, "--config", str(site.config)]
    environment = os.environ | more
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env=environment, check=False)


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


@pytest.mark.parametrize(
    ("closed", "group", "mode", "to_do"),
    [
        ("var", "nogroup", 0o750, "`usermod -aG nogroup {user}` by root adds you to it at your next login"),
        ("var", "nogroup", 0o700, "`chmod g+x {var}` by root lets the group in"),
        ("var", "root", 0o750, "a user of its own, with a group of its own (docs/deploy.md)"),
        (
            "control.sock",
            "nogroup",
            0o660,
            "`usermod -aG nogroup {user}` by root adds you to it at your next login (the group daemon of {var} doesn't",
        ),
    ],
)
def test_whoever_may_not_ask_is_told_what_is_closed(
    site: Site, monkeypatch: pytest.MonkeyPatch, closed: str, group: str, mode: int, to_do: str
) -> None:
    """The folder or the socket, its own group, and the command; never by joining root's group."""

    async def refuse(*_: object) -> None:
        raise PermissionError

    folder = site.gateway.data_dir
    folder.mkdir()
    wall = folder if closed == "var" else folder / closed
    numbers = {name: grp.getgrnam(name).gr_gid for name in (group, "daemon")}

    def stat(path: Path, **_: Any) -> os.stat_result:
        own = (mode, numbers[group]) if path == wall else (0o40755, numbers["daemon"])
        return os.stat_result((own[0], 0, 0, 0, 0, own[1], 0, 0, 0, 0))

    monkeypatch.setattr(control_client, "ask", refuse)
    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != wall)
    said = site.run("status", code=1).stderr
    assert said.startswith(
        f"you may not use {folder / 'control.sock'}: {wall} is for its owner, its group {group} and "
    )
    assert to_do.format(user=user_name(os.getuid()), var=folder) in said


def test_a_session_from_before_joining_the_group_is_told_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that adds the user was run already."""

    async def refuse(*_: object) -> None:
        raise PermissionError

    site.gateway.data_dir.mkdir()
    group = grp.struct_group(("wardens", "x", 4711, [user_name(os.getuid())]))
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: os.stat_result((0o40750, 0, 0, 0, 0, 4711, 0, 0, 0, 0)))
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != site.gateway.data_dir)
    monkeypatch.setattr(control_client, "ask", refuse)
    assert (
        "you are in it, but this session is older: log in again, or `newgrp wardens`"
        in site.run("status", code=1).stderr
    )


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


# --- check -----------------------------------------------------------------------------------------------------------


def test_the_chain_is_printed_direction_by_direction(site: Site) -> None:
    """Every code with its action, and the line that set it."""
    site.gateway.filters = (
        "filters:\n  - virus: {clamd: 'x:1', directions: [inbound]}\n"
        "  - attachments:\n      actions:\n        attachment.macro: {inbound: tag, outbound: log}\n"
    )
    site.gateway.write()
    shown = site.run("check").stdout
    inbound, outbound, internal = (
        re.sub(" +", " ", shown.partition(f"{name} mail passes")[2].partition("mail passes")[0])
        for name in ("inbound", "outbound", "internal")
    )
    assert inbound.index("1. virus: enforce") < inbound.index("2. attachments: enforce")
    assert "virus" not in outbound
    assert "filters.yaml:5" in "".join(outbound.split())
    for part in ("attachment.uninspectable quarantine", "attachment.macro tag", "(filter failed)"):
        assert part in inbound
    assert "attachment.macro log" in outbound
    assert "1. attachments" in internal
    assert "The configuration is fine." in shown


def test_the_chain_for_programs(site: Site) -> None:
    """One object for each filter and direction."""
    *rows, files, last = site.rows("check")
    assert [(row["direction"], row["filter"]) for row in rows] == [
        (direction, "attachments") for direction in ("inbound", "outbound", "internal")
    ]
    assert set(last) == {"warnings"}
    by_setting = {one["setting"]: one for one in files["files"]}
    assert by_setting["include"]["file"] == str(site.gateway.config.parent / "filters.yaml")
    assert by_setting["filters[0].attachments.categories"]["shipped"] == "shipped attachments.yaml"
    assert set(rows[0]) == {"direction", "filter", "kind", "mode", "on_error", "config", "actions"}
    assert rows[0]["actions"]["attachment.executable"]["do"] == "quarantine"
    assert rows[0]["actions"]["attachment.executable"]["config"].endswith("filters.yaml:2")


def test_check_tells_where_files_were_found(site: Site) -> None:
    """A shipped file, and one of the administrator's own beside gateway.yaml that takes its place."""
    rules = site.gateway.config.parent / "not_passwords.yaml"
    rules.write_text((SHIPPED / rules.name).read_text("utf-8"))
    shown = "".join(site.run("check").stdout.split())
    assert f"filters[0].attachments.not_passwords{rules}" in shown
    assert "filters[0].attachments.categoriesshippedattachments.yaml" in shown
    assert f"Shippedfilesarein{SHIPPED};" in shown


def test_all_mistakes_are_told_at_once(site: Site) -> None:
    """Mistakes are told with file, line and column; exit code 1; nothing on standard output."""
    site.gateway.filters = "filters:\n  - atachments\n  - attachments: {mod: enforce}\n"
    site.gateway.write()
    done = site.run("check", code=1)
    assert "filters.yaml:2:5: " in done.stderr
    assert "did you mean attachments?" in done.stderr
    assert "did you mean mode?" in done.stderr
    assert done.stdout == ""


def test_check_lists_the_rules_for_internal_mail_alone(site: Site) -> None:
    """A mail server seldom hands internal mail to a gateway."""
    site.gateway.filters = "filters:\n  - attachments: {directions: [internal]}\n"
    site.gateway.write()
    assert "Only for internal mail, which a mail server seldom hands" in site.run("check").stdout


def test_check_says_who_works_with_it_and_what_is_kept(site: Site) -> None:
    """Reviewers, the report, digests and the journal, as shipped and switched on."""
    shown = " ".join(site.run("check").stdout.split())
    assert "reviewers nobody: root and the gateway's own user work on the quarantine" in shown
    assert "weekly report nobody gets it (reports_to) digests off (digest) journal off: relayed mail is not" in shown
    assert "senders blocked and allowed by nobody (sender_rules_file)" in shown
    key = site.gateway.config.parent / "journal.key"
    key.write_text("00" * 32)
    key.chmod(0o600)
    (key.parent / "senders.yaml").write_text("senders: [{block: eve@a.example, by: alice}]\n")
    site.gateway.more = (
        "sender_rules_file: senders.yaml\n"
        "reviewers: {root: [reviewer, approver], daemon: [auditor]}\n"
        "reports_to: [it@example.co.uk]\nreport_day: friday\nreport_hour: 6\n"
        "digest: {recipients: [16, 8], reviewers: [7]}\njournal: {days: 7, key_file: journal.key, max_bytes: 1 GiB}\n"
    )
    site.gateway.write()
    shown = " ".join(site.run("check").stdout.split())
    assert "reviewers root (reviewer, approver); daemon (auditor)" in shown
    assert "senders blocked and allowed 1 rule in" in shown
    assert "senders.yaml (sender_rules_file)" in shown
    assert "weekly report friday 6:00 (Europe/London) to it@example.co.uk" in shown
    assert (
        "digests recipients at 8:00, 16:00 (their own time zone, else Europe/London); reviewers at 7:00 (Europe/London)"
        in shown
    )
    assert "journal on: 7 days, at most 1.0 GiB" in shown


def test_check_shows_what_is_worth_a_look(site: Site) -> None:
    """It is no mistake: the exit code stays 0."""
    site.gateway.more = "reviewers: {no-such-user: [reviewer]}\n"
    site.gateway.filters = with_virus(f"127.0.0.1:{free_port()}")  # nobody's: another's clamd might have its say
    site.gateway.write()
    shown = " ".join(site.run("check").stdout.split())
    assert "Worth a look" in shown
    assert "this machine has no user no-such-user" in shown
    user, scanner = site.rows("check")[-1]["warnings"]
    assert "gateway.yaml:" in user
    assert "filters.yaml:2: virus: The virus scanner gives no answer" in scanner


def test_check_says_that_a_scanner_knows_no_virus(site: Site) -> None:
    """`make run` starts such a scanner if nothing can be downloaded; of a scanner that is away `check` says that."""
    with Clamd(databases={"mailwarden.ndb": f"{TEST_SIGNATURE}:0:*:{TEST_PATTERN.hex()}\n"}) as clamd:
        site.gateway.filters = with_virus(clamd.address)
        site.gateway.write()
        shown = " ".join(site.run("check").stdout.split())
        assert "NO VIRUS SIGNATURES: this clamd protects nobody." in shown
        (warning,) = site.rows("check")[-1]["warnings"]
        assert "filters.yaml:2: virus: NO VIRUS SIGNATURES" in warning
    assert "The virus scanner gives no answer" in " ".join(site.run("check").stdout.split())


def test_a_filter_that_is_off_is_listed_as_off(site: Site) -> None:
    """Readers of the chain see the filters that are switched off, and that nothing does their work."""
    site.gateway.filters = "filters:\n  - virus: {mode: off}\n  - attachments\n"
    site.gateway.write()
    shown = "".join(site.run("check").stdout.split())
    assert shown.count("-virus:off,at") == 3
    assert "virusisoff:nothinglooksforviruses" in shown
    site.take(PLAIN)
    (found,) = site.rows("status", code=1)
    assert found["notes"] == ["virus is off: nothing looks for viruses."]


def test_check_needs_no_store(site: Site) -> None:
    """And makes none."""
    site.run("check")
    assert not site.gateway.data_dir.exists()


# --- db --------------------------------------------------------------------------------------------------------------


def test_an_upgrade_of_a_current_store_changes_nothing(site: Site) -> None:
    """And says where it stands."""
    site.take(PLAIN)
    assert "The store is at schema" in site.run("db", "upgrade").stdout


def test_an_older_store_names_the_command(site: Site) -> None:
    """Every command that needs the store."""
    site.take(PLAIN)
    with sqlite3.connect(site.gateway.data_dir / "mailwarden.db") as database:
        database.execute("update alembic_version set version_num = '0000'")
    for command in (["quarantine", "list"], ["trace", "x"], ["status"], ["purge"]):
        assert "mailwarden db upgrade" in site.run(*command, code=1).stderr


def test_an_upgrade_without_a_store_is_one_sentence(site: Site) -> None:
    """Not a traceback."""
    done = site.run("db", "upgrade", code=1)
    assert len(done.stderr.splitlines()) == 1


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
