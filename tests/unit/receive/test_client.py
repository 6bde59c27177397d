"""The client of a session: its identity, permitted recipients and direction, and a proxy's statements about it."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Client
from gateway.receive.client import Access, read_xclient, read_xforward
from tests.support.servers.receiver import ACCESS

INBOUND = ACCESS
OUTBOUND = replace(ACCESS, direction="outbound")
AUTO = replace(ACCESS, direction="auto")
OURS, STRANGER = "127.0.1.1", "192.0.2.7"


# --- trust -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("127.0.1.0", True),
        ("127.0.1.255", True),
        ("127.0.0.255", False),
        ("127.0.2.0", False),  # a proxy
        ("::ffff:127.0.1.1", True),
        ("::ffff:192.0.2.7", False),
        ("::1", False),
        ("", False),
        ("ours.example", False),
    ],
)
def test_trust_is_by_network(address: str, trusted: bool) -> None:
    """The first and last address of the network, both forms of IPv4, and nothing else."""
    assert ACCESS.connecting(address, 25).trusted is trusted


def test_proxy_is_trusted_for_nothing_else() -> None:
    """A proxy inside a trusted network that names no client is an untrusted client."""
    access = replace(ACCESS, trusted_networks=(ipaddress.ip_network("127.0.0.0/8"),))
    assert access.is_proxy("127.0.2.1")
    assert not access.connecting("127.0.2.1", 25).trusted
    assert access.connecting("127.0.3.1", 25).trusted


def test_ipv6_networks() -> None:
    """Networks of both families side by side."""
    access = replace(ACCESS, trusted_networks=(*ACCESS.trusted_networks, ipaddress.ip_network("2001:db8::/32")))
    assert access.connecting("2001:db8::5", 25).trusted
    assert not access.connecting("2001:db9::5", 25).trusted
    assert access.connecting("127.0.1.1", 25).trusted


# --- directions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "address", "recipient", "direction"),
    [
        (INBOUND, STRANGER, "b@example.com", "inbound"),
        (INBOUND, STRANGER, "b@EXAMPLE.com", "inbound"),
        (INBOUND, STRANGER, "b@other.example", None),
        (INBOUND, STRANGER, "b@sub.example.com", None),
        (INBOUND, STRANGER, "b@example.com.", None),
        (INBOUND, STRANGER, "b@notexample.com", None),
        (INBOUND, STRANGER, "b@[127.0.0.1]", None),
        (INBOUND, STRANGER, '"b@example.com"@other.example', None),
        (INBOUND, OURS, "b@example.com", "inbound"),
        (INBOUND, OURS, "b@other.example", None),
        (OUTBOUND, OURS, "b@example.com", "internal"),
        (OUTBOUND, OURS, "b@other.example", "outbound"),
        (OUTBOUND, STRANGER, "b@example.com", None),
        (OUTBOUND, STRANGER, "b@other.example", None),
        (AUTO, OURS, "b@example.com", "internal"),
        (AUTO, OURS, "b@other.example", "outbound"),
        (AUTO, STRANGER, "b@example.com", "inbound"),
        (AUTO, STRANGER, "b@other.example", None),
    ],
)
def test_direction_of_a_recipient(access: Access, address: str, recipient: str, direction: str | None) -> None:
    """Listener, client and the recipient's final domain give the direction; a stranger relays through none."""
    assert access.direction_of(access.connecting(address, 25), recipient, "") == direction


@pytest.mark.parametrize(
    ("access", "address", "sender", "allowed"),
    [
        (OUTBOUND, OURS, "a@example.com", True),
        (OUTBOUND, OURS, "a@EXAMPLE.CO.UK", True),
        (OUTBOUND, OURS, "", True),
        (OUTBOUND, OURS, "a@other.example", False),
        (OUTBOUND, OURS, "postmaster", False),
        (replace(OUTBOUND, foreign_senders=True), OURS, "a@other.example", True),
        (OUTBOUND, STRANGER, "a@example.com", False),
        (replace(OUTBOUND, foreign_senders=True), STRANGER, "a@example.com", False),
        (INBOUND, STRANGER, "a@example.com", True),  # a forged sender is for the filters
        (AUTO, STRANGER, "a@other.example", True),
    ],
)
def test_who_may_send(access: Access, address: str, sender: str, allowed: bool) -> None:
    """An outbound listener takes our clients only, with our senders or the null one."""
    assert (access.may_send(access.connecting(address, 25), sender) is None) is allowed


