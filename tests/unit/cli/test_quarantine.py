"""`mailwarden quarantine list | show | release | delete` on a real store, with no gateway running."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from gateway.cli.output import size
from tests.unit.cli.conftest import PLAIN, Site, with_program

HOSTILE = "=?utf-8?q?=1B[31mred=1B]0;owned=07=0D=0AFake:_1=E2=80=AE?="


def relayed(site: Site) -> list[bytes]:
    return [one for one in site.delivered if b"Auto-Submitted:" not in one]


# --- list ------------------------------------------------------------------------------------------------------------


def test_the_objects_of_the_list(site: Site) -> None:
    """The keys that the design fixes, newest first."""
    first, second = (
        site.take(with_program(id="1")),
        site.take(with_program(id="2"), "bob@example.co.uk", "ann@example.com"),
    )
    rows = site.rows("quarantine", "list")
    assert [row["id"] for row in rows] == [second, first]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", rows[0].pop("received_at"))
    assert rows[0] == {
        "id": second,
        "direction": "inbound",
        "from": "eve@outside.example",
        "recipients": [
            {"address": "bob@example.co.uk", "state": "held"},
            {"address": "ann@example.com", "state": "held"},
        ],
        "subject": "An invoice",
        "codes": ["attachment.executable"],
        "bytes": len(with_program(id="2")),
        "author": "Eve <eve@outside.example>",
        "assigned_to": "",
    }


def test_the_list_can_be_narrowed(site: Site) -> None:
    """The list is narrowed by number, time, code, sender and recipient; globs have `*`."""
    site.take(with_program(id="1"), sender="a@one.example")
    site.take(with_program(id="2"), "ann@example.com", sender="b@two.example")

    def senders(*arguments: str) -> list[str]:
        return [row["from"] for row in site.rows("quarantine", "list", *arguments)]

    assert senders("--limit", "1") == ["b@two.example"]
    assert senders("--sender", "*@ONE.example") == ["a@one.example"]
    assert senders("--recipient", "ann@example.com") == ["b@two.example"]
    assert senders("--code", "attachment.*") == ["b@two.example", "a@one.example"]
    assert senders("--code", "virus.found") == []
    said = site.run("quarantine", "list", "--code", "virus.fund", code=2).stderr
    assert said == "--code: no finding is virus.fund (did you mean virus.found?)\n"
    assert senders("--since", "1h") == ["b@two.example", "a@one.example"]
    assert senders("--since", "2999-01-01") == []


@pytest.mark.parametrize("columns", ["60", "80", "120", "200"])
def test_ids_and_codes_stay_whole(site: Site, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    """Whatever the terminal's width: they are there to be copied. A long subject is cut to its line."""
    monkeypatch.setenv("COLUMNS", columns)
    id = site.take(with_program("A subject of many words " * 9), sender=f"{'long' * 12}@outside.example")
    shown = site.run("quarantine", "list", "--long").stdout
    assert id in shown
    assert [line[:12] for line in shown.splitlines() if "…" in line] == ["  A subject "]
    assert max(map(len, shown.splitlines())) <= int(columns)
    if columns != "60":
        assert "attachment.executable" in shown


def test_a_list_for_people_names_all_that_matters(site: Site) -> None:
    """Sender, recipients with what became of them, subject, size."""
    id = site.take(with_program(), "bob@example.co.uk", "ann@example.com")
    site.run("quarantine", "release", id, "--recipient", "ann@example.com", "--reason", "ordered")
    shown = " ".join(site.run("quarantine", "list", "--long").stdout.split())
    assert "<eve@outside.example> to bob@example.co.uk, ann@example.com (released)" in shown
    assert "An invoice attachment.executable" in shown
    assert re.search(r"\d\d:\d\d:\d\d (?:GMT|BST) \d+ B", shown)


def test_an_empty_quarantine_says_so(site: Site) -> None:
    """And prints no object."""
    site.take(PLAIN)
    assert site.run("quarantine", "list").stdout == "Nothing is held.\n"
    assert site.rows("quarantine", "list") == []
    for which in ([], ["--deleted"], ["--long"]):
        said = site.run("quarantine", "list", *which, "--code", "virus.*").stdout
        assert said == "No message fits these filters.\n"


def test_a_list_that_was_cut_says_so(site: Site) -> None:
    """On standard error: what is piped stays clean."""
    for number in range(2):
        site.take(with_program(id=str(number)))
    assert "--limit" in site.run("quarantine", "list", "--limit", "1").stderr
    assert site.run("quarantine", "list").stderr == ""


def test_terminal_escapes_are_neutralised(site: Site) -> None:
    """Law 6: a header moves no terminal, in no command."""
    id = site.take(with_program(HOSTILE, "x\x1b[2J.exe"), sender="eve@outside.example")
    for command in (
        ["quarantine", "list"],
        ["quarantine", "show", id],
        ["explain", id, "--reason", "x"],
        ["trace", id],
    ):
        for arguments in (command, [*command, "--json"]):
            shown = site.run(*arguments).stdout
            assert [c for c in shown if not c.isprintable() and c != "\n"] == []
    assert "?[31mred?]0;owned???Fake:" in site.run("quarantine", "list", "--long").stdout


