"""The gateway as a stranger would run it: `mailwarden serve` on free ports with a configuration of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.control.client import SOCKET_NAME
from tests.support.servers import preloaded
from tests.support.servers.ports import free_port

PROJECT = Path(__file__).resolve().parents[3]

ATTACHMENTS_ONLY = "filters:\n  - attachments: {block: [executables, scripts, shortcuts, disk_images]}\n"


def with_virus(clamd: str, *more: str) -> str:
    """Return the shipped chain with its scanner at this address, and more of its settings (`key: value`)."""
    settings = ", ".join((f"clamd: '{clamd}'", *more))
    return (
        f"filters:\n  - virus: {{{settings}}}\n"
        "  - attachments: {block: [executables, scripts, shortcuts, disk_images]}\n"
    )


@dataclass
class Gateway:
    """`with Gateway(folder, next_hop="smtp://127.0.0.1:2526") as gateway`."""

    folder: Path
    next_hop: str = "maildir:delivered"
    filters: str = ATTACHMENTS_ONLY
    workers: int = 2
    inbound_keys: str = ""  # more keys of the inbound listener, as `key: value, ` in flow style
    outbound_keys: str = ""
    listeners: str = ""  # YAML of the listeners, in place of the two; it must use the port `inbound`
    more: str = ""  # more top-level YAML
    text: str = ""  # the whole gateway.yaml, in place of the one that is made of these fields
    http: int = 0  # the port for monitoring; 0: off
    inbound: int = field(default_factory=free_port)
    outbound: int = field(default_factory=free_port)
    start_seconds: float = 90
    command: list[str] | None = None  # a program, in place of a copy of one that is loaded
    code: str = ""  # what a copy runs, in place of the command line's program
    programs: bool = False  # whether a copy starts programs, as outside of tests, where it would make copies
    process: subprocess.Popen[bytes] | preloaded.Copy | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "gateway.yaml"
        self.data_dir = self.folder / "var"
        self.log = self.folder / "log"
        self.write()

    def write(self) -> None:
        """Write the configuration as the fields have it now."""
        self.config.write_text(self.text + self._sandbox() + self._http() if self.text else self._made())
        (self.folder / "filters.yaml").write_text(self.filters)

    def _made(self) -> str:
        return f"""organisation:
  name: Example Ltd
  domains: [example.co.uk, example.com]
  contact: IT Service Desk <it@example.co.uk>
  timezone: Europe/London
