"""The relay: connections kept and given up, next hops in turn, what they offer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.act.relay import connection_pool as pools
from gateway.act.relay.connection import UNREACHABLE
from gateway.act.relay.connection_pool import BUSY, MESSAGES_PER_CONNECTION
from gateway.act.relay.next_hop import Capabilities, NextHop
from gateway.act.relay.relay import REST_SECONDS, SAY_AGAIN_SECONDS, Timeouts, Transaction, commands, maildir
from gateway.contract import Recipient
from gateway.measures.measures import MEASURES
from gateway.smtp.reply import Reply
from tests.support.servers.scripted_hop import HANG, HANG_UP, OFFERS
from tests.unit.act.conftest import MakeRelay, StartHop

MAIL = Transaction("a@x.test", (Recipient("b@y.test", "inbound"),))
CONTENT = (b"Subject: x\r\n\r\nplain\r\n",)
SENT = {"b@y.test": Reply(250, "2.0.0", "Ok: queued as 1")}
NOT_SENT = {"b@y.test": UNREACHABLE}


async def test_a_connection_is_used_again(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """One greeting for many messages."""
    server, hop = await start_hop()
    relay = make_relay()
    for _ in range(3):
        assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert (server.connections, server.verbs().count("EHLO"), len(server.contents)) == (1, 1, 3)


@pytest.mark.parametrize(
    ("seconds", "lines"), [(SAY_AGAIN_SECONDS - 1, 1), (SAY_AGAIN_SECONDS, 2), (SAY_AGAIN_SECONDS + 1, 2)]
)
async def test_the_same_trouble_is_logged_once_a_minute(make_relay: MakeRelay, seconds: float, lines: int) -> None:
    """It is asked every few seconds what it offers."""
    now = 1000.0
    relay = make_relay(monotonic=lambda: now)
    away = NextHop("smtp", "127.0.0.1", 1)
    with capture_logs() as logs:
        for _ in range(3):
            await relay.learn([away])
        now += seconds
        await relay.learn([away])
    assert [one["event"] for one in logs] == ["next_hop.trouble"] * lines


async def test_new_trouble_is_logged_at_once(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """After it was well in between."""
    _, hop = await start_hop(replies={"EHLO": ["421 Busy", "250 hop", "421 Busy"]})
    relay = make_relay()
    with capture_logs() as logs:
        for _ in range(3):
            await relay.learn([hop])
    assert [one["event"] for one in logs] == ["next_hop.trouble"] * 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_stale_connection_is_tried_once_more(start_hop: StartHop, make_relay: MakeRelay, command: str) -> None:
    """A kept connection that turns out to be dead before the final dot is replaced by a fresh one."""
    good = {"MAIL": "250 Ok", "RCPT": "250 Ok", "DATA": "354 Go on"}[command]
    server, hop = await start_hop(replies={command: [good, HANG_UP, good]})
    relay = make_relay()
    assert [await relay.send([hop], MAIL, CONTENT) for _ in range(2)] == [SENT, SENT]
    assert (server.connections, len(server.contents)) == (2, 2)


async def test_a_stale_connection_that_says_421_is_tried_once_more(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Servers close with a 421 when a connection has been idle too long."""
    server, hop = await start_hop(replies={"MAIL": ["250 Ok", "421 4.4.2 Too late", "250 Ok"]})
    relay = make_relay()
    assert [await relay.send([hop], MAIL, CONTENT) for _ in range(2)] == [SENT, SENT]
    assert server.connections == 2


