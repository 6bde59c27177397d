"""The command line in a process that begins as a copy of one that has loaded it: a start costs no second of imports.

`start(arguments, …)` in the tests' process; `start_code(code, …)` for other code than the command line's. `python -m
tests.support.servers.preloaded` is the process that is copied: one for each process of tests, which ends with it. A
copy does all that `python -m gateway` does after its imports.
What these gateways start is a copy too, unless a test is about programs. The processes of sandbox and language model do
all that their programs do after their imports, and a process in place of a dead one is a copy of its supervisor.
"""

from __future__ import annotations

import array
import asyncio
import gc
import io
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
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Awaitable, Callable, Sequence
from contextlib import redirect_stdout, suppress
from fcntl import F_DUPFD, fcntl
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from runpy import run_module, run_path
from typing import IO, Any, NoReturn

from gateway.language_model import model_process
from gateway.settings.chain import named_files
from gateway.settings.yaml.document import Document
from gateway.settings.yaml.problems import Location
from gateway.understand.sandbox import pool

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


class ProgramCopy:
    """A running copy of a program of a gateway's, with what the gateway uses of `asyncio.subprocess.Process`."""

    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self.pid = copy.pid

    @property
    def returncode(self) -> int | None:
        return self._copy.poll()

    async def wait(self) -> int:
        return await asyncio.to_thread(self._copy.wait)

    def kill(self) -> None:
        self._copy.kill()


class CodeCopy(ProgramCopy):
    """A running copy that executes Python code, with what tests use of `asyncio.subprocess.Process`."""

    def __init__(self, copy: Copy, stdout: asyncio.StreamReader) -> None:
        super().__init__(copy)
        self.stdout = stdout

    async def communicate(self) -> tuple[bytes, None]:
        output = await self.stdout.read()
        await self.wait()
        return output, None


class Origin:
    """The process that is copied."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        programs = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        programs.bind("")  # the kernel gives it a free name
        programs.listen()
        self.programs: bytes = programs.getsockname()  # where a gateway asks for a copy of a program
        handed = [theirs.fileno(), programs.fileno()]
        command = [sys.executable, "-m", "tests.support.servers.preloaded", *map(str, handed)]
        with theirs, programs:
            nothing = subprocess.DEVNULL
            environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            self._process = subprocess.Popen(
                command, cwd=PROJECT, stdin=nothing, stdout=nothing, pass_fds=handed, env=environment
            )

    def copy(
        self,
        arguments: list[str],
        stdout: IO[Any],
        stderr: IO[Any],
        user: Sequence[int] = (),
        code: str = "",
        programs: bool = False,
    ) -> Copy:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = {"arguments": arguments, "environment": dict(os.environ), "user": user, "code": code}
        request = json.dumps({**asked, "programs": programs}).encode()
        descriptors = array.array("i", [theirs.fileno(), stdout.fileno(), stderr.fileno()])
        with theirs, self._lock:
            self._control.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            pid = self._control.recv(16)
        if not pid:
            raise ChildProcessError(f"the process that is copied ended with {self._process.wait()}")
        return Copy(int(pid), ours)


_making = threading.Lock()


def _origin() -> Origin:
    with _making:  # two threads that start gateways at once would each make one, and one of them would end
        return _only_origin()


@cache
def _only_origin() -> Origin:
    return Origin()


def start(arguments: list[str], stdout: IO[Any], stderr: IO[Any], *, code: str = "", programs: bool = False) -> Copy:
    """Start `python -m gateway ARGUMENTS` as a copy, with this process's environment, in the project's folder.

    It runs `code` instead, if there is any; with `programs`, all that it starts are programs.
    """
    return _origin().copy(arguments, stdout, stderr, code=code, programs=programs)


def run(arguments: list[str], user: Sequence[int] = (), code: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command to its end, as `subprocess.run` would; as a user and a group, by number, if they are given.

    It runs `code` instead, if there is any.
    """
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        code = _origin().copy(arguments, stdout, stderr, user, code).wait()
        for output in (stdout, stderr):
            output.seek(0)
        return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())