hostname: gw.example.co.uk
{self.listeners or self._two_listeners()}
data_dir: var
{self._sandbox()}{self._http()}{self.more}
include: [filters.yaml]
"""

    def _sandbox(self) -> str:
        """One process for each worker: half of those shipped start in half the time."""
        return "" if "sandbox:" in self.more else "sandbox: {processes: 1}\n"

    def _http(self) -> str:
        """Monitoring, on a port of its own: gateways of several tests run at once."""
        return "" if "http:" in self.more.split() else f"http: {f'127.0.0.1:{self.http}' if self.http else 'off'}\n"

    def _two_listeners(self) -> str:
        return f"""listeners:
  - {{name: inbound, address: "127.0.0.1:{self.inbound}", direction: inbound,
     {self.inbound_keys}next_hop: "{self.next_hop}"}}
  - {{name: outbound, address: "127.0.0.1:{self.outbound}", direction: outbound, trusted_networks: [127.0.0.0/8],
     {self.outbound_keys}next_hop: "{self.next_hop}"}}"""

    def start(self) -> Gateway:
        arguments = ["serve", "--config", str(self.config), "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            if self.command is None:
                self.process = preloaded.start(arguments, log, log, code=self.code, programs=self.programs)
            else:
                self.process = subprocess.Popen([*self.command, *arguments], stdout=log, stderr=log, cwd=PROJECT)
        try:
            self.wait()
        except BaseException:
            self.kill()
            raise
        return self

    def wait(self) -> None:
        """Until each process says that it runs, after a start or the death of one.

        A connection before that waits in the supervisor's socket.
        """
        ends = time.monotonic() + self.start_seconds
        while time.monotonic() < ends:
            assert self.process is not None
            if (ended := self.process.poll()) is not None:
                raise ChildProcessError(f"it ended with {ended}: {self.log.read_text(errors='replace')}")
            with contextlib.suppress(OSError, ValueError):
                answer = self.question("status", {})
                if "refused" not in answer and _is_working(answer["result"]["running"]["processes"]):
                    return
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text(errors="replace"))

    def stop(self) -> None:
        """SIGTERM, and what was in flight finishes."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Send kill -9 to the supervisor and all its processes, at once."""
        assert self.process is not None
        for pid in [self.process.pid, *self.children()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def children(self) -> list[int]:
        """Process ids of workers and keeper."""
        assert self.process is not None
        return _children(self.process.pid)

    def pids(self, role: str = "") -> dict[str, int]:
        """Process ids of workers and keeper by their names, or of those of one role."""
        processes = self.ask("status")["running"]["processes"]
        return {one["name"]: int(one["pid"]) for one in processes if role in ("", one["role"])}

    def cells(self) -> list[int]:
        """Process ids of the sandbox, of all workers."""
        children = self.children()
        programs = [pid for child in children for pid in _children(child)]
        return programs + [pid for child in children for pid in _found("-x", preloaded.name_of("sandbox", child))]

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Gateway:
        """Start the gateway in a thread: a test that is the next hop must answer while it starts and drains."""
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One `mailwarden` command on this configuration."""
        arguments = (*arguments, "--config", str(self.config))
        if self.command is not None:
            return subprocess.run([*command(), *arguments], capture_output=True, text=True, cwd=PROJECT, check=False)
        return preloaded.run([*arguments])

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the JSON objects that a command prints."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ask(self, do: str, **arguments: Any) -> Any:
        """One question at the control socket, without the cost of a command."""
        answer = self.question(do, arguments)
        assert "refused" not in answer, answer
        return answer["result"]

    def question(self, do: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the whole answer to a question: its `result`, or why it is `refused`."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(str(self.data_dir / SOCKET_NAME))
            sock.sendall(json.dumps({"do": do, "with": arguments}).encode() + b"\n")
            answer: dict[str, Any] = json.loads(sock.makefile("rb").readline())
            return answer

    def held(self) -> list[dict[str, Any]]:
        """Return the rows of `mailwarden quarantine list --json`."""
        rows: list[dict[str, Any]] = self.ask("quarantine.list", limit=10_000)
        return rows


def _children(pid: int) -> list[int]:
    return _found("-P", str(pid))


def _found(*by: str) -> list[int]:
    found = subprocess.run(["pgrep", *by], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def _is_working(processes: list[dict[str, Any]]) -> bool:
    return not any("trouble" in process or process.get("starting") for process in processes)


def command() -> list[str]:
    return [sys.executable, "-m", "gateway"]


async def send(
    port: int,
    mail_from: str,
    recipients: list[str],
    content: bytes,
    *,
    mail: str = "",
    rcpt: str = "",
    client: str = "127.0.0.1",
    before: str = "",
) -> str:
    """One transaction; the last reply's last line. `mail` and `rcpt` are parameters such as " BODY=8BITMIME".

    `before` is a command before the transaction, such as XFORWARD, or lines of several, such as XCLIENT and EHLO.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24, local_addr=(client, 0))
    try:
        banner = await _reply(reader)
        if not banner.startswith("220"):
            return banner
        commands = [
            "EHLO client.example",
            *before.splitlines(),
            f"MAIL FROM:<{mail_from}>{mail}",
            *(f"RCPT TO:<{r}>{rcpt}" for r in recipients),
            "DATA",
        ]
        for line in commands:
            writer.write(line.encode() + b"\r\n")
            answer = await _reply(reader)
            if answer[:1] not in "23":
                return answer
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        writer.write(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        answer = await _reply(reader)
        writer.write(b"QUIT\r\n")
        return answer
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader) -> str:
    while True:
        line = await reader.readline()
        if not line or line[3:4] != b"-":
            return line.decode(errors="replace").strip()
