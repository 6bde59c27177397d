"""OpenDKIM's verdict on messages: it asks the system's resolver, so it runs in a network and mounts of its own.

`verdicts(messages, records)` starts this file under `unshare`; there unbound answers at 127.0.0.1:53, and
/etc/resolv.conf names it. Needs root, as the tests have in CI.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[3]
_SIOCSIFFLAGS = 0x8914
_UP = 0x1


def verdicts(messages: Sequence[bytes], records: Sequence[str]) -> list[str]:
    """Return for each message "" where every signature is good, else the output of opendkim-testmsg."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.eml" for number, _ in enumerate(messages)]
        for path, message in zip(paths, messages, strict=True):
            path.write_bytes(message)
        command = [
            "unshare",
            "--net",
            "--mount",
            "--propagation",
            "private",
            sys.executable,
            "-m",
            "tests.support.probes.opendkim",
        ]
        asked = json.dumps({"folder": folder, "paths": list(map(str, paths)), "records": list(records)})
        done = subprocess.run(
            command, input=asked, capture_output=True, text=True, check=False, cwd=_PROJECT, timeout=60
        )
        assert done.returncode == 0, done.stderr
        answer: list[str] = json.loads(done.stdout)
        return answer


def _inside() -> None:
    from tests.support.servers.name_server import NameServer

    asked = json.load(sys.stdin)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP))
    resolv = Path(asked["folder"]) / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", resolv, "/etc/resolv.conf"], check=True)
    with NameServer(asked["records"], port=53):
        print(json.dumps([_verdict(path) for path in asked["paths"]]))


def _verdict(path: str) -> str:
    program = shutil.which("opendkim-testmsg", path="/usr/sbin:/usr/bin")
    assert program, "opendkim-tools is not installed"
    with open(path, "rb") as message:
        done = subprocess.run([program], stdin=message, capture_output=True, text=True, check=False, timeout=30)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


if __name__ == "__main__":
    _inside()
