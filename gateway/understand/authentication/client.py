"""Whose SPF is evaluated: the first host outside our trust that handed the message on.

The peer, or whom it named by XFORWARD; behind a relay of our own, the one that our relay's `Received:` names. A header
is believed only where a host of ours wrote it, so reading stops at the first that is not.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from gateway.contract import Client
from gateway.message.model import Message

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: `Received:` fields of our own relays that are followed.
MAX_RELAYS = 10
#: Characters of one that are read: what is needed stands at its beginning.
_READ_CHARACTERS = 1000

#: `from HELO (NAME [ADDRESS])`, as Postfix, Exim, Sendmail and we write it (RFC 5321 4.4).
_FROM = re.compile(
    r"\s*+from\s++(?P<helo>[^\s()\[\]]++)\s++\([^()\[\]]*+\[(?:IPv6:)?(?P<address>[0-9A-Fa-f.:]++)\]", re.I
)


def outside_client(client: Client, message: Message, relays: Sequence[Network]) -> Client | None:
    """The client that SPF is about; None where it isn't known."""
    if not within(client.address, relays):
        return client if _is_outside(client.address) else None
    for field in message.root.fields("received")[:MAX_RELAYS]:
        match = _FROM.match(field.text[:_READ_CHARACTERS])
        if match is None:
            return None
        if not within(match["address"], relays):
            return Client(match["address"], match["helo"]) if _is_outside(match["address"]) else None
    return None


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether the address is in one of the networks; IPv4 written as IPv6 counts as IPv4 (RFC 4291 2.5.5.2)."""
    ip = _ip(address)
    return ip is not None and any(ip.version == network.version and ip in network for network in networks)


def _is_outside(address: str) -> bool:
    """A loopback address is no client: it is a program of this machine that named none."""
    ip = _ip(address)
    return ip is not None and not ip.is_loopback


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip
