"""A: archives of other kinds, made by their own programs at test time, with RAR samples from rarfile's source archive.

Debian's gcab, xorriso, jlha-utils and arj make what Python can't write. The samples are fetched once into a cache
outside the tree; without them the examples are left out, except where CI is set: there it is an error.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.corpus.payloads import STUB

SAMPLES = "rarfile==4.5"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mailwarden-tests" / SAMPLES.replace("==", "-")
)

#: Name of the archive -> the program's command line; "evil.exe" and "ok.txt" lie in its folder.
COMMANDS: dict[str, Sequence[str]] = {
    "a.cab": ("gcab", "-cz", "a.cab", "evil.exe", "ok.txt"),
    "plain.cab": ("gcab", "-c", "plain.cab", "evil.exe", "ok.txt"),
    "a.iso": ("xorriso", "-as", "mkisofs", "-quiet", "-o", "a.iso", "evil.exe", "ok.txt"),
    "joliet.iso": ("xorriso", "-as", "mkisofs", "-quiet", "-J", "-R", "-o", "joliet.iso", "evil.exe", "ok.txt"),
    "a.lzh": ("jlha", "-a", "a.lzh", "evil.exe", "ok.txt"),
    "a.arj": ("arj", "a", "a.arj", "evil.exe", "ok.txt"),
    "stored.arj": ("arj", "a", "-m0", "stored.arj", "evil.exe", "ok.txt"),
    "secret.arj": ("arj", "a", "-gpassword", "secret.arj", "evil.exe", "ok.txt"),
}


@cache
def made(name: str) -> bytes:
    """The archive of that name, by its program."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "evil.exe").write_bytes(STUB)
        (at / "ok.txt").write_bytes(b"Good morning\r\n" * 40)
        subprocess.run(COMMANDS[name], cwd=at, check=True, capture_output=True)
        return (at / name).read_bytes()


@cache
def rar_samples() -> dict[str, bytes]:
    """Return rarfile's test archives by name; none where they can't be had.

    Raises RuntimeError instead where CI is set.
    """
    source = next(CACHE.glob("*.tar.gz"), None) or _fetched()
    if source is None:
        warnings.warn(f"Examples of RAR are left out: {SAMPLES} can't be fetched.", stacklevel=2)
        return {}
    with tarfile.open(source) as archive:
        files = [one for one in archive if "/test/files/" in one.name and one.name.endswith((".rar", ".sfx", ".r00"))]
        return {Path(one.name).name: content.read() for one in files if (content := archive.extractfile(one))}


def _fetched() -> Path | None:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", ":all:", "--no-deps"]
    command += ["--no-build-isolation", "--dest", str(CACHE), SAMPLES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = next(CACHE.glob("*.tar.gz"), None)
    if found is None and os.environ.get("CI"):
        raise RuntimeError(f"The RAR samples of {SAMPLES} can't be fetched: {done.stderr[-500:]}")
    return found


def of_tar(names: Iterator[tuple[str, bytes, bytes]]) -> bytes:
    """A tar of names, types (tarfile's REGTYPE, SYMTYPE, …) and contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, content in names:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "evil.exe" if kind != tarfile.REGTYPE else ""
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()
