"""`mailwarden explain`: every finding with its reason; it sends nothing and changes nothing."""

from __future__ import annotations

import gzip
import mailbox
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.office import zipped
from tests.corpus.payloads import STUB, TEXT, encoded, multipart
from tests.unit.cli.conftest import PLAIN, Site, with_program

PROGRAM = with_program()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mail"
    made.mkdir()
    return made


def write(folder: Path, name: str, raw: bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return str(path)


def one(site: Site, *arguments: str, **given: Any) -> dict[str, Any]:
    (row,) = site.rows("explain", *arguments, **given)
    return row


# --- the object ------------------------------------------------------------------------------------------------------


def test_the_object_of_one_message(site: Site, folder: Path) -> None:
    """The keys that the design fixes."""
    path = write(folder, "a.eml", PROGRAM)
    row = one(site, path)
    assert len(row.pop("id")) == 36
    assert row.pop("ms") >= 0
    (found,) = row.pop("findings")
    evidence = found.pop("evidence")
    assert {e["what"]: e["quote"] for e in evidence} == {
        "file name": "setup.exe",
        "true type": "application/x-dosexec",
    }
    assert set(evidence[0]) == {"what", "quote", "part", "span", "weight"}
    assert found.pop("summary")
    assert found.pop("config").endswith("filters.yaml:2")
    assert found == {
        "filter": "attachments",
        "code": "attachment.executable",
        "part": "1.2",
        "recipients": None,
        "action": "quarantine",
        "mode": "enforce",
        "clause": "security.executables",
    }
    parts = row.pop("parts")
    assert [set(p) for p in parts] == [{"path", "type", "true_type", "names", "bytes", "defects"}] * 3
    assert parts[2] | {"defects": []} == {
        "path": "1.2",
        "type": "application/octet-stream",
        "true_type": "application/x-dosexec",
        "names": ["setup.exe"],
        "bytes": 202,
        "defects": [],
    }
    assert row == {
        "path": path,
        "direction": "inbound",
        "from": "eve@outside.example",
        "recipients": [{"address": "bob@example.co.uk", "direction": "inbound", "action": "quarantine"}],
        "action": "quarantine",
        "edits": [],
        "language_model": None,
        "notes": [],
    }


def test_mail_between_strangers_is_noted(site: Site, folder: Path) -> None:
    """A file with none of our addresses is judged as inbound, and says so; an envelope that was named needs no note."""
    path = write(folder, "a.eml", PLAIN.replace(b"example.co.uk", b"elsewhere.example"))
    (note,) = one(site, path)["notes"]
    assert "No address in it is at a domain of yours (example.co.uk, example.com)" in note
    assert note.split()[:6] == re.sub(" +", " ", site.run("explain", path).stdout).partition("Note: ")[2].split()[:6]
    assert one(site, path, "--to", "bob@example.co.uk")["notes"] == []


@pytest.mark.parametrize(
    ("more", "filters", "noted"),
    [
        ("", "- attachments", []),
        ("authentication: {verify: true}", "- attachments", ["The DNS"]),
        ("", "- external", ["The memory"]),
        ("", "- external: {directions: [outbound]}", []),
        ("", "- external: {mode: 'off'}\n  - attachments", []),
        ("authentication: {verify: true}", "- external", ["The DNS", "The memory"]),
    ],
)
def test_what_was_not_asked_is_noted(site: Site, folder: Path, more: str, filters: str, noted: list[str]) -> None:
    """A note says that a service was not asked, if the configuration depends on it.

    Outgoing mail has no such note. For a held message the memory of correspondents is asked.
    """
    held = site.take(with_program())
    site.gateway.more, site.gateway.filters = more, f"filters:\n  {filters}\n"
    site.gateway.write()
    path = write(folder, "a.eml", PLAIN)
    of_held = [about for about in noted if about != "The memory"]
    for report, notes in ((one(site, path), noted), (one(site, held, "--reason", "asked"), of_held)):
        assert [note.partition(" was")[0].removesuffix(" of correspondents") for note in report["notes"]] == notes
    assert one(site, path, "--direction", "outbound")["notes"] == []


def test_a_plain_message_is_relayed(site: Site, folder: Path) -> None:
    """No findings, no edits, exit code 0."""
    row = one(site, write(folder, "a.eml", PLAIN))
    assert (row["action"], row["findings"], row["edits"]) == ("relay", [], [])


def test_edits_are_named(site: Site, folder: Path) -> None:
    """Those of the gateway itself too."""
    row = one(site, write(folder, "a.eml", b"X-Mailwarden-Tag: forged\r\n" + PLAIN))
    assert (row["action"], row["findings"][0]["code"]) == ("amend", "header.untrusted")
    assert row["edits"] == [
        {"edit": "rename_header", "name": "X-Mailwarden-Tag", "to": "X-Untrusted-X-Mailwarden-Tag", "at": 0}
    ]


def test_a_scanner_that_is_away_is_a_finding(site: Site, folder: Path) -> None:
    """No error: exit code 0."""
    site.gateway.filters = "filters:\n  - virus: {clamd: '127.0.0.1:1'}\n"
    site.gateway.write()
    row = one(site, write(folder, "a.eml", PLAIN))
    assert [f["code"] for f in row["findings"]] == ["virus.unavailable"]
    assert row["action"] == "defer"


def test_a_mode_does_not_change_a_findings_action(site: Site, folder: Path) -> None:
    """But what would be done."""
    site.gateway.filters = "filters:\n  - attachments: {mode: monitor}\n"
    site.gateway.write()
    row = one(site, write(folder, "a.eml", PROGRAM))
    assert (row["action"], row["findings"][0]["action"], row["findings"][0]["mode"]) == (
        "relay",
        "quarantine",
        "monitor",
    )


# --- the envelope ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "arguments", "sender", "recipients"),
    [
        ("From: a@x.example\nTo: bob@example.co.uk", [], "a@x.example", {"bob@example.co.uk": "inbound"}),
        ("Return-Path: <b@y.example>\nFrom: a@x.example\nTo: bob@example.co.uk", [], "b@y.example",
         {"bob@example.co.uk": "inbound"}),
        ("Return-Path: <>\nFrom: a@x.example\nTo: bob@example.co.uk", [], "", {"bob@example.co.uk": "inbound"}),
        ("From: a@x.example\nTo: Bob <bob@example.co.uk>, c@z.example\nCc: ann@example.com", [], "a@x.example",
         {"bob@example.co.uk": "inbound", "ann@example.com": "inbound"}),
        ("From: ann@example.co.uk\nTo: bob@example.com, c@z.example", [], "ann@example.co.uk",
         {"bob@example.com": "internal", "c@z.example": "outbound"}),
        ("From: a@x.example", [], "a@x.example", {"postmaster@example.co.uk": "inbound"}),
        ("From: a@x.example\nTo: bob@example.co.uk", ["--from", "ann@example.co.uk", "--to", "c@z.example"],
         "ann@example.co.uk", {"c@z.example": "outbound"}),
        ("From: a@x.example\nTo: bob@example.co.uk", ["--to", "x@example.com", "--to", "y@example.com"],
         "a@x.example", {"x@example.com": "inbound", "y@example.com": "inbound"}),
        ("From: a@x.example\nTo: bob@example.co.uk", ["--direction", "outbound"], "a@x.example",
         {"bob@example.co.uk": "outbound"}),
        ("From: \"\x1b\" <a@x.example>, b@x.example\nTo: =?utf-8?q?=0A?= <bob@example.co.uk>", [], "a@x.example",
         {"bob@example.co.uk": "inbound"}),
    ],
)  # fmt: skip
def test_the_envelope(
    site: Site, folder: Path, header: str, arguments: list[str], sender: str, recipients: dict[str, str]
) -> None:
    """The envelope comes from the headers or the arguments, and the direction from our domains."""
    row = one(site, write(folder, "a.eml", f"{header}\n\nx\n".encode()), *arguments)
    assert row["from"] == sender
    assert {r["address"]: r["direction"] for r in row["recipients"]} == recipients
    directions = set(recipients.values())
    assert row["direction"] == (directions.pop() if len(directions) == 1 else "mixed")


