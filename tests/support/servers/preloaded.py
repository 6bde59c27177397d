"""The command line in a process that begins as a copy of one that has loaded it: a start costs no second of imports.

`start(arguments, …)` in the tests' process. `python -m tests.support.servers.preloaded` is the process that is copied:
one for each process of tests, which ends with it. A copy does all that `python -m gateway` does after its imports.
"""

from __future__ import annotations

import array
import gc
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parents[3]
#: The most octets of a request: arguments and environment.
REQUEST_BYTES = 128 * 1024


# --- in the tests' process -------------------------------------------------------------------------------------------


class Copy:
    """A running copy, with what tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, status: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status

    def __del__(self) -> None:
        self._status.close()

    def poll(self) -> int | None:
        """Return the exit status; None while the copy runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, in any thread. Raises TimeoutExpired."""
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        if not poll.poll(None if timeout is None else timeout * 1000):
            raise subprocess.TimeoutExpired(["gateway"], timeout or 0)
        status = self._status.recv(16, socket.MSG_PEEK)
        self.returncode = int(status) if status else -signal.SIGKILL  # the process that waits for it was killed too
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal the copy unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Origin:
    """The process that is copied."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.support.servers.preloaded", str(theirs.fileno())]
        with theirs:
            nothing = subprocess.DEVNULL
            self._process = subprocess.Popen(
                command, cwd=PROJECT, stdin=nothing, stdout=nothing, pass_fds=[theirs.fileno()]
            )

    def copy(self, arguments: list[str], stdout: IO[Any], stderr: IO[Any]) -> Copy:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"arguments": arguments, "environment": dict(os.environ)}).encode()
        descriptors = array.array("i", [theirs.fileno(), stdout.fileno(), stderr.fileno()])
        with theirs, self._lock:
            self._control.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            pid = self._control.recv(16)
        if not pid:
            raise ChildProcessError(f"the process that is copied ended with {self._process.wait()}")
        return Copy(int(pid), ours)


@cache
def _origin() -> Origin:
    return Origin()


def start(arguments: list[str], stdout: IO[Any], stderr: IO[Any]) -> Copy:
    """Start `python -m gateway ARGUMENTS` as a copy, with this process's environment, in the project's folder."""
    return _origin().copy(arguments, stdout, stderr)


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, as `subprocess.run` would."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        code = start(arguments, stdout, stderr).wait()
        for output in (stdout, stderr):
            output.seek(0)
        return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())


# --- the process that is copied --------------------------------------------------------------------------------------


def wait_for_requests(control: socket.socket) -> list[str]:
    """Make a copy for each request, and tell its end. Return in each copy, with its arguments; end with the tests."""
    running: dict[int, tuple[int, int]] = {}  # descriptor of the process -> its id, and where its end is told
    with selectors.DefaultSelector() as selector, control:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not control:
                    selector.unregister(key.fd)
                    _tell_end(key.fd, *running.pop(key.fd))
                    continue
                request, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, 3)
                if not request:
                    sys.exit()
                pid = os.fork()
                if not pid:
                    for pair in running.items():
                        os.close(pair[0])
                        os.close(pair[1][1])
                    return _settle(json.loads(request), descriptors)
                status, *output = descriptors
                for descriptor in output:
                    os.close(descriptor)
                process = os.pidfd_open(pid)
                running[process] = pid, status
                selector.register(process, selectors.EVENT_READ)
                control.send(str(pid).encode())


def _tell_end(process: int, pid: int, status: int) -> None:
    _, ended = os.waitpid(pid, 0)
    with socket.socket(fileno=status) as told, suppress(OSError):  # nobody may ask any more
        told.send(str(os.waitstatus_to_exitcode(ended)).encode())
    os.close(process)


def _settle(request: dict[str, Any], descriptors: list[int]) -> list[str]:
    """Give a copy its output, its environment and the signals of a program. Return its arguments."""
    _, stdout, stderr = descriptors
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for descriptor in descriptors:
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    arguments: list[str] = request["arguments"]
    return arguments


if __name__ == "__main__":
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, and with them this process

    for module in ("alembic.command", "alembic.config"):  # which the commands import where they need it
        import_module(module)
    from gateway.cli.main import main

    gc.freeze()
    sys.argv = ["gateway", *wait_for_requests(socket.socket(fileno=int(sys.argv[1])))]
    gc.enable()
    main()
