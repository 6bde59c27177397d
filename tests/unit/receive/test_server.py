"""One worker's server: connections and octets counted and capped, messages that outlive their client, the drain."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.receive import connection
from tests.support.servers.receiver import (
    CAPACITY,
    LIMITS,
    OURS,
    PATIENCE_SECONDS,
    PROXY,
    STRANGER,
    RunningServer,
    make_listener,
)

GREETING = "220 gw.example.co.uk ESMTP Mailwarden"


def roomy(**capacity: int) -> RunningServer:
    return RunningServer(capacity=replace(CAPACITY, **capacity))


# --- connections -----------------------------------------------------------------------------------------------------


async def test_connections_in_all() -> None:
    """The server accepts n - 1 and n connections and refuses the next one; one that ends makes room for another."""
    async with roomy(connections=3) as receiving:
        clients = [await receiving.client(f"127.0.0.{n}") for n in (1, 2, 3)]
        assert [await c.reply() for c in clients] == [GREETING] * 3
        late = await receiving.client("127.0.0.4")
        assert await late.reply() == "421 4.3.2 Too many connections; try again later"
        assert await late.rest() == b""
        await receiving.until(lambda: receiving.server.figures["sessions"] == 3)
        clients[0].disconnect()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 2)
        assert await (await receiving.client("127.0.0.4")).reply() == GREETING


async def test_connections_of_one_client() -> None:
    """A client may have n - 1 and n connections, and its next is refused; another client's isn't."""
    async with roomy(connections_per_client=2) as receiving:
        clients = [await receiving.client(), await receiving.client()]
        assert [await c.reply() for c in clients] == [GREETING] * 2
        assert await (await receiving.client()).reply() == "421 4.7.0 Too many connections from your host"
        assert await (await receiving.client("127.0.0.9")).reply() == GREETING
        clients[0].disconnect()
        await receiving.until(lambda: receiving.server.figures["sessions"] == 2)
        assert await (await receiving.client()).reply() == GREETING


@pytest.mark.parametrize("address", [OURS, PROXY])
async def test_trusted_networks_and_proxies_are_spared(address: str) -> None:
    """They carry many people's mail: the limit for one client isn't theirs."""
    async with roomy(connections_per_client=1) as receiving:
        clients = [await receiving.client(address) for _ in range(4)]
        assert [await c.reply() for c in clients] == [GREETING] * 4


async def test_forwarded_client_is_the_one_counted() -> None:
    """Behind a proxy the limit is that of the client that it names, with those that connect themselves."""
    async with roomy(connections_per_client=2) as receiving:
        assert await (await receiving.client("127.0.0.9")).reply() == GREETING
        first, second = await receiving.greeted(PROXY), await receiving.greeted(PROXY)
        assert (await first.say("XFORWARD ADDR=127.0.0.9")).startswith("250")
        assert (await first.say("XFORWARD NAME=mail.example")).startswith("250")
        assert await second.say("XFORWARD ADDR=127.0.0.9") == "421 4.7.0 Too many connections from your host"
        assert await second.rest() == b""
        third = await receiving.greeted(PROXY)
        assert (await third.say("XFORWARD ADDR=127.0.0.8")).startswith("250")


async def test_forwarded_client_is_counted_until_its_transaction_ends() -> None:
    """The proxy's next transaction is another client's."""
    async with roomy(connections_per_client=1) as receiving:
        first, second = await receiving.greeted(PROXY), await receiving.greeted(PROXY)
        await first.say("XFORWARD ADDR=127.0.0.9")
        assert (await first.say("RSET")).startswith("250")
        assert (await second.say("XFORWARD ADDR=127.0.0.9")).startswith("250")


async def test_forwarded_client_of_ours_is_spared() -> None:
    """Trusted networks are spared behind a proxy, too."""
    async with roomy(connections_per_client=1) as receiving:
        for _ in range(3):
            assert (await (await receiving.greeted(PROXY)).say(f"XFORWARD ADDR={OURS}")).startswith("250")


async def test_client_that_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never fetches its replies holds no connection beyond the time-out."""
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.1)
    listener = make_listener(limits=replace(LIMITS, command_seconds=0.2, commands_per_session=10**9))
    async with RunningServer(listener) as receiving:
        client = await receiving.client(receive_bytes=2048)
        assert await client.reply() == GREETING
        for _ in range(200):  # some 13 MB of replies: more than any socket buffers
            client.writer.write(b"HELP\r\n" * 1000)
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


