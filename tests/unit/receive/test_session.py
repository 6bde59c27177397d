"""A session's answers to hostile or broken clients, and to trouble of our own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.receive import connection
from gateway.receive.data import DataReader
from gateway.receive.listener import Offers
from gateway.receive.session import _received_headers
from gateway.smtp import replies
from tests.support.servers.receiver import LIMITS, OURS, PROXY, STRANGER, RunningServer, ScriptedHandler, make_listener

SECRET = "postgresql://user:password@host"


# --- trouble of our own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [RuntimeError(SECRET), OSError(SECRET), ConnectionResetError(SECRET), MemoryError(SECRET)]
)
async def test_exception_after_data_is_temporary_and_tells_nothing(error: Exception) -> None:
    """Unknown trouble: 451 4.3.0 and the id; the session goes on."""
    async with RunningServer(site=ScriptedHandler(reply=error)) as receiving:
        client = await receiving.in_data()
        assert await client.say("x: y\r\n.") == "451 4.3.0 Something went wrong here; try again later (id-1)"
        assert await client.say("MAIL FROM:<a@outside.example>") == "250 2.1.0 Sender ok"


async def test_exception_at_rcpt_is_temporary_and_tells_nothing() -> None:
    """The transaction is given up, and a DATA that was pipelined is not taken."""
    site = ScriptedHandler(refused={"b@example.com": RuntimeError(SECRET)})
    async with RunningServer(site=site) as receiving:
        client = await receiving.greeted()
        await client.say("MAIL FROM:<a@outside.example>")
        assert await client.say("RCPT TO:<b@example.com>") == "451 4.3.0 Something went wrong here; try again later"
        assert (await client.say("DATA")).startswith("503 5.5.1")


async def test_exception_within_the_content_closes_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a message must never be read as commands."""

    def fail(self: DataReader, chunk: bytes) -> bool:
        raise MemoryError

    monkeypatch.setattr(DataReader, "feed", fail)
    async with RunningServer() as receiving:
        client = await receiving.in_data()
        await client.send(b"Subject: x\r\nRSET\r\nMAIL FROM:<evil@outside.example>\r\n")
        assert await client.rest() == b"451 4.3.0 Something went wrong here; try again later\r\n"
        await receiving.until(lambda: receiving.server.figures == {"sessions": 0, "bytes_in_flight": 0})


async def test_reply_from_behind_is_neutralised() -> None:
    """A reply's text can't break the dialogue, whoever wrote it."""
    site = ScriptedHandler(reply=replies.rejected("id", "no\r\n250 2.0.0 ok\x1b[31m"))
    async with RunningServer(site=site) as receiving:
        client = await receiving.in_data()
        assert await client.say("x: y\r\n.") == "550-5.7.1 no?\n550 5.7.1 250 2.0.0 ok?[31m (id)"
        assert (await client.say("NOOP")).startswith("250")


# --- limits of a session ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "code"),
    [(2047, "250"), (2048, "250"), (2049, "500"), (2**16, "500"), (2**16 + 1, "500"), (2**20, "500")],
)
async def test_command_line_length(octets: int, code: str) -> None:
    """A command line has 2048 octets with its CRLF; a longer one is refused once, as one line, however long."""
    async with RunningServer() as receiving:
        client = await receiving.greeted()
        await client.send(b"NOOP " + b"x" * (octets - 7) + b"\r\n")
        assert (await client.reply()).startswith(code)
        assert await client.say("NOOP") == "250 2.0.0 Ok"


async def test_command_line_without_end_takes_no_memory() -> None:
    """Octets without LF are thrown away as they come."""
    async with RunningServer() as receiving:
        client = await receiving.greeted()
        for _ in range(64):
            await client.send(b"x" * 2**16)
        assert len(receiving.session._reader._buffer) <= 4 * connection.CHUNK_BYTES  # type: ignore[attr-defined]
        await client.send(b"\r\n")
        assert await client.reply() == "500 5.5.2 Line too long"


