"""The Makefile as an administrator meets it: what `make help` prints, and what its targets install."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.unit.docs.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def test_help_fits_a_terminal() -> None:
    """The help has at most 100 columns, and every description begins in the same one."""
    command = ["make", "--no-print-directory", "help"]  # inside `make test` it would say in which directory it is
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    assert len(lines) > 10
    assert max(map(len, lines)) <= 100
    assert {len(re.match(r"make \S+ +", line)[0]) for line in lines} == {24}  # type: ignore[index]


@pytest.mark.parametrize("target", ["run", "sample", "evaluate"])
def test_what_administrators_use_needs_no_test_servers(target: str) -> None:
    """`setup` installs what running needs, `dev` much more."""
    (needs,) = re.findall(rf"^{target}:([^#\n]*)##", MAKEFILE, re.M)
    assert needs.split() == ["setup"]


def test_lint_needs_no_test_servers() -> None:
    """`lint` installs Python packages alone; `test` installs all."""
    assert re.search(r"^lint: linters +##", MAKEFILE, re.M)
    assert re.search(r"^test: dev compiled lint +##", MAKEFILE, re.M)
