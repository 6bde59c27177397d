"""A next hop that refuses, fails, hangs or is away: the reply to the client, and what becomes of each copy.

The clock is moved by moving the times in the store.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.faults.traffic import StoreFile, log_of, settled
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.ports import free_port
from tests.support.servers.sink import ReceivedMessage, Sink

ALICE, BOB, CAROL = "alice@example.co.uk", "bob@example.co.uk", "carol@example.co.uk"
STRANGER, FAR, FURTHER = "stranger@far.example", "x@far.example", "y@far.example"
FULL, GONE = b"452 4.2.2 mailbox full", b"550 5.1.1 no such user"

PLAIN = b"Subject: hello\r\n\r\nhello\r\n"
PROGRAM = (
    b"Subject: p\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=setup.exe\r\n\r\nMZ for %s\r\n"
)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One for all tests. Recipients are not verified, so that refusals come after the client's final dot."""
    next_hop, keys = f"smtp://127.0.0.1:{free_port()}", "verify_recipients: false, "
    with Gateway(tmp_path_factory.mktemp("gateway"), next_hop=next_hop, inbound_keys=keys) as gateway:
        yield gateway


@pytest.fixture
def gateway(started: Gateway) -> Gateway:
    """Return the gateway with an empty store."""
    StoreFile(started).forget()
    return started


@pytest.fixture
async def sink(gateway: Gateway) -> AsyncIterator[Sink]:
    """Its next hop."""
    async with Sink(port=int(gateway.next_hop.rpartition(":")[2])) as next_hop:
        yield next_hop


def refuse(sink: Sink, **replies: bytes) -> None:
    """RCPT is answered so, by local part."""
    sink.rcpt_reply = lambda address: replies.get(address.split("@")[0])


async def arrive(sink: Sink, gateway: Gateway, count: int) -> list[ReceivedMessage]:
    """So many messages, with every pause of the outbox cut short."""
    async with asyncio.timeout(60):
        while len(sink.got) < count:
            await asyncio.to_thread(StoreFile(gateway).hurry)
            await asyncio.sleep(0.2)
    return sink.got


# --- some refused ----------------------------------------------------------------------------------------------------


async def test_one_of_two_fails_for_now(gateway: Gateway, sink: Sink) -> None:
    """250, and the outbox delivers the other copy when the mailbox has room: the same octets, once."""
    refuse(sink, carol=FULL)
    assert (await send(gateway.inbound, STRANGER, [BOB, CAROL], PLAIN)).startswith("250")
    assert StoreFile(gateway).outbox() == [("relay", STRANGER)]
    refuse(sink)
    to_bob, to_carol = await arrive(sink, gateway, 2)
    assert (to_bob.recipients, to_carol.recipients) == ((BOB,), (CAROL,))
    assert to_bob.content == to_carol.content
    assert (await settled(gateway)).outbox() == []


async def test_dsn_parameters_outlive_the_outbox(gateway: Gateway, sink: Sink) -> None:
    """NOTIFY, ORCPT, RET and ENVID are passed on by a later attempt too."""
    refuse(sink, y=FULL)
    keys = {"mail": " RET=HDRS ENVID=e1", "rcpt": " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;o+40x"}
    assert (await send(gateway.outbound, ALICE, [FAR, FURTHER], PLAIN, **keys)).startswith("250")
    refuse(sink)
    first, second = await arrive(sink, gateway, 2)
    for one in (first, second):
        assert b" RET=HDRS ENVID=e1" in one.mail
        assert one.rcpts[0].endswith(b" NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;o+40x")


async def test_an_outbox_that_waits_longer_each_time(gateway: Gateway, sink: Sink) -> None:
    """A second failure leaves the row where it is, with the last reply; nobody is told yet."""
    refuse(sink, carol=FULL)
    await send(gateway.inbound, STRANGER, [BOB, CAROL], PLAIN)
    store = StoreFile(gateway)
    store.hurry()
    async with asyncio.timeout(30):
        while store.attempts() != [1]:
            await asyncio.sleep(0.1)
    assert len(sink.got) == 1
    refuse(sink)
    await arrive(sink, gateway, 2)


