"""The lock files: every version has hashes, nothing says where to fetch it from, and they fit pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = ("requirements.lock", "requirements-dev.lock")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PINNED = re.compile(r"([a-z0-9][a-z0-9.-]*)(?:\[[a-z0-9,-]+\])?==([0-9][0-9a-z.+!]*)(?: ; [\w .'=<>!()-]+)?")


def entries(lock: Path) -> list[str]:
    """One string for each requirement, its continuation lines joined."""
    return lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


def versions(lock: Path) -> dict[str, set[Version]]:
    """Return the versions of each package; there may be several, for different Pythons."""
    found: dict[str, set[Version]] = {}
    for entry in entries(lock):
        name, version = entry.split(" ")[0].split("==")
        found.setdefault(canonicalize_name(name), set()).add(Version(version))
    return found


def project(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return read


@pytest.mark.parametrize("name", LOCKS)
def test_entries_are_versions_and_hashes_only(root: Path, name: str) -> None:
    """Each entry is a package, one version, perhaps a marker, and hashes: no index, host, address or path fits in."""
    for entry in entries(root / name):
        what, *hashes = re.split(r"\s+(?=--hash)", entry.strip())
        assert PINNED.fullmatch(what.strip()), what
        assert hashes, what
        assert all(HASH.fullmatch(one) for one in hashes), what


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("word", ["://", "index", "find-links", "trusted-host", "file:", " @ ", "/", "#"])
def test_no_place_is_named(root: Path, name: str, word: str) -> None:
    """The lock names no index, no host and no path, and has no comments in which they could stand."""
    assert word not in (root / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
)
def test_fits_pyproject(root: Path, lock: str, extras: list[str]) -> None:
    """Every dependency of pyproject.toml is locked, at a version that it allows."""
    declared = project(root)
    wanted = declared["dependencies"] + [line for extra in extras for line in declared["optional-dependencies"][extra]]
    locked = versions(root / lock)
    for requirement in map(Requirement, wanted):
        found = locked.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is not in {lock}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found), requirement


def test_the_dev_lock_holds_the_other(root: Path) -> None:
    """The developers' lock has the same versions of all packages that the gateway needs: the tests test what is run."""
    run, dev = (versions(root / name) for name in LOCKS)
    assert run.items() <= dev.items()


def test_dependencies_are_ranges(root: Path) -> None:
    """pyproject.toml says which versions would do; only the lock pins one."""
    declared = project(root)
    every = [
        *declared["dependencies"],
        *(line for extra in declared["optional-dependencies"].values() for line in extra),
    ]
    for requirement in map(Requirement, every):
        assert requirement.specifier, f"{requirement.name} has no lower bound"
        assert not any(one.operator in ("==", "===") for one in requirement.specifier), requirement


def test_no_test_library_is_needed_to_run(root: Path) -> None:
    """The gateway's lock holds no developers' tool."""
    assert versions(root / "requirements.lock").keys().isdisjoint({"pytest", "mypy", "ruff", "hypothesis", "uv"})
