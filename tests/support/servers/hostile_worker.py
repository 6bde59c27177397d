"""A sandbox worker whose openers misbehave as a hostile file might make a parser do. Tests run it as a process."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.sandbox.worker import serve


def crash() -> str:
    ctypes.string_at(0)
    return "survived"


def loop() -> str:
    while True:
        pass


def hoard() -> str:
    kept = []
    while True:
        kept.append(bytearray(16 * 1024 * 1024))


def connect() -> str:
    with socket.socket() as client:
        client.connect(("127.0.0.1", 9))
    return "connected"


def write() -> str:
    with open("/tmp/mailwarden-escaped", "w") as file:
        file.write("escaped")
    return "wrote"


def remove() -> str:
    os.unlink("/tmp/mailwarden-escaped")
    return "removed"


def program() -> str:
    return str(subprocess.run(["true"], check=True).returncode)


def fork() -> str:
    return f"forked {os.fork()}"


def thread() -> str:
    one = threading.Thread(target=int)
    one.start()
    return "started"


def attack() -> str:
    os.kill(os.getppid(), 0)
    return "could"


def read() -> str:
    with open(__file__) as file:
        return f"read {len(file.readline())}"


def descriptors() -> str:
    links = [f"/proc/self/fd/{number}" for number in range(1000)]
    return ", ".join(os.readlink(link).partition(":")[0] for link in links if os.path.lexists(link))


def seconds() -> str:
    with open("/proc/self/limits") as limits:
        (limit,) = (line.split()[3] for line in limits if line.startswith("Max cpu time"))
    return f"{int(limit) - time.process_time():.3f}"


TRICKS: dict[bytes, Callable[[], str]] = {
    b"TRICK " + trick.__name__.encode(): trick
    for trick in (crash, loop, hoard, connect, write, remove, program, fork, thread, attack, read, descriptors, seconds)
}


def play(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    """Tell how a trick went, as a defect."""
    del declared, budget
    try:
        said = TRICKS[content.strip()]()
    except OSError as error:
        said = errno.errorcode.get(error.errno or 0, str(error))
    except RuntimeError as error:
        said = str(error)
    yield Defect("trick", said, 0)


TRICKSTER = Opener("trick", lambda content, declared: content.startswith(b"TRICK "), play)

if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(sys.argv[2]), [TRICKSTER])
