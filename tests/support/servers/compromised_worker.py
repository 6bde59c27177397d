"""A sandbox worker that hostile content has taken over: it answers whatever it likes. Tests run it as a process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gateway.understand.sandbox.worker import GatewayConnection

Said = Iterator[tuple[dict[str, Any], bytes]]


def told(path: str, container: str = "", **more: Any) -> dict[str, Any]:
    blank = {"names": [], "media_type": "", "true_type": "", "defects": [], "is_entity": False}
    return {"path": path, "container": container, **blank, **more}


def circle() -> Said:
    yield told("1", "1"), b""


def nest() -> Said:
    yield from ((told(f"{n + 1}", f"{n}"), b"") for n in range(1, 2_000))


def twice() -> Said:
    yield told("1.2/a", "1.2", names=["a.txt"]), b"harmless"
    yield told("1.2/a", "1.2", names=["a.exe"]), b"program"


def endless_offset() -> Said:
    yield told("1", defects=[("container.mismatch", "it has two views", float("inf"))]), b""


def far_offset() -> Said:
    yield told("1", defects=[("container.mismatch", "it has two views", 2**70)]), b""


def half_characters() -> Said:
    yield told("1.2/a", "1.2", names=["\ud800.exe"]), b"program"


def long_names() -> Said:
    yield from ((told(f"1.2/{n}", "1.2", names=["n" * 1_000_000]), b"") for n in range(400))


def many_parts() -> Said:
    letter = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 900
    yield from ((told(f"1.2/{n}", "1.2", is_entity=True), letter) for n in range(100))


TRICKS: dict[str, Callable[[], Said]] = {
    trick.__name__: trick
    for trick in (circle, nest, twice, endless_offset, far_offset, half_characters, long_names, many_parts)
}


def main() -> None:
    line = GatewayConnection(int(sys.argv[1]), json.loads(sys.argv[2]))
    line.say({"ready": True})
    for _, message in line.requests():
        trick = TRICKS[message.split(b"TRICK ")[1].split()[0].decode("ascii")]
        for header, content in trick():
            try:
                line.answer(header, content)
            except OSError:
                os._exit(0)
        line.say({"end": True})


if __name__ == "__main__":
    main()
