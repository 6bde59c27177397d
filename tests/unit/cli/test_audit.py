"""`mailwarden audit …`: a real store, and no gateway running."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway import app
from gateway.cli import audit as module
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
    store = await app.open_store(app.read_settings(site.config), create=False)
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