async def test_our_own_sender_gets_a_report(gateway: Gateway, sink: Sink) -> None:
    """One of two recipients refused for good: 250, and an RFC 3464 report from the null sender."""
    refuse(sink, y=GONE)
    assert (await send(gateway.outbound, ALICE, [FAR, FURTHER], PLAIN, mail=" ENVID=e2")).startswith("250")
    _, report = await arrive(sink, gateway, 2)
    assert (report.mail_from, report.recipients) == ("", (ALICE,))
    whole = message_from_bytes(report.content)
    assert whole.get_content_type() == "multipart/report"
    assert whole.get_param("report-type") == "delivery-status"
    assert whole["Auto-Submitted"] == "auto-replied"
    per_message, per_recipient = _delivery_status(whole)
    assert per_message["Reporting-MTA"] == "dns; gw.example.co.uk"
    assert per_message["Original-Envelope-Id"] == "e2"
    assert per_recipient["Final-Recipient"] == f"rfc822; {FURTHER}"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    assert "no such user" in per_recipient["Diagnostic-Code"]
    assert not (await settled(gateway)).held()


def _delivery_status(report: Message) -> tuple[Message, Message]:
    status = next(part for part in report.walk() if part.get_content_type() == "message/delivery-status")
    first, second = (part for part in status.walk() if part is not status)
    return first, second


@pytest.mark.parametrize("notify", ["NEVER", "SUCCESS"])
async def test_no_report_where_notify_forbids_it(gateway: Gateway, sink: Sink, notify: str) -> None:
    """The copy is held instead, so that it is not lost in silence."""
    refuse(sink, y=GONE)
    await send(gateway.outbound, ALICE, [FAR, FURTHER], PLAIN, rcpt=f" NOTIFY={notify}")
    store = await settled(gateway)
    assert set(store.held()) == {("alice", FURTHER)}
    assert [one.mail_from for one in sink.got] == [ALICE]


async def test_an_outside_sender_gets_nothing(gateway: Gateway, sink: Sink) -> None:
    """One of two recipients refused for good: 250, and the copy is held as delivery.failed."""
    refuse(sink, carol=GONE)
    assert (await send(gateway.inbound, STRANGER, [BOB, CAROL], PLAIN)).startswith("250")
    await settled(gateway)
    (entry,) = await asyncio.to_thread(gateway.ask, "quarantine.list", limit=10)
    assert entry["codes"] == ["delivery.failed"]
    assert [recipient["address"] for recipient in entry["recipients"]] == [CAROL]
    assert not [one for one in sink.got if STRANGER in one.recipients]


async def test_an_outside_sender_that_says_it_is_ours_gets_nothing(gateway: Gateway, sink: Sink) -> None:
    """The client decides who is ours, never the address."""
    refuse(sink, carol=GONE)
    assert (await send(gateway.inbound, ALICE, [BOB, CAROL], PLAIN)).startswith("250")
    store = await settled(gateway)
    assert set(store.held()) == {("alice", CAROL)}
    assert not [one for one in sink.got if ALICE in one.recipients]


async def test_the_outbox_gives_up_after_a_day(gateway: Gateway, sink: Sink) -> None:
    """A refusal that was temporary for 24 hours is reported like a permanent one."""
    refuse(sink, y=FULL)
    await send(gateway.outbound, ALICE, [FAR, FURTHER], PLAIN)
    StoreFile(gateway).expire()
    _, report = await arrive(sink, gateway, 2)
    assert report.recipients == (ALICE,)
    _, per_recipient = _delivery_status(message_from_bytes(report.content))
    assert per_recipient["Final-Recipient"] == f"rfc822; {FURTHER}"


async def test_a_report_that_is_refused_ends_there(gateway: Gateway, sink: Sink) -> None:
    """Nothing answers our own mail."""
    refuse(sink, y=GONE, alice=GONE)
    await send(gateway.outbound, ALICE, [FAR, FURTHER], PLAIN)
    store = await settled(gateway)
    assert not store.held()
    assert [one.mail_from for one in sink.got] == [ALICE]


