"""Old names in a tar archive: those seen by programs without extended headers (POSIX 1003.1-2001, pax).

7-Zip was such a program until 2021. Nothing is unpacked here; another opener reads the contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.understand.budget import Budget

_BLOCK_BYTES = 512
_NAME_BYTES = 100
_FILES = b"0\0007"
_EXTENDED = b"x"
_PATH = re.compile(rb"(?:\A|\n)\d{1,10}+ path=([^\n]*+)\n")


def overridden_names(content: bytes, budget: Budget) -> Iterator[str]:
    """Yield the header names of files whose extended header gives another extension. Raises Exhausted."""
    at, told = 0, b""
    while len(header := content[at : at + _BLOCK_BYTES]) == _BLOCK_BYTES and header[0]:
        kind = header[156]
        name = header[:_NAME_BYTES].rstrip(b"\0")
        is_cut = len(name) == _NAME_BYTES  # the end of the name is missing, so its suffix is unknown
        if told and kind in _FILES and not is_cut and _suffix(name) != _suffix(told):
            budget.take_entry()
            yield name.decode("utf-8", "replace")
        size = _number(header[124:136])
        told = _path(content[at + _BLOCK_BYTES : at + _BLOCK_BYTES + size]) if kind in _EXTENDED else b""
        at += _BLOCK_BYTES + (size + _BLOCK_BYTES - 1) // _BLOCK_BYTES * _BLOCK_BYTES


def _path(records: bytes) -> bytes:
    """Return the name in an extended header; b"" where it has none."""
    found = _PATH.search(records)
    return found[1] if found else b""


def _suffix(name: bytes) -> bytes:
    return name.rpartition(b".")[2].lower()


def _number(written: bytes) -> int:
    """Return the number written as octal digits, or as octets behind a set bit (GNU tar)."""
    if written[0] & 0x80:
        return int.from_bytes(written[1:], "big")
    digits = written.strip(b"\0 ")
    return int(digits, 8) if digits and not digits.translate(None, b"01234567") else 0