@pytest.mark.parametrize("since", ["yesterday", "5x", "-1d", "0001-01-01T00:00+14:00", "2026-13-01", "\u0661d"])
def test_an_unusable_since_is_refused(site: Site, since: str) -> None:
    """The refusal names the accepted forms."""
    site.take(PLAIN)
    done = site.run("quarantine", "list", f"--since={since}", code=2)
    assert done.stderr == f"--since {since}: write 30m, 12h, 7d, or a date such as 2026-01-31\n"


@pytest.mark.parametrize("limit", ["0", "-1", "100001", "many"])
def test_an_unusable_limit_is_refused(site: Site, limit: str) -> None:
    """1 to 100,000."""
    site.run("quarantine", "list", "--limit", limit, code=2)


# --- show ------------------------------------------------------------------------------------------------------------


def test_a_message_is_shown_with_evidence(site: Site) -> None:
    """People and programs see the evidence."""
    id = site.take(with_program())
    shown = site.run("quarantine", "show", id).stdout
    for part in (id, "<e@x>", "attachment.executable: quarantine", "setup.exe", "application/x-dosexec", "192.0.2.7"):
        assert part in shown
    (entry,) = site.rows("quarantine", "show", id)
    assert set(entry) == {
        *("id", "received_at", "direction", "from", "recipients", "subject", "codes", "bytes"),
        *("listener", "message_id", "client", "envelope", "findings", "edits", "copies", "accounts", "history"),
        *("author", "authentication", "assigned_to", "keep_until", "deleted_at"),
    }
    assert {e["what"] for e in entry["findings"][0]["evidence"]} == {"file name", "true type"}


def test_reading_is_on_record(site: Site) -> None:
    """Law 7: who, when, why; before anything is shown."""
    id = site.take(with_program())
    site.run("quarantine", "show", id, "--reason", "asked by Bob")
    (entry,) = site.rows("quarantine", "show", id)
    assert [(h["operation"], h["reason"]) for h in entry["history"]] == [("show", "asked by Bob"), ("show", "review")]
    assert entry["history"][0]["actor"].endswith("(no gateway running)")


def test_an_investigator_reads_the_whole_message(site: Site, tmp_path: Path) -> None:
    """Into a new file of his own; who, when and why is on record."""
    id, file = site.take(with_program()), tmp_path / "case.eml"
    done = site.run("quarantine", "export", id, "--to", str(file), "--reason", "case 7")
    assert done.stdout == f"{id}: {size(len(file.read_bytes()))} in {file}.\n"
    assert file.read_bytes() == with_program()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (entry,) = site.rows("quarantine", "show", id)
    assert [(h["operation"], h["reason"]) for h in entry["history"]] == [("export", "case 7"), ("show", "review")]


@pytest.mark.parametrize("reason", ["", " ", "…"])
def test_nobody_reads_without_a_reason(site: Site, tmp_path: Path, reason: str) -> None:
    """Nothing is written, neither in the file nor on record."""
    id, file = site.take(with_program()), tmp_path / "case.eml"
    done = site.run("quarantine", "export", id, "--to", str(file), "--reason", reason, code=1)
    assert done.stderr == "--reason must say why: without a reason nobody sees the content of a message\n"
    assert not file.exists()
    (entry,) = site.rows("quarantine", "show", id)
    assert [h["operation"] for h in entry["history"]] == ["show"]


def test_nothing_is_read_over_another_file(site: Site, tmp_path: Path) -> None:
    """Not even through a link that leads nowhere; nor is it on record then."""
    id, link = site.take(with_program()), tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    for file in (link, site.config):
        done = site.run("quarantine", "export", id, "--to", str(file), "--reason", "case 7", code=2)
        assert done.stderr == f"--to: {file} is there already, and nothing is written over it\n"
    assert not (tmp_path / "elsewhere").exists()
    (entry,) = site.rows("quarantine", "show", id)
    assert [h["operation"] for h in entry["history"]] == ["show"]


@pytest.mark.parametrize("option", ["--to", "--evidence"])
def test_a_file_that_can_not_be_made_leaves_no_record(site: Site, tmp_path: Path, option: str) -> None:
    """The folder is missing."""
    id, file = site.take(with_program()), tmp_path / "missing" / "case.zip"
    done = site.run("quarantine", "export", id, option, str(file), "--reason", "case 7", code=2)
    assert done.stderr == f"{option} {file}: No such file or directory\n"
    assert site.rows("audit", "list", "--action", "export") == []


@pytest.mark.parametrize("command", [["show"], ["release", "--reason", "x"], ["delete", "--reason", "x"]])
def test_an_unknown_id_is_refused(site: Site, command: list[str]) -> None:
    """One sentence that names it, exit code 1."""
    site.take(PLAIN)
    done = site.run("quarantine", command[0], "0198c0de-0000-7000-8000-000000000000", *command[1:], code=1)
    assert "0198c0de-0000-7000-8000-000000000000" in done.stderr
    assert done.stdout == ""


# --- release ---------------------------------------------------------------------------------------------------------