# --- all refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"bob": GONE, "carol": GONE}, "550 5.1.1 no such user"),
        ({"bob": FULL, "carol": FULL}, "452 4.2.2 mailbox full"),
        ({"bob": FULL, "carol": GONE}, "452 4.2.2 mailbox full"),
        ({"bob": GONE, "carol": FULL}, "452 4.2.2 mailbox full"),
    ],
)
async def test_all_refused(gateway: Gateway, sink: Sink, replies: dict[str, bytes], expected: str) -> None:
    """The next hop's own words; temporary where one is. Nothing is kept."""
    refuse(sink, **replies)
    assert (await send(gateway.inbound, STRANGER, [BOB, CAROL], PLAIN)).startswith(expected)
    store = StoreFile(gateway)
    assert (store.outbox(), dict(store.held())) == ([], {})


@pytest.mark.parametrize("reply", [b"554 5.7.1 no thanks", b"451 4.7.1 later"])
async def test_refused_after_the_content(gateway: Gateway, sink: Sink, reply: bytes) -> None:
    """The next hop's reply to its final dot is ours."""
    sink.data_reply = lambda _: reply
    assert (await send(gateway.inbound, STRANGER, [BOB, CAROL], PLAIN)).startswith(reply.decode())
    assert StoreFile(gateway).outbox() == []


async def test_held_for_one_and_refused_for_the_other(tmp_path: Path, sink: Sink) -> None:
    """Once a copy is stored the answer is 250, and the other copy is committed before it."""
    filters = (
        "filters:\n  - attachments:\n      block: [executables]\n"
        f"      exempt: [{{recipients: [{CAROL}], codes: [attachment.executable]}}]\n"
    )
    refuse(sink, carol=FULL)
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}", filters=filters, workers=1) as gateway:
        assert (await send(gateway.inbound, STRANGER, [BOB, CAROL], PROGRAM % b"two")).startswith("250")
        store = StoreFile(gateway)
        assert set(store.held()) == {("stranger", BOB)}
        assert ("relay", STRANGER) in store.outbox()


# --- away ------------------------------------------------------------------------------------------------------------


async def test_a_next_hop_that_is_away(tmp_path: Path) -> None:
    """451 while nothing answers there; what is to be held is held all the same."""
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{free_port()}", workers=1) as gateway:
        assert (await send(gateway.inbound, STRANGER, [BOB], PLAIN)).startswith("451 4.4.1")
        assert (await send(gateway.inbound, STRANGER, [BOB], PROGRAM % b"away")).startswith("250")
        store = StoreFile(gateway)
        assert set(store.held()) == {("stranger", BOB)}
        assert ("relay", STRANGER) not in store.outbox()


async def test_next_hops_are_tried_in_turn(tmp_path: Path, sink: Sink) -> None:
    """One that is away, one that hangs up, one that says 421: the fourth gets it."""
    async with _Rude(b"") as silent, _Rude(b"421 4.3.2 not now\r\n") as closed:
        ports = (free_port(), silent.port, closed.port, sink.port)
        port = free_port()
        hops = ", ".join(f'"smtp://127.0.0.1:{port}"' for port in ports)
        listener = f'{{name: inbound, address: "127.0.0.1:{port}", direction: inbound, next_hop: [{hops}]}}'
        async with Gateway(tmp_path, listeners=f"listeners: [{listener}]", inbound=port, workers=1) as gateway:
            for number in range(3):
                assert (await send(gateway.inbound, f"m{number}@far.example", [BOB], PLAIN)).startswith("250")
    assert [one.mail_from for one in sink.got] == ["m0@far.example", "m1@far.example", "m2@far.example"]


