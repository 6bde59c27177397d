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


#: A program that prints the help of all commands, the help of `report`, the names of the operations, and what `check`
#: says.
PROGRAM = """
from contextlib import suppress
from gateway.cli.main import cli
from gateway.operations.dispatch import ROLES
for command in (["--help"], ["report", "--help"]):
    with suppress(SystemExit):
        cli(command)
    print("\\0")
print(*ROLES, "\\0")
cli(["check", "--config", "config/gateway.yaml"])
"""


@pytest.mark.parametrize("name", FILTERS)
def test_gateway_starts_without_a_filter(name: str, tmp_path: Path) -> None:
    """The chain has the other filters, the command line all commands and operations but this filter's."""
    help, help_of_report, operations, checked = run(without(name, tmp_path / "copy")).split("\0")
    assert f" {name}: " not in checked
    assert f"{next(iter(FILTERS.keys() - {name}))}" in checked
    shown = re.findall(r"^  (\w+) ", help, re.M)
    shown += [f"report {one}" for one in re.findall(r"^  (\w+) ", help_of_report, re.M)]
    its = {command for command, module in COMMANDS.items() if module == f"filters.{name}.commands"}
    assert bool(its) == isinstance(FILTERS[name], Operates)
    assert COMMANDS.keys() & set(shown) == COMMANDS.keys() - its
    for owner, cls in FILTERS.items():
        of = {one.name for one in operations_of(cls.operations)} if isinstance(cls, Operates) else set()
        assert of & set(operations.split()) == (set() if owner == name else of)


def run(place: Path) -> str:
    """Return the output of the program on the copy."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=place,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(place), "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
