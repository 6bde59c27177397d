"""Next hops that are listeners of our own: mail to them would come back, again and again.

The module resolves no name: a host name of this machine is known only where it is `hostname`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.settings.hops import NextHopSettings
from gateway.settings.listener import Listener
from gateway.settings.yaml.problems import Location
from gateway.settings.yaml.yaml_reading import Reading


def check_circles(reading: Reading, sections: Mapping[str, Any]) -> None:
    """Check that no next hop is a listener, as far as the sections are valid."""
    listeners: Sequence[Listener] = sections.get("listeners", ())
    hostname = sections.get("hostname") or ""
    for at, hop in _hops(reading, sections):
        for listener in listeners:
            if hop.port == listener.address.port and _same_host(hop.host, listener.address.host, hostname):
                sentence = f"this is our own listener {listener.name}, at {listener.address}: mail would go in a circle"
                reading.complain(at, f"{sentence}; name the server that takes the mail")
                break


def _hops(reading: Reading, sections: Mapping[str, Any]) -> Iterator[tuple[Location, NextHopSettings]]:
    """Yield the next hops with their places; of several, each has its own."""
    places: list[tuple[Location, Sequence[NextHopSettings]]] = [
        (("listeners", index, "next_hop"), listener.next_hop)
        for index, listener in enumerate(sections.get("listeners", ()))
    ]
    places += [(("routes", domain), several) for domain, several in sections.get("routes", {}).items()]
    for at, several in places:
        for index, hop in enumerate(several):
            if hop.scheme != "maildir":
                yield ((*at, index) if (*at, index) in reading.values else at), hop


def _same_host(hop: str, listener: str, hostname: str) -> bool:
    """Return whether a connection to the hop reaches a listener at this host, as far as it can be told."""
    if hop.lower() == listener.lower():
        return True
    to, at = _address(hop), _address(listener)
    here = to.is_loopback or to.is_unspecified if to else hop.lower() in ("localhost", hostname.lower())
    if at and at.is_unspecified:  # it listens at all addresses of the machine
        return here
    return here and hop.lower() == "localhost" and (at.is_loopback if at else False)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address("127.0.0.1" if host.lower() == "localhost" else host)
    except ValueError:
        return None
