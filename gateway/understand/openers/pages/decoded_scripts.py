"""Scripts that a script has written out in an encoding, as in `eval(atob("…"))`: decoded, at any depth.

Nothing is run: any literal that decodes to code counts, whether or not a script runs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.understand.budget import Budget
from gateway.understand.openers.pages.data_uris import from_base64
from gateway.understand.openers.pages.payloads import compact, lettered, numbered
from gateway.understand.openers.pages.scripts import joined, listed

#: Scripts inside one another: a page with more layers has no other use than this one.
MAX_LAYERS = 4

#: Octets at the start of decoded content in which code is told from the octets of a picture.
_HEAD_BYTES = 48

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODE = re.compile(
    rb"\b(?:Blob|File|createObjectURL|msSave\w+|atob|eval|unescape|fromCharCode|Uint8Array|Function|document|window"
    rb"|location|navigator|function|var|let|const)\b"
)


def with_written(program: bytes, budget: Budget) -> bytes:
    """Return the program, with each script that it has written out behind it. Raises Exhausted."""
    layers = [program]
    for _ in range(MAX_LAYERS):
        found = b"\n".join(joined(one) for one in dict.fromkeys(_written(layers[-1], budget)))
        if not found:
            break
        layers.append(found)
    return b"\n".join(layers)


def _written(program: bytes, budget: Budget) -> Iterator[bytes]:
    for dense in dict.fromkeys((compact(program), compact(listed(program)))):
        for octets in _decoded(dense):
            budget.take(len(octets))
            if _CONTROL.search(octets) is None and _CODE.search(octets):
                yield octets


def _decoded(dense: bytes) -> Iterator[bytes]:
    yield from numbered(dense)
    for run in lettered(dense):
        for letters in (run, run[::-1].lstrip(b"=")):
            if _CONTROL.search(from_base64(letters[:_HEAD_BYTES])) is None:
                yield from_base64(letters)
        if len(run) % 2 == 0 and run.isalnum() and not run.translate(None, b"0123456789abcdefABCDEF"):
            yield bytes.fromhex(run.decode("ascii"))
