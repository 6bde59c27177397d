"""No known problem of a dependency: not in the locks, nor in the lowest versions that pyproject.toml allows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.unit.project.test_lock import LOCKS, versions


def mended(root: Path) -> dict[str, Version]:
    """Return the first version of each package without a known problem."""
    lines = (root / "tools/advisories.txt").read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert all(len(row) > 2 for row in rows), "each line has a package, a version and the problem's number"
    return {canonicalize_name(name): Version(version) for name, version, *_ in rows}


def lowest(root: Path) -> dict[str, Version]:
    """Return the lower bound of each package that the gateway needs, or that builds it."""
    read = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    wanted = [*read["project"]["dependencies"], *read["build-system"]["requires"]]
    wanted += read["project"]["optional-dependencies"]["build"]
    return {
        canonicalize_name(one.name): max(Version(bound.version) for bound in one.specifier if bound.operator == ">=")
        for one in map(Requirement, wanted)
    }


def test_no_lower_bound_has_a_known_problem(root: Path) -> None:
    bounds = lowest(root)
    wrong = {name: str(found) for name, found in mended(root).items() if name in bounds and bounds[name] < found}
    assert wrong == {}, "raise the bound in pyproject.toml to at least this version"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_locked_version_has_a_known_problem(root: Path, lock: str) -> None:
    locked = versions(root / lock)
    wrong = {name: str(found) for name, found in mended(root).items() if min(locked.get(name, {found})) < found}
    assert wrong == {}, "UPGRADE=1 make lock"


def test_every_line_is_about_something_of_ours(root: Path) -> None:
    """A package that has gone, or is misspelt, leaves the list."""
    assert mended(root).keys() <= versions(root / "requirements-dev.lock").keys()
