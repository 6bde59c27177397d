"""XCLIENT (Postfix's XCLIENT_README): a proxy names the client of the whole session."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest

from gateway.contract import Client
from gateway.receive.listener import Logins
from gateway.receive.session_limits import Capacity
from tests.support.servers.receiver import (
    HOSTNAME,
    OURS,
    PROXY,
    STRANGER,
    RunningServer,
    ScriptedLogins,
    make_listener,
    may_send_as,
)

OFFER = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"
GREETING = f"220 {HOSTNAME} ESMTP Mailwarden"
OUTSIDE = "192.0.2.7"


async def test_every_attribute() -> None:
    """The session begins anew; the named HELO holds whatever the proxy says, and the login is known."""
    async with RunningServer() as receiving:
        client = await receiving.greeted(PROXY)
        command = (
            f"XCLIENT ADDR={OUTSIDE} NAME=mail.example PORT=40000 PROTO=ESMTP HELO=helo.example "
            "LOGIN=J+C3+BCrgen+40example.com DESTADDR=127.0.0.1 DESTPORT=25"
        )
        assert await client.say(command) == GREETING
        assert (await client.say("MAIL FROM:<a@outside.example>")).startswith("503 5.5.1 Send EHLO first")
        await client.say("EHLO proxy.example")
        for line in ("MAIL FROM:<a@outside.example>", "RCPT TO:<b@example.com>", "DATA"):
            assert (await client.say(line))[0] in "23"
        await client.say("x: y\r\n.")
        (got,) = receiving.site.got
        assert got.client == Client(
            OUTSIDE, "helo.example", "mail.example", 40000, login="jürgen@example.com", proxy=PROXY
        )


async def test_it_is_offered_to_proxies_alone() -> None:
    async with RunningServer() as receiving:
        assert OFFER in await (await receiving.greeted(PROXY)).say("EHLO proxy.example")
        for address in (STRANGER, OURS):
            client = await receiving.greeted(address)
            assert "XCLIENT" not in await client.say("EHLO client.example")
            assert await client.say("XCLIENT ADDR=127.0.1.9") == "550 5.7.1 XCLIENT is for our proxies only"


@pytest.mark.parametrize("address", [OUTSIDE, "[UNAVAILABLE]", PROXY])
async def test_once_the_client_is_named_it_names_no_other(address: str) -> None:
    """A proxy that passes the client's own commands on passes no right of its own on."""
    async with RunningServer() as receiving:
        client = await receiving.greeted(PROXY)
        assert await client.say(f"XCLIENT ADDR={address}") == GREETING
        offers = await client.say("EHLO client.example")
        assert "XCLIENT" not in offers
        assert "XFORWARD" not in offers
        assert (await client.say(f"XCLIENT ADDR={OURS}")).startswith("550 5.7.1")
        assert (await client.say(f"XFORWARD ADDR={OURS}")).startswith("550 5.7.1")


async def test_attributes_of_several_commands_add_up() -> None:
    """Dovecot names the address last; until then nothing of the proxy's own is the client's."""
    async with RunningServer(make_listener("auto")) as receiving:
        client = await receiving.greeted(PROXY)
        assert await client.say("XCLIENT LOGIN=jane HELO=helo.example") == GREETING
        assert receiving.session._client == Client("", "helo.example", login="jane", proxy=PROXY)
        assert await client.say("XCLIENT ADDR=IPV6:2001:db8::7 PORT=1") == GREETING
        await client.say("EHLO proxy.example")
        named = receiving.session._client
        assert (named.address, named.login, named.helo) == ("2001:db8::7", "jane", "helo.example")


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("XCLIENT", "501 5.5.4 XCLIENT takes attribute=value"),
        ("XCLIENT IDENT=x", "501 5.5.4 XCLIENT takes ADDR, DESTADDR"),
        ("XCLIENT ADDR=localhost", "501 5.5.4 ADDR takes an IP address"),
        (f"XCLIENT ADDR={OUTSIDE} LOGIN=jane ADDR={OURS}", "501 5.5.4 XCLIENT takes ADDR once"),
        ("XCLIENT DESTADDR=here", "501 5.5.4 DESTADDR takes an IP address"),
        ("XCLIENT DESTPORT=x", "501 5.5.4 DESTPORT takes a number"),
        ("XCLIENT LOGIN=a+0D+0AMAIL", "501 5.5.4 LOGIN is too long or holds"),
        ("XCLIENT LOGIN=+FF", "501 5.5.4 LOGIN is too long or holds"),
    ],
)
async def test_what_is_wrong_changes_nothing(command: str, reply: str) -> None:
    """The session goes on as it was."""
    async with RunningServer() as receiving:
        client = await receiving.greeted(PROXY)
        assert (await client.say(command)).startswith(reply)
        assert receiving.session._client.proxy == ""
        assert (await client.say("MAIL FROM:<a@outside.example>")).startswith("250")
        assert await client.say(f"XCLIENT ADDR={OUTSIDE}") == "503 5.5.1 Not within a transaction"


