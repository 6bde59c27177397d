"""The wheel: the program with its configuration, templates and rules, which runs outside of a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the content of a wheel. Building it takes two seconds: setuptools copies all files."""
    out = tmp_path_factory.mktemp("wheel")
    build = [UV, "build", "--offline", "--no-build-isolation", "--quiet", "--out-dir", out, root]
    subprocess.run(build, check=True, env={**os.environ, "VIRTUAL_ENV": sys.prefix}, cwd=out)
    (wheel,) = out.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(out / "site")
    return out / "site"


def test_every_file_of_the_program_is_in_it(root: Path, installed: Path) -> None:
    """All modules, the files beside them and all of `config/`, octet for octet, and nothing else but its own facts."""
    expected = {file.relative_to(root): file for part in ("gateway", "filters") for file in (root / part).rglob("*.py")}
    expected |= {
        "gateway/shipped" / file.relative_to(root / "config"): file
        for file in (root / "config").rglob("*")
        if file.is_file()
    }
    for name in ("language_model/weights.onnx", "language_model/gate.json", "act/release/reply_lists.yaml"):
        expected[Path("gateway") / name] = root / "gateway" / name
    found = {file.relative_to(installed) for file in installed.rglob("*") if file.is_file()}
    assert {path for path in found if not path.parts[0].endswith(".dist-info")} == set(expected)
    assert all((installed / path).read_bytes() == file.read_bytes() for path, file in expected.items())


def test_its_version_is_the_project_s(root: Path, installed: Path) -> None:
    (info,) = installed.glob("*.dist-info")
    assert f"Version: {(root / 'VERSION').read_text().strip()}" in (info / "METADATA").read_text().splitlines()


#: Two commands in one process, which compiles modules and rules once.
COMMANDS = """
from gateway.cli.main import cli
for command in ("init etc --domain example.co.uk", "check --config etc/gateway.yaml"):
    status = cli(command.split(), standalone_mode=False)
    assert not status, (command, status)
"""


def test_it_writes_and_checks_a_configuration_outside_of_a_checkout(installed: Path, tmp_path: Path) -> None:
    """All files are found in the package."""
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed), "COLUMNS": "400"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("The configuration is fine.") == 2
    assert f"Shipped files are in {installed}/gateway/shipped;" in done.stdout
