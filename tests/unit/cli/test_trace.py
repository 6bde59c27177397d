"""`mailwarden trace`: how messages are found, and the story of one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import trace as module
from gateway.cli.main import cli
from gateway.cli.output import show_times_in
from tests.unit.cli.conftest import PLAIN, Site, with_program

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:UTC|GMT|BST)"
LATER = "2026-03-02T00:00:00+00:00"
ID = "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"


def lines_of(shown: str) -> list[str]:
    """Return the lines, none wider than the terminal, each time as TIME."""
    assert max(map(len, shown.splitlines()), default=0) <= 80
    return [re.sub(TIME, "TIME", line).rstrip() for line in shown.splitlines()]


def flat(lines: Sequence[str]) -> str:
    return re.sub(TIME, "TIME", " ".join(" ".join(lines).split()))


# --- on a store ------------------------------------------------------------------------------------------------------


def test_a_message_is_found_by_all_that_one_knows(site: Site) -> None:
    """Id, its beginning, sender, recipient, domain, Message-ID, subject, client, reply, time; together too."""
    id = site.take(with_program("An invoice for May"), "bob@example.co.uk", "ann@example.com")
    site.take(PLAIN, sender="joe@other.example")
    for words in ([id], [id[:13]], ["eve@OUTSIDE.example"], ["@example.com"], ["<e@x>"], ["e@x", "@outside.example"]):
        assert [row["id"] for row in site.rows("trace", *words)] == [id]
    options = ["--subject", "invoice MAY", "--client", "::ffff:192.0.2.7", "--reply", "250", "--since", "1h"]
    assert [row["id"] for row in site.rows("trace", "bob@example.co.uk", *options)] == [id]
    assert site.rows("trace", "--reply", "550") == site.rows("trace", "--until", "1h") == []


def test_the_whole_story(site: Site) -> None:
    """Events stand in the order of time, on one screen of a terminal; programs get all of them."""
    site.gateway.more = "reviewers: {alice: [reviewer]}\n"
    site.gateway.write()
    id = site.take(with_program(), "bob@example.co.uk", "ann@example.com")
    site.run("quarantine", "assign", id, "--whom", "alice", "--note", "ask Bob")
    site.run("quarantine", "release", id, "--reason", "ordered", "--recipient", "bob@example.co.uk")
    first, arrived, *lines = lines_of(site.run("trace", id).stdout)
    assert first == id
    assert re.fullmatch(r"TIME  arrived from 192.0.2.7 at inbound, \d+ B", arrived)
    for part in (
        "<e@x> <eve@outside.example> to bob@example.co.uk: quarantine ann@example.com: quarantine",
        f"found attachment.executable answered 250 2.0.0 Accepted as {id}",
        "TIME assign by root",
        "alice: ask Bob",
        "TIME relayed for bob@example.co.uk: 250",
        "now held for ann@example.com; assigned to alice",
    ):
        assert part in flat(lines)
    acts = [line.split()[1] for line in lines if line.startswith("TIME")]
    assert [act for act in acts if act != "notice"] == ["assign", "release", "relayed"]
    assert len(lines) <= 22
    (row,) = site.rows("trace", id)
    assert set(row) == {
        *("id", "at", "listener", "client", "login", "message_id", "from", "recipients", "bytes", "codes", "reply"),
        *("ms", "monitored", "history", "held", "notices", "outcomes", "queued", "undelivered"),
        "receipt_due_at",
    }
    assert row["recipients"][0] == {"address": "bob@example.co.uk", "direction": "inbound", "action": "quarantine"}
    assert [one["operation"] for one in row["history"]] == ["assign", "release"]
    assert [(one["outcome"], one["recipients"]) for one in row["outcomes"]] == [("relayed", ["bob@example.co.uk"])]
    assert [one["state"] for one in row["held"]["copies"]] == ["released", "held"]
    assert row["held"]["findings"][0]["code"] == "attachment.executable"
    assert "setup.exe" not in str(row)


def test_what_monitor_would_have_done(site: Site) -> None:
    """It stands in the story, in JSON, and where `explain` has only the record; nobody can change it unseen."""
    site.gateway.filters = "filters:\n  - attachments: {mode: monitor}\n"
    site.gateway.write()
    id = site.take(with_program())
    told = flat(lines_of(site.run("trace", id).stdout))
    assert "found attachment.executable; in monitor: would be quarantine" in told
    assert site.rows("trace", id)[0]["monitored"] == {"attachment.executable": "quarantine"}
    assert "attachment.executable: quarantine (monitor: nothing is done)" in site.run("explain", id).stdout
    assert [chain["faults"] for chain in site.rows("audit", "verify")] == [[], []]


# --- on the terminal -------------------------------------------------------------------------------------------------


class Gateway:
    """A gateway that answers with these rows."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.behind: dict[str, str] | None = None
        self.asked: dict[str, Any] = {}

    def operate(self, _: object, do: str, **arguments: Any) -> dict[str, Any]:
        assert do == "trace"
        self.asked = arguments
        return {"rows": self.rows, "behind": self.behind, "acted_on": ""}

    def run(self, *arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(cli, ["trace", *arguments])
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def lines(self, *arguments: str) -> list[str]:
        return lines_of(self.run(*arguments).stdout)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setattr(module, "operate", made.operate)
    monkeypatch.setattr(module.console, "_width", 80)
    show_times_in(UTC)  # another test's command has shown its own organisation's
    return made


def row(*recipients: str, **values: Any) -> dict[str, Any]:
    """Return a row of a message that was held."""
    to = [{"address": a, "direction": "inbound", "action": "quarantine"} for a in recipients or ("bob@example.co.uk",)]
    at = "2026-03-01T12:00:00+00:00"
    return {
        **{"id": ID, "at": at, "listener": "inbound", "client": "192.0.2.7", "message_id": "<e@x>"},
        **{"from": "eve@outside.example", "recipients": to, "bytes": 618, "codes": ["virus.found"]},
        **{"reply": f"250 2.0.0 Accepted as {ID}", "ms": {}, "monitored": {}, "login": "", "history": [], "held": None},
        **{"notices": [], "outcomes": [], "queued": [], "undelivered": [], "receipt_due_at": None},
        **values,
    }


def held(*copies: tuple[str, str], **values: Any) -> dict[str, Any]:
    about = {"codes": [], "findings": [], "assigned_to": "", "keep_until": None, "deleted_at": None}
    return {"copies": [{"address": a, "state": state} for a, state in copies], **about, **values}


@pytest.mark.parametrize(
    ("values", "last"),
    [
        ({"held": held(("bob@example.co.uk", "released"))}, f"answered 250 2.0.0 Accepted as {ID[:8]}"),
        ({"held": held(("bob@example.co.uk", "held"), ("a@b", "held"))}, "now held for bob@example.co.uk, a@b"),
        (
            {"held": held(("a@b", "held"), assigned_to="al", keep_until="2026-04-01T00:00:00+00:00")},
            "now held for a@b; assigned to al; kept until TIME",
        ),
        ({"held": held(("a@b", "deleted"), deleted_at="2026-03-02T00:00:00+00:00")}, "now in the bin since TIME"),
        (
            {
                "queued": [
                    {
                        **{"recipients": ["a@b"], "queued_at": "2026-03-01T12:00:00+00:00", "attempts": 1},
                        **{"next_attempt_at": "2026-03-01T12:05:00+00:00", "last_reply": "451 later"},
                    }
                ]
            },
            "now queued for a@b after 1 attempt, the last one answered 451 later; the next at TIME",
        ),
        (
            {"notices": [{"person": "bob@example.co.uk", "role": "recipient", "queued_at": LATER, "sent_at": None}]},
            "notice to recipient bob@example.co.uk waits",
        ),
        ({"receipt_due_at": LATER}, "now waits for an answer until TIME; then its sender is reminded"),
    ],
)
def test_a_story_ends_with_what_is_now(gateway: Gateway, values: dict[str, Any], last: str) -> None:
    """Copies that are held or wait, and the bin."""
    gateway.rows = [row(**values)]
    assert last in flat(gateway.lines(ID))
    assert "answered" in flat(gateway.lines(ID))


def test_several_messages_are_some_lines_each(gateway: Gateway) -> None:
    """Lines have 80 columns, with the id whole; what is long is cut, and `--long` has the stories."""
    many = [f"somebody{n}@example.co.uk" for n in range(12)]
    refused = row(reply="550 5.7.1 No", codes=["a.b", "c.d"], monitored={"c.d": "reject"})
    refused["recipients"][0]["action"] = "reject"
    gateway.rows = [refused, row(*many, codes=[])]
    lines = gateway.lines("--since", "1h")
    assert lines[:4] == [
        f"TIME  {ID}  reject 550",
        "  <eve@outside.example> to bob@example.co.uk",
        "  a.b, c.d (monitor: reject)",
        f"TIME  {ID}  quarantine",
    ]
    assert lines[4].startswith("  <eve@outside.example> to somebody0@example.co.uk, somebody1")
    assert lines[4].endswith("…")
    long = gateway.run("--since", "1h", "--long").stdout
    assert (long.count("arrived from"), long.count("and 2 more")) == (2, 1)


def test_a_message_id_is_on_a_line_of_its_own(gateway: Gateway) -> None:
    """It is whole where it fits, and cut where it doesn't."""
    for id, shown in ((f"<{'a-' * 20}@x>", f"<{'a-' * 20}@x>"), (f"<{'b' * 100}>", f"<{'b' * 53}…")):
        gateway.rows = [row(message_id=id)]
        assert f"{' ' * 25}{shown}" in gateway.lines(ID)


def test_a_trace_of_nothing_says_so(gateway: Gateway) -> None:
    """Exit code 0: it was answered."""
    assert gateway.lines("beef") == ["No message on record fits beef."]
    assert flat(gateway.lines("bob@x.example")) == (
        "No message on record fits bob@x.example. Notices are found with the messages that they are about."
    )
    assert gateway.lines("--reply", "550") == ["No message on record fits that."]
    assert gateway.run("x", "--json").stdout == ""


def test_the_end_of_a_page_says_how_to_go_on(gateway: Gateway) -> None:
    """Even where nothing was found so far; the last page says nothing."""
    gateway.behind = {"id": ID, "at": "2026-03-01T12:00:00+00:00"}
    done = gateway.run("@example.com", "--client", "192.0.2.7", "--limit", "2", "--behind", "x")
    assert (done.stdout, done.stderr) == (
        "",
        f"Searched back to 2026-03-01 12:00:00 UTC; `--behind {ID}` goes on from there.\n",
    )
    assert gateway.asked == {
        **{"words": ["@example.com"], "client": "192.0.2.7", "reply": "", "subject": ""},
        **{"limit": 2, "behind": "x"},
    }
    gateway.rows, gateway.behind = [row()], None
    assert gateway.run("@example.com").stderr == ""


def test_what_is_no_question(gateway: Gateway) -> None:
    """The sentence says what is wanted."""
    assert "which messages? Give an address" in gateway.run(code=2).stderr
    assert "--since x: write 30m" in gateway.run("--since", "x", code=2).stderr
    gateway.run("x", "--limit", "10001", code=2)


def test_a_hostile_row_moves_no_terminal(gateway: Gateway) -> None:
    """Law 6, in lists as in stories."""
    bad = "\x1b]0;owned\x07\u202e"
    gateway.rows = [row(f"bob{bad}@x", message_id=bad, client=bad, reply=f"550 {bad}", codes=[bad], listener=bad)] * 2
    for options in ([], ["--long"]):
        shown = gateway.run("--since", "1h", *options).stdout
        assert [c for c in shown if not c.isprintable() and c != "\n"] == []


def test_acts_that_outlast_their_message(site: Site) -> None:
    """The answer names the command that lists them; with --json it stands beside the answer."""
    id = site.take(with_program())
    site.run("quarantine", "show", id)
    with closing(sqlite3.connect(site.gateway.data_dir / "mailwarden.db")) as store:
        store.execute("DELETE FROM audit")
        store.commit()
    shown = site.run("trace", id).stdout
    assert shown.endswith(f"Acts on it are on record: `mailwarden audit list --id {id}`.\n")
    beside = site.run("trace", id, "--json")
    assert (beside.stdout, beside.stderr) == ("", shown)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--client", "127.0.0.300"), "--client 127.0.0.300: that is no IP address"),
        (("--since", ""), "--since is empty: write "),
        (
            ("x@y", "--since", "2026-03-02", "--until", "2026-03-01"),
            "--since 2026-03-02 and --until",
        ),
    ],
)
def test_what_is_unusable(site: Site, arguments: Sequence[str], sentence: str) -> None:
    """Exit code 2."""
    assert site.run("trace", *arguments, code=2).stderr.startswith(sentence)