@pytest.mark.parametrize(
    ("trusts", "attributes", "reply"),
    [
        (False, f"ADDR={OURS}", "250"),
        (False, f"ADDR={OUTSIDE} LOGIN=jane", "550"),
        (True, f"ADDR={OUTSIDE} LOGIN=jane", "250"),
        (True, f"ADDR={OUTSIDE} LOGIN=[UNAVAILABLE]", "550"),
        (True, f"ADDR={OUTSIDE} LOGIN=", "550"),
        (True, f"ADDR={OUTSIDE}", "550"),
        (True, "LOGIN=jane", "250"),
        (False, "LOGIN=jane", "550"),
    ],
)
async def test_who_may_send_outwards(trusts: bool, attributes: str, reply: str) -> None:
    """The named address, or a named login where the listener trusts them; never the proxy's own address."""
    listener = make_listener("auto")
    access = replace(listener.access, trusts_logins=trusts)
    async with RunningServer(replace(listener, access=access)) as receiving:
        client = await receiving.greeted(PROXY)
        await client.say(f"XCLIENT {attributes}")
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<a@example.com>")
        assert (await client.say("RCPT TO:<b@outside.example>")).startswith(reply)


async def test_the_named_client_is_limited() -> None:
    async with RunningServer(capacity=Capacity(1000, 1, 2**26)) as receiving:
        first, second = await receiving.greeted(PROXY), await receiving.greeted(PROXY)
        assert await first.say(f"XCLIENT ADDR={OUTSIDE}") == GREETING
        assert (await second.say(f"XCLIENT ADDR={OUTSIDE}")).startswith("421 4.7.0 Too many connections from your host")


async def test_the_named_client_stays_after_starttls(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Else the client could name another one then, as if it were the proxy."""
    async with RunningServer(make_listener(tls=certificate[0])) as receiving:
        client = await receiving.greeted(PROXY)
        await client.say(f"XCLIENT ADDR={OUTSIDE} HELO=helo.example")
        await client.say("EHLO proxy.example")
        await client.say("STARTTLS")
        await client.start_tls(certificate[1])
        assert "XCLIENT" not in await client.say("EHLO proxy.example")
        assert (receiving.session._client.address, receiving.session._client.helo) == (OUTSIDE, "helo.example")


@pytest.mark.parametrize(("trusts", "reply"), [(False, "530 5.7.0"), (True, "250 2.1.0")])
async def test_a_required_login_is_one_that_was_proven(trusts: bool, reply: str) -> None:
    """The word of a proxy that isn't trusted for logins is none, from our own network either."""
    listener = make_listener("outbound", logins=Logins("required", ScriptedLogins(), may_send_as))
    listener = replace(listener, access=replace(listener.access, trusts_logins=trusts))
    async with RunningServer(listener) as receiving:
        client = await receiving.greeted(PROXY)
        assert await client.say(f"XCLIENT ADDR={OURS} LOGIN=ann@example.com") == GREETING
        await client.say("EHLO client.example")
        assert (await client.say("MAIL FROM:<ann@example.com>")).startswith(reply)