def test_the_tree_is_shown(site: Site, folder: Path) -> None:
    """Unpacked parts are below the part that they came out of, with types, names and defects."""
    inner = zipped({"evil.exe": STUB, "cut.gz": gzip.compress(b"text" * 99)[:-20]})
    archive = encoded(b"archive.zip", zipped({"inner.zip": inner}))
    row = one(site, write(folder, "a.eml", multipart(TEXT, archive)))
    shown = {part["path"]: part for part in row["parts"]}
    assert shown["1.2/archive.zip/inner.zip"]["true_type"] == "application/zip"
    evil = shown["1.2/archive.zip/inner.zip/evil.exe"]
    assert (evil["type"], evil["names"]) == ("application/octet-stream", ["evil.exe"])
    assert evil["true_type"] == "application/vnd.microsoft.portable-executable"
    cut = [part for path, part in shown.items() if path.startswith("1.2/archive.zip/inner.zip/cut.gz")]
    assert [defect["code"] for part in cut for defect in part["defects"]] == ["container.unreadable"]
    assert {f["code"]: f["part"] for f in row["findings"]}["attachment.executable"] == "1.2"


# --- what is read ----------------------------------------------------------------------------------------------------


def test_folders_are_read_through(site: Site, folder: Path) -> None:
    """`*.eml`, recursively, in order; nothing else."""
    for name in ("b.eml", "a.eml", "deep/er/c.eml", "notes.txt"):
        write(folder, name, PLAIN)
    (folder / "no-mail.eml").mkdir()
    paths = [row["path"].removeprefix(str(folder)) for row in site.rows("explain", str(folder))]
    assert paths == ["/a.eml", "/b.eml", "/deep/er/c.eml"]


