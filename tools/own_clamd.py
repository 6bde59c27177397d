"""A clamd of our own for `make run`, where none answers: its folder, configuration, signatures and process.

It listens on loopback only. It never touches the machine's clamd, its configuration or its database.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from clamd_address import answers, listen_lines

from gateway.services.clamd_session import Address

PROJECT = Path(__file__).resolve().parent.parent
TEST_SIGNATURES = PROJECT / "tools/clamd-testdb"
MACHINE_DATABASE = Path("/var/lib/clamav")
APPARMOR_ENABLED = Path("/sys/module/apparmor/parameters/enabled")
APPARMOR_PROFILE = Path("/etc/apparmor.d/usr.sbin.clamd")
APPARMOR_OFF = Path("/etc/apparmor.d/disable/usr.sbin.clamd")

FRESHCLAM_SECONDS = 30  # a person waits for `make run`; an unfinished download is tried again after a day
FRESHCLAM_EVERY_SECONDS = 24 * 3600
LOADING_SECONDS = 180  # the whole of ClamAV's signatures on one slow core
ENDING_SECONDS = 10
HEADROOM_BYTES = 10 * 1024 * 1024  # so that clamd never says "too large" before the gateway does
SCAN_FACTOR = 8  # MaxScanSize counts what is unpacked too; clamd ships 400M for files of 100M
MEBIBYTE = 1024 * 1024
SCANS_OF_A_WORKER = 8  # `concurrency` of the filter; there is a worker for each core
THREADS = max(10, SCANS_OF_A_WORKER * (os.cpu_count() or 1) + 2)  # clamd ships ten; two for `check` and releases
LAST_LINES = 3  # of clamd's output, shown when it ends at once

CLAMD_CONFIGURATION = """\
# Written by `make run` at each start; changes are lost.
Foreground yes
{listen}
DatabaseDirectory {database}
TemporaryDirectory {folder}/tmp
LogFile {folder}/clamd.log
LogTime yes
LogFileMaxSize 10M
# What clamd did not look into is reported, never called clean.
AlertExceedsMax yes
AlertEncrypted yes
# The largest message that the gateway takes, and headroom.
StreamMaxLength {file_mib}M
MaxFileSize {file_mib}M
MaxScanSize {scan_mib}M
# Milliseconds; under the 45 seconds that the gateway waits, so that a scan without end becomes a finding.
MaxScanTime 30000
# As many files as the gateway opens itself, and deeper in one another: its own limits are met first.
MaxFiles 10000
MaxRecursion 17
# More than all workers ask for at a time, so that what waits does so in the gateway, in turns by client.
MaxThreads {threads}
"""

FRESHCLAM_CONFIGURATION = """\
# Written by `make run`; changes are lost.
DatabaseDirectory {database}
DatabaseOwner {owner}
DatabaseMirror database.clamav.net
UpdateLogFile {folder}/freshclam.log
ConnectTimeout 10
MaxAttempts 1
"""


class ClamdTrouble(RuntimeError):
    """Our clamd could not be started; the message is fit to be shown."""


def confined() -> bool:
    """Return whether Debian's AppArmor profile limits clamd. Any user may read these files; in doubt it does."""
    if not APPARMOR_PROFILE.exists() or APPARMOR_OFF.exists():
        return False
    try:
        return APPARMOR_ENABLED.read_text().strip() == "Y"
    except FileNotFoundError:
        return False


def own_folder(data_dir: Path) -> Path:
    """Return the folder where our clamd may write: var/clamd, or a private folder in /tmp under AppArmor.

    clamd's AppArmor profile allows /tmp, /var/lib/clamav and /var/log/clamav; the last two aren't the caller's. Raises
    ClamdTrouble for a folder that isn't private.
    """
    folder = Path(f"/tmp/mailwarden-clamd-{os.getuid()}") if confined() else data_dir.resolve() / "clamd"
    folder.parent.mkdir(mode=0o750, parents=True, exist_ok=True)  # `data_dir`, as the gateway makes it
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ClamdTrouble(f"{folder} is not a private folder of yours: remove it")  # anybody may write in /tmp
    for name in ("tmp", "db"):
        (folder / name).mkdir(exist_ok=True)
    return folder


