"""The set-up's answers to an unsuitable interpreter, and that it does nothing where nothing is to be done.

It runs in a copy of what it reads, so that this checkout's .venv stays as it is; apt-get is never reached.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("requirements-dev.lock", "requirements.lock")
NEEDED = (*LOCKS, "pyproject.toml", "VERSION", "Makefile")


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """Return a tree with the set-up in it; its packages.sh only writes down what is asked of it.

    mail_servers.sh does nothing (`test_mail_servers.py`).
    """
    made = tmp_path / "project"
    shutil.copytree(root / "tools", made / "tools")
    for name in NEEDED:
        shutil.copy(root / name, made)
    script = made / "tools/packages.sh"
    script.write_text('#!/bin/sh\necho "$*" >packages\nexit ${PACKAGES_STATUS:-0}\n')
    (made / "tools/mail_servers.sh").write_text("#!/bin/sh\n")
    return made


def set_up(copy: Path, purpose: str, python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [copy / "tools/setup.sh", purpose],
        env={**os.environ, "PYTHON": python, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def old_python(copy: Path) -> Path:
    """Return an interpreter that says it is 3.10."""
    path = copy / "python3.10"
    path.write_text('#!/bin/sh\n[ "$1" != --version ] || { echo Python 3.10.12; exit; }\nexit 1\n')
    path.chmod(0o755)
    return path


def test_an_old_python_is_refused(copy: Path) -> None:
    """Below 3.11: one sentence says which it is and how to name another; nothing is installed."""
    done = set_up(copy, "run", str(old_python(copy)))
    assert done.returncode != 0
    assert "Python 3.10.12 is too old" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (copy / "packages").exists()


def test_an_unknown_python_is_refused(copy: Path) -> None:
    """An interpreter that isn't there, and that Debian has no package for, is named."""
    done = set_up(copy, "run", "/opt/nowhere/python")
    assert done.returncode != 0
    assert "there is no /opt/nowhere/python" in done.stderr


def test_a_missing_debian_python_is_installed(copy: Path) -> None:
    """`python3.99` isn't there: it is asked of apt-get with its venv module, before anything else."""
    set_up(copy, "run", "python3.99", PACKAGES_STATUS="1")
    assert (copy / "packages").read_text().startswith("python3.99 python3.99-venv clamav-daemon")


def test_running_needs_no_test_servers(copy: Path) -> None:
    """`make setup` and `make run` ask for no mail server."""
    set_up(copy, "run", sys.executable, PACKAGES_STATUS="1")
    asked = (copy / "packages").read_text().split()
    assert "clamav-daemon" in asked
    assert not {"postfix", "docker-compose"} & set(asked)


def test_the_linters_need_python_alone(copy: Path, recorded: Path) -> None:
    """`make lint` asks for no Debian package where there is Python, and installs the linters beside the gateway's."""
    assert set_up(copy, "lint", str(recorded)).returncode == 0
    assert (copy / "packages").read_text().split() == []
    assert calls(copy) == ["made", "requirements.lock"]
    set_up(copy, "lint", str(recorded))
    set_up(copy, "run", str(recorded))
    assert calls(copy) == []


def test_the_linters_are_locked(root: Path) -> None:
    """Each package that `make lint` adds stands in the developers' lock, and mypy finds what it needs there."""
    (listed,) = re.findall(r"^linters=\((.+)\)$", (root / "tools/setup.sh").read_text(), re.M)
    locked, run = (set(re.findall(r"^([a-z0-9-]+)==", (root / lock).read_text(), re.M)) for lock in LOCKS)
    assert set(listed.split()) <= locked
    for name in listed.split():
        required = [Requirement(line) for line in metadata.requires(name) or ()]
        needed = {
            canonicalize_name(one.name) for one in required if not one.marker or one.marker.evaluate({"extra": ""})
        }
        assert needed <= {*listed.split(), *run}, name


def test_test_servers_are_listed_first(copy: Path) -> None:
    """`make test` says what it is about to install, also when that is then refused."""
    done = set_up(copy, "dev", sys.executable, PACKAGES_STATUS="1")
    assert done.returncode != 0
    asked = (copy / "packages").read_text().split()
    for name in ("postfix", "docker-compose", "openssl", "postgresql"):
        assert f"  {name} " in done.stdout
        assert name in asked


