"""kill -9 at each step of writing, and half-way through each: no half message is found, no answered one is lost.

One program forks a writer for each step: a Python of its own for each would take ten times as long.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gateway.remember.mail_journal.entries import Damage
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from tests.unit.remember.mail_journal.conftest import KEY, find

ROOT = Path(__file__).parents[4]
MESSAGES = 3
#: Octets, line: two writes for each message.
STEPS = 2 * MESSAGES
#: Seeds of the places at which a write is cut.
SEEDS = 2

WRITER = """
import os, random, signal, sys
from pathlib import Path
from gateway.remember.mail_journal import journal_space
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_files import JournalFiles, JournalPlan
from tests.unit.remember.mail_journal.conftest import AT, KEY, relayed

journal_space.LEFT_FREE_BYTES = 0
write = os.write
folder, messages, steps, seeds = Path(sys.argv[1]), *map(int, sys.argv[2:])

def killed_at(step, chooser):
    done = 0
    def cut(descriptor, octets):
        nonlocal done
        done += 1
        if done == step:
            write(descriptor, octets[:chooser.randint(0, len(octets))])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(descriptor, octets)
    return cut

def live(name, step, seed):
    os.write = killed_at(step, random.Random(f"{step} {seed}"))
    files, plan = JournalFiles(lambda: os.urandom(8).hex()), JournalPlan(folder / name, JournalKeys([KEY]), 7, 2**30)
    for number in range(messages):
        files.keep(plan, [relayed(f"message {number}")], AT)
        with (folder / f"{name}.answered").open("a") as answered:
            answered.write("x")

for step in range(1, steps + 1):
    for seed in range(seeds):
        if not (pid := os.fork()):
            live(f"{step}-{seed}", step, seed)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
"""


def test_a_kill_at_each_step(tmp_path: Path) -> None:
    """All that was answered is found, whole; of the one in hand all or nothing."""
    numbers = map(str, (MESSAGES, STEPS, SEEDS))
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path), *numbers], check=True, cwd=ROOT)
    cut_lines = 0
    for step in range(1, STEPS + 1):
        for seed in range(SEEDS):
            name = f"{step}-{seed}"
            answered = tmp_path / f"{name}.answered"
            count = len(answered.read_text()) if answered.exists() else 0
            reader = JournalReader(tmp_path / name, JournalKeys([KEY]))
            messages = list(reader.messages())
            whole = [content for _, content in (one for one in messages if not isinstance(one, Damage))]
            texts = [f"message {number}" for number in range(MESSAGES)]
            assert whole == [f"Subject: {text}\r\n\r\n{text}\r\n".encode() for text in texts[: len(whole)]]
            assert count <= len(whole) <= count + 1
            cut_lines += len(messages) - len(whole)
            assert sorted(one.subject or "" for one in find(reader).found) == texts[: len(whole)]
    assert cut_lines  # some were killed inside a line of the index, which is named
