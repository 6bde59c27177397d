"""One connection: octets, replies, time-outs, its end."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import AsyncIterator

import pytest

from gateway.act.relay.connection import Connection, NextHopTrouble, Timeouts, Unanswered
from gateway.act.relay.next_hop import Capabilities
from gateway.act.relay.transaction import ask
from gateway.smtp.reply import Reply

OK = Reply(250, "", "Ok")


class Far:
    """The other side, by hand: what it was sent, and what it says."""

    def __init__(self) -> None:
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter
        self.connected = asyncio.Event()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.connected.set()

    async def heard(self) -> bytes:
        return await self.reader.read(65536)

    def say(self, octets: bytes) -> None:
        self.writer.write(octets)


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Connection, Far]]:
    """Yield a connection and the other side of it."""
    far = Far()
    server = await asyncio.start_server(far.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(Timeouts()), "127.0.0.1", port)
    await far.connected.wait()
    yield connection, far
    connection.abort()
    await connection.closed
    far.writer.transport.abort()
    server.close()


Ends = tuple[Connection, Far]


async def test_a_group_is_one_write(ends: Ends) -> None:
    """The replies come in order, however they are cut into segments."""
    connection, far = ends
    asking = asyncio.ensure_future(connection.group((b"MAIL\r\n", b"RCPT\r\n", b"DATA\r\n"), 3))
    assert await far.heard() == b"MAIL\r\nRCPT\r\nDATA\r\n"
    for octets in (b"25", b"0 Ok\r", b"\n550-5.1.1 No\r\n", b"550 5.1.1 such user\r\n354", b" Go on\r\n"):
        far.say(octets)
        await asyncio.sleep(0)
    assert await asking == [OK, Reply(550, "5.1.1", "No\nsuch user"), Reply(354, "", "Go on")]
    assert connection.usable


async def test_nagle_is_off(ends: Ends) -> None:
    """A final dot doesn't wait for a delayed ACK."""
    connection, _ = ends
    assert connection._transport is not None
    endpoint = connection._transport.get_extra_info("socket")
    assert endpoint.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_replies_that_came_before_the_end_are_kept(ends: Ends) -> None:
    """The trouble names the last of them."""
    connection, far = ends
    asking = asyncio.ensure_future(connection.group((b"MAIL\r\n", b"RCPT\r\n"), 2))
    await far.heard()
    far.say(b"550 Go away\r\n")
    far.writer.close()
    with pytest.raises(Unanswered, match=r"it closed the connection; before that it said 550 Go away") as trouble:
        await asking
    assert trouble.value.replies == (Reply(550, "", "Go away"),)
    assert trouble.value.reply.temporary


async def test_silence_is_trouble(ends: Ends) -> None:
    """The trouble names the time that was waited."""
    connection, _ = ends
    with pytest.raises(NextHopTrouble, match=r"no answer within 0\.01 s"):
        await connection.command(b"NOOP\r\n", 0.01)
    assert not connection.usable


async def test_no_wait_goes_beyond_the_limit(ends: Ends) -> None:
    """A deadline shortens every time-out, one that has passed to nothing."""
    connection, _ = ends
    connection.limit(asyncio.get_running_loop().time() - 1)
    with pytest.raises(NextHopTrouble, match="no answer within"):
        await connection.command(b"NOOP\r\n")


async def test_a_slow_but_living_next_hop_has_its_time_again_with_each_command(ends: Ends) -> None:
    """A time-out belongs to one wait."""
    connection, far = ends
    connection.limit(math.inf)
    for _ in range(2):
        asking = asyncio.ensure_future(connection.command(b"NOOP\r\n", 10))
        await far.heard()
        far.say(b"250 Ok\r\n")
        assert await asking == OK


@pytest.mark.parametrize("octets", [b"250 Ok\r\n", b"25", b"250-more\r\n"])
async def test_what_is_said_unasked_spoils_the_connection(ends: Ends, octets: bytes) -> None:
    """It could be taken for the reply to the next command."""
    connection, far = ends
    assert connection.usable
    far.say(octets)
    while connection.usable:
        await asyncio.sleep(0.001)
    connection.quit()
    assert await far.heard() == b""


async def test_unreadable_octets_end_the_connection(ends: Ends) -> None:
    """Nothing that follows is read."""
    connection, far = ends
    far.say(b"HTTP/1.1 400 Bad Request\r\n250 Ok\r\n")
    await connection.closed
    assert connection.trouble.startswith("it can't be understood")
    with pytest.raises(NextHopTrouble):
        await connection.command(b"NOOP\r\n")


async def test_a_421_is_trouble(ends: Ends) -> None:
    """The other side is about to close."""
    connection, far = ends
    far.say(b"421 4.3.2 Bye\r\n")
    with pytest.raises(NextHopTrouble, match=r"it answered 421 4\.3\.2 Bye"):
        await connection.command(b"NOOP\r\n")


async def test_the_first_trouble_is_told(ends: Ends) -> None:
    """Not what followed from it."""
    connection, _ = ends
    connection.stop("first")
    connection.stop("second")
    await connection.closed
    assert connection.trouble == "first"
    with pytest.raises(NextHopTrouble, match="first"):
        connection.write(b"x")


async def test_quit_says_goodbye_once(ends: Ends) -> None:
    """QUIT is sent once, and its answer is not awaited."""
    connection, far = ends
    connection.quit()
    connection.quit()
    assert await far.heard() == b"QUIT\r\n"
    assert await far.heard() == b""
    await connection.closed


async def test_writing_waits_for_a_slow_reader(ends: Ends) -> None:
    """More is written only when the other side has taken some; silence is trouble here too."""
    connection, far = ends
    far.reader._limit = 1024  # type: ignore[attr-defined]  # so that it stops reading

    async def write_on() -> None:
        for _ in range(1000):
            connection.write(b"x" * 100_000)
            await connection.drained(0.05)

    with pytest.raises(NextHopTrouble, match="no answer within"):
        await write_on()


async def test_a_probe_whose_rset_is_refused(ends: Ends) -> None:
    """Its answer counts; the transaction is taken for open, and the next one begins with another RSET."""
    connection, far = ends
    connection.capabilities = Capabilities(pipelining=True)
    far.say(b"250 Ok\r\n250 Ok\r\n500 What?\r\n")
    assert await ask(connection, b"MAIL\r\n", b"RCPT\r\n") == (OK, OK)
    assert connection.in_transaction
