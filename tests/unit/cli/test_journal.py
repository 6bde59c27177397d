"""`mailwarden journal …`: a real store and a real journal, and no gateway running."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from gateway.remember.mail_journal import journal_space
from gateway.settings.journal import keys_in
from tests.unit.cli.conftest import PLAIN, Site, with_program

PERSONAL = PLAIN.replace(b"Subject: Plain", b"Subject: Personal: lunch").replace(b"<p@x>", b"<lunch@x>")
WHY = ("--reason", "Bob never saw it")


@pytest.fixture
def kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose journal is on, with two messages; the second is labelled personal."""
    monkeypatch.setattr(journal_space, "LEFT_FREE_BYTES", 0)
    key = site.gateway.folder / "journal.key"
    site.run_without_config("journal", "keygen", str(key))
    site.gateway.more = "journal: {days: 7, key_file: journal.key}\n"
    site.gateway.write()
    site.take(PLAIN, "bob@example.co.uk", "ann@example.co.uk")
    site.take(PERSONAL)
    return site


def found(site: Site, *arguments: str) -> list[dict[str, object]]:
    return site.rows("journal", "find", *arguments)


def acts(site: Site) -> list[tuple[str, str, str]]:
    """Return action, reason and id on record, oldest first."""
    return [(row["action"], row["reason"], row["id"]) for row in reversed(site.rows("audit", "list"))]


# --- find ------------------------------------------------------------------------------------------------------------


def test_messages_are_found(kept: Site) -> None:
    """Newest first; the subject of personal mail is hidden."""
    personal, plain = found(kept)
    assert (plain["subject"], personal["subject"]) == ("Plain", "[personal]")
    assert (plain["from"], plain["to"]) == ("eve@outside.example", ["bob@example.co.uk", "ann@example.co.uk"])
    assert [row["id"] for row in found(kept, "ann@example.co.uk")] == [plain["id"]]
    assert [row["id"] for row in found(kept, "--subject", "plain", "--since", "1h")] == [plain["id"]]
    assert found(kept, "--subject", "lunch") == []
    assert [row["id"] for row in found(kept, str(personal["mail_id"]))] == [personal["id"]]


def test_a_list_for_people(kept: Site) -> None:
    """Several lines a message, and the words for the next page."""
    shown = kept.run("journal", "find", "--limit", "1")
    assert "<eve@outside.example> to bob@example.co.uk\n" in shown.stdout
    assert "lunch" not in shown.stdout.replace("<lunch@x>", "")
    (personal, _) = found(kept)
    assert f"{personal['id']}\n  message {personal['mail_id']}\n" in shown.stdout
    page = re.search(r"--page (\S+)", shown.stderr)
    assert page
    assert "Plain" in kept.run("journal", "find", "--page", page[1]).stdout
    assert kept.run("journal", "find", "nobody@x.example").stdout == "No relayed message fits.\n"


def test_a_search_is_on_record_before_its_answer(kept: Site) -> None:
    """The record has its words, and the reason where one was given."""
    found(kept, "ann@example.co.uk", *WHY)
    found(kept, "--from", "@x.example", "--to", "bob@example.co.uk", "--subject", "a b")
    assert acts(kept) == [
        ("find", "ann@example.co.uk: Bob never saw it", "journal"),
        ("find", "from @x.example, to bob@example.co.uk, subject a b", "journal"),
    ]


def test_damage_is_named(kept: Site) -> None:
    """The rest is listed."""
    index = sorted((kept.gateway.data_dir / "journal").glob("*/*.index"))[0]
    index.write_bytes(b"{}\n" + index.read_bytes()[3:])
    shown = kept.run("journal", "find")
    assert ".index: a line of the index is damaged" in shown.stderr
    assert shown.stdout.count("<eve@outside.example>") == 1


def test_a_lost_key_is_said(kept: Site) -> None:
    """The sentence says what helps; the message can't be handed out."""
    (kept.gateway.folder / "journal.key").write_text("00" * 32)
    row, _ = found(kept)
    assert "put that key's line back from the backup" in str(row["unreadable"])
    said = kept.run("journal", "export", str(row["id"]), "--to", str(kept.gateway.folder / "x.eml"), *WHY, code=1)
    assert "put that key's line back from the backup" in said.stderr


