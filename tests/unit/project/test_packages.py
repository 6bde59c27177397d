"""The set-up's Debian packages: nothing is done when nothing is missing, and another MTA is never replaced unasked.

dpkg-query, apt-get and sudo are stand-ins that write down how they were called: the machine stays as it is.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Return the file that the stand-ins write."""
    return tmp_path / "calls"


@pytest.fixture
def packages(root: Path, tmp_path: Path, calls: Path) -> Run:
    """tools/packages.sh on a machine that has the given packages, each `name` or `name: what it provides`."""

    def run(*wanted: str, has: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
        stand_ins = tmp_path / "bin"
        stand_ins.mkdir()
        lines = [f"installed\t{name}\t{provides.strip()}" for name, _, provides in (one.partition(":") for one in has)]
        (tmp_path / "installed").write_text("".join(f"{line}\n" for line in lines))
        _script(stand_ins / "dpkg-query", _DPKG_QUERY.format(installed=tmp_path / "installed"))
        for name in ("sudo", "bash"):
            _script(stand_ins / name, f'echo "{name} $*" >>{calls}')
        return subprocess.run(
            ["/bin/bash", root / "tools/packages.sh", *wanted],
            env={"PATH": f"{stand_ins}:{os.environ['PATH']}", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


#: Asked for one package it prints its status; asked for none, every line of the list.
_DPKG_QUERY = """\
if [ $# = 2 ]; then cat {installed}; exit; fi
cut -f2 {installed} | grep -qx "$3" && printf installed
"""


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_nothing_missing_nothing_done(packages: Run, calls: Path) -> None:
    """No apt-get and no sudo is called, and nothing is said, if every package is there."""
    done = packages("clamav-daemon", "postfix", has=("clamav-daemon", "postfix: mail-transport-agent"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not calls.exists()


def test_another_release_s_name_counts(packages: Run, calls: Path) -> None:
    """libmagic1t64 (Debian 13) and libmagic1 (Debian 12) are one library: either will do."""
    assert packages("libmagic1t64|libmagic1", has=("libmagic1",)).returncode == 0
    assert not calls.exists()


def test_only_the_missing_are_installed(packages: Run, calls: Path) -> None:
    """Packages that are there aren't asked of apt-get again."""
    done = packages("clamav-daemon", "docker-compose", has=("clamav-daemon",))
    assert done.stdout == "Installing Debian packages: docker-compose\n"
    assert calls.read_text().strip().endswith("apt-install.sh docker-compose")


@pytest.mark.parametrize("other", ["exim4-daemon-light", "sendmail-bin", "opensmtpd", "nullmailer"])
def test_another_mail_transport_agent_is_not_replaced(packages: Run, calls: Path, other: str) -> None:
    """Postfix would remove an installed MTA: the set-up names it, says how to go on, and does nothing."""
    done = packages("postfix", has=("clamav-daemon", f"{other}: default-mta, mail-transport-agent"))
    assert done.returncode != 0
    assert other in done.stderr
    assert "FORCE=1" in done.stderr
    assert not calls.exists()


def test_force_replaces_it(packages: Run, calls: Path) -> None:
    """FORCE=1 is the administrator's word."""
    assert packages("postfix", has=("exim4-daemon-light: mail-transport-agent",), FORCE="1").returncode == 0
    assert calls.read_text().strip().endswith("apt-install.sh postfix")


def test_without_postfix_another_agent_is_no_matter(packages: Run, calls: Path) -> None:
    """`make run` installs no Postfix, so any MTA may be there."""
    assert packages("clamav-daemon", has=("exim4-daemon-light: mail-transport-agent",)).returncode == 0
    assert calls.exists()


def test_an_installed_postfix_is_no_other_agent(packages: Run, calls: Path) -> None:
    """Postfix itself provides the same and stays."""
    done = packages("postfix", "docker-compose", has=("postfix: default-mta, mail-transport-agent",))
    assert done.returncode == 0
    assert calls.read_text().strip().endswith("apt-install.sh docker-compose")
