"""The client: its identity, its permitted recipients and the direction (RFC 5321 7.1; Postfix's XFORWARD_README).

XCLIENT (Postfix's XCLIENT_README) and a PROXY header name the client of a session, XFORWARD that of a transaction.

The client decides whether a sender is "ours", never `From:`. A proxy may name the client and is trusted for nothing
else: a proxy that names none is an untrusted client.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from gateway.contract import Client, Direction
from gateway.smtp.path import is_subaddress, split_address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_XTEXT = re.compile(rb"\+([0-9A-Fa-f]{2})")
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
#: Attributes of the two commands, as EHLO offers them.
XFORWARD_OFFER = "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"
XCLIENT_OFFER = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"
#: The most characters of an attribute's value (XFORWARD_README).
_VALUE_CHARACTERS = 255
_PORT = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Access:
    """A listener's rules on clients, senders and recipients."""

    direction: Literal["inbound", "outbound", "auto"]
    domains: Container[str]  # the organisation's
    home_domain: str  # the domain of a `postmaster` without one
    proxies: tuple[Network, ...] = ()
    trusted_networks: tuple[Network, ...] = ()
    trusts_logins: bool = False  # a login that a proxy names may send outwards
    foreign_senders: bool = False  # an outbound listener also takes senders of other domains
    control: str = ""  # the address at which our senders confirm held mail; "" means none
    asks: Callable[[str, str], bool] | None = None  # (recipient, sender): whether a token there asks a sender outside

    def is_proxy(self, address: str) -> bool:
        return _within(address, self.proxies)

    def connecting(self, address: str, port: int) -> Client:
        """Return the client as the connection alone shows it."""
        trusted = not self.is_proxy(address) and _within(address, self.trusted_networks)
        return Client(address=address, port=port, trusted=trusted)

    def named(self, client: Client, attributes: dict[str, str], proxy: str) -> Client:
        """Return the client that a proxy named. Attributes of several commands add up."""
        so_far = client if client.proxy else Client("")  # nothing of the proxy's own is passed off as the client's
        address, login = attributes.get("ADDR", so_far.address), attributes.get("LOGIN", so_far.login)
        return replace(
            client,
            address=address,
            name=attributes.get("NAME", so_far.name),
            helo=attributes.get("HELO", so_far.helo),
            port=int(attributes.get("PORT", so_far.port) or 0),
            login=login,
            trusted=_within(address, self.trusted_networks) or (self.trusts_logins and bool(login)),
            proxy=proxy,
        )

    def balanced(self, client: Client, address: str, port: int, balancer: str) -> Client:
        """Return the client that a PROXY header names; a proxy behind a balancer is as if it had connected itself."""
        address = address and _ip_address(address)
        if self.is_proxy(address):
            return self.connecting(address, port)
        return self.named(client, {"ADDR": address, "PORT": str(port)}, proxy=balancer)

    def may_send(self, client: Client, mail_from: str) -> str | None:
        """Return None, or why this client may not send with this reverse-path."""
        if self.direction != "outbound":
            return None
        if not client.trusted:
            return "This listener takes mail from our own network only"
        if mail_from and not self.foreign_senders and split_address(mail_from)[1] not in self.domains:
            return "The sender's domain is not one of ours"
        return None

    def is_control(self, recipient: str) -> bool:
        """Return whether the recipient is the control address, with a token or without."""
        return bool(self.control) and is_subaddress(recipient, self.control)

    def without_token(self, line: str) -> str:
        """Return a command fit for the log: a token of the control address is valid until it is used."""
        local = self.control.rpartition("@")[0]
        return re.sub(rf"(?i)(\b{re.escape(local)}\+)[^@<>]*", r"\1...", line) if local else line

    def direction_of(self, client: Client, recipient: str, mail_from: str) -> Direction | None:
        """Return the direction of one recipient; None where that would be relaying for a stranger.

        Only our own network may write to the control address, and whoever was asked something there.
        """
        if self.is_control(recipient):
            ours = client.trusted and self.direction != "inbound"
            return "internal" if ours or (self.asks and self.asks(recipient, mail_from)) else None
        ours = split_address(recipient)[1] in self.domains
        if client.trusted and self.direction != "inbound":
            return "internal" if ours else "outbound"
        return "inbound" if ours and self.direction != "outbound" else None


@lru_cache(maxsize=4096)
def _within(address: str, networks: tuple[Network, ...]) -> bool:
    if not networks:
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip.version == n.version and ip in n for n in networks)


def read_xforward(argument: str) -> dict[str, str]:
    """Return the attributes of one XFORWARD command, xtext decoded; `[UNAVAILABLE]` becomes "". Raises ValueError."""
    return _attributes(argument, XFORWARD_OFFER)


def read_xclient(argument: str) -> dict[str, str]:
    """Return the attributes of one XCLIENT command, as `read_xforward`."""
    return _attributes(argument, XCLIENT_OFFER)


def _attributes(argument: str, offer: str) -> dict[str, str]:
    command, *known = offer.split()
    found: dict[str, str] = {}
    for word in argument.split():
        name, equals, value = word.partition("=")
        if not equals or name.upper() not in known:
            raise ValueError(f"{command} takes {', '.join(sorted(known))}")
        if name.upper() in found:  # a proxy that passes a client's words on unencoded
            raise ValueError(f"{command} takes {name.upper()} once")
        found[name.upper()] = _attribute(name.upper(), value)
    if not found:
        raise ValueError(f"{command} takes attribute=value")
    return found


def _attribute(name: str, value: str) -> str:
    if value.upper() in _UNKNOWN:
        return ""
    text = _decoded(value)
    if name in ("PORT", "DESTPORT") and not _PORT.fullmatch(text):
        raise ValueError(f"{name} takes a number")
    if not text.isprintable() or len(text) > _VALUE_CHARACTERS:
        raise ValueError(f"{name} is too long or holds a character that it can't")
    if name in ("ADDR", "DESTADDR"):
        return _ip_address(text, name)
    return text.lower() if name == "LOGIN" else text.replace(" ", "?")  # HELO may be any words; Postfix relays them


def _decoded(value: str) -> str:
    """Return xtext decoded (RFC 3461 4); "\\0", which no value may hold, where that is no UTF-8."""
    try:
        return _XTEXT.sub(lambda m: bytes([int(m[1], 16)]), value.encode()).decode()
    except UnicodeDecodeError:
        return "\0"


def _ip_address(text: str, name: str = "ADDR") -> str:
    """Return the address in its one canonical form: a client counts once however a proxy spells it.

    A zone (`fe80::1%eth0`) means something on the proxy's machine alone, and may hold any characters.
    """
    text = text.partition("%")[0]
    try:
        ip = ipaddress.ip_address(text[5:] if text.upper().startswith("IPV6:") else text)
    except ValueError:
        raise ValueError(f"{name} takes an IP address") from None
    return str((isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip)
