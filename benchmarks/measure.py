"""Measurements of the benchmark: rates of whole processes, and their cost as the kernel counts it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from tests.support.servers.ports import free_port, wait_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSIONS = 20
RESULTS = Path(__file__).with_name("RESULTS.md")
#: The section of RESULTS.md that `make bench-peers` writes, the last one.
PEERS_HEADING = "\n## Beside other gateways\n"
#: Sender and recipient.
OUTBOUND = ("alice@example.co.uk", "bob@other.example")
INBOUND = ("bob@other.example", "alice@example.co.uk")
_TICKS = os.sysconf("SC_CLK_TCK")
#: The last counter may be cut off: a separator follows each that is complete.
_RECEIVED = re.compile(rb"mesg=(\d+)\s")


@dataclass(frozen=True, slots=True)
class Sink:
    """A running smtp-sink."""

    port: int
    counters: Path  # smtp-sink writes "sess=3 quit=2 mesg=2 max=1" there, again and again

    def received(self) -> int:
        """Return the number of messages that came so far."""
        with self.counters.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200))
            found = _RECEIVED.findall(file.read())
        return int(found[-1]) if found else 0

    def wait_received(self, total: int, seconds: float = 300) -> None:
        """Wait until so many messages came in all. Raises TimeoutError."""
        ends = time.monotonic() + seconds
        while self.received() < total:
            if time.monotonic() > ends:
                raise TimeoutError(f"{self.received()} of {total} messages reached the next hop in {seconds:g} s")
            time.sleep(0.005)


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Run Postfix's smtp-sink, which accepts everything and keeps nothing."""
    port = free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    with tempfile.NamedTemporaryFile(prefix="mailwarden-sink-") as counters:
        process = subprocess.Popen(["smtp-sink", *user, "-c", f"127.0.0.1:{port}", "512"], stdout=counters)
        try:
            wait_port(port)
            yield Sink(port, Path(counters.name))
        finally:
            process.terminate()
            process.wait()


def smtp_rate(port: int, message: Path, count: int, envelope: tuple[str, str] = OUTBOUND) -> float:
    """Return messages a second from smtp-source over 20 connections at a time, a new one for each message."""
    sender, recipient = envelope
    began = time.monotonic()
    subprocess.run(
        [
            *("smtp-source", "-s", str(SESSIONS), "-m", str(count), "-F", str(message)),
            *("-f", sender, "-t", recipient, f"127.0.0.1:{port}"),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return count / (time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class Load:
    """Messages that smtp_load.py sent."""

    seconds: float
    each: list[float]  # seconds of each message
    codes: dict[str, int]  # replies to messages

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds


def smtp_load(port: int, folder: Path, count: int, connections: int, envelope: tuple[str, str]) -> Load:
    """Send so many messages of a folder, each over a connection of its own, and time each."""
    script = Path(__file__).with_name("smtp_load.py")
    command = [sys.executable, str(script), str(port), str(folder), str(count), str(connections), *envelope]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
    return Load(**json.loads(done.stdout))


def percentiles(each: Sequence[float]) -> str:
    """Return p50 and p99 in milliseconds."""
    if len(each) < 2:
        return ""
    return f"{median(each) * 1000:.0f}, {quantiles(each, n=100, method='inclusive')[98] * 1000:.0f}"


def clamd_rate(port: int, message: Path, count: int) -> float:
    """Return messages a second that clamd scans for 20 parallel clients."""
    script = Path(__file__).with_name("clamd_alone.py")
    command = [sys.executable, str(script), str(port), str(message), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return float(done.stdout)


def databases() -> dict[str, str]:
    """Return 20,000 body and 5,000 hash signatures that match nothing here."""
    chooser = random.Random(7)
    bodies = "".join(f"Bench.Body.{n}:0:*:{chooser.randbytes(24).hex()}\n" for n in range(20_000))
    hashes = "".join(
        f"{chooser.randbytes(16).hex()}:{chooser.randint(1000, 99999)}:Bench.Hash.{n}\n" for n in range(5_000)
    )
    return {"bench.ndb": bodies, "bench.hdb": hashes}


def clamd_version() -> str:
    """Return name and version of the program, such as "ClamAV 1.4.6"."""
    shown = subprocess.run(["clamd", "--version"], capture_output=True, text=True, check=False).stdout
    return shown.partition("/")[0].strip()


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of some processes so far."""

    cpu_seconds: float
    peak_mib: float  # the largest process


def cost(pids: Sequence[int]) -> Cost:
    return Cost(sum(map(_cpu_seconds, pids)), max(map(_peak_mib, pids)))


def tree_cpu_seconds(pids: Sequence[int]) -> float:
    """Return the CPU seconds of these processes and of all below them, those that have ended included."""
    return sum(sum(_times(pid)) / _TICKS + tree_cpu_seconds(children(pid)) for pid in pids)


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children; of one that has ended there are none."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, task.read_text().split())
    return found


def _cpu_seconds(pid: int) -> float:
    user, system, *_ = _times(pid)
    return (user + system) / _TICKS


def _times(pid: int) -> list[int]:
    """Return ticks in user and system mode, of the process and of its ended children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile, and its parent counts it
        return [0, 0, 0, 0]
    return [int(field) for field in fields[11:15]]


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
