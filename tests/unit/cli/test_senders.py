"""Senders that reviewers block and allow: the rule is shown, written into its own file, and counts from then on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Site, with_program

WHY = ("--reason", "Unwanted mail", "--yes")


@pytest.fixture
def rules(site: Site) -> Path:
    """Return the file of the rules, which isn't there yet."""
    site.gateway.more = "sender_rules_file: var/senders.yaml\n"
    site.gateway.write()
    return site.gateway.data_dir / "senders.yaml"


def plain(site: Site, subject: str = "Offer", sender: str = "eve@outside.example") -> list[dict[str, object]]:
    """Take a message in which no filter finds anything, and return what is held of it."""
    raw = (
        f"From: Eve <{sender}>\r\nTo: bob@example.co.uk\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nx\r\n"
    )
    site.take(raw.encode(), sender=sender)
    return site.rows("quarantine", "list", "--subject", subject)


def test_a_blocked_senders_mail_is_held(site: Site, rules: Path) -> None:
    """From the next message on; nobody is told, and a release sends it on as any other."""
    id = site.take(with_program())
    assert plain(site, "before") == []
    done = site.run("quarantine", "block", id[:20], *WHY)
    assert done.stdout.splitlines()[:4] == [
        "Hold all further mail from eve@outside.example, and tell nobody about it.",
        f"Into {rules}:",
        '  - block: "eve@outside.example"',
        f'    by: "{site.rows("quarantine", "senders")[0]["by"]}"',
    ]
    assert "No gateway is running" in done.stdout
    sent = len(site.delivered)
    (held,) = plain(site, "after")
    assert held["codes"] == ["gateway.blocked_sender"]
    assert len(site.delivered) == sent
    assert plain(site, "other", "joe@outside.example") == []
    site.run("quarantine", "release", str(held["id"]), "--reason", "wanted")
    assert b"Subject: after" in site.delivered[-1]
    (row,) = site.rows("trace", id)
    assert [(h["operation"], h["reason"]) for h in row["history"]] == [
        ("block_sender", "eve@outside.example: Unwanted mail")
    ]


def test_the_rule_is_shown_as_it_will_stand_in_the_file(site: Site, rules: Path) -> None:
    """With its reason, and its time in the organisation's zone, in which every command shows times.

    The time in the file is that of the writing, seconds after the rule was shown.
    """
    id = site.take(with_program())
    shown = site.run("quarantine", "block", id, *WHY).stdout
    assert '    reason: "Unwanted mail"\n' in shown
    (rule,) = site.rows("quarantine", "senders")
    a_time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (GMT|BST)"
    assert re.search(f'    at: "{a_time}"\n', shown)
    assert f'    at: "{rule["at"]}"\n' in rules.read_text()
    assert re.fullmatch(a_time, rule["at"])
    for command in (["read", id], ["show", id], ["list", "--long"]):
        assert re.search(a_time, site.run("quarantine", *command).stdout), command
    for command in (["trace", id], ["audit", "list"], ["audit", "verify"]):
        assert re.search(a_time, site.run(*command).stdout), command


def test_a_whole_domain_is_blocked(site: Site, rules: Path) -> None:
    site.run("quarantine", "block", site.take(with_program()), "--domain", *WHY)
    assert plain(site, "other", "joe@outside.example")
    assert plain(site, "below", "joe@sub.outside.example") == []


def test_a_rule_is_listed_and_removed(site: Site, rules: Path) -> None:
    """Whoever removes it is on record."""
    id = site.take(with_program())
    assert site.run("quarantine", "senders").stdout == "No sender is blocked or allowed.\n"
    site.run("quarantine", "block", id, *WHY)
    assert "eve@outside.example" in site.run("quarantine", "senders").stdout
    assert "is blocked already" in site.run("quarantine", "block", id, *WHY, code=1).stderr
    assert (
        "there is no rule about"
        in site.run("quarantine", "senders", "--remove", "joe@x.example", "--reason", "x", code=1).stderr
    )
    done = site.run("quarantine", "senders", "--remove", "Eve@Outside.example", "--reason", "a slip")
    assert done.stdout.startswith("1 removed: Eve@Outside.example.\n")
    assert rules.read_text().endswith("senders: []\n")
    assert plain(site) == []
    acts = site.rows("audit", "list", "--id", "senders")
    assert [(one["action"], one["reason"]) for one in acts] == [("forget_sender", "Eve@Outside.example: a slip")]


