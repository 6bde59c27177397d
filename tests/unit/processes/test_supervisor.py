"""Errors of the supervisor that can't start, and the state that its processes inherit."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import smtplib
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.matching import pattern_index
from gateway.processes.malloc import ALLOCATION
from gateway.processes.supervisor import Supervisor, _no_port
from gateway.settings.network import ListenAddress
from tests.support.servers.gateway import Gateway, command

CONFIGURATION = Path(__file__).resolve().parents[3] / "config"


@pytest.mark.parametrize(
    ("number", "to_do"),
    [
        (errno.EADDRINUSE, "`ss -ltnp 'sport = :25'` by root names the program"),
        (errno.EACCES, "Permission denied: ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"),
        (errno.EADDRNOTAVAIL, "this machine has no such address"),
        (errno.ENOBUFS, "can't have 127.0.0.1:25: No buffer space available"),
    ],
)
def test_a_port_that_it_cannot_have(number: int, to_do: str) -> None:
    """The sentence says what to do."""
    said = _no_port("inbound", ListenAddress("127.0.0.1", 25), OSError(number, "as the kernel says"))
    assert said.startswith("listener inbound can't have 127.0.0.1:25: ")
    assert to_do in said


def test_rules_are_compiled_before_the_processes_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the supervisor finds their index in memory that all share: it builds none."""
    rules = (CONFIGURATION / "audience.yaml").read_text() + f"\n# {tmp_path}\n"
    (tmp_path / "rules.yaml").write_text(rules.replace("filler:", "filler:\n  - a filler of this test alone", 1))
    config = tmp_path / "gateway.yaml"
    config.write_text(
        "organisation: {name: Example Ltd, domains: [example.com]}\n"
        'listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:m"}]\n'
        "filters: [audience: {rules: rules.yaml}]\n"
    )
    settings = app.read_settings(config)
    compiled = pattern_index._words.cache_info().misses

    async def build() -> None:
        await supervisor._prepare()
        by_supervisor = pattern_index._words.cache_info().misses
        store = await open_store(settings, create=False)
        app.build(settings, store)
        await store.close()
        assert compiled < by_supervisor == pattern_index._words.cache_info().misses

    async def proven() -> None:
        """Skip the proof of the sandbox, which this test is not about."""

    supervisor = Supervisor(config, settings, 1)
    monkeypatch.setattr(supervisor, "_prove_sandbox", proven)
    asyncio.run(build())


def test_processes_keep_their_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take it from the kernel once, not for each message; an administrator's own word goes first.

    A copy of the supervisor has its ways (`test_malloc.py`); programs are told by their environment, those of the
    sandbox and a worker that is started again.
    """
    first, *others = ALLOCATION
    monkeypatch.setenv(first, "1048576")
    for name in others:
        monkeypatch.delenv(name, raising=False)
    expected = {**ALLOCATION, first: "1048576"}
    with Gateway(tmp_path, workers=1, command=command()) as gateway:
        environments = [environment(pid) for pid in gateway.cells()]
        environments.append(environment(start_again(gateway, "worker 1")))
        assert len(environments) == 2
        assert all({f"{name}={value}" for name, value in expected.items()} <= set(one) for one in environments)


def environment(pid: int) -> list[str]:
    """Return the environment with which the process's program was started."""
    return Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")


def test_the_end_of_children_was_ignored_by_its_maker(tmp_path: Path) -> None:
    """SIGCHLD, which is inherited: the kernel would then forget how a process ended, and give its number away."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    ignoring += "os.execv(sys.argv[1], sys.argv[1:])"
    gateway = Gateway(tmp_path, workers=1)
    gateway.command = [sys.executable, "-c", ignoring, *command()]
    with gateway:
        for _ in range(2):  # a copy and a program
            start_again(gateway, "worker 1")
    assert gateway.process
    assert gateway.process.returncode == 0
    assert gateway.log.read_text().count("process.died  process=worker 1  exit=-9") == 2


def test_a_process_that_cannot_be_started_again(tmp_path: Path) -> None:
    """The others go on, and it is tried again: what was wanting, memory or room for a process, may be had again."""
    python = environment_of_its_own(tmp_path / "venv")
    gateway = Gateway(tmp_path, workers=2)
    gateway.command = [str(python), "-m", "gateway"]
    with gateway:
        pids = gateway.pids()
        aside = python.rename(python.with_name("aside"))
        os.kill(pids["worker 1"], signal.SIGKILL)
        while "exit=not started: " not in gateway.log.read_text():
            assert gateway.process
            assert gateway.process.poll() is None, gateway.log.read_text()
            time.sleep(0.05)
        assert set(gateway.children()) == {pids["worker 2"], pids["keeper"]}
        aside.rename(python)
        gateway.wait()
        assert is_program(gateway.pids()["worker 1"])


#: A program that is told to reload at a certain moment. Its configuration takes longer to read than a worker to come.
RELOADED = """
import os, signal, sys, time
from pathlib import Path
from gateway import app
from gateway.processes import child, supervisor
config = Path(sys.argv[sys.argv.index("--config") + 1])
def reload():
    text = config.read_text()
    config.write_text(text + "limits: {message_bytes: 1234567}\\n" * ("limits:" not in text))
    os.kill(os.getpid(), signal.SIGHUP)
read = app.read_with_remarks
def slowly(*given):
    time.sleep(1.5)
    return read(*given)
