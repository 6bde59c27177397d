"""Locks that workers share: between processes, in one process, and after a process's end."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import gc
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.services.worker_locks import NAME, WorkerLocks, _place, open_locks

#: Takes the lock of a key, says so, and keeps it until its input ends.
HOLDER = """
import asyncio, sys
from pathlib import Path
from gateway.services.worker_locks import WorkerLocks
locks = WorkerLocks(Path(sys.argv[1]))
asyncio.run(locks.take(sys.argv[2]))
print("taken", flush=True)
sys.stdin.read()
"""


def holder(path: Path, key: str) -> subprocess.Popen[bytes]:
    """Start another process that holds the lock of a key."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), key], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"taken\n"
    return process


async def is_free(locks: WorkerLocks, key: str, seconds: float = 0.3) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await locks.take(key)
    except TimeoutError:
        return False
    locks.give_back(key)
    return True


async def test_another_process_waits(tmp_path: Path) -> None:
    path = tmp_path / NAME
    locks = WorkerLocks(path)
    with holder(path, "192.0.2.1") as process:
        assert not await is_free(locks, "192.0.2.1")
        assert await is_free(locks, "192.0.2.2")
        waiting = asyncio.create_task(locks.take("192.0.2.1"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        process.kill()
        await asyncio.wait_for(waiting, 10)
    locks.give_back("192.0.2.1")


async def test_one_process_shares_a_lock_until_its_last_holder_gives_it_back(tmp_path: Path) -> None:
    path = tmp_path / NAME
    locks = WorkerLocks(path)
    await locks.take("a")
    await locks.take("a")
    locks.give_back("a")
    script = HOLDER.replace("asyncio.run(locks.take(sys.argv[2]))", "print(locks._has_locked(int(sys.argv[2])))")

    def seen() -> str:
        command = [sys.executable, "-c", script, str(path), str(_place("a"))]
        return subprocess.run(command, input=b"", capture_output=True, check=True).stdout.decode().split()[0]

    assert seen() == "False"
    locks.give_back("a")
    assert seen() == "True"
    assert not locks._holders


async def test_locks_outlive_the_filter_before_a_reload(tmp_path: Path) -> None:
    """The system frees all locks of a file once a process closes it anywhere."""
    before, after = open_locks(tmp_path), open_locks(tmp_path)
    assert before is not None
    assert after is not None
    await after.take("a")
    del before
    gc.collect()
    script = HOLDER.replace("asyncio.run(locks.take(sys.argv[2]))", "print(locks._has_locked(int(sys.argv[2])))")
    command = [sys.executable, "-c", script, str(tmp_path / NAME), str(_place("a"))]
    seen = await asyncio.to_thread(subprocess.run, command, input=b"", capture_output=True, check=True)
    assert seen.stdout.split()[0] == b"False"
    after.give_back("a")


def test_folder_that_fails_costs_the_locks_alone(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert open_locks(tmp_path / "missing") is None
    assert [entry["event"] for entry in logs] == ["scanner.locks_lost"]


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    assert open_locks(tmp_path) is None
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o600])
def test_file_is_the_gateways_alone(tmp_path: Path, mode: int) -> None:
    assert open_locks(tmp_path) is not None
    assert (tmp_path / NAME).stat().st_mode & 0o777 == mode


async def test_file_that_cannot_be_locked_costs_the_locks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan goes on, as without locks, and the log says why."""
    locks = WorkerLocks(tmp_path / NAME)

    def fails(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", fails)
    with capture_logs() as logs:
        await asyncio.wait_for(locks.take("a"), 5)
        locks.give_back("a")
    assert {entry["event"] for entry in logs} == {"scanner.locks_lost"}
    assert not locks._holders
