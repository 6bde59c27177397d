"""The client that SPF is about: the first outside our trust."""

from __future__ import annotations

import ipaddress

import pytest

from gateway.contract import Client
from gateway.message.mime.parse import parse
from gateway.understand.authentication.outside_client import MAX_RELAYS, outside_client
from tests.support.builders.authentication import PLAIN

RELAYS = (
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("2001:db8:1::/48"),
)
OURS = Client("10.0.0.25", "mx1.example.co.uk")

POSTFIX = (
    "from mail.outside.example (mx.outside.example [192.0.2.7])\r\n\tby mx1.example.co.uk (Postfix) with ESMTP id 4X"
)
EXIM = "from [192.0.2.7] (helo=mail.outside.example)\r\n\tby mx1.example.co.uk with esmtp (Exim 4.96)"
RELAYED = "from mx1.example.co.uk (mx1.example.co.uk [10.0.0.25])\r\n\tby mx2.example.co.uk (Postfix)"


def found(client: Client, *received: str) -> tuple[str, str] | None:
    raw = "".join(f"Received: {field}; Mon, 2 Mar 2026 09:30:00 +0000\r\n" for field in received).encode() + PLAIN
    outside = outside_client(client, parse(raw), RELAYS)
    return (outside.address, outside.helo) if outside else None


def test_the_peer_is_the_client() -> None:
    """Whatever its own Received fields say."""
    assert found(Client("198.51.100.1", "mx"), POSTFIX) == ("198.51.100.1", "mx")


@pytest.mark.parametrize("address", ["", "127.0.0.1", "::1", "nonsense"])
def test_a_client_that_is_not_known_is_none(address: str) -> None:
    """A proxy said nothing, or a program of this machine named nobody."""
    assert outside_client(Client(address), parse(PLAIN), ()) is None


def test_behind_a_relay_its_received_field_names_the_client() -> None:
    """The topmost, as the relay of ours wrote it."""
    forged = "from bank.example (bank.example [203.0.113.5]) by x"
    assert found(OURS, POSTFIX, forged) == ("192.0.2.7", "mail.outside.example")


def test_several_relays_are_followed() -> None:
    """Down to the first that is not ours."""
    assert found(OURS, RELAYED, RELAYED, POSTFIX) == ("192.0.2.7", "mail.outside.example")


def test_ipv6_in_a_received_field() -> None:
    """The address has its tag (RFC 5321 4.1.3); an IPv4 address written as IPv6 is the same relay."""
    field = "from mx (mx [IPv6:2001:db8:2::7]) by mx1"
    assert found(Client("2001:db8:1::1"), field) == ("2001:db8:2::7", "mx")
    assert found(Client("::ffff:10.0.0.25"), POSTFIX) == ("192.0.2.7", "mail.outside.example")


@pytest.mark.parametrize(
    "field", ["by mx1.example.co.uk (Postfix, from userid 0)", EXIM, "from x (unknown)", "", "from x (y [z])"]
)
def test_a_field_that_names_nobody_ends_the_search(field: str) -> None:
    """A field below it was not written by a host of ours: SPF is "none"."""
    assert found(OURS, field, POSTFIX) is None


@pytest.mark.parametrize(("relays", "known"), [(MAX_RELAYS - 2, True), (MAX_RELAYS - 1, True), (MAX_RELAYS, False)])
def test_so_many_relays_are_followed(relays: int, known: bool) -> None:
    """No more."""
    assert (found(OURS, *[RELAYED] * relays, POSTFIX) is not None) is known
