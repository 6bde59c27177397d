"""The process in which hostile content is opened: `python -m gateway.understand.sandbox.worker FD JSON`.

It loads its libraries, locks itself, reports that it is ready, and then opens one message after another: a frame in,
frames out. From one message to the next it keeps only the content of the shared memory, which the next message
replaces. It ends when the gateway closes the socket.
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
from gateway.understand.sandbox.passage_frames import as_frame
from gateway.understand.sandbox.shared_memory import WorkerMemory
from gateway.understand.true_type import LibMagic
from gateway.understand.walk import Walk

#: Octets that are read from the socket at a time.
_PIECE_BYTES = 1024 * 1024

#: Added to the process's nice value: where processors are short, the workers and the scanner come before the opening of
#: messages. With 15 a PDF file waits too long where clamd keeps all processors busy.
NICE = 10


def serve(fd: int, order: dict[str, Any], openers: Sequence[Opener] = OPENERS) -> None:
    """Open messages until the socket is closed."""
    line = GatewayConnection(fd, order)
    _keep_only(fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all processes; the gateway decides
    os.nice(NICE)
    true_types = LibMagic()
    true_types.of(b"%PDF-1.4")  # this call loads its database
    load_codecs()
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
        for inspected in walk.message(raw):
            for passage in inspected.passages:
                line.answer(*as_frame(passage))
            line.answer(inspected.as_header(), inspected.content)
        line.say({"end": True})


class GatewayConnection:
    """The line between the gateway and this sandbox process: their socket, and the memory that they share."""

    def __init__(self, fd: int, order: dict[str, Any]) -> None:
        self._fd = fd
        self._area = WorkerMemory(order["area"])
        self._has_room = False

    def requests(self) -> Iterator[frames.Frame]:
        """Yield requests until the gateway closes the socket."""
        while request := frames.read(self._receive, sys.maxsize):
            header, raw = request
            if "message_bytes" in header:
                raw = self._area.message(header["message_bytes"])
            self._area.begin()
            self._has_room = True
            yield header, raw

    def answer(self, header: dict[str, Any], content: bytes = b"") -> None:
        """Send an answer through the memory while it has room; then this and all later ones through the socket.

        The memory saves the gateway from being woken for each answer.
        """
        frame = frames.frame(header, len(content))
        self._has_room = self._has_room and self._area.answer(frame, content)
        if not self._has_room:
            self._write(frame)
            self._write(content)

    def say(self, header: dict[str, Any]) -> None:
        """Send a header through the socket, where the gateway waits for it."""
        self._write(frames.frame(header, 0))

    def _receive(self, octets: int) -> bytes:
        """Read exactly so many octets, or fewer where the other side has closed."""
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
    """Close all other inherited descriptors: uvloop hands on every descriptor that may be inherited."""
    os.closerange(3, fd)
    os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))


def _readings_of(part: Part) -> Iterator[Reading]:
    """Yield the other readings of a part: those of its place in the message, then those of its body."""
    yield from each_reading(part)
    yield from other_decodings(part)


def load_codecs() -> None:
    """Load all codecs now: each is a module that is loaded on first use, and no message may meet a half-loaded one."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in ("mbcs", "oem", "cp65001"):  # these exist on Windows alone
            __import__(f"encodings.{module.name}")


if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(sys.argv[2]))
