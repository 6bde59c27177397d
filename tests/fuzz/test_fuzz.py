"""Coverage-guided fuzzing, a second of each target, `make fuzz` a minute; and that a target notices a mistake."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gateway.message.defect import Defect
from gateway.understand.member import Member, Opener
from tests.fuzz import run, targets

SECONDS = 1


def test_nothing_breaks_a_target() -> None:
    """No exception, no endless loop, no memory beyond its limit."""
    if importlib.util.find_spec("atheris") is None:
        assert sys.version_info >= (3, 14), "atheris has wheels for this Python: it belongs to the development set-up"
        pytest.skip(f"atheris has no wheels for Python {sys.version_info.major}.{sys.version_info.minor}")
    command = [sys.executable, run.__file__, "--child", "--seconds", str(SECONDS), *run.TARGETS]
    timeout = len(run.TARGETS) * (SECONDS + run.START_SECONDS)
    done = subprocess.run(command, cwd=run.PROJECT, capture_output=True, text=True, check=False, timeout=timeout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_there_is_a_function_for_each_name() -> None:
    """The command and the functions agree."""
    assert tuple(targets.TARGETS) == run.TARGETS


def test_a_broken_opener_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzzed function lets an opener's exceptions through, except the two that an opener may raise."""

    def opened(*_: object) -> Iterator[Member | Defect]:
        raise KeyError("x")

    monkeypatch.setattr(targets, "OPENERS", (Opener("broken", lambda *_: True, opened),))
    with pytest.raises(KeyError):
        targets.unpacker(b"x")
