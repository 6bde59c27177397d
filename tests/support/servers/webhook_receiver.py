"""A receiver of alerts: a real HTTP server on loopback. `with receiving(500) as receiver` refuses the first one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from gateway.monitoring.webhook import SIGNATURE_FIELD


class Receiver(ThreadingHTTPServer):
    """A receiver of alerts; it answers with the statuses that it is given, and then with 204."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.statuses = list(statuses)
        self.taken: list[tuple[str, str, bytes]] = []  # path, signature, body

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?from=mail"


class _Taker(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.server.taken.append((self.path, self.headers[SIGNATURE_FIELD], body))
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    with Receiver(*statuses) as receiver:
        serving = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield receiver
        receiver.shutdown()
        serving.join()
