"""Commands: listed without being loaded, and loaded when somebody asks for them; those of filters too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from filters import COMMANDS
from gateway.cli.main import cli
from gateway.cli.menu import PROGRAM, Menu

PROJECT = Path(__file__).resolve().parents[3]
#: Groups beside the gateway's own; the others are commands below one of these.
OF_THE_PROGRAM = [name for name in COMMANDS if " " not in name]
#: Runs a command, and prints the modules with commands of filters that are loaded then.
SCRIPT = """
import sys
from typer.testing import CliRunner
from gateway.cli.main import cli
CliRunner().invoke(cli, sys.argv[1:])
print(*sorted(name for name in sys.modules if name.startswith("filters.") and name.endswith(".commands")))
"""


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["status", "--help"], []),
        (["check", "--config", "nowhere.yaml"], []),
        (["paymnts"], []),
        (["payments", "--help"], ["filters.payment_change.commands"]),
        (["--help"], sorted(COMMANDS[name] for name in OF_THE_PROGRAM)),
        (["report", "--help"], ["filters.language.commands", "filters.personal.commands"]),
    ],
)
def test_commands_are_loaded_when_they_are_asked_for(arguments: list[str], loaded: list[str]) -> None:
    """The gateway's own commands load none."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, check=True, cwd=PROJECT, text=True
    )
    assert done.stdout.split() == loaded


@pytest.mark.parametrize("name", OF_THE_PROGRAM)
def test_help_is_there(name: str) -> None:
    """The group has its line in the program's help, and help of its own without options of a program."""
    assert f"  {name} " in CliRunner().invoke(cli, ["--help"]).stdout
    shown = CliRunner().invoke(cli, [name, "-h"]).stdout
    assert f"Usage: mailwarden {name} [OPTIONS] COMMAND [ARGS]..." in shown
    assert "completion" not in shown


@pytest.mark.parametrize("words", [["help"], ["help", "quarantine", "list"]])
def test_help_may_come_first(words: list[str]) -> None:
    asked, usual = (CliRunner().invoke(cli, one) for one in (words, [*words[1:], "--help"]))
    assert asked.exit_code == 0
    assert asked.output == usual.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_completion_is_printed(shell: str) -> None:
    """The Debian package carries these."""
    done = CliRunner().invoke(cli, [], env={"_MAILWARDEN_COMPLETE": f"source_{shell}"}, prog_name=PROGRAM)
    assert done.exit_code == 0
    assert f"_MAILWARDEN_COMPLETE=complete_{shell}" in done.stdout


def test_a_mistyped_name_is_suggested() -> None:
    done = CliRunner().invoke(cli, ["paymnts"])
    assert done.exit_code == 2
    assert "Did you mean 'payments'?" in done.output


def test_no_filter_replaces_a_command_of_the_gateway() -> None:
    """The gateway's own command counts; those of filters stand behind."""
    own: Any = object()
    group = Menu(name="report", commands={"personal": own})
    assert group.commands["personal"] is own
    assert list(group.commands) == ["personal", "conduct"]


def test_a_command_of_a_filter_stands_below_a_group_of_the_gateway() -> None:
    """The group's own commands stand before it."""
    own: Any = object()
    group = Menu(name="report", commands={"own": own})
    assert list(group.commands) == ["own", "personal", "conduct"]
    assert group.commands["personal"].name == "personal"
    assert list(Menu(name="trace", commands={}).commands) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mailwarden qua", ["quarantine"]),
        ("mailwarden pay", ["payments"]),
        ("mailwarden quarantine ex", ["export", "extend"]),
        ("mailwarden report p", ["personal"]),
        ("mailwarden status --j", ["--json"]),
    ],
)
def test_words_are_completed(line: str, words: list[str]) -> None:
    """As bash asks for it, with commands of filters too."""
    environment = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    environment |= {"_MAILWARDEN_COMPLETE": "complete_bash"}
    done = CliRunner().invoke(cli, [], prog_name="mailwarden", env=environment)
    assert done.stdout.split() == words
