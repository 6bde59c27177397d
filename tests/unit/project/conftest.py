"""The root of the project, and its scripts as modules: they are run, never installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))


def script(name: str) -> str:
    """Return code with which a copy of a process that is loaded runs a script as `python tools/NAME` would."""
    path = ROOT / "tools" / name
    run = f"runpy.run_path({str(path)!r}, run_name='__main__')"
    return f"import runpy, sys; sys.path.insert(0, {str(path.parent)!r}); {run}"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
