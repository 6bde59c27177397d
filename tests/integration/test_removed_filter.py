"""The gateway knows no filter by name: with each filter's folder taken away it checks and starts with the rest."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from filters import FILTERS

PROJECT = Path(__file__).resolve().parents[2]


def without(name: str, folder: Path) -> Path:
    """Copy the program without one filter, its line in the registry and its entry in the chain."""
    for part in ("gateway", "filters", "config"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for place in (folder / "filters" / name, folder / "filters" / f"{name}.py"):
        if place.is_dir():
            shutil.rmtree(place)
        elif place.exists():
            place.unlink()
    registry = folder / "filters" / "__init__.py"
    lines = registry.read_text().splitlines(keepends=True)
    registry.write_text("".join(line for line in lines if f'"{name}"' not in line and f"filters.{name} " not in line))
    chain = folder / "config" / "filters.yaml"
    chain.write_text(re.sub(rf"^  - {name}\b.*\n(?:    .*\n|\n|  #.*\n)*", "", chain.read_text(), flags=re.M))
    return folder


@pytest.mark.parametrize("name", FILTERS)
def test_gateway_starts_without_a_filter(name: str, tmp_path: Path) -> None:
    place = without(name, tmp_path / "copy")
    started = subprocess.run(
        [sys.executable, "-m", "gateway", "check", "--config", "config/gateway.yaml"],
        cwd=place,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(place), "COLUMNS": "200"},
    )
    assert started.returncode == 0, started.stderr
    assert f" {name}: " not in started.stdout
    assert f"{next(iter(FILTERS.keys() - {name}))}" in started.stdout
