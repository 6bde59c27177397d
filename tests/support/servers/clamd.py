"""A real clamd for tests and benchmarks: its own database, configuration and port, stopped by its pid.

The signatures are EICAR and harmless patterns of ours. clamd adds ".UNOFFICIAL" to their names: the database is not
signed. Everything lies under a folder of the system's temporary directory, where the AppArmor profile lets clamd write.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

#: The EICAR test file, in two pieces so that this module is not found by a scanner itself.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

#: Harmless patterns: signature name -> the octets that it matches anywhere in a file.
PATTERNS: Mapping[str, bytes] = {
    "Eicar-Test": EICAR,
    "Mailwarden.Test.Pattern": b"mailwarden-harmless-pattern-0f3a",
    "PUA.Mailwarden.Test": b"mailwarden-unwanted-pattern-71c9",
}

#: Directives of ours; a test may override each of them.
DIRECTIVES: Mapping[str, str] = {
    "TCPAddr": "127.0.0.1",
    "Foreground": "yes",
    "MaxThreads": "4",
    "MaxQueue": "200",
    "DetectPUA": "yes",
    "AlertExceedsMax": "yes",
    "AlertEncrypted": "yes",
    "StreamMaxLength": "60M",
    "MaxFileSize": "60M",
    "MaxScanSize": "120M",
}

#: Loading a few signatures takes about a second; a busy machine may need much more.
START_SECONDS = 60.0
STOP_SECONDS = 20.0


class ClamdFailed(RuntimeError):
    """clamd did not come up; the text is its log."""


class Clamd:
    """`with Clamd() as clamd:` a running clamd at `clamd.address`; directives by keyword (`AlertExceedsMax="no"`).

    `databases` are further files for its database folder (name -> content). `socket_path=True` makes it listen on a
    unix socket as well, at `clamd.socket_path`. `anchored=True` has the patterns match at the start of a file only, as
    ClamAV's own signature of EICAR does: then a part is found only if clamd is shown it as a file.
    """

    def __init__(
        self, *, databases: Mapping[str, str] | None = None, port: int = 0, anchored: bool = False, **directives: str
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mailwarden-clamd-"))
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.socket_path = str(self.directory / "clamd.socket")
        self._directives = {**DIRECTIVES, **directives}
        self._process: subprocess.Popen[bytes] | None = None
        self._offset = "0" if anchored else "*"
        self._write(databases or {})

    @property
    def pid(self) -> int:
        """Process id of the running clamd."""
        if self._process is None:
            raise ClamdFailed("clamd is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start clamd (again) and wait until it answers PING."""
        log = (self.directory / "log").open("ab")
        with log:
            command = ["clamd", "--config-file", str(self.directory / "clamd.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment())
        self._wait()
        return self

    def stop(self) -> None:
        """Ask clamd to end, and end it if it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End clamd at once (SIGKILL), as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Let clamd accept connections and answer nothing (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Undo `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _write(self, databases: Mapping[str, str]) -> None:
        database = self.directory / "database"
        database.mkdir()
        lines = [f"{name}:0:{self._offset}:{octets.hex()}\n" for name, octets in PATTERNS.items()]
        (database / "test.ndb").write_text("".join(lines))
        for name, content in databases.items():
            (database / name).write_text(content)
        own = {
            "DatabaseDirectory": str(database),
            "TemporaryDirectory": str(self.directory),
            "LocalSocket": self.socket_path,
            "TCPSocket": str(self.port),
        }
        if os.getuid() == 0:
            own["User"] = "root"  # else clamd would drop to a user that can't read our folder
        settings = {**own, **self._directives}
        (self.directory / "clamd.conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                break
            if _answers(self.port):
                return
            time.sleep(0.05)
        raise ClamdFailed((self.directory / "log").read_text(errors="replace"))


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """Return the environment with /usr/sbin in PATH: clamd is there, and a user's PATH may lack it."""
    return {**os.environ, "PATH": os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"}


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(b"zPING\0")
            return connection.recv(16).startswith(b"PONG")
    except OSError:
        return False