async def start_code(code: str, *arguments: str) -> CodeCopy:
    """Start `python -c CODE ARGUMENTS` as a copy, whose output is read as it comes."""
    read, write = os.pipe()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, io.FileIO(read))
    with open(write, "wb", buffering=0) as stdout, open(2, "wb", buffering=0, closefd=False) as stderr:
        return CodeCopy(_origin().copy([*arguments], stdout, stderr, code=code), reader)


# --- in both ---------------------------------------------------------------------------------------------------------


def read_rules_once() -> None:
    """Read the same content of a rules file only once in this process and its copies."""
    read = named_files.read_document
    once = lru_cache(maxsize=32)(lambda file, at, _: read(file, at))

    def read_document(file: Path, at: Location) -> Document:
        document: Document = once(file, at, file.read_bytes())
        return document

    vars(named_files)["read_document"] = read_document


# --- in a process that starts programs -------------------------------------------------------------------------------


def copy_programs(address: Callable[[], bytes] = lambda: _origin().programs) -> None:
    """Let sandbox and language model of this process have copies of their programs, from the process with this address.

    So they have for another program in Python that a test puts in the place of theirs.
    """

    def starting(program: str) -> Callable[..., Awaitable[ProgramCopy | Process]]:
        async def start_copy(
            *command: str, stderr: int, pass_fds: Sequence[int], **streams: int
        ) -> ProgramCopy | Process:
            if command[0] != sys.executable:
                return await create_subprocess_exec(*command, stderr=stderr, pass_fds=pass_fds, **streams)
            status = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            status.connect(address())
            request = {"program": command[1:], "descriptors": pass_fds, "name": name_of(program, os.getpid())}
            socket.send_fds(status, [json.dumps(request).encode()], [stderr, *pass_fds])
            return ProgramCopy(Copy(int(status.recv(16)), status))

        return start_copy

    vars(pool)["create_subprocess_exec"] = starting("sandbox")
    vars(model_process)["create_subprocess_exec"] = starting("model")


def copy_again() -> None:
    """Let a supervisor start a copy of itself in place of a process that died, as it did at first."""

    async def start(again: Child) -> socket.socket:
        again.copy([])  # what is open for others stays in use to the copy's end, and no owner closes it
        return await again.begin()

    Child._start = start  # type: ignore[method-assign]


# --- the process that is copied --------------------------------------------------------------------------------------

Request = dict[str, Any]