# --- octets in flight ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("octets", "reply"), [(999, "354"), (1000, "452"), (1001, "452")])
async def test_octets_in_flight_before_data(octets: int, reply: str) -> None:
    """At the cap a session is told 452 before it sends its message; below it is let in."""
    async with roomy(bytes_in_flight=1000) as receiving:
        busy, next_one = await receiving.in_data(), await receiving.greeted()
        await busy.send(b"x" * (octets - 2))  # with the CRLF that began the content
        await receiving.until(lambda: receiving.server.figures["bytes_in_flight"] == octets)
        await next_one.say("MAIL FROM:<a@outside.example>")
        await next_one.say("RCPT TO:<b@example.com>")
        answer = await next_one.say("DATA")
        assert answer.startswith(reply)
        if reply == "452":
            assert answer == "452 4.3.1 Too much mail at once; try again later"
            await busy.send(b"\r\n.\r\n")
            assert (await busy.reply()).startswith("250 2.0.0 Accepted")
            await receiving.until(lambda: receiving.server.figures["bytes_in_flight"] == 0)
            assert (await next_one.say("DATA")).startswith("354")


async def test_octets_in_flight_within_data() -> None:
    """Sessions that all were let in can't outgrow the cap together: who passes it gets 452 after its final dot."""
    async with roomy(bytes_in_flight=1000) as receiving:
        first, second = await receiving.in_data(), await receiving.in_data()
        await first.send(b"x" * 600)
        await receiving.until(lambda: receiving.server.figures["bytes_in_flight"] == 602)
        await second.send(b"y" * 600 + b"\r\n")
        await receiving.until(lambda: receiving.server.figures["bytes_in_flight"] == 606)
        await second.send(b".\r\n")
        assert await second.reply() == "452 4.3.1 Too much mail at once; try again later"
        await first.send(b"\r\n.\r\n")
        assert (await first.reply()).startswith("250 2.0.0 Accepted")
        assert [r.content for r in receiving.site.got] == [b"x" * 600 + b"\r\n"]


async def test_message_that_is_alone_always_gets_in() -> None:
    """One message may be as big as a message may be, its transport's octets on top."""
    listener = make_listener(limits=replace(LIMITS, message_bytes=1000))
    async with RunningServer(listener, capacity=replace(CAPACITY, bytes_in_flight=1000)) as receiving:
        client = await receiving.in_data()
        await client.send(b"..\r\n" * 333 + b".\r\n")
        assert (await client.reply()).startswith("250 2.0.0 Accepted")
        assert receiving.site.got[0].content == b".\r\n" * 333


async def test_octets_count_until_the_message_is_settled() -> None:
    """A message counts while it is judged: a client can't evade the cap by hanging up."""
    async with roomy(bytes_in_flight=1000) as receiving:
        receiving.site.held = True
        client = await receiving.in_data()
        await client.send(b"x" * 1000 + b"\r\n.\r\n")
        await receiving.until(lambda: receiving.site.waiting == 1)
        session = receiving.session
        client.reset()
        await receiving.until(lambda: session.transport is None)
        assert receiving.server.figures == {"sessions": 1, "bytes_in_flight": 1004}
        receiving.site.held = False
        await receiving.until(lambda: receiving.server.figures == {"sessions": 0, "bytes_in_flight": 0})


async def test_octets_of_a_message_that_was_cut_are_given_back() -> None:
    """A client that leaves in the middle of a message leaves nothing behind."""
    async with RunningServer() as receiving:
        client = await receiving.in_data()
        await client.send(b"x" * 1000)
        await receiving.until(lambda: receiving.server.figures["bytes_in_flight"] == 1002)
        client.disconnect()
        await receiving.until(lambda: receiving.server.figures == {"sessions": 0, "bytes_in_flight": 0})
        assert receiving.site.got == []


# --- messages that outlive their client ------------------------------------------------------------------------------


async def test_client_that_disconnects_after_the_final_dot_does_not_stop_the_message() -> None:
    """The message is dealt with to the end (RFC 1047: it is better sent twice than not at all)."""
    async with RunningServer() as receiving:
        receiving.site.held = True
        client = await receiving.in_data()
        await client.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        await receiving.until(lambda: receiving.site.waiting == 1)
        client.reset()
        receiving.site.held = False
        await receiving.until(lambda: len(receiving.site.got) == 1)
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)


