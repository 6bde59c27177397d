"""The client whose SPF is evaluated: the first host outside our trust that handed the message on.

It is the peer, or the client that the peer named by XFORWARD. Behind a relay of our own it is the host that our relay's
`Received:` names. A header is believed only where a host of ours wrote it, so reading stops at the first field by
another host.
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
#: Characters of one `Received:` field that are read: the client stands at its beginning.
_READ_CHARACTERS = 1000

#: `from HELO (NAME [ADDRESS])`, as Postfix, Exim, Sendmail and we write it (RFC 5321 4.4).
_FROM = re.compile(
    r"\s*+from\s++(?P<helo>[^\s()\[\]]++)\s++\([^()\[\]]*+\[(?:IPv6:)?(?P<address>[0-9A-Fa-f.:]++)\]", re.I
)


def outside_client(client: Client, message: Message, relays: Sequence[Network]) -> Client | None:
    """Return the client whose SPF is evaluated; None where it isn't known."""
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
    """Return whether the address is in one of the networks.

    IPv4 written as IPv6 counts as IPv4 (RFC 4291 2.5.5.2).
    """
    ip = _ip(address)
    return ip is not None and any(ip.version == network.version and ip in network for network in networks)


def _is_outside(address: str) -> bool:
    """Return whether an address can be a client's.

    A loopback address can't: it belongs to a program of this machine that named no client.
    """
    ip = _ip(address)
    return ip is not None and not ip.is_loopback


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip
