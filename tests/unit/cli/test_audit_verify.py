"""`mailwarden audit verify`: a real store, and no gateway running."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway import app
from gateway.assemble.store import open_store
from gateway.cli import audit_verify as module
from gateway.cli.main import cli
from gateway.operations.evidence import make_evidence, public_pem, signing_key
from gateway.remember.database.secret import NAME
from tests.unit.cli.conftest import PLAIN, Site, with_program

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


# --- verify ----------------------------------------------------------------------------------------------------------


def test_a_backup_is_verified(site: Site, held: str, tmp_path: Path) -> None:
    """A copy of the configuration has a data_dir of its own, with the store and the key alone."""
    folder = tmp_path / "backup"
    folder.mkdir()
    source = sqlite3.connect(site.gateway.data_dir / "mailwarden.db")
    with closing(source), closing(sqlite3.connect(folder / "mailwarden.db")) as target:
        source.backup(target)
    shutil.copy2(site.gateway.data_dir / NAME, folder)
    copy = site.config.with_name("backup.yaml")
    copy.write_text(site.config.read_text().replace("data_dir: var", f"data_dir: {folder}"))
    change(site, "DELETE FROM history WHERE number = 1")
    site.run("audit", "verify", code=1)
    of_backup = site.run_without_config("audit", "verify", "--config", str(copy)).stdout.splitlines()
    assert [line.partition(",")[0] for line in of_backup] == ["audit: 1 row", "history: 2 rows"]
    assert held in site.run_without_config("audit", "list", "--config", str(copy)).stdout


def test_the_last_purge_is_told(site: Site) -> None:
    """The number up to which rows went, and when; before any there is nothing to tell."""
    site.take(with_program())
    assert "purged" not in site.run("audit", "verify").stdout
    asyncio.run(purge_in_a_year(site))
    told, _ = site.run("audit", "verify").stdout.splitlines()
    assert re.search(r"^audit: 0 rows, head 1:[0-9a-f]{32}; up to number 1 purged, last on 20\d\d-", told)
    assert site.rows("audit", "verify")[0]["purged"]["number"] == 1


def test_a_line_for_each_chain(site: Site, held: str) -> None:
    """Rows, times and head; a head that was noted is known again."""
    audit, history = site.run("audit", "verify").stdout.splitlines()
    day = f"{datetime.now(ZoneInfo('Europe/London')):%Y-%m-%d} ..:..:.. (?:GMT|BST)"
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


# --- evidence --------------------------------------------------------------------------------------------------------


def test_evidence_is_checked_here_and_elsewhere(site: Site, tmp_path: Path) -> None:
    """The gateway's own key, or the public half elsewhere, is enough; the export is on record, and in it."""
    id, file, key = site.take(with_program()), tmp_path / "case.zip", tmp_path / "gateway.pem"
    site.run("quarantine", "read", id)
    done = site.run("quarantine", "export", id, "--evidence", str(file), "--reason", "case 7")
    assert done.stdout.startswith(f"{id}: ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    printed = site.run("audit", "key")
    key.write_text(printed.stdout)
    fingerprint = printed.stderr.split()[-1]
    shown = site.run("audit", "verify", str(file)).stdout
    elsewhere = CliRunner().invoke(cli, ["audit", "verify", str(file), "--key", str(key), "--config", "/nowhere"])
    assert (elsewhere.exit_code, elsewhere.stdout) == (0, shown)
    assert f"key {fingerprint}" in shown
    assert re.search(rf"Message {id}, exported \S+ \S+ (GMT|BST)\s+by\s+root", shown)
    assert shown.endswith("Reason: case 7\n")
    with zipfile.ZipFile(file) as archive:
        assert archive.read("message.eml") == with_program()
        entry, audit, acts = (json.loads(archive.read(f"{name}.json")) for name in ("entry", "audit", "history"))
    assert (entry["envelope"]["body"], entry["findings"][0]["code"]) == (None, "attachment.executable")
    assert [one["address"] for one in audit[0]["recipients"]] == ["bob@example.co.uk"]
    assert [(one["operation"], one["reason"]) for one in acts] == [("read", "review"), ("export", "evidence: case 7")]
    head = f"{acts[-1]['number']}:{acts[-1]['hash']}"
    site.run("audit", "verify", "--expect", head)  # the records still have what the evidence has
    (told,) = site.rows("audit", "verify", str(file))
    assert (told["manifest"]["id"], told["faults"]) == (id, [])


def test_evidence_that_was_changed_is_told(site: Site, tmp_path: Path) -> None:
    """Exit code 1 for evidence with faults, another gateway's and what is no evidence; 2 where nobody can say."""
    site.take(PLAIN)
    key, file, small = tmp_path / "gateway.pem", tmp_path / "case.zip", tmp_path / "small"
    key.write_text(site.run("audit", "key").stdout)
    made = make_evidence(b"x", {}, {"id": "m1"}, signing_key(bytes(32)))
    file.write_bytes(made)
    assert "it is signed with another key: it names " in site.run("audit", "verify", str(file), code=1).stdout
    file.write_bytes(made + b"x")
    for option in ([], ["--key", str(key)]):
        done = site.run("audit", "verify", str(file), *option, code=1)
        assert (
            done.stdout
            == f"{file}: the zip file doesn't end as the gateway's do: it was cut off, or something was appended\n"
        )
    (told,) = site.rows("audit", "verify", str(file), code=1)
    assert (told["manifest"], len(told["faults"])) == (None, 1)
    small.write_text("no key")
    for arguments, sentence in (
        ([str(tmp_path / "none.zip")], "none.zip: No such file or directory"),
        ([str(file), "--key", str(tmp_path / "none.pem")], "--key "),
        ([str(file), "--key", str(small)], "it is no public key as `mailwarden audit key` prints it"),
        ([str(file), "--expect", "1:x"], "--expect is about the records"),
        (["--key", str(key)], "--key is for a file of evidence"),
    ):
        assert sentence in site.run("audit", "verify", *arguments, code=2).stderr


def test_a_file_that_is_too_large_is_not_read(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """n is read, n + 1 isn't."""
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    key, file = tmp_path / "gateway.pem", tmp_path / "case.zip"
    key.write_text(public_pem(signing_key(bytes(32)).public_key()))
    for octets, code in ((10, 1), (11, 2)):
        file.write_bytes(bytes(octets))
        site.run("audit", "verify", str(file), "--key", str(key), code=code)


def test_nothing_is_signed_without_the_secret(site: Site, tmp_path: Path) -> None:
    """And nothing is put on record, or written."""
    id = site.take(with_program())
    (site.gateway.data_dir / NAME).rename(tmp_path / NAME)
    file = tmp_path / "case.zip"
    for command in (["audit", "key"], ["quarantine", "export", id, "--evidence", str(file), "--reason", "case 7"]):
        assert "secret.key is missing, so nothing can be signed" in site.run(*command, code=1).stderr
    assert not file.exists()
    (tmp_path / NAME).rename(site.gateway.data_dir / NAME)
    assert site.rows("audit", "list") == []


@pytest.mark.parametrize("options", [[], ["--to", "a", "--evidence", "b"], ["--part", "1", "--evidence", "b"]])
def test_an_export_goes_to_one_file(site: Site, options: list[str]) -> None:
    """The message, a part of it, or evidence."""
    done = site.run("quarantine", "export", "beef", "--reason", "x", *options, code=2)
    assert done.stderr == "where to? --to FILE (with --part PATH: a part), or --evidence FILE.zip\n"