def test_a_release_delivers(site: Site) -> None:
    """Octet for octet behind our Received."""
    id = site.take(with_program())
    done = site.run("quarantine", "release", id, "--reason", "ordered")
    assert done.stdout == f"{id} released for bob@example.co.uk: delivered to the next hop.\n"
    (got,) = relayed(site)
    assert got.endswith(b"\r\n" + with_program())
    assert site.rows("quarantine", "list") == []


def test_a_release_for_programs(site: Site) -> None:
    """One object."""
    id = site.take(with_program(), "bob@example.co.uk", "ann@example.com")
    (done,) = site.rows("quarantine", "release", id, "--recipient", "ann@example.com", "--reason", "ordered")
    assert done == {"id": id, "recipients": ["ann@example.com"], "delivered": True, "verified": []}
    assert site.held_state(id) == {"bob@example.co.uk": "held", "ann@example.com": "released"}


def test_a_next_hop_that_is_away_leaves_it_to_the_outbox(site: Site) -> None:
    """And the command says so."""
    id = site.take(with_program())
    site.gateway.next_hop = "smtp://127.0.0.1:1"
    site.gateway.write()
    assert "in the outbox" in site.run("quarantine", "release", id, "--reason", "ordered").stdout


def test_it_is_released_once(site: Site) -> None:
    """The second one is told what became of it."""
    id = site.take(with_program())
    site.run("quarantine", "release", id, "--reason", "ordered")
    done = site.run("quarantine", "release", id, "--reason", "ordered", code=1)
    assert "bob@example.co.uk: released" in done.stderr
    assert len(relayed(site)) == 1


def test_a_new_finding_stops_it_and_is_named(site: Site) -> None:
    """The configuration has changed since."""
    id = site.take(with_program())
    site.gateway.filters = (
        "filters:\n  - attachments: {block: [executables], actions: {attachment.uninspectable: log}}\n"
    )
    site.gateway.filters += "  - virus: {clamd: '127.0.0.1:1'}\n"
    site.gateway.write()
    done = site.run("quarantine", "release", id, "--reason", "ordered", code=1)
    assert done.stderr.startswith("stopped by virus.unavailable: ")
    assert site.held_state(id) == {"bob@example.co.uk": "held"}


def test_infected_needs_a_reason(site: Site) -> None:
    """Unusable without."""
    id = site.take(with_program())
    assert site.run("quarantine", "release", id, "--infected", code=2).stderr == "--infected needs --reason\n"
    site.run("quarantine", "release", id, "--infected", "--reason", " ", code=2)
    site.run("quarantine", "release", id, "--infected", "--reason", "for the laboratory")


# --- delete ----------------------------------------------------------------------------------------------------------


def test_a_delete_needs_a_reason(site: Site) -> None:
    """One that says something."""
    id = site.take(with_program())
    site.run("quarantine", "delete", id, code=2)
    assert site.run("quarantine", "delete", id, "--reason", "  ", code=2).stderr == "--reason must say why\n"
    assert site.held_state(id) == {"bob@example.co.uk": "held"}


def test_what_is_deleted_lies_in_the_bin(site: Site) -> None:
    """It is listed there and can't be released, until it is restored."""
    id = site.take(with_program())
    said = site.run("quarantine", "delete", id, "--reason", "spam").stdout
    assert said.split() == f"{id} deleted; `mailwarden quarantine restore` takes it out of the bin for 7 days.".split()
    assert site.rows("quarantine", "list") == []
    assert [row["id"] for row in site.rows("quarantine", "list", "--deleted")] == [id]
    site.run("quarantine", "release", id, "--reason", "ordered", code=1)
    done = site.run("quarantine", "restore", id, "--reason", "a slip")
    assert done.stdout == f"{id} is held again for bob@example.co.uk.\n"
    assert site.held_state(id) == {"bob@example.co.uk": "held"}
    assert site.rows("quarantine", "list", "--deleted") == []
    site.run("quarantine", "release", id, "--reason", "ordered")
    assert len(relayed(site)) == 1


def test_a_released_message_is_not_deleted(site: Site) -> None:
    """The deletion is refused: nothing can call back a sent message."""
    id = site.take(with_program())
    site.run("quarantine", "release", id, "--reason", "ordered")
    assert "was released" in site.run("quarantine", "delete", id, "--reason", "spam", code=1).stderr


# --- the store -------------------------------------------------------------------------------------------------------


def test_without_a_store_there_is_one_sentence(site: Site) -> None:
    """And none is made by looking."""
    done = site.run("quarantine", "list", code=1)
    assert "mailwarden serve" in done.stderr
    assert not site.gateway.data_dir.exists()


def test_a_mistake_in_the_configuration_is_told_with_its_line(site: Site) -> None:
    """Exit code 1, as `check` has it."""
    site.config.write_text("listeners: 7\n")
    assert "gateway.yaml:1:" in site.run("quarantine", "list", code=1).stderr


def test_a_configuration_that_is_not_there(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, or nowhere: one sentence."""
    site.config.unlink()
    assert "gateway.yaml" in site.run("quarantine", "list", code=1).stderr
