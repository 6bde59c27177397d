"""Copies of a process: they end as programs do, keep nothing that isn't theirs, and are only made by one that is alone.

Each is made by a program of the test's own: pytest's process has threads.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from gateway.processes import fork as fork_module
from gateway.processes.fork import is_alone


def outcome(body: str, *, fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Return the output of a program that defines `live()` by this body, has a copy live it, and waits for the copy."""
    program = textwrap.dedent("""
        import asyncio, os, signal, sys
        from gateway.processes import fork
        {body}
        copy = fork.fork(live)
        print("ended with", asyncio.run(copy.wait()), copy.returncode)
    """).format(body=textwrap.indent(textwrap.dedent(body), "").strip())
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, pass_fds=fds)


@pytest.mark.parametrize(
    ("life", "status", "complaint"),
    [
        ("pass", 0, ""),
        ("raise OSError('no room')", 1, "OSError: no room"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("os._exit(7)", 7, ""),
    ],
)
def test_how_it_ends(life: str, status: int, complaint: str) -> None:
    """Whoever waits for it is told, and an exception is shown once; the copy never goes on with what made it."""
    done = outcome(f"def live():\n    {life}")
    assert done.stdout == f"ended with {status} {status}\n"
    assert done.stderr.rpartition("\n")[0].rpartition("\n")[2] == complaint


def test_nothing_is_said_twice() -> None:
    """Buffered output at the time of the copy is written by one of the two; the copy's own output is not lost."""
    done = outcome("print('before')\ndef live():\n    print('in the copy')")
    assert done.stdout.splitlines() == ["before", "in the copy", "ended with 0 0"]


@pytest.mark.parametrize("streams", ["> /dev/full", "2> /dev/full", "2>&-", ">&- 2>&-"])
def test_what_cannot_be_said_keeps_nothing_from_beginning(tmp_path: Path, streams: str) -> None:
    """A full disk under the log, or a stream that whoever started the program has closed."""
    program = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from gateway.processes import fork
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.write("before")
        copy = fork.fork(lambda: Path(sys.argv[1]).write_text("lived"))
        Path(sys.argv[1] + ".end").write_text(str(asyncio.run(copy.wait())))
    """)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-c", program, str(tmp_path / "said")]
    subprocess.run(command, env=environment, check=False)  # its status is 120 where Python can't write at its end
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"said": "lived", "said.end": "0"}


def test_a_signal_ends_it() -> None:
    """SIGTERM as SIGKILL; to one that has ended nothing is sent."""
    program = textwrap.dedent("""
        import asyncio, time
        from gateway.processes import fork
        for end in (fork.Forked.terminate, fork.Forked.kill):
            copy = fork.fork(lambda: time.sleep(60))
            assert copy.returncode is None
            end(copy)
            print(asyncio.run(copy.wait()))
            end(copy)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout.split() == [str(-signal.SIGTERM), str(-signal.SIGKILL)]


def test_it_keeps_what_it_is_told_to() -> None:
    """And standard input, output and error; the rest is closed, what the program had inherited included."""
    reader, writer = os.pipe()
    life = f"""
        two, others = os.pipe(), [os.pipe() for _ in range(3)]
        def live():
            fork.keep_only(two)
            left = set()
            for number in range(256):
                try:
                    os.fstat(number)
                except OSError:
                    continue
                left.add(number)
            print(left == {{0, 1, 2, *two}}, {reader} in left)
        os.fstat({reader})
    """
    try:
        assert outcome(life, fds=(reader,)).stdout.splitlines()[0] == "True False"
    finally:
        os.close(reader)
        os.close(writer)


def test_it_keeps_nothing_above_the_limit() -> None:
    """Descriptors opened before the limit was lowered are closed as well."""
    above = 500
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reader, writer = os.pipe()
    os.dup2(reader, above)
    life = f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, ({above // 2}, {hard}))
        def live():
            fork.keep_only([])
            try:
                os.fstat({above})
            except OSError:
                print("closed")
        os.fstat({above})
    """
    try:
        assert outcome(life, fds=(above,)).stdout.splitlines()[0] == "closed"
    finally:
        for number in (reader, writer, above):
            os.close(number)


def test_a_signal_in_the_middle_of_it_is_not_lost() -> None:
    """It comes to the maker once the copy is made: Python's own hooks would swallow it, and leave logging locked."""
    done = outcome("""
        import logging, time
        os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGINT))
        def live():
            time.sleep(0.1)
            print("lived to the end")
        try:
            fork.fork(live)
        except KeyboardInterrupt:
            print("interrupted", os.wait()[1])
            sys.exit()
    """)
    assert done.stdout.splitlines() == ["lived to the end", "interrupted 0"]
    assert done.stderr == ""


def test_two_copies_make_different_ids() -> None:
    """The ids of messages, whatever their maker had drawn before."""
    program = textwrap.dedent("""
        import asyncio
        from gateway.processes import fork
        from gateway.services.message_ids import new_id
        new_id()
        for _ in range(2):
            asyncio.run(fork.fork(lambda: print(*(new_id() for _ in range(100)))).wait())
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ids = done.stdout.split()
    assert len(set(ids)) == len(ids) == 200
    assert len({id[-12:] for id in ids}) == 200  # the random end, not the time alone


def test_a_process_with_a_thread_is_not_alone() -> None:
    """One whose thread is about to end is, in a moment."""
    program = textwrap.dedent("""
        import threading, time
        from gateway.processes.fork import is_alone
        assert is_alone()
        thread = threading.Thread(target=time.sleep, args=(0.2,))
        thread.start()
        assert not is_alone(seconds=0)
        assert is_alone(seconds=20)
    """)
    subprocess.run([sys.executable, "-c", program], check=True)


def test_how_long_it_waits_to_be_alone() -> None:
    """No longer than it is told to."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    began = time.monotonic()
    try:
        assert not is_alone(seconds=0.05)
    finally:
        done.set()
        thread.join()
    assert time.monotonic() - began >= 0.05


def test_a_machine_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The number of threads is unknown without /proc, as in a bare chroot: then no copies are made."""
    monkeypatch.setattr(fork_module, "THREADS", tmp_path / "nowhere")
    assert not is_alone()