@pytest.mark.parametrize("limit", [1, 5])
async def test_commands_in_a_session(limit: int) -> None:
    """The session obeys n commands, and refuses the next."""
    async with RunningServer(make_listener(limits=replace(LIMITS, commands_per_session=limit))) as receiving:
        client = await receiving.client()
        await client.reply()
        await client.send(b"RSET\r\n" * (limit + 3))
        assert await client.rest() == b"250 2.0.0 Ok\r\n" * limit + b"421 4.7.0 Too many commands in one session\r\n"


@pytest.mark.parametrize("limit", [0, 4])
async def test_errors_in_a_session(limit: int) -> None:
    """The session answers n errors one by one, and the next ends it; lines that are no commands count as well."""
    async with RunningServer(make_listener(limits=replace(LIMITS, errors_per_session=limit))) as receiving:
        client = await receiving.client()
        await client.reply()
        await client.send(b"FOO\r\nRCPT TO:<>\r\nNOOP\n" + b"x" * 3000 + b"\r\nFOO\r\nNOOP\r\n")
        lines = (await client.rest()).splitlines()
        assert len(lines) == limit + 1
        assert lines[-1] == b"421 4.7.0 Too many errors in one session"


@pytest.mark.parametrize(("number", "code"), [(2, "250"), (3, "250"), (4, "452")])
async def test_recipients_of_a_message(number: int, code: str) -> None:
    """The session accepts n recipients and defers the next; the earlier ones stay (RFC 5321 4.5.3.1.10)."""
    async with RunningServer(make_listener(limits=replace(LIMITS, recipients=3))) as receiving:
        client = await receiving.greeted()
        await client.say("MAIL FROM:<a@outside.example>")
        answers = [await client.say(f"RCPT TO:<b{n}@example.com>") for n in range(number)]
        assert answers[-1].startswith(code)
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say("x: y\r\n.")).startswith("250")
        assert len(receiving.site.got[0].envelope.recipients) == min(number, 3)


@pytest.mark.parametrize(("number", "code"), [(4, "250"), (5, "250"), (6, "554")])
@pytest.mark.parametrize("end", [b"\r\nbody\r\n", b""])
async def test_received_fields(number: int, code: str, end: bytes) -> None:
    """The limit allows n trace fields, and one more is a loop; a message without a body is no way round (S23)."""
    async with RunningServer(make_listener(limits=replace(LIMITS, received_headers=5))) as receiving:
        client = await receiving.in_data()
        await client.send(b"Received: by a.example;\r\n\tMon\r\n" * number + end + b".\r\n")
        assert (await client.reply()).startswith(code)


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"", 0),
        (b"Received: a\r\n", 1),
        (b"RECEIVED: a\r\nreceived: b\r\n\r\n", 2),
        (b"X: y\r\nReceived: a\r\n\r\nReceived: b\r\n", 1),
        (b"\r\nReceived: a\r\nReceived: b\r\n\r\n", 0),
        (b"X-Received: a\r\nSubject: x\r\n Received: b\r\n\r\n", 0),
        (b"Received: a", 1),
    ],
)
def test_trace_fields_are_counted_in_the_header_alone(content: bytes, number: int) -> None:
    """A field that a report quotes in its body is no loop."""
    assert _received_headers(content) == number


@pytest.mark.parametrize(("octets", "code"), [(999, "250"), (1000, "250"), (1001, "552")])
async def test_declared_size(octets: int, code: str) -> None:
    """SIZE= within the limit is taken, above it refused at once; the smaller limit of ours and the next hop's holds."""
    for site, ours in ((ScriptedHandler(), 1000), (ScriptedHandler(behind=Offers(size=1000)), 2000)):
        async with RunningServer(make_listener(limits=replace(LIMITS, message_bytes=ours)), site) as receiving:
            client = await receiving.greeted()
            assert (await client.say(f"MAIL FROM:<a@outside.example> SIZE={octets}")).startswith(code)


