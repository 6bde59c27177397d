"""Measurements of the benchmark: rates of whole processes, and their cost as the kernel counts it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.servers.ports import free_port, wait_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSIONS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink, which accepts everything and keeps nothing, and yield its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen(["smtp-sink", *user, "-c", f"127.0.0.1:{port}", "512"], stdout=subprocess.DEVNULL)
    try:
        wait_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def smtp_rate(port: int, message: Path, count: int) -> float:
    """Return messages a second from smtp-source over 20 connections at a time, a new one for each message."""
    began = time.monotonic()
    subprocess.run(
        [
            *("smtp-source", "-s", str(SESSIONS), "-m", str(count), "-F", str(message)),
            *("-f", "alice@example.co.uk", "-t", "bob@other.example", f"127.0.0.1:{port}"),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return count / (time.monotonic() - began)


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


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
