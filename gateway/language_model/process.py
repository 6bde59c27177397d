"""The process in which the language model reads: `python -m gateway.language_model.process FD JSON`.

It locks itself as a sandbox process does, loads onnxruntime, the tokenizer and the weights, reports that it is ready,
and then answers one question after another: a frame in, a frame out. It keeps nothing of a message once it is asked
about another, and ends when the gateway closes the socket.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.language_model.encoder import WHOLE, Encoder, Unusable
from gateway.understand.sandbox import frames
from gateway.understand.sandbox.confine import Refused, confine

#: Octets that are read from the socket at a time.
_PIECE_BYTES = 256 * 1024

#: Added to the process's nice value: the gateway's workers come before the reading.
NICE = 5


def serve(fd: int, order: dict[str, Any]) -> None:
    """Answer questions until the socket is closed."""
    os.closerange(3, fd)  # uvloop hands on every descriptor that may be inherited
    os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all processes; the gateway decides
    os.nice(NICE)
    sys.excepthook = lambda _, error, __: _say(fd, {"failed": f"{type(error).__name__}: {error}"})  # the last words
    try:
        confine(order["isolation"], order["memory_bytes"], loads_modules=True)
        encoder = Encoder(Path(order["weights"]))
    except Refused as error:
        _say(fd, {"failed": f"{error.strerror}; `sandbox: isolation: limits_only` goes on without that protection"})
        return
    except Unusable as error:
        _say(fd, {"failed": str(error)})
        return
    _say(fd, {"ready": True, "heads": encoder.heads, "trained": encoder.trained})
    for question in _questions(fd):
        _say(fd, answer(encoder, question))


def answer(encoder: Encoder, question: dict[str, Any]) -> dict[str, Any]:
    """Return the log-odds of each window, or of each sentence alone, or what the sentences add for one head."""
    encoder.turn_to(question["message"])
    if "alone" in question:
        return {"log_odds": [one for sentence in question["alone"] for one in encoder.log_odds("", [sentence])]}
    subject, sentences, runs = question["subject"], question["sentences"], question.get("runs", WHOLE)
    if "head" in question:
        return {"contributions": encoder.contributions(subject, sentences, question["head"], runs)}
    return {"log_odds": encoder.log_odds(subject, sentences, runs)}


def _questions(fd: int) -> Iterator[dict[str, Any]]:
    def receive(octets: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < octets and (piece := os.read(fd, min(_PIECE_BYTES, octets - len(pieces)))):
            pieces += piece
        return bytes(pieces)

    while found := frames.read(receive, 0):
        yield found[0]


def _say(fd: int, header: dict[str, Any]) -> None:
    view = memoryview(frames.frame(header, 0))
    while view:
        view = view[os.write(fd, view) :]


if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(sys.argv[2]))
