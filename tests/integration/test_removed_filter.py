"""The gateway knows no filter by name: with each filter's folder taken away it checks and starts with the rest.

The filter's operations and commands go with it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from filters import COMMANDS
from filters.registry import FILTERS
from gateway.contract import Operates, operations_of

PROJECT = Path(__file__).resolve().parents[2]


def without(name: str, folder: Path) -> Path:
    """Copy the program without one filter, its lines in the registry and its entry in the chain."""
    for part in ("gateway", "filters", "config"):
        shutil.copytree(PROJECT / part, folder / part)  # compiled modules too
    for place in (folder / "filters" / name, folder / "filters" / f"{name}.py"):
        if place.is_dir():
            shutil.rmtree(place)
        elif place.exists():
            place.unlink()
    named = re.compile(rf'"{name}"|filters\.{name}\b')
    for registry in (folder / "filters" / "__init__.py", folder / "filters" / "registry.py"):
        lines = registry.read_text().splitlines(keepends=True)
        registry.write_text("".join(line for line in lines if not named.search(line)))
    chain = folder / "config" / "filters.yaml"
    chain.write_text(re.sub(rf"^  - {name}\b.*\n(?:    .*\n|\n|  #.*\n)*", "", chain.read_text(), flags=re.M))
    return folder


#: A program that prints the help of all commands, the help of `report`, and the names of the operations.
LISTS = """
from contextlib import suppress
from gateway.cli.main import cli
from gateway.operations.dispatch import ROLES
for group in ([], ["report"]):
    with suppress(SystemExit):
        cli([*group, "--help"])
    print("\\0")
print(*ROLES)
"""


@pytest.mark.parametrize("name", FILTERS)
def test_gateway_starts_without_a_filter(name: str, tmp_path: Path) -> None:
    place = without(name, tmp_path / "copy")
    checked = run(place, "-m", "gateway", "check", "--config", "config/gateway.yaml")
    assert f" {name}: " not in checked
    assert f"{next(iter(FILTERS.keys() - {name}))}" in checked


@pytest.mark.parametrize("name", [name for name, cls in FILTERS.items() if isinstance(cls, Operates)])
def test_operations_and_commands_go_with_their_filter(name: str, tmp_path: Path) -> None:
    place = without(name, tmp_path / "copy")
    help, help_of_report, operations = run(place, "-c", LISTS).split("\0")
    shown = re.findall(r"^  (\w+) ", help, re.M)
    shown += [f"report {one}" for one in re.findall(r"^  (\w+) ", help_of_report, re.M)]
    commands = {command for command, module in COMMANDS.items() if module == f"filters.{name}.commands"}
    assert commands
    assert COMMANDS.keys() & set(shown) == COMMANDS.keys() - commands
    for owner, cls in FILTERS.items():
        its = {one.name for one in operations_of(cls.operations)} if isinstance(cls, Operates) else set()
        assert its & set(operations.split()) == (set() if owner == name else its)


def run(place: Path, *arguments: str) -> str:
    """Return the output of Python with these arguments on the copy."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=place,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(place), "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