def wait_for_requests(control: socket.socket, programs: socket.socket) -> tuple[Request, list[int]]:
    """Make a copy for each request, and tell its end. Return in each copy, with its request; end with the tests."""
    running: dict[int, tuple[int, int]] = {}  # descriptor of the process -> its id, and where its end is told
    with selectors.DefaultSelector() as selector, control, programs:
        selector.register(control, selectors.EVENT_READ)
        selector.register(programs, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd in running:
                    selector.unregister(key.fd)
                    _tell_end(key.fd, *running.pop(key.fd))
                    continue
                asking = control if key.fileobj is control else programs.accept()[0]
                request, descriptors, _, _ = socket.recv_fds(asking, REQUEST_BYTES, 3)
                if asking is not control:
                    descriptors.insert(0, asking.detach())
                elif not request:
                    sys.exit()
                if not request:  # the gateway was killed before it could ask
                    os.close(descriptors[0])
                    continue
                pid = os.fork()
                if not pid:
                    for pair in running.items():
                        os.close(pair[0])
                        os.close(pair[1][1])
                    return json.loads(request), descriptors
                status, *others = descriptors
                for descriptor in others:
                    os.close(descriptor)
                process = os.pidfd_open(pid)
                running[process] = pid, status
                selector.register(process, selectors.EVENT_READ)
                with suppress(OSError):  # the gateway was killed while it waited
                    os.write(control.fileno() if asking is control else status, str(pid).encode())


def _tell_end(process: int, pid: int, status: int) -> None:
    _, ended = os.waitpid(pid, 0)
    with socket.socket(fileno=status) as told, suppress(OSError):  # nobody may ask any more
        told.send(str(os.waitstatus_to_exitcode(ended)).encode())
    os.close(process)


def run_command(request: Request, descriptors: list[int], programs: bytes) -> None:
    """Give a copy its output and the environment and signals of a program, then run the command."""
    _, stdout, stderr = descriptors
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for descriptor in descriptors:
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    for folder in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if (customize := Path(folder, "sitecustomize.py")).is_file():
            run_path(str(customize))
    if request["user"]:
        become(*request["user"], request["arguments"])
    sys.argv = ["gateway", *request["arguments"]]
    if not request["programs"]:
        copy_programs(lambda: programs)
        copy_again()
    gc.enable()
    if request["code"]:
        exec(request["code"], {"__name__": "__main__"})
    else:
        main()


def become(uid: int, gid: int, arguments: list[str]) -> None:
    """Give this process another user's rights.

    Python itself may be in a folder of root's: the command's help, as root and unseen, loads what the command needs.
    """
    with redirect_stdout(io.StringIO()), suppress(SystemExit):
        cli([*arguments, "--help"])
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def run_program(request: Request, descriptors: list[int]) -> None:
    """Run a program as `python PROGRAM` would, under a name by which tests find the process."""
    _, complaints, *handed = descriptors
    os.dup2(complaints, 2)
    numbers = request["descriptors"]  # that the program is told
    aside = [fcntl(descriptor, F_DUPFD, max(numbers) + 1) for descriptor in handed]
    for descriptor, number in zip(aside, numbers, strict=True):
        os.dup2(descriptor, number)
    Path("/proc/self/comm").write_text(request["name"])
    gc.enable()
    option, what, *arguments = request["program"]
    sys.argv = [what, *arguments]
    if (option, what) == pool.CELL[1:]:
        worker.serve(int(arguments[0]), json.loads(arguments[1]))
    elif option == "-c":
        exec(what, {"__name__": "__main__"})
    elif option == "-m":
        run_module(what, run_name="__main__")
    else:
        run_path(what, run_name="__main__")


def end(work: Callable[[], None]) -> NoReturn:
    """Do the work of a copy and end it as a program would end, but at once: Python would first take down all modules.

    They are shared with the process that is copied, and each would be copied for that.
    """
    status: object = 1
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = ended.code or 0
        if not isinstance(status, int):
            print(status, file=sys.stderr)
    except BaseException:  # noqa: BLE001  # shown as Python shows it; nobody above is there to see it
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # a full disk, or nobody reads any more
                stream.flush()
        os._exit(status if isinstance(status, int) else 1)


def name_of(program: str, gateway: int) -> str:
    """Return the name of the copies of a program that a gateway's process has; at most 15 characters."""
    return f"{program}-{gateway}"


if __name__ == "__main__":
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, and with them this process

    from filters.registry import FILTERS
    from gateway.assemble.judge import build_judge
    from gateway.assemble.services import build_services
    from gateway.cli.main import cli, main
    from gateway.cli.menu import COMMANDS, OF_FILTERS
    from gateway.processes.child import Child
    from gateway.services.clock import SystemClock
    from gateway.settings.loading import load

    commands = {place.partition(":")[0] for place in (*COMMANDS.values(), *OF_FILTERS.values())}
    # Modules that commands import where they need them.
    for module in ("alembic.command", "alembic.config", "gateway.cli.desk", "gateway.cli.local.store", *commands):
        import_module(module)
    from gateway.understand.sandbox import worker

    worker.load_codecs()
    read_rules_once()
    # What is kept of the shipped rules by its content, every copy finds.
    shipped = load(PROJECT / "config/gateway.yaml", FILTERS)
    build_judge(shipped, build_services(shipped, SystemClock()))
    gc.freeze()
    asked, asked_for_programs = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    address: bytes = asked_for_programs.getsockname()
    request, descriptors = wait_for_requests(asked, asked_for_programs)
    if "program" in request:
        end(lambda: run_program(request, descriptors))
    end(lambda: run_command(request, descriptors, address))
