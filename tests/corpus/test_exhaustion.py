"""Nothing that is sent uses up a reader: each flood is read within 3 seconds of processor time and 180 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.processes.malloc import ALLOCATION
from tests.corpus import archives_bombs
from tests.corpus.exhaustion import FLOODS, Flood
from tests.corpus.shipped import holding

PROJECT = Path(__file__).resolve().parents[2]

#: The codes in a message; fails where the limits end its reader.
Read = Callable[[bytes], set[str]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """One process for all, which forks for each message, and has its memory as the gateway's processes have it."""
    file = tmp_path_factory.mktemp("flood") / "flood.eml"
    command = [sys.executable, "-m", "tests.corpus.limited"]
    pipe, environment = subprocess.PIPE, {**os.environ, **ALLOCATION}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdin=pipe, stdout=pipe, text=True) as reader:

        def codes(raw: bytes) -> set[str]:
            assert reader.stdin
            assert reader.stdout
            file.write_bytes(raw)
            print(file, file=reader.stdin, flush=True)
            answer = json.loads(reader.stdout.readline())
            assert answer["ended"] == 0, f"ended by {answer['ended']}"
            return set(answer["codes"])

        yield codes


@pytest.mark.parametrize("flood", FLOODS, ids=str)
def test_flood(flood: Flood, read: Read) -> None:
    """It comes to its end, and what was found is right."""
    codes = read(flood.made())
    assert not flood.passes or not holding(sorted(codes))
    assert not flood.any_of or codes & flood.any_of, codes


def test_zip_bombs(read: Read) -> None:
    """Those of the corpus of archives as well."""
    found = {str(bomb): (read(bomb.message), bomb.all_of | bomb.any_of) for bomb in archives_bombs.cases()}
    assert {name: codes for name, (codes, expected) in found.items() if not codes & expected} == {}


def test_the_limits_are_real(read: Read) -> None:
    """A reader that needs more memory than it may have is ended, and that is noticed."""
    with pytest.raises(AssertionError, match="ended by"):
        read(bytes(400 * 1024 * 1024))