# --- XFORWARD --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "attributes"),
    [
        ("ADDR=192.0.2.7", {"ADDR": "192.0.2.7"}),
        ("addr=192.0.2.7 name=mail.example", {"ADDR": "192.0.2.7", "NAME": "mail.example"}),
        ("ADDR=IPV6:2001:DB8::0001", {"ADDR": "2001:db8::1"}),
        ("ADDR=fe80::1%eth0+5D+20evil", {"ADDR": "fe80::1"}),  # of its zone nothing gets into `Received:`
        ("ADDR=IPv6:2001:db8::1", {"ADDR": "2001:db8::1"}),
        ("ADDR=Ipv6:::1", {"ADDR": "::1"}),
        ("ADDR=::FFFF:127.0.1.1", {"ADDR": "127.0.1.1"}),
        ("ADDR=[UNAVAILABLE] NAME=[tempunavail]", {"ADDR": "", "NAME": ""}),
        ("HELO=my+20old+20printer", {"HELO": "my?old?printer"}),  # Postfix passes on all the words of HELO
        ("HELO=+5B192.0.2.7+5D", {"HELO": "[192.0.2.7]"}),
        ("PORT=0", {"PORT": "0"}),
        (
            "PORT=65535 PROTO=ESMTP SOURCE=REMOTE IDENT=4bXY",
            {"PORT": "65535", "PROTO": "ESMTP", "SOURCE": "REMOTE", "IDENT": "4bXY"},
        ),
        ("NAME=" + "x" * 255, {"NAME": "x" * 255}),
        ("NAME=" + "+78" * 255, {"NAME": "x" * 255}),
        ("NAME=", {"NAME": ""}),
    ],
)
def test_xforward_is_read(argument: str, attributes: dict[str, str]) -> None:
    """Attributes in any case, values decoded, addresses in their canonical form."""
    assert read_xforward(argument) == attributes


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "ADDR",
        "=x",
        "LOGIN=root",
        "ADDR=localhost",
        "ADDR=127.0.0.1/8",
        "ADDR=127.0.0.1+0D+0AMAIL",
        "ADDR=0177.0.0.1",
        "ADDR=2130706433",
        "ADDR=",
        "PORT=x",
        "PORT=-1",
        "PORT=+B2",  # "²" is a digit to str.isdigit
        "PORT=123456",
        "HELO=a+0D+0ARCPT",
        "HELO=a+00b",
        "HELO=a+1Bb",
        "HELO=a+7F",
        "HELO=a+85",
        "NAME=a\x85b",
        "NAME=a\u2028b",
        "NAME=" + "x" * 256,
        "ADDR=127.0.1.1 HELO=a+0A",
    ],
)
def test_xforward_that_is_wrong(argument: str) -> None:
    """Unknown attributes, and values with controls or of the wrong kind, are refused as a whole."""
    with pytest.raises(ValueError, match=r"."):
        read_xforward(argument)


@pytest.mark.parametrize(
    ("argument", "attributes"),
    [
        ("LOGIN=Jane", {"LOGIN": "jane"}),
        ("LOGIN=EXAMPLE+5CJane+20Doe", {"LOGIN": "example\\jane doe"}),
        ("login=J+C3+BCrgen", {"LOGIN": "jürgen"}),
        ("LOGIN=[UNAVAILABLE] DESTPORT=[TEMPUNAVAIL]", {"LOGIN": "", "DESTPORT": ""}),
        ("DESTADDR=IPV6:2001:DB8::1 DESTPORT=25", {"DESTADDR": "2001:db8::1", "DESTPORT": "25"}),
        ("ADDR=192.0.2.7 PROTO=SMTP HELO=x", {"ADDR": "192.0.2.7", "PROTO": "SMTP", "HELO": "x"}),
    ],
)
def test_xclient_is_read(argument: str, attributes: dict[str, str]) -> None:
    """Logins are in lower case, with blanks and letters of UTF-8 as they are."""
    assert read_xclient(argument) == attributes


@given(st.lists(st.tuples(st.sampled_from(["ADDR", "PORT", "LOGIN", "HELO", "IDENT", "x"]), st.text(max_size=30))))
def test_no_attributes_do_harm(pairs: list[tuple[str, str]]) -> None:
    """Any command is refused, or gives short printable values of the attributes' kinds."""
    argument = " ".join(f"{name}={value}" for name, value in pairs)
    for read in (read_xforward, read_xclient):
        try:
            found = read(argument)
        except ValueError:
            continue
        assert all(value.isprintable() and len(value) <= 255 for value in found.values())
        if found.get("ADDR"):
            ipaddress.ip_address(found["ADDR"])


def test_named_client_is_the_one_that_rules_look_at() -> None:
    """Trust is that of the named address, never the proxy's."""
    proxy = AUTO.connecting("127.0.2.1", 40_000)
    ours = AUTO.named(proxy, {"ADDR": "127.0.1.9", "PORT": "55"}, proxy="127.0.2.1")
    assert ours == Client("127.0.1.9", port=55, trusted=True, proxy="127.0.2.1")
    stranger = AUTO.named(proxy, {"ADDR": STRANGER}, proxy="127.0.2.1")
    assert stranger == Client(STRANGER, trusted=False, proxy="127.0.2.1")


def test_client_whose_address_is_unknown_is_untrusted() -> None:
    """[UNAVAILABLE] is nobody's address."""
    proxy = AUTO.connecting("127.0.2.1", 40_000)
    assert not AUTO.named(proxy, {"ADDR": ""}, proxy="127.0.2.1").trusted
    assert AUTO.named(proxy, {"NAME": "ours.example"}, proxy="127.0.2.1").address == ""