def test_a_wrong_question(kept: Site) -> None:
    """The sentence says what is wrong with it."""
    for arguments, code, sentence in (
        (("find", "--page", "x"), 1, "--page is no place in the journal"),
        (("find", "--page", "x/y"), 1, "--page is no time"),
        (("find", "--page", "2026-01-01T00:00:00/y"), 1, "needs a time zone"),
        (("find", "--since", "0001-01-02"), 1, "--since is no time of a message"),
        (("find", "--since", "soon"), 2, "--since soon: write 30m"),
        (("export", "0199f3c2", "--to", "x.eml", *WHY), 1, "the journal has no message 0199f3c2"),
        (("export", "0199", "--to", "x.eml", *WHY), 1, "'0199' is too short"),
        (("resend", "0199f3c2", "--reason", " "), 2, "--reason must say why"),
    ):
        assert sentence in kept.run("journal", *arguments, code=code).stderr


def test_a_journal_that_is_off(site: Site) -> None:
    """It says how it is switched on; where mail is left of earlier, `status` says so."""
    site.take(PLAIN)
    assert "the journal is off: `journal:` in the configuration" in site.run("journal", "find", code=1).stderr
    assert "Journal" not in site.run("status", code=1).stdout
    (site.gateway.data_dir / "journal" / "2026-03-02").mkdir(parents=True)
    assert "The journal is off, and " in site.run("status", code=1).stdout


def test_a_command_that_needs_no_key_reads_none(site: Site) -> None:
    """A reviewer may explain a message who can't read the key file."""
    site.gateway.more = "journal: {days: 7, key_file: nowhere.key}\n"
    site.gateway.write()
    assert "/nowhere.key. If there was one, restore it" in site.run("check", code=1).output
    site.run("explain", "-", input=PLAIN)


def test_status_shows_it(kept: Site) -> None:
    (status,) = kept.rows("status", code=1)
    assert status["journal"]["used_bytes"] > 0
    assert re.search(
        r"\nJournal\nused +\S+ (?:Ki)?B +\nmax +10\.0 GiB +\nsince +\d{4}-", kept.run("status", code=1).stdout
    )


# --- export ----------------------------------------------------------------------------------------------------------


def test_a_message_is_handed_out_as_it_was_relayed(kept: Site, tmp_path: Path) -> None:
    """Into a new file that only its owner can read; on record with the message."""
    (_, plain), target = found(kept), tmp_path / "out.eml"
    said = kept.run("journal", "export", str(plain["id"]), "--to", str(target), *WHY).stdout
    assert said.startswith(f"{plain['id']} (message {plain['mail_id']}): ")
    assert target.read_bytes() in kept.delivered
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert acts(kept)[-1] == ("export", "from the journal: Bob never saw it", plain["mail_id"])
    assert "export" in kept.run("trace", str(plain["mail_id"])).stdout


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/tmp/nowhere")], ids=["file", "link"])
def test_nothing_is_written_over(kept: Site, tmp_path: Path, make: Callable[[Path], None]) -> None:
    """And nothing is on record."""
    target = tmp_path / "there"
    make(target)
    (row, _), before = found(kept), len(acts(kept))
    assert "is there already" in kept.run("journal", "export", str(row["id"]), "--to", str(target), *WHY, code=2).stderr
    assert len(acts(kept)) == before


def test_a_file_that_can_not_be_made_leaves_no_record(kept: Site, tmp_path: Path) -> None:
    """The folder is missing; and a refusal leaves no file."""
    (row, _), before = found(kept), len(acts(kept))
    target = tmp_path / "missing" / "x.eml"
    said = kept.run("journal", "export", str(row["id"]), "--to", str(target), *WHY, code=2).stderr
    assert said == f"--to {target}: No such file or directory\n"
    assert len(acts(kept)) == before
    kept.run("journal", "export", "0199f3c2", "--to", str(tmp_path / "x.eml"), *WHY, code=1)
    assert not (tmp_path / "x.eml").exists()


# --- resend ----------------------------------------------------------------------------------------------------------