def test_nothing_is_written_without_a_yes(site: Site, rules: Path) -> None:
    """A script says it; the rule is shown all the same."""
    id = site.take(with_program())
    done = site.run("quarantine", "block", id, "--reason", "spam", code=2)
    assert "--yes does it without a question" in done.stderr
    assert 'block: "eve@outside.example"' in done.stdout
    assert not rules.exists()


def test_without_a_file_nobody_is_blocked(site: Site) -> None:
    """The administrator decides whether reviewers may."""
    id = site.take(with_program())
    assert (
        "an administrator names a file in `sender_rules_file`"
        in site.run("quarantine", "block", id, *WHY, code=1).stderr
    )


def test_text_of_a_reviewer_adds_nothing_to_the_file(site: Site, rules: Path) -> None:
    """A reason is a reason, whatever YAML it looks like."""
    reason = 'x"\n  - allow: "*@x.example"\n    codes: ["*"]\nlisteners: [] # \u202e\x1b[2J'
    done = site.run("quarantine", "block", site.take(with_program()), "--reason", reason, "--yes", code=1)
    assert "--reason has control characters" in done.stderr
    assert not rules.exists()
    reason = 'x"\n  - allow: "*@x.example"\n    codes: ["*"]\nlisteners: [] # \\'
    site.run("quarantine", "block", site.take(with_program(id="2")), "--reason", reason, "--yes")
    (rule,) = site.rows("quarantine", "senders")
    assert (rule["reason"], rule["allow"]) == (" ".join(reason.split()), "")


def test_a_configuration_with_mistakes_is_left_alone(site: Site, rules: Path) -> None:
    """The mistake is told; neither the file nor the record has the rule."""
    id = site.take(with_program())
    site.run("quarantine", "block", id, *WHY)
    before = rules.read_text()
    rules.write_text(before + "listeners: []\n")
    other = site.run("quarantine", "senders", code=1)
    assert f"{rules}: senders is expected here, and nothing else" in other.stderr.replace("\n", " ")


def test_a_folder_that_has_gone_is_told(site: Site) -> None:
    folder = site.gateway.config.parent / "rules"
    folder.mkdir()
    site.gateway.more = "sender_rules_file: rules/senders.yaml\n"
    site.gateway.write()
    id = site.take(with_program())
    folder.rmdir()
    assert f"no such folder: {folder}" in site.run("quarantine", "block", id, *WHY, code=1).stderr.replace("\n", "")


@pytest.mark.parametrize(
    ("do", "raw", "sentence"),
    [
        ("block", with_program().replace(b"eve@outside.example", b"boss@example.co.uk"), "nobody of ours is blocked"),
        ("allow", with_program(), "nothing proves who wrote it"),
        ("allow", with_program(name="x.zip"), "attachment.uninspectable is never waived for a sender"),
    ],
)
def test_a_rule_that_would_be_wrong_is_refused(site: Site, rules: Path, do: str, raw: bytes, sentence: str) -> None:
    """Before anything is shown."""
    id = site.take(raw, sender="" if do == "block" else "eve@outside.example")
    done = site.run("quarantine", do, id, *WHY, code=1)
    assert sentence in done.stderr
    assert (done.stdout, rules.exists()) == ("", False)


def test_the_objects_of_a_rule(site: Site, rules: Path) -> None:
    (done,) = site.rows("quarantine", "block", site.take(with_program()), *WHY)
    assert json.loads(json.dumps(done))["snippet"].startswith('  - block: "eve@outside.example"\n')
