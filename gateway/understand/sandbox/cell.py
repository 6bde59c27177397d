"""The process in which hostile content is opened: `python -m gateway.understand.sandbox.cell FD JSON`.

It loads what it needs, locks itself, says so, and then opens one message after another: a frame in, frames out. It
keeps nothing from one message to the next, and ends when the gateway closes the socket.
"""

from __future__ import annotations

import encodings
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from gateway.message.decodings import other_decodings
from gateway.message.model import Part
from gateway.message.reading import Reading
from gateway.message.readings import each_reading
from gateway.understand.budget import Allowance, Budget
from gateway.understand.documents.readers import READERS
from gateway.understand.member import Opener
from gateway.understand.openers.known import OPENERS
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Refused, confine
from gateway.understand.sandbox.passages import as_frame
from gateway.understand.true_type import LibMagic
from gateway.understand.walk import Walk

#: What is read from the socket at a time.
_PIECE_BYTES = 1024 * 1024


def serve(fd: int, order: dict[str, Any], openers: Sequence[Opener] = OPENERS) -> None:
    """Until the socket is closed."""
    _keep_only(fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the gateway decides
    true_types = LibMagic()
    true_types.of(b"%PDF-1.4")  # its database is read now
    _load_codecs()
    try:
        confine(order["isolation"], order["memory_bytes"])
    except Refused as error:
        _send(fd, {"refused": error.strerror})
        return
    _send(fd, {"ready": True})
    receive = partial(_receive, fd)
    while request := frames.read(receive, sys.maxsize):
        header, raw = request
        allowance = Allowance(**header["allowance"])
        budget = Budget(allowance, len(raw))
        walk = Walk(openers, _readings_of, true_types.of, budget, READERS, texts=allowance.texts)
        for sighting in walk.message(raw):
            for passage in sighting.passages:
                _send(fd, *as_frame(passage))
            _send(fd, sighting.as_header(), sighting.content)
        _send(fd, {"end": True})


def _keep_only(fd: int) -> None:
    """Close what was inherited besides it: uvloop hands on every descriptor that may be inherited."""
    os.closerange(3, fd)
    os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))


def _readings_of(part: Part) -> Iterator[Reading]:
    """Of its place in the message, then of its body."""
    yield from each_reading(part)
    yield from other_decodings(part)


def _load_codecs() -> None:
    """Codecs are modules that are loaded when first asked for; loaded now, no message meets a half-made one."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in ("mbcs", "oem", "cp65001"):  # Windows has these alone
            __import__(f"encodings.{module.name}")


def _receive(fd: int, octets: int) -> bytes:
    """Exactly that many, or fewer where the other side has closed."""
    pieces = bytearray()
    while len(pieces) < octets:
        piece = os.read(fd, min(_PIECE_BYTES, octets - len(pieces)))
        if not piece:
            break
        pieces += piece
    return bytes(pieces)


def _send(fd: int, header: dict[str, Any], content: bytes = b"") -> None:
    for octets in (frames.frame(header, len(content)), content):
        view = memoryview(octets)
        while view:
            view = view[os.write(fd, view) :]


if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(sys.argv[2]))
