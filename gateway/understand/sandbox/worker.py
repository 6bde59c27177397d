"""The process in which hostile content is opened: `python -m gateway.understand.sandbox.worker FD JSON`.

It loads what it needs, locks itself, says so, and then opens one message after another: a frame in, frames out. It
keeps nothing from one message to the next but what stands in the memory that it shares, until the next takes its place,
and ends when the gateway closes the socket.
"""

from __future__ import annotations

import encodings
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from gateway.message.mime.decodings import other_decodings
from gateway.message.mime.readings import each_reading
from gateway.message.part import Part
from gateway.message.reading import Reading
from gateway.understand.budget import Allowance, Budget
from gateway.understand.documents.readers import READERS
from gateway.understand.member import Opener
from gateway.understand.openers.known import OPENERS
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Refused, confine
from gateway.understand.sandbox.passages import as_frame
from gateway.understand.sandbox.shared_memory import CellArea
from gateway.understand.true_type import LibMagic
from gateway.understand.walk import Walk

#: What is read from the socket at a time.
_PIECE_BYTES = 1024 * 1024

#: Added to the process's nice value: where processors are short, workers answer before anything is opened.
NICE = 5


def serve(fd: int, order: dict[str, Any], openers: Sequence[Opener] = OPENERS) -> None:
    """Until the socket is closed."""
    line = Line(fd, order)
    _keep_only(fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the gateway decides
    os.nice(NICE)
    true_types = LibMagic()
    true_types.of(b"%PDF-1.4")  # its database is read now
    _load_codecs()
    try:
        confine(order["isolation"], order["memory_bytes"])
    except Refused as error:
        line.say({"refused": error.strerror})
        return
    line.say({"ready": True})
    for header, raw in line.requests():
        allowance = Allowance(**header["allowance"])
        budget = Budget(allowance, len(raw))
        walk = Walk(openers, _readings_of, true_types.of, budget, READERS, texts=allowance.texts)
        for sighting in walk.message(raw):
            for passage in sighting.passages:
                line.answer(*as_frame(passage))
            line.answer(sighting.as_header(), sighting.content)
        line.say({"end": True})


class Line:
    """What goes between the gateway and this cell: by their socket, and by the memory that they share."""

    def __init__(self, fd: int, order: dict[str, Any]) -> None:
        self._fd = fd
        self._area = CellArea(order["area"])
        self._has_room = False

    def requests(self) -> Iterator[frames.Frame]:
        """Until the gateway closes the socket."""
        while request := frames.read(self._receive, sys.maxsize):
            header, raw = request
            if "message_bytes" in header:
                raw = self._area.message(header["message_bytes"])
            self._area.begin()
            self._has_room = True
            yield header, raw

    def answer(self, header: dict[str, Any], content: bytes = b"") -> None:
        """By the memory as long as there is room, so that the gateway isn't woken for each; then all by the socket."""
        frame = frames.frame(header, len(content))
        self._has_room = self._has_room and self._area.answer(frame, content)
        if not self._has_room:
            self._write(frame)
            self._write(content)

    def say(self, header: dict[str, Any]) -> None:
        """By the socket, where the gateway waits for it."""
        self._write(frames.frame(header, 0))

    def _receive(self, octets: int) -> bytes:
        """Exactly that many, or fewer where the other side has closed."""
        pieces = bytearray()
        while len(pieces) < octets:
            piece = os.read(self._fd, min(_PIECE_BYTES, octets - len(pieces)))
            if not piece:
                break
            pieces += piece
        return bytes(pieces)

    def _write(self, octets: bytes) -> None:
        view = memoryview(octets)
        while view:
            view = view[os.write(self._fd, view) :]


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


if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(sys.argv[2]))
