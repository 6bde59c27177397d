"""Recipients asked about at the next hop, and what is remembered of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.act.relay import recipient_cache
from gateway.act.relay.connection import UNREACHABLE
from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.recipient_cache import ACCEPTED_SECONDS, REFUSED_SECONDS, TROUBLE_SECONDS, RecipientCache
from gateway.act.relay.relay import CANNOT_ASK, TAKEN, Transaction, commands
from gateway.contract import Recipient
from gateway.smtp.reply import Reply
from tests.support.servers.scripted_hop import HANG, HANG_UP, OFFERS, Answer
from tests.unit.act.conftest import MakeRelay, StartHop

OK = Reply(250, "2.1.5", "Ok")
NO_PIPELINING = tuple(offer for offer in OFFERS if offer != "PIPELINING")


@pytest.mark.parametrize("offers", [OFFERS, NO_PIPELINING], ids=["pipelined", "one by one"])
async def test_a_probe_asks_and_takes_it_back(
    start_hop: StartHop, make_relay: MakeRelay, offers: tuple[str, ...]
) -> None:
    """MAIL, RCPT, RSET and no DATA; the connection then serves a message."""
    server, hop = await start_hop(offers=offers)
    relay = make_relay()
    assert await relay.verify([hop], "", "b@y.test") == OK
    mail = Transaction("a@x.test", (Recipient("b@y.test", "inbound"),))
    assert (await relay.send([hop], mail, (b"x\r\n",)))["b@y.test"].ok
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]
    assert server.connections == 1


async def test_an_answer_is_remembered(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """An answer is remembered for each recipient and reverse-path."""
    server, hop = await start_hop(replies={"RCPT TO:<c@": "550 5.1.1 Unknown"})
    relay = make_relay()
    for _ in range(2):
        assert await relay.verify([hop], "", "b@y.test") == OK
        assert await relay.verify([hop], "", "c@y.test") == Reply(550, "5.1.1", "Unknown")
    assert server.verbs().count("RCPT") == 2
    await relay.verify([hop], "a@x.test", "b@y.test")
    assert server.verbs().count("RCPT") == 3


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("250 2.1.5 Ok", ACCEPTED_SECONDS),
        ("550 5.1.1 Unknown", REFUSED_SECONDS),
        ("450 4.2.0 Later", TROUBLE_SECONDS),
        (HANG_UP, TROUBLE_SECONDS),
    ],
)
@pytest.mark.parametrize(("more", "again"), [(-0.5, False), (0.0, True), (0.5, True)])
async def test_how_long_an_answer_is_remembered(
    start_hop: StartHop, make_relay: MakeRelay, answer: Answer, seconds: float, more: float, again: bool
) -> None:
    """A good one long, a refusal for minutes, trouble for seconds."""
    now = [1000.0]
    server, hop = await start_hop(replies={"RCPT": answer})
    relay = make_relay(monotonic=lambda: now[0])
    first = await relay.verify([hop], "", "b@y.test")
    asked = server.verbs().count("RCPT")
    now[0] += seconds + more
    assert await relay.verify([hop], "", "b@y.test") == first
    assert (server.verbs().count("RCPT") > asked) is again


async def test_trouble_is_temporary(start_hop: StartHop, make_relay: MakeRelay, unused_tcp_port: int) -> None:
    """Nobody there, or nobody who answers in time: the client keeps the message."""
    dead = NextHop("smtp", "127.0.0.1", unused_tcp_port)
    assert await make_relay().verify([dead], "", "b@y.test") == UNREACHABLE
    _, hop = await start_hop(replies={"RCPT": HANG})
    assert (await make_relay(verify_seconds=0.1).verify([hop], "", "b@y.test")).temporary
    assert (await make_relay().verify([], "", "b@y.test")).temporary


async def test_a_probe_goes_to_the_next_hop_in_turn(
    start_hop: StartHop, make_relay: MakeRelay, unused_tcp_port: int
) -> None:
    """A probe goes to the next hop that a message would go to."""
    dead = NextHop("smtp", "127.0.0.1", unused_tcp_port)
    _, hop = await start_hop()
    assert await make_relay().verify([dead, hop], "", "b@y.test") == OK


@pytest.mark.parametrize("offers", [OFFERS, NO_PIPELINING], ids=["pipelined", "one by one"])
async def test_a_refused_sender_says_nothing_about_the_recipient(
    start_hop: StartHop, make_relay: MakeRelay, offers: tuple[str, ...]
) -> None:
    """A next hop that refuses MAIL must not make every recipient unknown: temporary, and not remembered."""
    _, hop = await start_hop(
        offers=offers,
        replies={
            "MAIL": ["550 5.7.1 Not you", "250 Ok"],
            "RCPT": ["503 No MAIL", "250 2.1.5 Ok"][offers is not OFFERS :],
        },
    )
    relay = make_relay()
    assert await relay.verify([hop], "a@x.test", "b@y.test") == CANNOT_ASK
    assert await relay.verify([hop], "a@x.test", "b@y.test") == OK


async def test_what_can_not_be_asked(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """An unfit address, or one in UTF-8 where that isn't taken, is refused without a command."""
    server, hop = await start_hop(offers=("PIPELINING",))
    relay = make_relay()
    assert await relay.verify([hop], "", "b c@y.test") == commands.BAD_ADDRESS
    assert await relay.verify([hop], "", "ø@y.test") == commands.NO_UTF8_ADDRESS
    assert server.verbs() == ["EHLO"]


async def test_a_maildir_takes_everybody(make_relay: MakeRelay, tmp_path: Path) -> None:
    """There is nobody to ask."""
    assert await make_relay().verify([NextHop("maildir", path=str(tmp_path))], "", "b@y.test") == TAKEN


@pytest.mark.parametrize(("others", "kept"), [(1, True), (2, True), (3, False)])
def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch, others: int, kept: bool) -> None:
    """The oldest answer gives way."""
    monkeypatch.setattr(recipient_cache, "MAX_VERDICTS", 3)
    memory = RecipientCache(lambda: 0.0)
    memory.put("first", OK)
    for number in range(others):
        memory.put(number, OK)
    assert (memory.get("first") == OK) is kept


def test_a_new_answer_replaces_the_old_one() -> None:
    """And is then the youngest."""
    memory = RecipientCache(lambda: 0.0)
    memory.put("a", OK)
    memory.put("a", TAKEN)
    assert memory.get("a") == TAKEN
    assert memory.get("b") is None
