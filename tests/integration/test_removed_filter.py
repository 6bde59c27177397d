"""The gateway knows no filter by name: with each filter's folder taken away it checks and starts with the rest.

The filter's operations and commands go with it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from filters import COMMANDS
from filters.registry import FILTERS
from gateway.contract import Operates, operations_of

PROJECT = Path(__file__).resolve().parents[2]


def without(name: str, folder: Path) -> Path:
    """Copy the filters and the configuration without one filter, its lines in the registry and its entry."""
    for part in ("filters", "config"):
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


#: A program that loads as much of the gateway as loads without filters. For each folder that it reads, a copy of it
#: takes the filters there and prints, into the folder's file `output`, the help of all commands, the help of `report`,
#: the names of the operations and what `check` says. The program prints the copy's status.
PROGRAM = """
import os, pkgutil, sys, traceback
from contextlib import suppress
from importlib import import_module
import gateway

def show():
    from gateway.cli.main import cli
    from gateway.operations.dispatch import ROLES
    for command in (["--help"], ["report", "--help"]):
        with suppress(SystemExit):
            cli(command)
        print("\\0")
    print(*ROLES, "\\0")
    cli(["check", "--config", "config/gateway.yaml"])

sys.modules["filters"] = None  # there are none yet
for module in pkgutil.walk_packages(gateway.__path__, "gateway.", onerror=lambda name: None):
    if module.name.rpartition(".")[2] not in ("__main__", "env"):  # programs
        with suppress(ImportError):  # it needs the filters: the copies load it
            import_module(module.name)
del sys.modules["filters"]
for line in sys.stdin:
    folder = line.strip()
    if copy := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]), flush=True)
        continue
    os.chdir(folder)
    sys.path.insert(0, folder)
    output = os.open("output", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    try:
        show()
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(int(end.code or 0))
"""


@pytest.fixture(scope="module")
def program() -> Iterator[subprocess.Popen[str]]:
    """The program, which loads the gateway once for all filters."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.parametrize("name", FILTERS)
def test_gateway_starts_without_a_filter(name: str, program: subprocess.Popen[str], tmp_path: Path) -> None:
    """The chain has the other filters, the command line all commands and operations but this filter's."""
    help, help_of_report, operations, checked = run(program, without(name, tmp_path / "copy")).split("\0")
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


def run(program: subprocess.Popen[str], place: Path) -> str:
    """Return the output of the program with the filters of a folder."""
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{place}\n")
    program.stdin.flush()
    status = program.stdout.readline()
    output = (place / "output").read_text()
    assert status == "0\n", output
    return output
