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
from contextlib import suppress
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.store import open_store
from gateway.matching import pattern_index
from gateway.processes.malloc import ALLOCATION
from gateway.processes.supervisor import Supervisor, _no_port
from gateway.settings.network import ListenAddress
from tests.support.servers.gateway import Gateway

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


def environment(pid: int) -> list[str]:
    """Return the environment with which the process's program was started."""
    return Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")


def test_a_process_that_cannot_be_started_again(tmp_path: Path) -> None:
    """The others go on, and it is tried again: what was wanting, memory or room for a process, may be had again."""
    python = environment_of_its_own(tmp_path / "venv")
    code = f"import sys; sys.executable = {str(python)!r}; from gateway.cli.main import main; main()"
    with Gateway(tmp_path, workers=2, code=code, programs=True) as gateway:
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


#: A gateway that is told to reload at a certain moment. Its configuration takes longer to read than a worker to come.
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
start = child.Child._start
async def start_and_reload(self):
    line = await start(self)
    reload()
    return line
child.Child._start = start_and_reload
"""


@pytest.mark.parametrize("moment", [BEFORE_THE_COPIES, AS_ONE_IS_STARTED])
def test_a_reload_while_processes_begin(tmp_path: Path, moment: str) -> None:
    """SIGHUP ends no gateway that starts, and no process stays with a configuration that it had read before."""
    code = f"{RELOADED}{moment}\nfrom gateway.cli.main import main; main()"
    with Gateway(tmp_path, workers=1, code=code) as gateway:
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


#: SIGCHLD is inherited so: the kernel would forget how a process ended, and give its number away.
IGNORING_THE_END_OF_CHILDREN = """
import signal
from gateway.cli.main import main
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
main()
"""


def test_copies_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are copies of the supervisor, and the one in the place of one that died is a program.

    The end of either is noticed, although the supervisor's maker ignored the end of children. Both have what is their
    own, and only that. The memory that they share with the supervisor is the same.

    Programs keep their memory, which they take from the kernel once and not for each message: their environment tells
    them so, those of the sandbox too, and an administrator's own word goes first. (Copies: `test_malloc.py`.)
    """
    first, *others = ALLOCATION
    monkeypatch.setenv(first, "1048576")
    for name in others:
        monkeypatch.delenv(name, raising=False)
    expected = {f"{name}={value}" for name, value in {**ALLOCATION, first: "1048576"}.items()}
    with Gateway(tmp_path, workers=2, code=IGNORING_THE_END_OF_CHILDREN, programs=True) as gateway:
        check_own(gateway, programs=[])
        memory = {name: shared_memory(pid) for name, pid in gateway.pids().items()}
        restarted = start_again(gateway, "worker 1")
        check_own(gateway, programs=["worker 1"])
        assert memory == {name: shared_memory(pid) for name, pid in gateway.pids().items()}
        assert sorted(memory["worker 1"]) == ["deaths", "notes", "settings"]
        assert all(expected <= set(environment(pid)) for pid in [restarted, *gateway.cells()])
        start_again(gateway, "worker 1")
    assert gateway.process
    assert gateway.process.returncode == 0
    assert gateway.log.read_text().count("process.died  process=worker 1  exit=-9") == 2


def check_own(gateway: Gateway, programs: list[str]) -> None:
    """Check that each worker has its listening sockets, the keeper the control socket, and none what is another's.

    The sandbox has none. The lock of `data_dir` is the supervisor's alone, and so are its ends of the lines: its death
    frees the one and is seen at the others.
    """
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


def shared_memory(pid: int) -> dict[str, int]:
    """Return the files of shared memory that a process has of the supervisor, by what they hold, with their numbers."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    named = dict[str, int]()
    for file in files:
        with suppress(FileNotFoundError):  # the process may close one meanwhile
            named[os.readlink(file).removesuffix(" (deleted)")] = file.stat().st_ino
    start = "/memfd:mailwarden-"
    return {name.removeprefix(start): number for name, number in named.items() if name.startswith(start)}


def locks(pid: int) -> bool:
    return any(name.endswith("/gateway.lock") for name in opened(pid))


def test_a_supervisor_with_a_thread_starts_programs(tmp_path: Path) -> None:
    """A copy of it could wait for ever for what the thread had locked."""
    code = "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
    code += "from gateway.cli.main import main; main()"
    with Gateway(tmp_path, workers=1, code=code, programs=True) as gateway:
        assert [is_program(pid) for pid in gateway.children()] == [True, True]
