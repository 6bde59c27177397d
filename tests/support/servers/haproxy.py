"""A real HAProxy with a test's configuration: `with HAProxy(folder, text, port): …` until the port answers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.servers.ports import wait_port

PROGRAM = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/sbin:/bin")
START_SECONDS = 30


class HAProxy:
    """One process in the foreground; `folder` gets its configuration and its log."""

    def __init__(self, folder: Path, configuration: str, port: int) -> None:
        assert PROGRAM, "haproxy is not installed"
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.log = folder / "log"
        self._file = folder / "haproxy.cfg"
        self._file.write_text(configuration)

    def __enter__(self) -> HAProxy:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([PROGRAM or "", "-db", "-f", self._file], stdout=log, stderr=log)
        try:
            wait_port(self.port, START_SECONDS)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
