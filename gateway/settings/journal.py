"""Settings of the journal: how long and how large, and the file of its keys.

The module reads the key file and encrypts nothing.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo

from gateway.settings.files import looked_for, named_file
from gateway.settings.yaml.problems import shown_file
from gateway.settings.yaml.values import Bytes, Days, Words
from gateway.settings.yaml.yaml_model import YamlModel

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class JournalKeyFile:
    """The keys of the journal, the newest first, and the file that they were read from."""

    path: Path
    keys: tuple[bytes, ...] = field(repr=False)


def journal_key_file(value: Any, info: ValidationInfo) -> JournalKeyFile:
    """Read a file of keys that only its owner may read. Raises ValueError."""
    if isinstance(value, JournalKeyFile):
        return value
    path = looked_for(value, info)
    if not path.exists():
        raise ValueError(
            f"no such file: {shown_file(path)}. If there was one, restore it: without it nobody can read the messages "
            f"that were kept. `mailwarden journal keygen {shown_file(path)}` makes a new one"
        )
    named_file(value, info)
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & _OTHERS:
        raise ValueError(f"{shown_file(path)} is open to others (mode {mode:04o}): chmod 600 {path}")
    try:
        return JournalKeyFile(path, keys_in(path.read_bytes()))
    except ValueError as error:
        raise ValueError(f"{shown_file(path)}: {error}") from error


def keys_in(octets: bytes) -> tuple[bytes, ...]:
    """Return the keys of a key file, in its order. Raises ValueError with a sentence that shows no key."""
    found = []
    for number, line in enumerate(octets.decode("ascii", "replace").splitlines(), 1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        if not _KEY.fullmatch(word):
            raise ValueError(f"line {number} is no key: 64 hexadecimal digits, as `openssl rand -hex 32` prints them")
        found.append(bytes.fromhex(word))
    if not found:
        raise ValueError("there is no key in it: `openssl rand -hex 32` prints one")
    if len(set(found)) < len(found):
        raise ValueError("a key stands in it twice")
    return tuple(found)


class JournalSettings(YamlModel):
    """The journal of relayed mail (see docs/journal.md): every message that a next hop took, encrypted."""

    days: Days = Field(description="How long a message is kept: so many whole days.")
    max_bytes: Bytes = Field(
        default=10 * _GIB,
        description="All messages, compressed; beyond it messages are relayed and not kept. 1 GiB of the disk is left "
        "free in any case.",
    )
    key_file: Annotated[JournalKeyFile, PlainValidator(journal_key_file), Words("a file, mode 0600")] = Field(
        description="The keys, a line each, as `mailwarden journal keygen` makes them: the first encrypts, all "
        "decrypt. Back the file up, apart from the data."
    )
