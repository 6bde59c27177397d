"""A sandbox worker in which the library crashes that a message names in `X-Crash`. Tests run it as a process.

The library's own entry is wrapped here, in the process of the test: nothing in the gateway looks at that field.
"""

from __future__ import annotations

import bz2
import ctypes
import json
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

import magic
import rarfile

from gateway.understand.documents import pdf
from gateway.understand.openers.archives import archive_reader
from gateway.understand.openers.pdf import encrypted
from gateway.understand.sandbox import frames, worker

_FIELD = re.compile(rb"^X-Crash: ([a-z0-9]+)\r$", re.MULTILINE)
_named = ""  # by the message that is being opened


def crashing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return the real function; it crashes first for messages that name the library."""

    def call(*arguments: Any, **more: Any) -> Any:
        if _named == name:
            if len(name) % 2:
                os.abort()
            ctypes.string_at(0)
        return real(*arguments, **more)

    return call


#: Name of a library -> where its entries are: an object, and the attribute.
ENTRIES: dict[str, list[tuple[Any, str]]] = {
    "libmagic": [(magic.Magic, "from_buffer")],
    "libarchive": [(archive_reader, "_open_memory")],
    "rarfile": [(rarfile.RAR3Parser, "parse"), (rarfile.RAR5Parser, "parse")],
    "pypdf": [(pdf, "PdfReader"), (encrypted, "PdfReader")],
    "expat": [(expat, "ParserCreate")],
    "zlib": [(zlib, "decompressobj")],
    "bz2": [(bz2, "BZ2Decompressor")],
    "lzma": [(lzma, "LZMADecompressor")],
}


def arm() -> None:
    for name, entries in ENTRIES.items():
        for owner, attribute in entries:
            setattr(owner, attribute, crashing(name, getattr(owner, attribute)))


class Watched(worker.GatewayConnection):
    """Looks at each message before it is opened."""

    def requests(self) -> Iterator[frames.Frame]:
        global _named  # noqa: PLW0603  # one message at a time
        for header, raw in super().requests():
            named = _FIELD.search(raw)
            _named = named[1].decode() if named else ""
            yield header, raw


if __name__ == "__main__":
    arm()
    worker.GatewayConnection = Watched  # type: ignore[misc]
    worker.serve(int(sys.argv[1]), json.loads(sys.argv[2]))
