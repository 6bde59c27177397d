"""tools/mail_servers.sh: Exim and Dovecot are unpacked once, and never installed.

It runs in a copy, with an apt-get and a dpkg-deb that only write down what is asked of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = {
    "apt-get": """\
echo "apt-get $*" >>"$CALLS"
[ ! -e "$CALLS.offline" ] || exit 100
case "$*" in *" download "*) touch exim4.deb dovecot.deb ;; esac
""",
    "dpkg-deb": """\
case "$1" in
--extract) mkdir -p "$3/usr/sbin" && touch "$3/usr/sbin/$(basename "$2" .deb)" ;;
--field) echo "adduser, libpam-runtime, libgnutls30t64 (>= 3.8), libidn12:any | libidn11, exim4-base (>= 4.9)" ;;
esac
""",
    "packages.sh": 'echo "packages $*" >>"$CALLS"\n',
}


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """Return a tree with the script in it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(root / "tools/mail_servers.sh", tmp_path / "tools")
    for name, text in PROGRAMS.items():
        program = tmp_path / ("tools" if name.endswith(".sh") else "bin") / name
        program.write_text(f"#!/bin/sh\n{text}")
        program.chmod(0o755)
    return tmp_path


def unpack(copy: Path) -> tuple[int, list[str]]:
    """Run the script; its exit status, and the calls that it has made."""
    environment = {**os.environ, "PATH": f"{copy / 'bin'}:{os.environ['PATH']}", "CALLS": str(copy / "calls")}
    done = subprocess.run([copy / "tools/mail_servers.sh"], env=environment, capture_output=True, check=False)
    made = (copy / "calls").read_text().splitlines() if (copy / "calls").exists() else []
    (copy / "calls").unlink(missing_ok=True)
    return done.returncode, made


def test_the_servers_are_unpacked_once(copy: Path) -> None:
    """Only libraries that they need are installed; a second call does nothing, and another list does it again."""
    status, made = unpack(copy)
    assert status == 0
    assert not [call for call in made if " install " in call]
    assert made[-1] == "packages libpam-runtime libgnutls30t64 libidn12 libpam-runtime libgnutls30t64 libidn12"
    assert (copy / "build/mail-servers/root/usr/sbin/exim4").exists()
    assert not (copy / "build/mail-servers/deb").exists()
    assert unpack(copy) == (0, [])
    script = copy / "tools/mail_servers.sh"
    script.write_text(script.read_text().replace(" busybox-static)", ")"))
    assert unpack(copy)[1] != []


def test_what_could_not_be_fetched_is_tried_again(copy: Path) -> None:
    """A set-up without the network leaves nothing that looks complete."""
    (copy / "calls.offline").touch()
    status, made = unpack(copy)
    assert status != 0
    assert any(call.endswith(" update") for call in made)
    (copy / "calls.offline").unlink()
    assert unpack(copy)[0] == 0
