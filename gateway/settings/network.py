"""Addresses of listeners, and networks of clients. This module resolves no name and opens no socket."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, PlainValidator

from gateway.settings.yaml.problems import shown
from gateway.settings.yaml.values import HOST, Meant, Words

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """The address of a listener; `str()` gives it in the form of the YAML."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]]+)):(?P<port>\d{1,5})\Z")


def listen_address(value: Any) -> ListenAddress:
    """Read `0.0.0.0:25` or `[::1]:25`. Raises ValueError."""
    if isinstance(value, ListenAddress):
        return value
    match = _ADDRESS.match(value) if isinstance(value, str) else None
    if not match or not 0 < int(match["port"]) < 2**16:
        raise ValueError(f'an address is expected such as 0.0.0.0:25 or "[::1]:25", not {shown(value)}')
    host = match["v6"] or match["host"]
    if match["v6"]:
        try:
            ipaddress.IPv6Address(host)
        except ValueError as error:
            raise ValueError(f"{shown(host)} is not an IPv6 address") from error
    elif not HOST.match(host):
        raise ValueError(f"{shown(host)} is not a host")
    return ListenAddress(host, int(match["port"]))


def network(value: Any) -> Network:
    """Read `10.0.0.0/8`, or one address. Raises ValueError."""
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    if not isinstance(value, str):
        raise ValueError(f"a network is expected such as 10.0.0.0/8, not {shown(value)}")
    try:
        return ipaddress.ip_network(value)
    except ValueError as error:
        raise Meant(f"{shown(value)} is not a network", _network_meant(value)) from error


def _network_meant(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return ""


def not_everybody(value: Network) -> Network:
    if not value.prefixlen:
        raise ValueError(f"{value} is the whole Internet: that would make an open relay")
    return value


def http_address(value: Any) -> ListenAddress | Literal["off"]:
    """Read an address as `listen_address`, or `off`."""
    return "off" if value == "off" else listen_address(value)


AnyNetwork = Annotated[Network, PlainValidator(network), Words("a network")]
SomeNetwork = Annotated[Network, PlainValidator(network), AfterValidator(not_everybody), Words("a network")]
HttpListen = Annotated[
    ListenAddress | Literal["off"], PlainValidator(http_address), Words("`host:port`, `[::1]:port` or `off`")
]
Listen = Annotated[ListenAddress, PlainValidator(listen_address), Words("`host:port` or `[::1]:port`")]
