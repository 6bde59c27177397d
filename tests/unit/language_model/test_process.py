"""The model's process: its answers, and its lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gateway.language_model.encoder import Encoder
from gateway.language_model.process import answer

#: Run in a process that is locked as the model's is, with the file of weights as argument.
PROBE = """
import errno, os, socket, sys, threading
from pathlib import Path
from gateway.language_model.encoder import Encoder
from gateway.understand.sandbox.confine import confine

confine("confined", 768 * 2**20, loads_modules=True)
encoder = Encoder(Path(sys.argv[1]))
encoder.log_odds("Hello", ["You idiot."])
print(len(os.listdir("/proc/self/task")), "threads")
for name, attempt in {
    "network": lambda: socket.socket(),
    "file": lambda: open("/tmp/made-by-the-model", "w"),
    "program": lambda: os.execv("/bin/true", ["true"]),
    "process": os.fork,
    "signal": lambda: os.kill(os.getppid(), 0),
    "thread": lambda: threading.Thread(target=print).start(),
}.items():
    try:
        attempt()
        print(name, "done")
    except (OSError, RuntimeError) as error:
        print(name, "refused")
os._exit(0)
"""


def test_the_lock_holds_while_the_libraries_are_loaded(weights: Path) -> None:
    """They load, read and make no thread behind it; nothing goes out, and nothing is left."""
    command = [sys.executable, "-c", PROBE, str(weights)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0] == "1 threads"
    assert said[1:] == [f"{name} refused" for name in ("network", "file", "program", "process", "signal", "thread")]


def test_three_kinds_of_questions(weights: Path) -> None:
    """A text, a text with a head, and sentences that are read one by one."""
    encoder, text = Encoder(weights), {"message": 1, "subject": "Hello", "sentences": ["You idiot."]}
    assert answer(encoder, text) == {"log_odds": [[5.0, -5.0]]}
    assert answer(encoder, {**text, "head": 0}) == {"contributions": [(-1, 0.0), (0, 10.0)]}
    assert answer(encoder, {"message": 1, "alone": ["you idiot", "i agree"]}) == {
        "log_odds": [[5.0, -5.0], [-5.0, 5.0]]
    }