def test_an_mbox_has_several(site: Site, folder: Path) -> None:
    """Each is numbered; one alone is not."""
    path = folder / "inbox"
    box = mailbox.mbox(str(path))
    box.add(PLAIN.replace(b"\r\n", b"\n"))
    box.flush()
    assert [row["path"] for row in site.rows("explain", str(path))] == [str(path)]
    box.add(PROGRAM.replace(b"\r\n", b"\n"))
    box.close()
    rows = site.rows("explain", str(path))
    assert [(row["path"], row["action"]) for row in rows] == [(f"{path}#1", "relay"), (f"{path}#2", "quarantine")]


def test_standard_input_is_a_message(site: Site) -> None:
    """`-`."""
    row = one(site, "-", input=PROGRAM)
    assert (row["path"], row["action"]) == ("-", "quarantine")


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_line_ends_are_read_as_crlf(site: Site, folder: Path, newline: bytes) -> None:
    """Files that were saved with LF."""
    row = one(site, write(folder, "a.eml", PROGRAM.replace(b"\r\n", newline)))
    assert (row["action"], row["parts"][0]["bytes"]) == ("quarantine", len(PROGRAM.partition(b"\r\n\r\n")[2]))


def test_several_paths(site: Site, folder: Path) -> None:
    """The messages are in the given order."""
    paths = [write(folder, name, PLAIN) for name in ("z.eml", "a.txt")]
    assert [row["path"] for row in site.rows("explain", *paths)] == paths


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\xff\x00\x1b", b"From: x", b"--\r\n" * 9])
def test_any_octets_are_explained(site: Site, folder: Path, raw: bytes) -> None:
    """The parser is total."""
    assert one(site, write(folder, "a.eml", raw))["recipients"]


def test_what_cannot_be_read_is_unusable(site: Site, folder: Path) -> None:
    """One sentence with the path, exit code 2."""
    done = site.run("explain", str(folder / "none.eml"), code=2)
    assert done.stderr == f"{folder}/none.eml: No such file or directory\n"
    assert "no mail in" in site.run("explain", str(folder), code=2).stderr
    site.run("explain", code=2)
    site.run("explain", "-", "--direction", "sideways", code=2)


def test_it_needs_neither_data_dir_nor_store(site: Site, folder: Path) -> None:
    """And makes none."""
    site.run("explain", write(folder, "a.eml", PROGRAM))
    assert not site.gateway.data_dir.exists()


def test_it_changes_nothing(site: Site, folder: Path) -> None:
    """No entry, no audit row, no counter, no mail."""
    site.take(PLAIN)
    before = {p: p.read_bytes() for p in site.gateway.data_dir.rglob("*") if p.is_file()}
    site.run("explain", write(folder, "a.eml", PROGRAM))
    assert {p: p.read_bytes() for p in site.gateway.data_dir.rglob("*") if p.is_file()} == before


# --- render ----------------------------------------------------------------------------------------------------------


def test_what_would_be_relayed_is_written(site: Site, folder: Path) -> None:
    """The same octets where nothing is amended; nothing for what would not be relayed."""
    write(folder, "plain.eml", PLAIN)
    write(folder, "program.eml", PROGRAM)
    write(folder, "forged.eml", b"X-Mailwarden-Tag: 1\r\n" + PLAIN)
    write(folder, "deeper/plain.eml", PLAIN + b"second\r\n")
    out = folder.parent / "out"
    site.run("explain", str(folder), "--render", str(out))
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {
        "plain.eml": PLAIN + b"second\r\n",
        "plain-2.eml": PLAIN,
        "forged.eml": b"X-Untrusted-X-Mailwarden-Tag: 1\r\n" + PLAIN,
    }


