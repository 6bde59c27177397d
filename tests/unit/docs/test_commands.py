"""Every `mailwarden …` command that a document names exists, with these options; every `make …` target too."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from gateway.cli.main import cli
from tests.unit.docs.conftest import ROOT, documents

COMMANDS = typer.main.get_command(cli)
#: In a code span, or in a line of a code block; an alternative of `serve | check` is a command of its own.
_SPAN = re.compile(r"`(?:[\w./]*/)?mailwarden ([a-z][^`]*)`")
_LINE = re.compile(r"^(?:[^#`\n]*\s)?(?:[\w./]*/)?mailwarden ((?:[a-z]+)(?: [^#|&;\n]*)?)", re.M)
_MAKE = re.compile(r"\bmake ([a-z]+)")


def named(document: Path) -> list[str]:
    text = document.read_text("utf-8")
    code = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S))
    spans = [" ".join(span.split()) for span in _SPAN.findall(text)]
    return [one.strip() for span in spans for one in span.split(" | ")] + [
        line
        for line in _LINE.findall(code)
        if line.split()[0] in COMMANDS.commands  # type: ignore[attr-defined]
    ]


def check(line: str) -> None:
    """Check that the command and its options exist. Arguments are not examined."""
    words = shlex.split(line)
    command = COMMANDS
    while words and hasattr(command, "commands") and not words[0].startswith("-"):  # `report` has options of its own
        assert words[0] in command.commands, f"mailwarden {line}"
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known, f"mailwarden {line}"


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_exists(document: Path) -> None:
    """Every command in a document exists as written."""
    for line in named(document):
        check(line)


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_exists(document: Path) -> None:
    """The targets are found in code, where they are meant to be typed."""
    text = document.read_text("utf-8")
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert {target for piece in code for target in _MAKE.findall(piece)} <= targets


def test_commands_are_found() -> None:
    """The test above looks at something."""
    found = {line.split()[0] for document in documents() for line in named(document)}
    assert found >= {"serve", "check", "explain", "quarantine", "trace", "status", "reload", "purge", "db"}


@pytest.mark.parametrize("line", ["serv", "serve --worker 2", "quarantine lists", "quarantine release ID --why x"])
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    """The check can fail."""
    with pytest.raises(AssertionError):
        check(line)


@pytest.mark.parametrize(
    "line", ["status", "trace", "reload", "check", "explain", "quarantine list", "quarantine show"]
)
def test_what_lists_or_shows_takes_json(line: str) -> None:
    """README says so."""
    check(f"{line} --json")