@pytest.mark.parametrize(("octets", "code"), [(999, "250"), (1000, "250"), (1001, "552")])
async def test_size_of_the_message(octets: int, code: str) -> None:
    """A message of the limit is taken; a bigger one is refused after its final dot, and the session goes on."""
    async with RunningServer(make_listener(limits=replace(LIMITS, message_bytes=1000))) as receiving:
        client = await receiving.in_data()
        await client.send(b"x" * (octets - 2) + b"\r\n.\r\n")
        assert (await client.reply()).startswith(code)
        assert await client.say("NOOP") == "250 2.0.0 Ok"


@pytest.mark.parametrize(("bare", "code"), [(499, "250"), (500, "250"), (501, "552")])
async def test_size_of_the_message_as_it_is_relayed(bare: int, code: str) -> None:
    """Bare newlines grow when they are made CRLF: what is relayed is within the limit, too."""
    async with RunningServer(make_listener(limits=replace(LIMITS, message_bytes=1002))) as receiving:
        client = await receiving.in_data()
        await client.send(b"\n" * bare + b"\r\n.\r\n")
        assert (await client.reply()).startswith(code)


async def test_header_line_of_ten_megabytes_is_kept_as_it_is() -> None:
    """Long lines are the next hop's affair: nothing is folded (S18)."""
    content = b"X-Long: " + b"y" * 10_000_000 + b"\r\nSubject: x\r\n\r\nhello\r\n"
    async with RunningServer(make_listener(limits=replace(LIMITS, message_bytes=2**24))) as receiving:
        client = await receiving.in_data()
        await client.send(content + b".\r\n")
        assert (await client.reply()).startswith("250")
        assert receiving.site.got[0].content == content


# --- time ------------------------------------------------------------------------------------------------------------


async def test_slow_command_times_out() -> None:
    """A client that trickles a command octet by octet is cut after the time for one command (S19)."""
    async with RunningServer(make_listener(limits=replace(LIMITS, command_seconds=0.2))) as receiving:
        client = await receiving.client()
        await client.reply()

        async def trickle() -> None:
            while not client.writer.is_closing():
                client.writer.write(b"x")
                await asyncio.sleep(0.02)

        trickling = asyncio.ensure_future(trickle())
        assert await client.line() == "421 4.4.2 Timed out"
        client.disconnect()
        await trickling


async def test_slow_content_runs_into_the_time_of_a_session() -> None:
    """A client that trickles its message never runs into a time-out, but a session has an end."""
    async with RunningServer() as receiving:
        client = await receiving.in_data()
        await client.send(b"x")
        receiving.session._ends_at = 0
        await client.send(b"x")
        assert await client.line() == "421 4.4.2 This session has lasted too long"
        assert await client.rest() == b""
        assert receiving.site.got == []


async def test_message_that_takes_long_to_judge_is_not_timed_out() -> None:
    """After the final dot the time is ours, not the client's."""
    async with RunningServer() as receiving:
        receiving.site.held = True
        client = await receiving.in_data()
        await client.send(b"x: y\r\n.\r\n")
        await receiving.until(lambda: receiving.site.waiting == 1)
        handle = receiving.session._timeout_handle
        assert handle is not None
        assert handle.cancelled()
        receiving.site.held = False
        assert (await client.reply()).startswith("250 2.0.0 Accepted")


# --- proxies ---------------------------------------------------------------------------------------------------------


async def test_named_client_is_forgotten_after_its_transaction() -> None:
    """A proxy's next transaction on the connection is that of a client unnamed, so untrusted (as with Postfix)."""
    async with RunningServer(make_listener("auto")) as receiving:
        client = await receiving.greeted(PROXY)
        await client.say("XFORWARD ADDR=127.0.1.9 HELO=ours.example")
        await client.say("MAIL FROM:<a@example.com>")
        assert (await client.say("RCPT TO:<b@outside.example>")).startswith("250")
        await client.say("DATA")
        assert (await client.say("x: y\r\n.")).startswith("250")
        assert receiving.site.got[0].client.address == "127.0.1.9"
        await client.say("MAIL FROM:<a@example.com>")
        assert await client.say("RCPT TO:<b@outside.example>") == "550 5.7.1 Relaying denied"


