"""Commands on several held messages: short ids, ids from input, filters; notes, assignments, retention."""

from __future__ import annotations

from inspect import signature

import pytest

from gateway.cli.selection import choice
from tests.unit.cli.conftest import Site, with_program

WHY = ("--reason", "ordered")


@pytest.fixture
def three(site: Site) -> list[str]:
    return [site.take(with_program(f"Order {n}", id=str(n)), sender=f"a{n}@one.example") for n in range(3)]


def test_the_list_has_a_line_a_message(site: Site, three: list[str]) -> None:
    """Id, age, author, recipient, subject and code fit into 80 columns."""
    head, *lines = site.run("quarantine", "list").stdout.splitlines()
    assert head.split() == ["Id", "Age", "Author", "To", "Subject", "Why"]
    assert [line.split()[0] for line in lines] == [id[:13] for id in reversed(three)]
    assert all("Eve <eve@" in line and "Order" in line and len(line) <= 80 for line in lines)


@pytest.mark.parametrize("command", ["list", "review", "delete"])
def test_every_filter_is_an_option(site: Site, command: str) -> None:
    """The list, the screen and each command about messages have it; a list knows the recipient by two names."""
    said = site.run_without_config("quarantine", command, "--help").stdout
    for name in signature(choice).parameters:
        assert f"--{name}" in said
    assert ("--to, --recipient" in said) == (command != "delete")


def test_ids_are_taken_by_their_beginning(site: Site, three: list[str]) -> None:
    """A beginning that is too short, or that several ids have, is refused."""
    assert three[0] in site.run("quarantine", "release", three[0][:13], *WHY).stdout
    assert "at least 4" in site.run("quarantine", "release", three[0][:3], *WHY, code=1).stderr
    assert "several ids" in site.run("quarantine", "release", three[0][:6], *WHY, code=1).stderr
    assert "no message is held under ffff" in site.run("quarantine", "release", "ffff", *WHY, code=1).stderr


def test_several_are_released_in_one_command(site: Site, three: list[str]) -> None:
    """A refusal is named, and doesn't stop the others."""
    site.run("quarantine", "release", three[0], *WHY)
    done = site.run("quarantine", "release", *three, *WHY, code=1)
    assert "2 of 3 done, 1 refused." in done.stdout
    assert three[0] in done.stderr
    assert site.rows("quarantine", "list") == []


def test_ids_come_from_standard_input(site: Site, three: list[str]) -> None:
    """One a word."""
    site.run("quarantine", "delete", "-", "--reason", "spam", input="\n".join(three[:2]).encode())
    assert [row["id"] for row in site.rows("quarantine", "list")] == [three[2]]
    assert "no id" in site.run("quarantine", "delete", "-", "--reason", "spam", input=b" ", code=2).stderr


def test_filters_select_and_are_confirmed(site: Site, three: list[str]) -> None:
    """Without a terminal --yes or the right --count is needed."""
    chosen = ("quarantine", "delete", "--sender", "*@one.example", "--subject", "order 1", "--reason", "spam")
    assert "find 1 message: --yes or --count 1" in site.run(*chosen, code=2).stderr
    assert "find 1 message, not 2" in site.run(*chosen, "--count", "2", code=1).stderr
    site.run(*chosen, "--count", "1")
    assert [row["subject"] for row in site.rows("quarantine", "list")] == ["Order 2", "Order 0"]
    assert "two ways" in site.run(*chosen, three[0], code=2).stderr
    assert "which messages?" in site.run("quarantine", "delete", "--reason", "spam", code=2).stderr
    site.run("quarantine", "restore", "--sender", "*@one.example", "--yes", "--reason", "a slip")
    assert len(site.rows("quarantine", "list")) == 3


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--sender", "a1@one.example"], 1),
        (["--sender", "eve@outside.example"], 3),  # the author
        (["--sender", "ve@outside.example"], 0),
        (["--subject", "ORDER 2"], 1),
        (["--until", "1h"], 0),
        (["--until", "2999-01-01"], 3),
        (["--assigned", "nobody"], 3),
        (["--assigned", "alice"], 0),
        (["--to", "bob@example.co.uk"], 3),
    ],
)
def test_the_list_is_searched(site: Site, three: list[str], filters: list[str], found: int) -> None:
    assert len(site.rows("quarantine", "list", *filters)) == found


def test_notes_hands_and_retention_are_on_record(site: Site, three: list[str]) -> None:
    """Whoever reads the message sees them."""
    site.run("quarantine", "note", three[0], "--text", "asked Bob")
    assert "assigned to" in site.run("quarantine", "assign", three[0], "--note", "please call").stdout
    site.run("quarantine", "extend", three[0], "--days", "90", *WHY)
    (read,) = site.rows("quarantine", "read", three[0])
    told = [(h["operation"], h["reason"].partition(":")[2].strip() or h["reason"]) for h in read["history"]]
    assert told[:3] == [("note", "asked Bob"), ("assign", "please call"), ("extend", "ordered")]
    assert read["entry"]["assigned_to"]
    assert "is no reviewer" in site.run("quarantine", "assign", three[0], "--whom", "nobdy", code=1).stderr
    assert site.run("quarantine", "assign", three[0], "--whom", "nobody").stdout.endswith("assigned to nobody.\n")


def test_a_release_needs_a_reason(site: Site, three: list[str]) -> None:
    """Where nobody can be asked for one."""
    assert site.run("quarantine", "release", three[0], code=2).stderr == "--reason must say why\n"


@pytest.mark.parametrize("by", ["subject", "field"])
def test_a_personal_subject_is_neither_shown_nor_found(site: Site, by: str) -> None:
    """Labelled in the subject, or by Sensitivity; reading it needs a reason."""
    raw = with_program("Personal: birthday" if by == "subject" else "The birthday")
    site.take(raw if by == "subject" else b"Sensitivity: Personal\r\n" + raw)
    (row,) = site.rows("quarantine", "list")
    assert row["subject"] == "[personal]"
    assert site.rows("quarantine", "list", "--subject", "birthday") == []
    assert "labelled personal" in site.run("quarantine", "read", row["id"], code=1).stderr
    assert "birthday" in site.run("quarantine", "read", row["id"], "--reason", "asked by the sender").stdout
