"""Messages a second that clamd alone scans from 20 parallel clients. `run.py` starts it as a process of its own.

Each client keeps one session (IDSESSION) and streams the message again and again, as a mail gateway at its best could.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from pathlib import Path

CLIENTS = 20
CHUNK = 128 * 1024


def client(port: int, content: bytes, count: int) -> None:
    """Scan the content `count` times."""
    stream = b"".join(
        struct.pack("!I", len(piece)) + piece
        for piece in (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
    )
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"zIDSESSION\0")
        for _ in range(count):
            sock.sendall(b"zINSTREAM\0" + stream + struct.pack("!I", 0))
            answer = b""
            while not answer.endswith(b"\0"):
                answer += sock.recv(4096)
            if not answer.endswith(b"stream: OK\0"):
                raise SystemExit(f"clamd said {answer!r}")


def main() -> None:
    port, path, total = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    content = path.read_bytes()
    threads = [threading.Thread(target=client, args=(port, content, total // CLIENTS)) for _ in range(CLIENTS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(total // CLIENTS * CLIENTS / (time.monotonic() - began))


main()