def test_something_else_named_venv_is_left_alone(copy: Path) -> None:
    """A .venv that is no virtual environment isn't deleted."""
    (copy / ".venv").mkdir()
    (copy / ".venv/precious").touch()
    done = set_up(copy, "run", sys.executable)
    assert done.returncode != 0
    assert "it is no virtual environment" in done.stderr
    assert (copy / ".venv/precious").exists()


@pytest.fixture
def recorded(copy: Path) -> Path:
    """Return an interpreter whose virtual environments hold a python that only writes down pip's arguments."""
    (copy / "pip").write_text('#!/bin/sh\necho "$*" >>calls\n')
    (copy / "pip").chmod(0o755)
    path = copy / "python"
    path.write_text(f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"
echo "made" >>calls
mkdir -p "$3/bin" && touch "$3/pyvenv.cfg" && cp pip "$3/bin/python"
""")
    path.chmod(0o755)
    return path


def calls(copy: Path) -> list[str]:
    """Return the actions since the last call: "made" for an environment, the lock for an installation."""
    path = copy / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [line.split()[-1] for line in lines if line == "made" or "--requirement" in line]


def test_a_second_time_does_nothing(copy: Path, recorded: Path) -> None:
    """An existing installation is not repeated, and nothing is said."""
    set_up(copy, "run", str(recorded))
    assert calls(copy) == ["made", "requirements.lock"]
    done = set_up(copy, "run", str(recorded))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert calls(copy) == []


def test_the_developers_environment_runs_too(copy: Path, recorded: Path) -> None:
    """After `make test`, `make run` finds all that it needs; the other way round only the rest is installed."""
    set_up(copy, "run", str(recorded))
    calls(copy)
    set_up(copy, "dev", str(recorded))
    assert calls(copy) == ["requirements-dev.lock"]
    set_up(copy, "run", str(recorded))
    assert calls(copy) == []


def test_a_changed_lock_makes_the_environment_anew(copy: Path, recorded: Path) -> None:
    """A package that is no longer locked is gone."""
    set_up(copy, "run", str(recorded))
    (copy / "requirements.lock").write_text("")
    calls(copy)
    set_up(copy, "run", str(recorded))
    assert calls(copy) == ["made", "requirements.lock"]


def test_a_changed_project_is_installed_again(copy: Path, recorded: Path) -> None:
    """New entry points in pyproject.toml take effect, in the same environment."""
    set_up(copy, "run", str(recorded))
    (copy / "pyproject.toml").write_text("")
    calls(copy)
    set_up(copy, "run", str(recorded))
    assert calls(copy) == ["requirements.lock"]


def test_a_moved_tree_gets_a_new_environment(copy: Path, recorded: Path) -> None:
    """A virtual environment names its own folder: in a copy of the tree it would run the other's code."""
    set_up(copy, "run", str(recorded))
    calls(copy)
    moved = copy.rename(copy.with_name("moved"))
    set_up(moved, "run", str(moved / "python"))
    assert calls(moved) == ["made", "requirements.lock"]


def test_help_lists_every_target(root: Path) -> None:
    """`make` alone explains itself."""
    done = subprocess.run(["make", "-C", root, "help"], capture_output=True, text=True, check=True)
    for target in ("setup", "run", "sample", "test", "lint", "bench", "lock", "clean"):
        assert f"make {target}" in done.stdout


def test_a_bare_make_changes_nothing(root: Path) -> None:
    """The default target is the help."""
    first, second = (
        subprocess.run(["make", "-s", "-C", root, *target], capture_output=True, text=True, check=True).stdout
        for target in ([], ["help"])
    )
    assert first == second


def test_clean_leaves_the_mail(copy: Path) -> None:
    """`make clean` removes the environment and caches; var/, which holds mail, stays."""
    for name in ("var/delivered", ".venv/bin", ".mypy_cache", "mailwarden.egg-info", "gateway/__pycache__"):
        (copy / name).mkdir(parents=True)
    subprocess.run(["make", "-C", copy, "clean"], capture_output=True, check=True)
    assert (copy / "var/delivered").exists()
    left = {path.name for path in copy.rglob("*")}
    assert not left & {".venv", ".mypy_cache", "mailwarden.egg-info", "__pycache__"}
