"""The program of an earlier version, out of the history of the checkout."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from gateway.remember.database.migrate import SCRIPTS
from tests.support.servers.gateway import PROJECT


def program_before(revision: str, folder: Path) -> bool:
    """Put the program from before a revision of the schema into the folder; False where the history isn't here."""
    (script,) = (SCRIPTS / "versions").glob(f"r{revision[:4]}_*.py")
    name = str(script.relative_to(PROJECT))
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", name).decode().strip()
    archive = _git("archive", "--format=tar", f"{added}^", "gateway", "filters", "config") if added else b""
    if not archive:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    assert not (folder / name).exists()
    return True


def _git(*words: str) -> bytes:
    command = ["git", "-c", f"safe.directory={PROJECT}", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, check=False).stdout
