"""Mail from several clients at once, each message timed. `measure.py` starts it as a process of its own.

Usage: smtp_load.py PORT FOLDER COUNT CONNECTIONS SENDER RECIPIENT. The files of the folder, in the order of their
names and again from the first, are messages with CRLF at their line ends. Each goes over a connection of its own. The
program prints a JSON object: `seconds` in all, `each` message's own seconds, and the number of messages by reply code.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import BinaryIO

TIMEOUT_SECONDS = 300


def send(port: int, sender: str, recipient: str, content: bytes) -> str:
    """Send one message, and return the code of the reply to it, or of the first refusal before."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as sock, sock.makefile("rb") as replies:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = reply(replies)
        for line in ("EHLO client.example", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"):
            if code[:1] not in "23":
                return code
            sock.sendall(line.encode() + b"\r\n")
            code = reply(replies)
        if code != "354":
            return code
        sock.sendall(content)
        code = reply(replies)
        sock.sendall(b"QUIT\r\n")
        return code


def reply(replies: BinaryIO) -> str:
    """Return the code of the next reply. Raises EOFError."""
    while True:
        line = replies.readline()
        if not line:
            raise EOFError("the server closed the connection")
        if line[3:4] != b"-":
            return line[:3].decode()


def main() -> None:
    port, folder, total, connections = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    sender, recipient = sys.argv[5:]
    contents = [_stuffed(file.read_bytes()) for file in sorted(folder.iterdir())]
    numbers = count()
    each: list[float] = []
    codes: Counter[str] = Counter()
    failed: list[Exception] = []

    def client() -> None:
        try:
            while (number := next(numbers)) < total:
                began = time.monotonic()
                codes[send(port, sender, recipient, contents[number % len(contents)])] += 1
                each.append(time.monotonic() - began)
        except (OSError, EOFError) as error:
            failed.append(error)

    threads = [threading.Thread(target=client) for _ in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit(f"{len(failed)} of {connections} clients failed, the first with {failed[0]!r}")
    print(json.dumps({"seconds": time.monotonic() - began, "each": each, "codes": codes}))


def _stuffed(content: bytes) -> bytes:
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


if __name__ == "__main__":
    main()
