"""The relay against Postfix's smtp-sink: many messages at once, each there once, octet for octet."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.act.relay.next_hop import NextHop, Scheme
from gateway.act.relay.relay import Relay, Transaction
from gateway.contract import Client, Recipient

SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MESSAGES = 1000


@dataclass(frozen=True)
class Sink:
    hop: NextHop
    folder: Path

    def contents(self) -> list[bytes]:
        """Return the messages that arrived, without the sink's header lines before and its empty line behind each."""
        dumps = [path.read_bytes() for path in self.folder.iterdir()]
        return [dump.partition(b"\nX-Mark: ")[2].removesuffix(b"\n") for dump in dumps]


def _free_port() -> int:
    with socket.socket() as endpoint:
        endpoint.bind(("127.0.0.1", 0))
        port: int = endpoint.getsockname()[1]
        return port


@pytest.fixture(params=["smtp", "lmtp", "smtp without pipelining"])
async def sink(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Sink]:
    assert SINK is not None, "smtp-sink is in Debian's package postfix"
    scheme: Scheme = "lmtp" if request.param == "lmtp" else "smtp"
    port = _free_port()
    folder = tmp_path / "dumps"
    folder.mkdir(mode=0o777)
    options = {"lmtp": ["-L"], "smtp without pipelining": ["-p"]}.get(request.param, [])
    user = ["-u", "root"] if os.geteuid() == 0 else []
    command = [SINK, *options, *user, "-d", f"{folder}/%M.", f"127.0.0.1:{port}", "100"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                except ConnectionError:
                    await asyncio.sleep(0.02)
        yield Sink(NextHop(scheme, host="127.0.0.1", port=port), folder)
    finally:
        process.kill()
        process.wait()


def message(number: int) -> bytes:
    """Lines of every kind: with dots, empty, long, 8-bit, and some messages over one block."""
    lines = [b"%d" % number, b"", b".", b"..", b".x", b"x" * (number % 1200), b"\xfc\xff", b""]
    return b"\r\n".join(lines * (1 + number % 3)) + b"z" * (400_000 if number % 100 == 0 else 0) + b"\r\n"


async def test_every_message_arrives_once_and_whole(sink: Sink) -> None:
    """A thousand messages over at most twenty connections."""
    relay = Relay("gw.test", pool_size=20)
    client = Client("192.0.2.7", helo="mail.example.com", name="mail.example.com", port=4711)

    async def send(number: int) -> bool:
        recipients = (Recipient("b@y.test", "inbound"), Recipient("c@y.test", "inbound"))
        transaction = Transaction("a@x.test", recipients, client=client)
        replies = await relay.send([sink.hop], transaction, (b"X-Mark: ", message(number)))
        return [reply.ok for reply in replies.values()] == [True, True]

    assert all(await asyncio.gather(*(send(number) for number in range(MESSAGES))))
    await relay.close()

    def digests(contents: list[bytes]) -> list[bytes]:
        return sorted(hashlib.sha256(content).digest() for content in contents)

    # smtp-sink writes Unix lines; that CRLF alone ends them on the wire is tested with the scripted next hop.
    expected = [message(number).replace(b"\r\n", b"\n") for number in range(MESSAGES)]
    assert digests(sink.contents()) == digests(expected)


async def test_offers_and_probes(sink: Sink) -> None:
    """A real server's EHLO is understood, and it answers a probe."""
    relay = Relay("gw.test")
    await relay.learn([sink.hop])
    offered = relay.offers([sink.hop])
    assert offered is not None
    assert offered.eightbitmime
    assert {"NAME", "ADDR", "HELO"} <= offered.xforward
    assert (await relay.verify([sink.hop], "", "b@y.test")).ok
    await relay.close()
