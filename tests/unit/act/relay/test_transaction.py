"""One message over one connection: what is said, in which order, and what becomes of each recipient."""

from __future__ import annotations

import asyncio

import pytest

from gateway.act.relay.connection import BROKEN_OFF
from gateway.act.relay.content import BLOCK_BYTES
from gateway.act.relay.relay import Timeouts, Transaction
from gateway.act.relay.transaction import IN_DOUBT
from gateway.contract import Client, Recipient
from gateway.smtp.reply import Reply
from tests.support.servers.scripted_hop import HANG, HANG_UP, OFFERS, Answer
from tests.unit.act.conftest import MakeRelay, StartHop

CONTENT = (b"Received: by gw.test\r\n", b"Subject: x\r\n\r\n.dots\r\nplain\r\n")
ON_THE_WIRE = b"Received: by gw.test\r\nSubject: x\r\n\r\n..dots\r\nplain\r\n.\r\n"
NO_PIPELINING = tuple(offer for offer in OFFERS if offer != "PIPELINING")


def mail(*addresses: str, client: Client | None = None) -> Transaction:
    return Transaction("a@x.test", tuple(Recipient(address, "inbound") for address in addresses), client=client)


async def test_a_message_arrives_octet_for_octet(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """The content as it is, dots doubled; the reply is the next hop's own."""
    server, hop = await start_hop()
    assert await make_relay().send([hop], mail("b@y.test"), CONTENT) == {
        "b@y.test": Reply(250, "2.0.0", "Ok: queued as 1")
    }
    assert server.contents == [ON_THE_WIRE]
    size = len(b"".join(CONTENT))
    assert server.said == ["EHLO gw.test", f"MAIL FROM:<a@x.test> SIZE={size}", "RCPT TO:<b@y.test>", "DATA"]


@pytest.mark.parametrize("size", [BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5_000_000])
async def test_large_messages_arrive_too(start_hop: StartHop, make_relay: MakeRelay, size: int) -> None:
    """The content is sent in blocks over a connection that can't take it at once; long lines stay as they are."""
    server, hop = await start_hop()
    content = (b".\r\n" + b"x" * 65_000) * (size // 65_003 + 1)
    replies = await make_relay().send([hop], mail("b@y.test"), (content[:size],))
    assert replies["b@y.test"].ok
    assert server.contents == [b"." + content[:size].replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n"]


@pytest.mark.parametrize("offers", [OFFERS, NO_PIPELINING], ids=["pipelined", "one by one"])
async def test_each_recipient_has_its_reply(
    start_hop: StartHop, make_relay: MakeRelay, offers: tuple[str, ...]
) -> None:
    """Those that were refused keep that reply, the others get the one to the final dot."""
    refused = {"RCPT TO:<b@": "550 5.1.1 Unknown", "RCPT TO:<c@": "450 Later"}
    server, hop = await start_hop(offers=offers, replies=refused)
    assert await make_relay().send([hop], mail("b@y.test", "c@y.test", "d@y.test"), CONTENT) == {
        "b@y.test": Reply(550, "5.1.1", "Unknown"),
        "c@y.test": Reply(450, "4.0.0", "Later"),
        "d@y.test": Reply(250, "2.0.0", "Ok: queued as 1"),
    }
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "RCPT", "RCPT", "DATA"]


async def test_commands_are_said_one_by_one_without_pipelining(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Nothing is said after a refusal."""
    server, hop = await start_hop(offers=NO_PIPELINING, replies={"MAIL": "550 5.7.1 Not you"})
    replies = await make_relay().send([hop], mail("b@y.test", "c@y.test"), CONTENT)
    assert replies == dict.fromkeys(("b@y.test", "c@y.test"), Reply(550, "5.7.1", "Not you"))
    assert server.verbs() == ["EHLO", "MAIL"]


async def test_no_data_without_a_recipient(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """DATA isn't sent without pipelining if no recipient was accepted."""
    server, hop = await start_hop(offers=NO_PIPELINING, replies={"RCPT": "550 5.1.1 Unknown"})
    assert (await make_relay().send([hop], mail("b@y.test"), CONTENT))["b@y.test"].code == 550
    assert server.verbs() == ["EHLO", "MAIL", "RCPT"]


@pytest.mark.parametrize("offers", [OFFERS, NO_PIPELINING], ids=["pipelined", "one by one"])
async def test_the_next_message_begins_with_rset(
    start_hop: StartHop, make_relay: MakeRelay, offers: tuple[str, ...]
) -> None:
    """A transaction that came to nothing is taken back on the same connection."""
    refused = {"RCPT": ["550 5.1.1 Unknown", "250 Ok"], "DATA": ["503 5.5.1 No recipient", "354 Go on"]}
    if offers is NO_PIPELINING:
        del refused["DATA"]
    server, hop = await start_hop(offers=offers, replies=refused)
    relay = make_relay()
    assert (await relay.send([hop], mail("b@y.test"), CONTENT))["b@y.test"].code == 550
    assert (await relay.send([hop], mail("b@y.test"), CONTENT))["b@y.test"].ok
    assert server.connections == 1
    assert server.verbs()[-4:] == ["RSET", "MAIL", "RCPT", "DATA"]
    assert server.contents == [ON_THE_WIRE]


async def test_a_refused_rset_is_no_refusal_of_the_message(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A connection that can't be reset is given up for a fresh one."""
    refused = {"RCPT": ["550 5.1.1 Unknown", "250 Ok"], "DATA": ["503 No", "354 Go on"], "RSET": "500 What?"}
    server, hop = await start_hop(replies=refused)
    relay = make_relay()
    await relay.send([hop], mail("b@y.test"), CONTENT)
    assert (await relay.send([hop], mail("b@y.test"), CONTENT))["b@y.test"].ok
    assert server.connections == 2


async def test_data_refused(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Its reply is that of those who had been accepted."""
    _, hop = await start_hop(replies={"DATA": "451 4.3.0 Later", "RCPT TO:<c@": "550 5.1.1 Unknown"})
    replies = await make_relay().send([hop], mail("b@y.test", "c@y.test"), CONTENT)
    assert [str(replies[a]) for a in ("b@y.test", "c@y.test")] == ["451 4.3.0 Later", "550 5.1.1 Unknown"]


@pytest.mark.parametrize("refused", [{"RCPT": "550 5.1.1 Unknown"}, {"MAIL": "550 5.1.1 Unknown"}])
async def test_data_accepted_for_nobody(start_hop: StartHop, make_relay: MakeRelay, refused: dict[str, str]) -> None:
    """A next hop that answers 354 all the same gets a lone dot (RFC 2920 3.1) and no content, and isn't used again."""
    server, hop = await start_hop(replies=refused)
    relay = make_relay()
    assert str((await relay.send([hop], mail("b@y.test"), CONTENT))["b@y.test"]) == "550 5.1.1 Unknown"
    assert server.contents == [b".\r\n"]
    await relay.send([hop], mail("b@y.test"), CONTENT)
    assert server.connections == 2


async def test_a_refusal_with_a_hang_up_is_a_refusal(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A next hop that refuses the sender and hangs up has answered."""
    _, hop = await start_hop(replies={"MAIL": "550 5.7.1 Go away", "RCPT": HANG_UP})
    assert str((await make_relay().send([hop], mail("b@y.test"), CONTENT))["b@y.test"]) == "550 5.7.1 Go away"


async def test_a_421_is_no_refusal(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """It says that the next hop closes the connection (RFC 5321 3.8), nothing about the message."""
    _, hop = await start_hop(replies={"MAIL": "421 4.3.2 Shutting down", "RCPT": HANG_UP})
    assert await make_relay().send([hop], mail("b@y.test"), CONTENT) == {"b@y.test": BROKEN_OFF}


@pytest.mark.parametrize("reply", ["552 5.3.4 Too big", "452 4.3.1 Full"])
async def test_the_reply_to_the_final_dot_is_handed_on(start_hop: StartHop, make_relay: MakeRelay, reply: str) -> None:
    """Permanent and temporary."""
    _, hop = await start_hop(replies={".": reply})
    assert str((await make_relay().send([hop], mail("b@y.test"), CONTENT))["b@y.test"]) == reply


async def test_a_421_to_the_final_dot_is_not_said_to_the_client(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """It would announce that we hang up ourselves: 451 with the same words."""
    _, hop = await start_hop(replies={".": "421 4.3.2 Shutting down"})
    assert str((await make_relay().send([hop], mail("b@y.test"), CONTENT))["b@y.test"]) == "451 4.3.2 Shutting down"


@pytest.mark.parametrize("answer", [HANG_UP, HANG, b"garbage\r\n", b"250", b"354 Go on\r\n", b"\xff\r\n"])
async def test_no_answer_to_the_final_dot_is_temporary_and_final(
    start_hop: StartHop, make_relay: MakeRelay, answer: Answer
) -> None:
    """The next hop may have the message (RFC 1047): it isn't sent again, over another connection or to another hop."""
    first, hop = await start_hop(replies={".": answer})
    second, other = await start_hop()
    assert await make_relay().send([hop, other], mail("b@y.test", "c@y.test"), CONTENT) == {
        "b@y.test": IN_DOUBT,
        "c@y.test": IN_DOUBT,
    }
    assert (len(first.contents), second.connections) == (1, 0)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [HANG_UP, HANG, b"garbage\r\n", b"250-Ok\r\n251 Ok\r\n", b"250 Ok\r\n250 Ok\r\n"])
@pytest.mark.parametrize("offers", [OFFERS, NO_PIPELINING], ids=["pipelined", "one by one"])
async def test_trouble_before_the_final_dot_is_temporary(
    start_hop: StartHop, make_relay: MakeRelay, command: str, answer: Answer, offers: tuple[str, ...]
) -> None:
    """Lost, silent, unreadable or out of step: nothing was sent, nothing is concluded, the connection is closed."""
    server, hop = await start_hop(offers=offers, replies={command: answer})
    assert await make_relay().send([hop], mail("b@y.test"), CONTENT) == {"b@y.test": BROKEN_OFF}
    assert server.contents == []


async def test_a_refusal_while_the_content_is_sent(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A next hop may refuse a large message before its end; the rest isn't sent."""
    _, hop = await start_hop(offers=("PIPELINING",), replies={".": "552 5.3.4 Too big"}, reads_content=False)
    replies = await make_relay(timeouts=Timeouts(*[10] * 7)).send([hop], mail("b@y.test"), (b"x" * 30_000_000,))
    assert str(replies["b@y.test"]) == "552 5.3.4 Too big"


async def test_a_refusal_right_behind_the_354(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A small message isn't sent either, and the refusal counts; an acceptance would not."""
    for answer, expected in (("552 5.3.4 Too big", "552 5.3.4 Too big"), ("250 2.0.0 Thanks", str(BROKEN_OFF))):
        script = {"DATA": f"354 Go on\r\n{answer}".encode() + b"\r\n", ".": HANG}
        server, hop = await start_hop(replies=script, reads_content=False)
        assert str((await make_relay().send([hop], mail("b@y.test"), CONTENT))["b@y.test"]) == expected
        assert server.verbs()[-1] == "DATA"


async def test_a_2xx_while_the_content_is_sent_is_not_believed(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Nothing can have been accepted before the final dot."""
    _, hop = await start_hop(offers=("PIPELINING",), replies={".": "250 2.0.0 Thanks"}, reads_content=False)
    replies = await make_relay(timeouts=Timeouts(*[10] * 7)).send([hop], mail("b@y.test"), (b"x" * 30_000_000,))
    assert replies == {"b@y.test": BROKEN_OFF}


@pytest.mark.parametrize("offers", [OFFERS, NO_PIPELINING], ids=["pipelined", "one by one"])
async def test_lmtp_has_a_reply_for_each_recipient(
    start_hop: StartHop, make_relay: MakeRelay, offers: tuple[str, ...]
) -> None:
    """After the final dot, in the order of those accepted (RFC 2033 4.2)."""
    script = {".": ["250 2.0.0 One", "452 4.2.2 Full"], "RCPT TO:<c@": "550 5.1.1 Unknown"}
    server, hop = await start_hop(offers=offers, scheme="lmtp", replies=script)
    replies = await make_relay().send([hop], mail("b@y.test", "c@y.test", "d@y.test"), CONTENT)
    assert {address: str(reply) for address, reply in replies.items()} == {
        "b@y.test": "250 2.0.0 One",
        "c@y.test": "550 5.1.1 Unknown",
        "d@y.test": "452 4.2.2 Full",
    }
    assert server.verbs()[0] == "LHLO"


async def test_lmtp_lost_between_the_replies(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """Those who have their reply keep it; the others are in doubt."""
    _, hop = await start_hop(scheme="lmtp", replies={".": ["250 2.0.0 One", HANG_UP]})
    replies = await make_relay().send([hop], mail("b@y.test", "c@y.test"), CONTENT)
    assert [str(reply) for reply in replies.values()] == ["250 2.0.0 One", str(IN_DOUBT)]


async def test_lmtp_data_accepted_for_nobody(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """LMTP answers nothing to the lone dot, and nothing is waited for."""
    server, hop = await start_hop(scheme="lmtp", replies={"RCPT": "550 5.1.1 Unknown"})
    relay = make_relay(timeouts=Timeouts())
    assert (await relay.send([hop], mail("b@y.test"), CONTENT))["b@y.test"].code == 550
    await server.said_to_have("QUIT")
    assert server.contents == [b".\r\n"]


@pytest.mark.parametrize("answer", ["250 2.0.0 Ok", "550 5.7.0 Not you"])
async def test_xforward_goes_before_mail(start_hop: StartHop, make_relay: MakeRelay, answer: str) -> None:
    """The client is named to a next hop that wants to know; its refusal changes nothing."""
    server, hop = await start_hop(offers=("PIPELINING", "XFORWARD NAME ADDR"), replies={"XFORWARD": answer})
    sent = mail("b@y.test", client=Client("192.0.2.7", name="mail.example.com"))
    assert (await make_relay().send([hop], sent, CONTENT))["b@y.test"].ok
    assert server.said[1:3] == ["XFORWARD NAME=mail.example.com ADDR=192.0.2.7", "MAIL FROM:<a@x.test>"]


async def test_what_the_next_hop_says_is_neutralised(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """No control character of a reply reaches a log, a terminal or the client."""
    _, hop = await start_hop(replies={".": b"550-5.7.1 one\x1b[2J\r\n550 5.7.1 two\rthree\r\n"})
    reply = (await make_relay().send([hop], mail("b@y.test"), CONTENT))["b@y.test"]
    assert reply == Reply(550, "5.7.1", "one?[2J\ntwo?three")


@pytest.mark.parametrize("phase", ["MAIL", "."])
async def test_a_cancelled_send_closes_its_connection(start_hop: StartHop, make_relay: MakeRelay, phase: str) -> None:
    """Nothing leaks: the connection is dropped and its place in the pool is free again."""
    server, hop = await start_hop(replies={phase: [HANG, "250 2.0.0 Ok"]})
    relay = make_relay(pool_size=1, timeouts=Timeouts())
    sending = asyncio.ensure_future(relay.send([hop], mail("b@y.test"), CONTENT))
    await server.said_to_have("DATA" if phase == "." else f"MAIL FROM:<a@x.test> SIZE={len(b''.join(CONTENT))}")
    while phase == "." and not server.contents:
        await asyncio.sleep(0.001)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert (await relay.send([hop], mail("b@y.test"), CONTENT))["b@y.test"].ok
    assert server.connections == 2


async def test_the_time_before_the_final_dot_can_be_limited(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """A message that isn't sent within the time has a temporary failure."""
    _, hop = await start_hop(replies={"DATA": HANG})
    relay = make_relay(timeouts=Timeouts())
    assert await relay.send([hop], mail("b@y.test"), CONTENT, begin_by_seconds=0.2) == {"b@y.test": BROKEN_OFF}
    assert not (await relay.send([hop], mail("b@y.test"), CONTENT, begin_by_seconds=0.0))["b@y.test"].ok


async def test_the_limit_ends_with_the_final_dot(start_hop: StartHop, make_relay: MakeRelay) -> None:
    """The next hop then has the message and all its time to answer."""
    server, hop = await start_hop(replies={".": [HANG]})
    relay = make_relay(timeouts=Timeouts(10, 10, 10, 10, 10, 10, final_seconds=0.6))
    assert await relay.send([hop], mail("b@y.test"), CONTENT, begin_by_seconds=0.3) == {"b@y.test": IN_DOUBT}
    assert server.contents == [ON_THE_WIRE]