def test_a_message_is_sent_again(kept: Site) -> None:
    """By the ordinary relay, marked, to those who had it; on record with it."""
    _, plain = found(kept)
    before = kept.delivered
    said = kept.run("journal", "resend", str(plain["mail_id"]), *WHY).stdout
    assert said.startswith(f"{plain['id']} (message {plain['mail_id']}) sent again to ")
    assert said.endswith("sent again to bob@example.co.uk, ann@example.co.uk: delivered to the next hop.\n")
    (again,) = (octets for octets in kept.delivered if octets not in before)
    read = message_from_bytes(again, policy=default)
    assert [name for name in read if name.startswith("Resent-")] == [
        "Resent-Date",
        "Resent-From",
        "Resent-To",
        "Resent-Message-ID",
    ]
    assert again.endswith(PLAIN)
    assert acts(kept)[-1] == ("resend", "Bob never saw it", plain["mail_id"])


def test_it_is_sent_to_some(kept: Site) -> None:
    """Only those who had it get it again."""
    _, plain = found(kept)
    said = kept.run("journal", "resend", str(plain["id"]), "--to", "ANN@example.co.uk", *WHY).stdout
    assert "sent again to ann@example.co.uk: " in said
    refused = kept.run("journal", "resend", str(plain["id"]), "--to", "joe@x.example", *WHY, code=1).stderr
    assert "was not relayed to joe@x.example; its recipients are bob@example.co.uk, ann@example.co.uk" in refused


def test_an_id_means_the_message_as_it_arrived(kept: Site, tmp_path: Path) -> None:
    """A copy that was sent again is in the journal too, under an id of its own."""
    _, plain = found(kept)
    kept.run("journal", "resend", str(plain["mail_id"]), *WHY)
    again, _, _ = found(kept)
    assert again["mail_id"] == plain["mail_id"]
    file = tmp_path / "x.eml"
    kept.run("journal", "export", str(plain["mail_id"]), "--to", str(file), *WHY)
    assert b"Resent-From" not in file.read_bytes()
    other = tmp_path / "y.eml"
    kept.run("journal", "export", str(again["id"]), "--to", str(other), *WHY)
    assert b"Resent-From" in other.read_bytes()


# --- keygen ----------------------------------------------------------------------------------------------------------


def test_a_rotated_key_reads_old_mail(kept: Site) -> None:
    """The new one stands on top."""
    file = kept.gateway.folder / "journal.key"
    (old,) = keys_in(file.read_bytes())
    assert "reload" in kept.run_without_config("journal", "keygen", str(file), "--rotate").stdout
    new, second = keys_in(file.read_bytes())
    assert (second, new != old, stat.S_IMODE(file.stat().st_mode)) == (old, True, 0o600)
    kept.take(PLAIN.replace(b"Plain", b"After"))
    assert [row["subject"] for row in found(kept)] == ["After", "[personal]", "Plain"]
    assert [path.name for path in kept.gateway.folder.glob(".journal*")] == []


# --- try -------------------------------------------------------------------------------------------------------------


def test_relayed_mail_under_another_configuration(kept: Site) -> None:
    """Each message is on record; of personal mail only the id is shown."""
    kept.gateway.filters = "filters:\n  - attachments: {block: [executables]}\n"
    kept.gateway.write()
    kept.take(with_program(name="run.js").replace(b"TVo", b"dmFy"), "ann@example.co.uk")
    script, personal, _ = found(kept)
    file = kept.config.parent / "new.yaml"
    (kept.config.parent / "filters-new.yaml").write_text("filters:\n  - attachments: {block: [scripts]}\n")
    file.write_text(kept.config.read_text().replace("[filters.yaml]", "[filters-new.yaml]"))
    tried = kept.rows("try", str(file), "--since", "1d", "--processes", "1")
    *changes, _ = tried
    assert {one["message"]: (one["change"], one["from"]) for one in changes if one["change"] != "as before"} == {
        script["id"]: ("newly held", "eve@outside.example")
    }
    assert [one["from"] for one in changes if one["message"] == personal["id"]] == [None]
    on_record = [act for act in acts(kept) if act[0] == "try"]
    assert {id for _, _, id in on_record} == {row["mail_id"] for row in found(kept)}
    assert {reason for _, reason, _ in on_record} == {"from the journal: try of new.yaml"}