app.read_with_remarks = slowly
"""
BEFORE_THE_COPIES = """
copy_all = supervisor.copy_all
def reload_and_copy(*given):
    reload()
    copy_all(*given)
supervisor.copy_all = reload_and_copy
"""
AS_ONE_IS_STARTED = """
import subprocess
start = subprocess.Popen.__init__
def start_and_reload(self, args, **given):
    start(self, args, **given)
    if "gateway.processes" in args:
        reload()
subprocess.Popen.__init__ = start_and_reload
"""


@pytest.mark.parametrize("moment", [BEFORE_THE_COPIES, AS_ONE_IS_STARTED])
def test_a_reload_while_processes_begin(tmp_path: Path, moment: str) -> None:
    """SIGHUP ends no gateway that starts, and no process stays with a configuration that it had read before."""
    gateway = Gateway(tmp_path, workers=1)
    gateway.command = [sys.executable, "-c", f"{RELOADED}{moment}\nfrom gateway.cli.main import main; main()"]
    with gateway:
        if moment == AS_ONE_IS_STARTED:
            start_again(gateway, "worker 1")
        while " reloaded" not in gateway.log.read_text():
            time.sleep(0.05)
        ends = time.monotonic() + 20
        while size_offered(gateway) != 1234567 and time.monotonic() < ends:
            time.sleep(0.1)
        assert size_offered(gateway) == 1234567


def size_offered(gateway: Gateway) -> int:
    """Return the size that the answer to EHLO offers for a message (RFC 1870)."""
    with smtplib.SMTP("127.0.0.1", gateway.inbound, timeout=20) as client:
        client.ehlo()
        return int(client.esmtp_features["size"])


def environment_of_its_own(folder: Path) -> Path:
    """Return the Python of a virtual environment with the packages of this one."""
    ours = Path(sys.prefix)
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text((ours / "pyvenv.cfg").read_text())
    (folder / "lib").symlink_to(ours / "lib")
    python = folder / "bin" / "python"
    python.symlink_to(Path(sys.executable).resolve())
    return python


def start_again(gateway: Gateway, name: str) -> int:
    """Kill a process: the id of the one in its place."""
    before = gateway.pids()[name]
    os.kill(before, signal.SIGKILL)
    while (Path("/proc") / str(before)).exists():  # until the supervisor has seen it
        time.sleep(0.02)
    gateway.wait()
    return gateway.pids()[name]


def test_a_process_has_what_is_its_own(tmp_path: Path) -> None:
    """Each worker its listening sockets and the keeper the control socket, none has another's, and the sandbox none.

    So it is for copies of the supervisor, and for the program in the place of one that died. The lock of `data_dir` is
    the supervisor's alone, and so are its ends of the lines: its death frees the one and is seen at the others.
    """
    with Gateway(tmp_path, workers=2, command=command()) as gateway:
        for programs in ([], ["worker 1"]):
            for name in programs:
                start_again(gateway, name)
            pids = gateway.pids()
            assert gateway.process
            assert [name for name, pid in pids.items() if is_program(pid)] == programs
            assert {name: called(pid) for name, pid in pids.items()} == {
                "worker 1": "mw-worker",
                "worker 2": "mw-worker",
                "keeper": "mw-keeper",
            }
            listening = {name: listens(pid) for name, pid in pids.items()}
            assert {name: len(its) for name, its in listening.items()} == {"worker 1": 2, "worker 2": 2, "keeper": 1}
            assert len(set.union(*listening.values())) == 5
            assert [listens(pid) for pid in gateway.cells()] == [set(), set()]
            holders = [pid for pid in (gateway.process.pid, *pids.values(), *gateway.cells()) if locks(pid)]
            assert holders == [gateway.process.pid]
            lines = Counter(line for pid in (gateway.process.pid, *pids.values()) for line in unnamed(pid))
            assert set(lines.values()) == {1}


def is_program(pid: int) -> bool:
    """Return whether the process was started as a program, and is no copy of the supervisor."""
    return b"gateway.processes" in Path(f"/proc/{pid}/cmdline").read_bytes()


def called(pid: int) -> str:
    """Its name in `ps -e` and `top`, where copies would all be called as the supervisor is."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


def opened(pid: int) -> list[str]:
    """Return the open files of a process: `socket:[1234]` or a path."""
    return [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()]


def listens(pid: int) -> set[str]:
    """Its listening sockets."""
    tcp = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    listening = {row[9] for row in tcp if row[3] == "0A"} | {row[6] for row in unix if row[3] == "00010000"}
    return {name for name in opened(pid) if name[8:-1] in listening}


def unnamed(pid: int) -> set[str]:
    """Its ends of socket pairs."""
    unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    pairs = {row[6] for row in unix if len(row) == 7 and row[3] == "00000000"}
    return {name for name in opened(pid) if name[8:-1] in pairs}


def locks(pid: int) -> bool:
    return any(name.endswith("/gateway.lock") for name in opened(pid))


def test_a_supervisor_with_a_thread_starts_programs(tmp_path: Path) -> None:
    """A copy of it could wait for ever for what the thread had locked."""
    gateway = Gateway(tmp_path, workers=1)
    program = "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
    program += "from gateway.cli.main import main; main()"
    gateway.command = [sys.executable, "-c", program]
    with gateway:
        assert [is_program(pid) for pid in gateway.children()] == [True, True]
