"""The limit on the processor time of a child process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from gateway.understand.sandbox.processor_time import limit_processor_time


def test_a_loop_ends() -> None:
    """After the seconds that are left to it, whatever it has used before."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        time.sleep(0.1)
        limit_processor_time(process.pid, 0.1)
        assert process.wait(20) == -signal.SIGXCPU


def test_a_process_that_has_ended_has_no_limit() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait(20)
        limit_processor_time(process.pid, 1)
