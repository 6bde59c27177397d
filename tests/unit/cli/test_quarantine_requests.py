"""Requests for a release on the command line: they are listed, granted, and refused with a sentence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.remember.records import ReleaseRequest
from tests.unit.cli.conftest import Site, with_program

BOB, ANN = "bob@example.co.uk", "ann@example.com"
WORDS = "I expect it,\nfrom \u202eEve."


def ask(site: Site, id: str, person: str = BOB) -> None:
    async def work() -> None:
        store = await open_store(app.read_settings(site.config), create=False)
        notice = {"to": person, "role": "recipient", "clause": "", "subject": "s"}
        request = ReleaseRequest(person, datetime.now(UTC), (person,), WORDS, notice)
        assert await store.quarantine.ask(id, request, reason="a reply")
        await store.close()

    asyncio.run(work())


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def held(site: Site) -> str:
    """Return the id of a message for two people, of whom one asks for it."""
    site.take(with_program("Another", id="other"))
    id = site.take(with_program(), BOB, ANN)
    ask(site, id)
    return id


def test_it_is_seen_everywhere(site: Site, held: str) -> None:
    """The list has it before the codes; each other view has the person's words, with what misleads written out."""
    listed = site.run("quarantine", "list", "--request", "open").stdout
    assert "asked for" in listed
    assert "Another" not in listed
    said = "I expect it, from ⟨U+202E⟩Eve."
    for command in (["list", "--long"], ["show", held], ["read", held]):
        assert said in words(site.run("quarantine", *command).stdout), command
    (row,) = site.rows("quarantine", "list", "--request", "open")
    assert [(one["person"], one["state"]) for one in row["requests"]] == [(BOB, "open")]


def test_a_release_for_whoever_asked(site: Site, held: str) -> None:
    """The other copy stays; nobody waits any more. The request is the reason, for its own copies alone."""
    more = ("--recipient", ANN)
    assert "--reason must say why" in site.run("quarantine", "release", held, "--asked", *more, code=2).stderr
    said = site.run("quarantine", "release", held, "--asked").stdout
    assert BOB in said
    assert f"asked for by {BOB}" in words(site.run("quarantine", "show", held).stdout)
    assert site.held_state(held) == {BOB: "released", ANN: "held"}
    assert site.rows("quarantine", "list", "--request", "open") == []
    assert "nobody has asked" in site.run("quarantine", "release", held, "--asked", "--reason", "x", code=1).stderr


def test_a_refusal_needs_a_sentence(site: Site, held: str) -> None:
    """It goes to whoever asked, and is kept; the message stays held."""
    assert "--answer must say something" in site.run("quarantine", "refuse", held, code=2).stderr
    said = site.run("quarantine", "refuse", held, "--answer", "Ask Eve for a PDF, please.").stdout
    assert said == f"{held} stays held; the answer goes to {BOB}.\n"
    assert site.held_state(held)[BOB] == "held"
    assert "refused by root (no gateway running): Ask Eve for a PDF, please." in words(
        site.run("quarantine", "show", held).stdout
    )
    listed = site.run("quarantine", "list").stdout
    assert "refused by root" in listed
    assert "asked for" not in listed
    assert "Refused by root (no gateway running), " in (read := words(site.run("quarantine", "read", held).stdout))
    assert " Ask Eve for a PDF, please. " in read
    assert "nobody has asked" in site.run("quarantine", "refuse", held, "--answer", "No.", code=1).stderr
    too_long = site.run("quarantine", "refuse", held, "--answer", "x" * 501, code=1).stderr
    assert "--answer has 501 characters: 500 at most are sent" in too_long


def test_a_state_that_does_not_exist(site: Site) -> None:
    """A slip must not look like an empty list."""
    said = site.run("quarantine", "list", "--request", "opne", code=2).stderr
    assert said == "--request is one of open, granted, refused, deleted, not opne\n"