class _Rude:
    """A server that says one thing and hangs up."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self.port = free_port()

    async def __aenter__(self) -> _Rude:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._said)
        writer.close()


async def test_the_outbox_empties_when_the_next_hop_returns(tmp_path: Path) -> None:
    """Notices wait for it, and so does a released message."""
    port = free_port()
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{port}", workers=1) as gateway:
        assert (await send(gateway.inbound, STRANGER, [BOB], PROGRAM % b"returns")).startswith("250")
        ((_, id),) = StoreFile(gateway).held_ids()
        released = await asyncio.to_thread(gateway.ask, "quarantine.release", id=id, reason="asked for it")
        assert not released["delivered"]
        async with Sink(port=port) as sink:
            await settled(gateway)
    assert sorted(one.mail_from for one in sink.got) == ["", STRANGER]
    assert next(one for one in sink.got if one.mail_from).content.endswith(PROGRAM % b"returns")


async def test_what_a_killed_keeper_was_sending(tmp_path: Path) -> None:
    """Another one sends it as soon as its lease ends, which it renews only while it lives."""
    port = free_port()
    keys = "verify_recipients: false, "
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{port}", workers=1, inbound_keys=keys) as gateway:
        kept: list[asyncio.StreamWriter] = []  # one that nobody keeps is closed
        hanging = await asyncio.start_server(lambda _, writer: kept.append(writer), "127.0.0.1", port)
        assert (await send(gateway.inbound, STRANGER, [BOB], PROGRAM % b"lease")).startswith("250")
        store = StoreFile(gateway)
        async with asyncio.timeout(30):
            while not store.leases():
                await asyncio.sleep(0.05)
        os.kill(gateway.pids("keeper")["keeper"], signal.SIGKILL)
        hanging.close()
        (lease,) = store.leases()
        assert lease <= 90
        store.end_leases()
        async with Sink(port=port) as sink:
            await sink.wait(1)
    assert sink.got[0].recipients == (BOB,)


# --- a client's retry ------------------------------------------------------------------------------------------------


async def test_a_retry_of_a_held_message(gateway: Gateway, sink: Sink) -> None:
    """The same octets under another first Received: 250, no second entry, no second notice."""
    received = b"Received: from a.example by b.example;\r\n\tWed, 25 Nov 2026 %02d:00:00 +0000\r\n"
    for hour in range(3):
        content = received % hour + PROGRAM % b"retry"
        assert (await send(gateway.inbound, STRANGER, [BOB], content)).startswith("250")
    store = await settled(gateway)
    assert store.held() == {("stranger", BOB): 1}
    assert len(sink.got) == 1


async def test_a_retry_at_the_same_time(gateway: Gateway, sink: Sink) -> None:
    """Many at once, over both workers: one entry, and every client is told 250 or to come again."""
    async with asyncio.TaskGroup() as tasks:
        sent = [tasks.create_task(send(gateway.inbound, STRANGER, [BOB], PROGRAM % b"at once")) for _ in range(12)]
    assert {task.result()[:3] for task in sent} == {"250"}
    store = await settled(gateway)
    assert store.held() == {("stranger", BOB): 1}
    assert len(sink.got) == 1


async def test_a_retry_for_one_more_recipient(gateway: Gateway) -> None:
    """Only the new copy is held."""
    await send(gateway.inbound, STRANGER, [BOB], PROGRAM % b"more")
    assert (await send(gateway.inbound, STRANGER, [BOB, CAROL], PROGRAM % b"more")).startswith("250")
    assert StoreFile(gateway).held() == {("stranger", BOB): 1, ("stranger", CAROL): 1}


@pytest.mark.parametrize("what", ["release", "delete"])
async def test_a_retry_after_it_was_settled(gateway: Gateway, sink: Sink, what: str) -> None:
    """A retry of a released or deleted entry gets 250 and nothing more."""
    content = PROGRAM % what.encode()
    await send(gateway.inbound, STRANGER, [BOB], content)
    (_, id), *_ = StoreFile(gateway).held_ids()
    await asyncio.to_thread(gateway.ask, f"quarantine.{what}", id=id, reason="r")
    await settled(gateway)
    before = len(sink.got)
    assert (await send(gateway.inbound, STRANGER, [BOB], content)).startswith("250")
    store = await settled(gateway)
    assert (len(store.held()), len(sink.got)) == (1, before)


async def test_verification_that_fails_for_now(tmp_path: Path, sink: Sink) -> None:
    """A next hop that can't say at RCPT is asked again with the message."""
    refuse(sink, bob=FULL, carol=GONE)
    async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}", workers=1) as gateway:
        assert (await send(gateway.inbound, STRANGER, [CAROL], PLAIN)).startswith("550 5.1.1")
        assert (await send(gateway.inbound, STRANGER, [BOB], PLAIN)).startswith("452 4.2.2")
        assert "delivery.failed" not in log_of(gateway)
