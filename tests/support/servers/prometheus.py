"""A real Prometheus on loopback that scrapes a gateway every fifth of a second.

`with Prometheus(folder, target, rules) as prometheus: prometheus.query("up")`
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.servers.ports import free_port, wait_port

PROGRAM = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
START_SECONDS = 30
#: Seconds that a sample may need to appear.
SEEN_SECONDS = 30

_CONFIGURATION = """\
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: mailwarden
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
"""


class Prometheus:
    def __init__(self, folder: Path, target: int, rules: Path) -> None:
        assert PROGRAM, "prometheus is not installed"
        self.port = free_port()
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        (folder / "prometheus.yml").write_text(_CONFIGURATION.format(target=target, rules=rules))

    def __enter__(self) -> Prometheus:
        command = [
            *(
                PROGRAM or "",
                f"--config.file={self._folder}/prometheus.yml",
                f"--storage.tsdb.path={self._folder}/data",
            ),
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_port(self.port, START_SECONDS)
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def _wait_until_ready(self) -> None:
        """Wait until queries are answered: the port is open before the store of samples is."""
        ends = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=30).close()
                return
            except urllib.error.HTTPError:
                if time.monotonic() > ends:
                    raise
            time.sleep(0.05)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression now. Raises AssertionError where Prometheus can't read it."""
        asked = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{asked}", timeout=30) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        samples: list[dict[str, Any]] = found["data"]["result"]
        return samples

    async def seen(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression as soon as there are any."""
        ends = time.monotonic() + SEEN_SECONDS
        while time.monotonic() < ends:
            if found := self.query(expression):
                return found
            await asyncio.sleep(0.1)
        raise TimeoutError(expression)