def test_attributes_of_several_commands_add_up() -> None:
    """Postfix sends two commands; the second doesn't undo the first."""
    proxy = replace(AUTO.connecting("127.0.2.1", 40_000), helo="proxy.example")
    first = AUTO.named(proxy, {"NAME": "mail.example", "ADDR": "127.0.1.9", "PORT": "55"}, proxy="127.0.2.1")
    second = AUTO.named(first, {"PROTO": "ESMTP", "HELO": "helo.example"}, proxy="127.0.2.1")
    assert first.helo == ""  # not the proxy's own
    assert second == Client("127.0.1.9", "helo.example", "mail.example", 55, trusted=True, proxy="127.0.2.1")


@pytest.mark.parametrize(
    ("client", "network"),
    [
        (Client("192.0.2.7"), "192.0.2.0/24"),
        (Client("192.0.2.255"), "192.0.2.0/24"),
        (Client("192.0.3.0"), "192.0.3.0/24"),
        (Client("::ffff:192.0.2.7"), "192.0.2.0/24"),
        (Client("2001:db8:0:7::1"), "2001:db8:0:7::/64"),
        (Client("2001:db8:0:7:ffff::2"), "2001:db8:0:7::/64"),
        (Client("2001:db8:0:8::1"), "2001:db8:0:8::/64"),
        (Client("fe80::1%eth0"), "fe80::/64"),
        (Client("10.0.0.7", trusted=True), "10.0.0.7"),
        (Client(""), ""),
        (Client("", trusted=True), ""),
        (Client("no address"), ""),
    ],
)
def test_whom_a_clients_mail_counts_for(client: Client, network: str) -> None:
    """A stranger's neighbours are one with it; of our own hosts each counts for itself; the unknown are one."""
    assert client.network == network


# --- the control address ---------------------------------------------------------------------------------------------

CONTROL = "mailwarden@gw.example.co.uk"


@pytest.mark.parametrize("address", [CONTROL, "Mailwarden+abc@GW.example.co.uk", '"mailwarden+abc"@gw.example.co.uk'])
@pytest.mark.parametrize("domains", [ACCESS.domains, frozenset({"example.co.uk", "gw.example.co.uk"})])
def test_only_our_own_network_writes_to_the_control_address(address: str, domains: frozenset[str]) -> None:
    """The control address may be in one of our domains or not; an inbound listener accepts nothing for it."""
    for kind, trusted in ((INBOUND, None), (OUTBOUND, "internal"), (AUTO, "internal")):
        access = replace(kind, control=CONTROL, domains=domains)
        assert access.direction_of(access.connecting(OURS, 25), address, "a@example.com") == trusted
        assert access.direction_of(access.connecting(STRANGER, 25), address, "x@other.example") is None


def test_whoever_was_asked_something_writes_to_the_control_address() -> None:
    """With the token that asks this very sender, on a listener that takes mail from outside."""

    def asks(recipient: str, sender: str) -> bool:
        return (recipient, sender) == ("mailwarden+abc@gw.example.co.uk", "jo@lawyer.example")

    access = replace(INBOUND, control=CONTROL, asks=asks)
    stranger = access.connecting(STRANGER, 25)
    assert access.direction_of(stranger, "mailwarden+abc@gw.example.co.uk", "jo@lawyer.example") == "internal"
    assert access.direction_of(stranger, "mailwarden+abc@gw.example.co.uk", "al@lawyer.example") is None
    assert access.direction_of(stranger, CONTROL, "jo@lawyer.example") is None


def test_without_a_control_address_nothing_is_one() -> None:
    """The same address is an ordinary one outside."""
    assert OUTBOUND.direction_of(OUTBOUND.connecting(OURS, 25), CONTROL, "a@example.com") == "outbound"
    assert not OUTBOUND.is_control("")


# --- load balancers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (STRANGER, Client(STRANGER, port=55, proxy="127.0.2.1")),
        (OURS, Client(OURS, port=55, trusted=True, proxy="127.0.2.1")),
        (f"::ffff:{OURS}", Client(OURS, port=55, trusted=True, proxy="127.0.2.1")),
        ("127.0.2.9", Client("127.0.2.9", port=55)),  # a proxy as well: as if it had connected itself
    ],
)
def test_client_behind_a_balancer(address: str, expected: Client) -> None:
    """Trust is that of the named address."""
    assert AUTO.balanced(AUTO.connecting("127.0.2.1", 40_000), address, 55, "127.0.2.1") == expected


@pytest.mark.parametrize(
    ("trusts", "login", "trusted"), [(True, "jane", True), (True, "", False), (False, "jane", False)]
)
def test_login_that_a_proxy_names(trusts: bool, login: str, trusted: bool) -> None:
    """It lets nobody send outwards unless the listener says so."""
    access = replace(AUTO, trusts_logins=trusts)
    named = access.named(access.connecting("127.0.2.1", 1), {"ADDR": STRANGER, "LOGIN": login}, "127.0.2.1")
    assert (named.login, named.trusted) == (login, trusted)