async def test_a_fresh_connection_is_not_tried_again(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Once is enough: the client has the message."""
    server, hop = await start_hop(replies={"MAIL": ["250 Ok", HANG_UP]})
    relay = make_relay()
    await relay.send([hop], MAIL, CONTENT)
    assert not (await relay.send([hop], MAIL, CONTENT))["b@y.test"].ok
    assert server.connections == 2


async def test_a_connection_lost_while_idle_is_not_used(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Nothing is said on it, so nothing has to be tried again."""
    server, hop = await start_hop()
    relay = make_relay()
    await relay.send([hop], MAIL, CONTENT)
    server.drop()
    while server.open:
        await asyncio.sleep(0.001)
    assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert server.verbs().count("MAIL") == 2


async def test_a_connection_that_spoke_while_idle_is_not_used(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Its next reply would be taken for another's."""
    server, hop = await start_hop(replies={".": [b"250 2.0.0 Ok: queued as 1\r\n250 once more\r\n"]})
    relay = make_relay()
    for _ in range(2):
        assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert server.connections == 2


@pytest.mark.parametrize(
    ("messages", "connections"),
    [(MESSAGES_PER_CONNECTION - 1, 1), (MESSAGES_PER_CONNECTION, 1), (MESSAGES_PER_CONNECTION + 1, 2)],
)
async def test_messages_over_one_connection(
    start_hop: StartHop, make_relay: MakeRelay, messages: int, connections: int
) -> None:
    """After so many the next hop gets a new one."""
    server, hop = await start_hop()
    relay = make_relay()
    for _ in range(messages):
        assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert server.connections == connections


async def test_idle_connections_are_closed(
    start_hop: StartHop, make_relay: MakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Idle connections are closed with a QUIT, though no message comes along."""
    monkeypatch.setattr(pools, "IDLE_SECONDS", 0.05)
    server, hop = await start_hop()
    await make_relay().send([hop], MAIL, CONTENT)
    await server.said_to_have("QUIT")


@pytest.mark.parametrize(("messages", "connections"), [(1, 1), (2, 2), (3, 2)])
async def test_connections_to_one_next_hop_are_bounded(
    start_hop: StartHop, make_relay: MakeRelay, messages: int, connections: int
) -> None:
    """The others wait for their turn."""
    server, hop = await start_hop()
    relay = make_relay(pool_size=2)
    replies = await asyncio.gather(*(relay.send([hop], MAIL, CONTENT) for _ in range(messages)))
    assert replies == [SENT] * messages
    assert server.connections == connections


async def test_a_place_is_not_waited_for_without_end(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A busy next hop is a temporary reply, and no reason to go to the one behind it."""
    server, hop = await start_hop(replies={"MAIL": HANG})
    backup, other = await start_hop()
    relay = make_relay(pool_size=1, pool_wait_seconds=0.05, timeouts=Timeouts())
    first = asyncio.ensure_future(relay.send([hop], MAIL, CONTENT))
    while not server.said[1:]:
        await asyncio.sleep(0.001)
    assert await relay.send([hop, other], MAIL, CONTENT) == {"b@y.test": BUSY}
    assert await relay.verify([hop, other], "", "b@y.test") == BUSY
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert backup.connections == 0


async def test_close_says_goodbye(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Every idle connection gets its QUIT."""
    server, hop = await start_hop()
    relay = make_relay()
    await relay.send([hop], MAIL, CONTENT)
    await relay.close()
    await server.said_to_have("QUIT")
    while server.open:
        await asyncio.sleep(0.001)


async def test_next_hops_are_tried_in_turn(start_hop: StartHop, make_relay: MakeRelay, unused_tcp_port: int) -> None:
    """One that can't be reached, or turns everybody away, is followed by the next."""
    dead = NextHop("smtp", "127.0.0.1", unused_tcp_port)
    closed, shut = await start_hop(replies={"banner": "554 No service"})
    server, hop = await start_hop()
    assert await make_relay().send([dead, shut, hop], MAIL, CONTENT) == SENT
    assert (closed.connections, server.connections) == (1, 1)


async def test_a_refusal_is_not_taken_to_the_next_hop(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A reply about the message counts, a temporary one too."""
    for reply in ("450 4.2.0 Greylisted", "550 5.7.1 Spam"):
        _, hop = await start_hop(replies={"MAIL": reply})
        backup, other = await start_hop()
        assert str((await make_relay().send([hop, other], MAIL, CONTENT))["b@y.test"]) == reply
        assert backup.connections == 0


async def test_all_next_hops_are_away(make_relay: MakeRelay, unused_tcp_port: int) -> None:
    """Every recipient has its temporary reply; so with no next hop at all."""
    dead = NextHop("smtp", "127.0.0.1", unused_tcp_port)
    assert await make_relay().send([dead, replace(dead, host="::1")], MAIL, CONTENT) == NOT_SENT
    assert await make_relay().send([], MAIL, CONTENT) == NOT_SENT


@pytest.mark.parametrize(("later", "tried"), [(REST_SECONDS - 1, 1), (REST_SECONDS, 2), (REST_SECONDS + 1, 2)])
async def test_a_failed_next_hop_rests(start_hop: StartHop, make_relay: MakeRelay, later: float, tried: int) -> None:
    """A failed next hop comes last for a while, so that not every message waits for its time-out."""
    now = [1000.0]
    ill, hop = await start_hop(replies={"banner": HANG_UP})
    _, other = await start_hop()
    relay = make_relay(monotonic=lambda: now[0])
    await relay.send([hop, other], MAIL, CONTENT)
    now[0] += later
    assert await relay.send([hop, other], MAIL, CONTENT) == SENT
    assert ill.connections == tried


async def test_a_next_hop_that_rests_is_still_there(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """The resting next hop is tried again if all the others fail."""
    _, hop = await start_hop(replies={"banner": [HANG_UP, "220 hop.test"]})
    _, other = await start_hop(replies={"banner": ["220 hop.test", HANG_UP], "MAIL": "421 Busy"})
    relay = make_relay()
    assert not (await relay.send([hop, other], MAIL, CONTENT))["b@y.test"].ok
    assert await relay.send([hop, other], MAIL, CONTENT) == SENT


async def test_content_that_can_not_be_sent_opens_no_connection(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A bare newline is refused for good before anything is said."""
    server, hop = await start_hop()
    assert await make_relay().send([hop], MAIL, (b"a\nb\r\n",)) == {"b@y.test": commands.BARE_NEWLINE}
    assert server.connections == 0


async def test_a_message_that_the_next_hop_can_not_take(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """It is refused without a transaction, and the connection serves the next one."""
    server, hop = await start_hop(offers=("PIPELINING", "SIZE 30"))
    relay = make_relay()
    assert await relay.send([hop], MAIL, (b"x" * 31,)) == {"b@y.test": commands.TOO_BIG}
    assert await relay.send([hop], MAIL, CONTENT) == SENT
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA"]


async def test_a_maildir(make_relay: MakeRelay, tmp_path: Path) -> None:
    """The octets as they are, once for all recipients, whatever they hold."""
    both = replace(MAIL, recipients=(*MAIL.recipients, Recipient("ø c@y.test", "inbound")))
    hop = NextHop("maildir", path=str(tmp_path / "delivered"))
    replies = await make_relay().send([hop], both, (b"Received: x\r\n", b".a\nb"))
    assert replies == dict.fromkeys(("b@y.test", "ø c@y.test"), maildir.STORED)
    (file,) = (tmp_path / "delivered" / "new").iterdir()
    assert file.read_bytes() == b"Received: x\r\n.a\nb"


async def test_a_maildir_that_can_not_be_written(make_relay: MakeRelay, tmp_path: Path) -> None:
    """A temporary reply."""
    (tmp_path / "file").touch()
    hop = NextHop("maildir", path=str(tmp_path / "file" / "delivered"))
    assert await make_relay().send([hop], MAIL, CONTENT) == {"b@y.test": maildir.NOT_STORED}


async def test_what_is_offered_is_learned(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """None until it was asked; then what all of them offer."""
    server, hop = await start_hop()
    _, small = await start_hop(offers=("SIZE 1000",))
    relay = make_relay()
    assert relay.offers([hop]) is None
    await relay.learn([hop])
    await server.said_to_have("QUIT")
    assert server.verbs() == ["EHLO", "QUIT"]
    assert relay.offers([hop, small]) is None
    await relay.learn([small, hop])
    assert relay.offers([hop, small]) == Capabilities(size=1000, announces_size=True)
    offered = relay.offers([hop])
    assert offered is not None
    assert (offered.size, offered.smtputf8, offered.dsn) == (10_000_000, True, True)


async def test_what_is_offered_is_learned_with_each_connection(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A message teaches it too."""
    _, hop = await start_hop(offers=("SIZE 1000",))
    relay = make_relay()
    await relay.send([hop], MAIL, CONTENT)
    assert relay.offers([hop]) == Capabilities(size=1000, announces_size=True)


async def test_learning_from_a_next_hop_that_is_away(
    start_hop: StartHop, make_relay: MakeRelay, tmp_path: Path, unused_tcp_port: int
) -> None:
    """Raises nothing, asks the others, and forgets nothing."""
    server, hop = await start_hop()
    dead = NextHop("smtp", "127.0.0.1", unused_tcp_port)
    relay = make_relay()
    await relay.learn([dead, NextHop("maildir", path=str(tmp_path)), hop])
    assert relay.offers([dead]) is None
    known = relay.offers([hop])
    assert known is not None
    await server.stop()
    await relay.learn([hop])
    assert relay.offers([hop]) == known


def test_what_a_maildir_offers(make_relay: MakeRelay) -> None:
    """Everything that needs no other side; no DSN, since it reports to nobody."""
    relay = make_relay()
    assert relay.offers([NextHop("maildir", path="x")]) == Capabilities(eightbitmime=True, smtputf8=True)
    assert relay.offers([]) is None


async def test_many_messages_at_once(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """None lost, none twice, none mixed up, over a few connections."""
    server, hop = await start_hop(offers=OFFERS)
    relay = make_relay(pool_size=5, timeouts=Timeouts())

    async def send(number: int) -> bool:
        content = (b"Subject: %d\r\n\r\n" % number, b".\r\n" * (number % 7))
        return (await relay.send([hop], MAIL, content))["b@y.test"].ok

    assert all(await asyncio.gather(*(send(number) for number in range(300))))
    expected = [b"Subject: %d\r\n\r\n" % n + b"..\r\n" * (n % 7) + b".\r\n" for n in range(300)]
    assert sorted(server.contents) == sorted(expected)
    assert server.connections <= 5 + 300 // MESSAGES_PER_CONNECTION


async def test_troubles_last_until_the_next_connection(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """The state of a next hop, its answers' time and each transaction's are measured."""
    _, hop = await start_hop(replies={"EHLO": ["421 Busy", "250 hop"]})
    relay = make_relay()
    MEASURES.clear()
    await relay.learn([hop])
    assert list(relay.troubles) == [hop]
    assert "421" in relay.troubles[hop]
    assert _up(hop) == 0
    await relay.send([hop], MAIL, CONTENT)
    assert relay.troubles == {}
    assert _up(hop) == 1
    timed = {name for name, labels, _ in MEASURES.snapshot()["durations"] if labels == (str(hop),)}
    assert timed == {"next_hop_connect_seconds", "relay_seconds"}


def _up(hop: NextHop) -> float:
    ((_, _, (value, _)),) = [row for row in MEASURES.snapshot()["states"] if row[1] == (str(hop),)]
    return float(value)