async def test_half_closed_client_gets_its_replies() -> None:
    """A client that has said all it wants to say still hears the answers."""
    async with RunningServer() as receiving:
        client = await receiving.client()
        await client.send(
            b"EHLO client.example\r\nMAIL FROM:<a@outside.example>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
            b"Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n"
        )
        client.half_close()
        codes = [line[:3] for line in (await client.rest()).split(b"\r\n") if line[3:4] == b" "]
        assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]
        assert len(receiving.site.got) == 1


async def test_half_closed_client_whose_message_takes_long_gets_its_reply() -> None:
    """The connection stays open while the message is judged."""
    async with RunningServer() as receiving:
        receiving.site.held = True
        client = await receiving.in_data()
        await client.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        client.half_close()
        await receiving.until(lambda: receiving.site.waiting == 1)
        receiving.site.held = False
        assert await client.rest() == b"250 2.0.0 Accepted as id-1\r\n"


async def test_message_that_is_cut_off_is_none() -> None:
    """A message without its final dot is not handed on, whatever its end looks like (S19)."""
    async with RunningServer() as receiving:
        for end in (b"", b"\r\n", b"\r\n.", b"\r\n.\r"):
            client = await receiving.in_data()
            await client.send(b"Subject: x\r\n\r\nhello" + end)
            client.half_close()
            assert await client.rest() == b""
        await receiving.until(lambda: receiving.server.figures["sessions"] == 0)
        assert receiving.site.got == []


# --- drain -----------------------------------------------------------------------------------------------------------


async def test_drain_lets_idle_sessions_go() -> None:
    """A session between transactions is told 421 and closed."""
    async with RunningServer() as receiving:
        client = await receiving.greeted()
        assert await receiving.server.drain(PATIENCE_SECONDS) == 0
        assert await client.rest() == b"421 4.3.2 Shutting down; try again later\r\n"


async def test_drain_lets_a_transaction_finish() -> None:
    """A transaction that has begun gets its reply; then comes the 421."""
    async with RunningServer() as receiving:
        client = await receiving.greeted()
        await client.say("MAIL FROM:<a@outside.example>")
        draining = asyncio.ensure_future(receiving.server.drain(PATIENCE_SECONDS))
        await receiving.until(lambda: receiving.server.draining)
        assert (await client.say("RCPT TO:<b@example.com>")).startswith("250")
        assert (await client.say("DATA")).startswith("354")
        await client.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        assert await client.rest() == b"250 2.0.0 Accepted as id-1\r\n421 4.3.2 Shutting down; try again later\r\n"
        assert await draining == 0
        assert len(receiving.site.got) == 1


async def test_drain_ends_a_transaction_that_is_given_up() -> None:
    """RSET is the end of a transaction."""
    async with RunningServer() as receiving:
        client = await receiving.greeted()
        await client.say("MAIL FROM:<a@outside.example>")
        draining = asyncio.ensure_future(receiving.server.drain(PATIENCE_SECONDS))
        await receiving.until(lambda: receiving.server.draining)
        await client.send(b"RSET\r\n")
        assert await client.rest() == b"250 2.0.0 Ok\r\n421 4.3.2 Shutting down; try again later\r\n"
        assert await draining == 0


async def test_drain_waits_for_messages_whose_client_has_gone() -> None:
    """Nothing that was taken over is dropped at the end of the process."""
    async with RunningServer() as receiving:
        receiving.site.held = True
        client = await receiving.in_data()
        await client.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
        await receiving.until(lambda: receiving.site.waiting == 1)
        session = receiving.session
        client.reset()
        await receiving.until(lambda: session.transport is None)
        draining = asyncio.ensure_future(receiving.server.drain(PATIENCE_SECONDS))
        await receiving.until(lambda: receiving.server.draining)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not draining.done()
        receiving.site.held = False
        assert await draining == 0
        assert len(receiving.site.got) == 1


async def test_drain_is_cut_at_its_end() -> None:
    """A client that never finishes doesn't keep the process: the drain says how many it left."""
    async with RunningServer() as receiving:
        client = await receiving.in_data()
        assert await receiving.server.drain(0.05) == 1
        client.disconnect()


async def test_no_new_session_while_draining() -> None:
    """The listening socket is closed, and one that slipped in is told so."""
    async with RunningServer() as receiving:
        busy = await receiving.in_data()
        draining = asyncio.ensure_future(receiving.server.drain(PATIENCE_SECONDS))
        await receiving.until(lambda: receiving.server.draining)
        with pytest.raises(OSError, match=r"."):
            await receiving.client(STRANGER)
        await busy.send(b"x: y\r\n.\r\n")
        await busy.rest()
        assert await draining == 0