@pytest.mark.parametrize("command", ["RSET", "EHLO proxy.example", "HELO proxy.example"])
async def test_named_client_is_forgotten_with_its_transaction(command: str) -> None:
    """So it is when the transaction is given up."""
    async with RunningServer(make_listener("outbound")) as receiving:
        client = await receiving.greeted(PROXY)
        await client.say("XFORWARD ADDR=127.0.1.9")
        await client.say(command)
        assert (await client.say("MAIL FROM:<a@example.com>")).startswith("550 5.7.1")


async def test_names_of_the_proxy_are_not_passed_off_as_the_clients() -> None:
    """HELO and port of an unnamed client are unknown."""
    async with RunningServer() as receiving:
        client = await receiving.greeted(PROXY)
        await client.say("XFORWARD ADDR=192.0.2.7")
        for command in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            await client.say(command)
        await client.say("x: y\r\n.")
        got = receiving.site.got[0].client
        assert (got.address, got.helo, got.port, got.proxy) == ("192.0.2.7", "", 0, PROXY)


# --- the control address ---------------------------------------------------------------------------------------------

CONTROL = "mailwarden@gw.example.co.uk"


async def says(receiving: RunningServer, address: str, *recipients: str) -> list[str]:
    """Return the replies to these recipients."""
    client = await receiving.greeted(address)
    await client.say("MAIL FROM:<carol@example.co.uk>")
    return [await client.say(f"RCPT TO:<{recipient}>") for recipient in recipients]


async def test_the_control_address_stands_alone() -> None:
    """The control address needs a transaction of its own: we read its mail, and the filters judge other mail."""
    token, more = "mailwarden+abc@gw.example.co.uk", "452 4.5.3 Too many recipients"
    async with RunningServer(make_listener("outbound", control=CONTROL)) as receiving:
        ok = "250 2.1.5 Recipient ok"
        assert await says(receiving, OURS, token, token, "joe@outside.example", CONTROL) == [ok, ok, more, more]
        assert await says(receiving, OURS, "joe@outside.example", token, "ann@example.com") == [ok, more, ok]
        assert receiving.site.verified == []


async def test_strangers_are_refused_at_the_control_address() -> None:
    """The reply is that of any other address that is not for strangers."""
    for direction in ("inbound", "auto"):
        listener = make_listener(direction, control=CONTROL)  # type: ignore[arg-type]
        async with RunningServer(listener) as receiving:
            denied = "550 5.7.1 Relaying denied"
            assert await says(receiving, STRANGER, CONTROL, "mailwarden+abc@gw.example.co.uk") == [denied, denied]


async def test_a_refused_token_is_not_in_the_log() -> None:
    """A mail server that brings replies to the wrong listener does so before they are used."""
    listener = make_listener("inbound", control=CONTROL)
    async with RunningServer(listener) as receiving:
        with capture_logs() as logs:
            await says(
                receiving, OURS, "MailWarden+abc@gw.example.co.uk", '"mailwarden+abc"@gw.example.co.uk', "b@far.example"
            )
    commands = [one["command"].removeprefix("RCPT TO:") for one in logs if one["event"] == "refused"]
    assert commands == ["<MailWarden+...@gw.example.co.uk>", '<"mailwarden+...@gw.example.co.uk>', "<b@far.example>"]


async def test_a_refusal_of_mail_names_no_sender_twice() -> None:
    """Before MAIL is taken there is none; the command that was refused names it."""
    async with RunningServer(make_listener("inbound")) as receiving:
        with capture_logs() as logs:
            client = await receiving.greeted()
            await client.say("MAIL FROM:<not an address>")
    (refused,) = [one for one in logs if one["event"] == "refused"]
    assert "mail_from" not in refused
    assert refused["command"] == "MAIL FROM:<not an address>"