def test_each_version_is_written(site: Site, folder: Path) -> None:
    """Recipients with different words have different versions, numbered in the order of the recipients."""
    (site.config.parent / "de.txt").write_text("Diese Nachricht wird geprueft.")
    (site.config.parent / "en.txt").write_text("This message is monitored.")
    rule = "{recipient_countries: [de], text: de.txt}"
    site.gateway.filters = f"filters:\n  - disclaimer: {{text: en.txt, rules: [{rule}]}}\n"
    site.gateway.write()
    raw = b"From: ann@example.co.uk\r\nTo: a@x.de, b@x.example, c@y.de\r\n\r\nHello\r\n"
    out = folder.parent / "out"
    site.run("explain", write(folder, "a.eml", raw), "--render", str(out))
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {
        "a.eml": raw + b"\r\nDiese Nachricht wird geprueft.\r\n",
        "a-2.eml": raw + b"\r\nThis message is monitored.\r\n",
    }


def test_the_screen_says_for_whom_each_version_is(
    site: Site, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside its file; programs get the object alone."""
    monkeypatch.chdir(tmp_path)
    (site.config.parent / "de.txt").write_text("Diese Nachricht wird geprueft.")
    (site.config.parent / "en.txt").write_text("This message is monitored.")
    rule = "{recipient_countries: [de], text: de.txt}"
    site.gateway.filters = f"filters:\n  - disclaimer: {{text: en.txt, rules: [{rule}]}}\n"
    site.gateway.write()
    file = write(folder, "a.eml", b"From: ann@example.co.uk\r\nTo: a@x.de, b@x.example, c@y.de\r\n\r\nHello\r\n")
    shown = site.run("explain", file, "--render", "out").stdout
    assert shown.partition("Written\n")[2].split() == [
        *("out/a.eml", "for", "a@x.de", "for", "c@y.de"),
        *("out/a-2.eml", "for", "b@x.example"),
    ]
    assert len(site.rows("explain", file, "--render", "another")) == 1


def test_a_name_is_no_path(site: Site, folder: Path) -> None:
    """Nothing is written outside the folder, nor over another file."""
    out = folder.parent / "out"
    site.run("explain", "-", "--render", str(out), input=PLAIN)
    site.run("explain", write(folder, "..eml", PLAIN), "--render", str(out))
    assert sorted(p.name for p in out.iterdir()) == ["..eml", "stdin.eml"]


@pytest.mark.parametrize("what", ["file", "link", "dangling link"])
def test_nothing_is_written_over_what_is_there(site: Site, folder: Path, what: str) -> None:
    """Neither over a file of an earlier run nor through a link; the sentence names it."""
    out = folder.parent / "out"
    out.mkdir()
    there, elsewhere = out / "a.eml", folder.parent / "elsewhere"
    if what != "dangling link":
        elsewhere.write_bytes(b"kept")
    if what == "file":
        elsewhere.rename(there)
    else:
        there.symlink_to(elsewhere)
    done = site.run("explain", write(folder, "a.eml", PLAIN), "--render", str(out), code=2)
    assert done.stderr == f"--render: {there} is there already, and nothing is written over it\n"
    assert list(out.iterdir()) == [there]
    assert there.exists() is (what != "dangling link")
    assert what == "dangling link" or there.read_bytes() == b"kept"


def test_what_is_written_is_its_owners_alone(site: Site, folder: Path) -> None:
    """It is mail."""
    out = folder.parent / "out"
    site.run("explain", write(folder, "a.eml", PLAIN), "--render", str(out))
    assert stat.S_IMODE((out / "a.eml").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_unusable(site: Site, folder: Path) -> None:
    """A file stands there."""
    path = write(folder, "a.eml", PLAIN)
    assert "--render" in site.run("explain", path, "--render", path, code=2).stderr


# --- by id -----------------------------------------------------------------------------------------------------------


def test_a_held_message_needs_a_reason(site: Site) -> None:
    """Law 7: it is put on record, and nothing else is."""
    id = site.take(PROGRAM, "bob@example.co.uk", "ann@example.com")
    done = site.run("explain", id, code=2)
    assert done.stderr == "this message is held: --reason must say why you look into it; it is put on record\n"
    row = one(site, id, "--reason", "asked by Bob")
    assert (row["id"], row["path"], row["action"], row["from"]) == (id, id, "quarantine", "eve@outside.example")
    assert [r["address"] for r in row["recipients"]] == ["bob@example.co.uk", "ann@example.com"]
    assert row["findings"][0]["evidence"]
    (entry,) = site.rows("quarantine", "show", id)
    assert [(h["operation"], h["reason"]) for h in entry["history"]] == [
        ("explain", "asked by Bob"),
        ("show", "review"),
    ]


def test_the_beginning_of_an_id_is_enough(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As lists show it, of held and of released messages; a file of that name comes first."""
    id = site.take(PROGRAM)
    assert one(site, id[:13], "--reason", "asked by Bob")["id"] == id
    site.run("quarantine", "release", id, "--reason", "ordered")
    row = one(site, id[:13].upper())
    assert (row["id"], row["findings"][0]["code"]) == (id, "attachment.executable")
    assert site.run("explain", "beefbeef", code=2).stderr == (
        "beefbeef: neither a file nor the id of a message on record\n"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / id[:13]).write_bytes(PLAIN)
    assert one(site, id[:13])["action"] == "relay"


def test_a_message_that_is_gone_is_explained_from_the_record(site: Site) -> None:
    """Its recorded findings, without what quoted its content."""
    id = site.take(PROGRAM)
    site.run("quarantine", "delete", id, "--reason", "spam")
    row = one(site, id)
    assert (row["id"], row["action"], row["parts"]) == (id, "quarantine", [])
    assert [(f["code"], f["evidence"]) for f in row["findings"]] == [("attachment.executable", [])]


def test_evidence_of_a_released_message_needs_a_record(site: Site) -> None:
    """It quotes the content, which may still be stored."""
    id = site.take(PROGRAM)
    site.run("quarantine", "release", id, "--reason", "ordered")
    assert "setup.exe" not in str(one(site, id)["findings"][0]["evidence"])


def test_a_relayed_message_is_explained_from_the_record(site: Site) -> None:
    """The object has the same keys as any other."""
    site.gateway.filters = "filters:\n  - attachments: {action: log}\n"
    site.gateway.write()
    id = site.take(PROGRAM, "bob@example.co.uk")
    row = one(site, id)
    assert (row["action"], row["recipients"][0]["action"]) == ("relay", "relay")
    assert set(row["findings"][0]) == {
        *("filter", "code", "summary", "evidence", "part", "recipients", "action", "mode", "clause", "config")
    }
    assert "attachment.executable: on record" in site.run("explain", id).stdout


def test_an_unknown_id_is_unusable(site: Site) -> None:
    """Neither a file nor a message."""
    site.take(PLAIN)
    done = site.run("explain", "0198c0de-0000-7000-8000-000000000000", code=2)
    assert done.stderr == "0198c0de-0000-7000-8000-000000000000: neither a file nor the id of a message on record\n"


# --- for people ------------------------------------------------------------------------------------------------------


def test_it_reads_well(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that the object has."""
    monkeypatch.setenv("COLUMNS", "200")  # however long the path is
    shown = site.run("explain", write(folder, "a.eml", b"X-Mailwarden-A: 1\r\n" + PROGRAM)).stdout
    for part in (
        "a.eml: quarantine",
        "bob@example.co.uk",
        "attachment.executable: quarantine",
        "filters.yaml:2",
        "file name",
        "setup.exe",
        "in truth application/x-dosexec",
    ):
        assert part in shown
    assert "rename the field" in site.run("explain", write(folder, "b.eml", b"X-Mailwarden-A: 1\r\n" + PLAIN)).stdout
    assert "No filter found anything." in site.run("explain", write(folder, "c.eml", PLAIN)).stdout


def test_all_evidence_is_shown(site: Site, folder: Path) -> None:
    """Two names of one part are two lines."""
    raw = PROGRAM.replace(b"application/octet-stream", b'application/octet-stream; name="other.scr"')
    shown = site.run("explain", write(folder, "a.eml", raw)).stdout
    assert "setup.exe (part 1.2)" in shown
    assert "other.scr (part 1.2)" in shown


def test_monitor_is_said(site: Site, folder: Path) -> None:
    """A reader mustn't take it for what is done."""
    site.gateway.filters = "filters:\n  - attachments: {mode: monitor}\n"
    site.gateway.write()
    assert "quarantine (monitor: nothing is done)" in site.run("explain", write(folder, "a.eml", PROGRAM)).stdout