def has_signatures(database: Path) -> bool:
    """Return whether a folder has ClamAV's own signatures, or some of them."""
    return any(database.glob("*.c[vl]d"))


def readable_by_clamd(database: Path) -> bool:
    return has_signatures(database) and all(os.access(path, os.R_OK) for path in database.glob("*.c[vl]d"))


def download(folder: Path, say: Callable[[str], None]) -> None:
    """Run freshclam for `FRESHCLAM_SECONDS` at most, unless it was run within the last day."""
    tried = folder / "freshclam-tried"
    if tried.exists() and time.time() - tried.stat().st_mtime < FRESHCLAM_EVERY_SECONDS:
        return
    program = _program("freshclam")
    configuration = folder / "freshclam.conf"
    configuration.write_text(
        FRESHCLAM_CONFIGURATION.format(database=folder / "db", owner=_user_name(), folder=folder), encoding="utf-8"
    )
    say(f"Downloading virus signatures (at most {FRESHCLAM_SECONDS} seconds) …")
    with (folder / "freshclam.out").open("wb") as output:
        freshclam = start_child([program, f"--config-file={configuration}", "--stdout"], output)
        try:
            freshclam.wait(FRESHCLAM_SECONDS)
        except subprocess.TimeoutExpired:
            say("freshclam took too long and was ended.")
        finally:
            end(freshclam)
    tried.touch()


def choose_database(folder: Path, say: Callable[[str], None]) -> tuple[Path, bool]:
    """Return the folder of the signatures to load, and whether they are real ones.

    The machine's signatures come first, then our own, then the harmless test set.
    """
    if readable_by_clamd(MACHINE_DATABASE):
        return MACHINE_DATABASE, True
    download(folder, say)
    if has_signatures(folder / "db"):
        return folder / "db", True
    tests = folder / "testdb"  # a copy, since AppArmor may keep clamd from reading the project's folder
    shutil.copytree(TEST_SIGNATURES, tests, dirs_exist_ok=True)
    return tests, False


def start(address: Address, folder: Path, database: Path, largest_bytes: int) -> subprocess.Popen[bytes]:
    """Start clamd; it is ready once `answers` returns True."""
    file_mib = -(-(largest_bytes + HEADROOM_BYTES) // MEBIBYTE)
    configuration = folder / "clamd.conf"
    configuration.write_text(
        CLAMD_CONFIGURATION.format(
            listen=listen_lines(address),
            database=database,
            folder=folder,
            file_mib=file_mib,
            scan_mib=file_mib * SCAN_FACTOR,
            threads=THREADS,
        ),
        encoding="utf-8",
    )
    with (folder / "clamd.out").open("wb") as output:
        return start_child([_program("clamd"), f"--config-file={configuration}"], output)


def wait_until_ready(clamd: subprocess.Popen[bytes], address: Address, folder: Path) -> None:
    """Return once clamd answers; raise ClamdTrouble, with its last lines, if it ends or takes too long."""
    give_up_at = time.monotonic() + LOADING_SECONDS
    while not answers(address):
        if clamd.poll() is not None:
            raise ClamdTrouble(f"clamd ended with status {clamd.returncode}: {last_words(folder)}")
        if time.monotonic() > give_up_at:
            raise ClamdTrouble(f"clamd did not answer within {LOADING_SECONDS} seconds: {last_words(folder)}")
        time.sleep(0.2)


def last_words(folder: Path) -> str:
    """Return the last lines that clamd wrote; they name the trouble."""
    lines = (folder / "clamd.out").read_text(errors="replace").splitlines()
    return " / ".join(lines[-LAST_LINES:]) or "it said nothing"


def end(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to a process, by its own pid, and SIGKILL if it doesn't end."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_child(command: list[str], output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches the gateway first.

    The kernel ends the child if we are killed (setpriv --pdeathsig).
    """
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
    return subprocess.Popen(
        [*guard, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")  # sbin is not in a user's path
    if found is None:
        raise ClamdTrouble(f"there is no {name} on this machine: run 'make setup'")
    return found


def _user_name() -> str:
    return pwd.getpwuid(os.getuid()).pw_name
