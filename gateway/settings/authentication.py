"""Settings of authentication: the checks on inbound mail's origin, the name servers, and the trusted results.

This module sends no query.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, model_validator

from gateway.settings.network import SomeNetwork
from gateway.settings.yaml.problems import shown
from gateway.settings.yaml.values import HostName, Seconds, Words, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel

DNS_PORT = 53

#: Address and port of a name server.
Server = tuple[str, int]


def name_server(value: Any) -> Server:
    """Read `127.0.0.1`, `127.0.0.1:5353`, `::1` or `[::1]:5353`: an address, since a name would need a look-up."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, str):
        raise ValueError(f"the address of a name server is expected such as 127.0.0.1, not {shown(value)}")
    host, port = value, str(DNS_PORT)
    if value.startswith("[") and "]:" in value:
        host, _, port = value[1:].partition("]:")
    elif value.count(":") == 1:
        host, _, port = value.partition(":")
    try:
        number = int(port)
        if not 0 < number < 2**16:
            raise ValueError(port)
        return str(ipaddress.ip_address(host)), number
    except ValueError as error:
        raise ValueError(f"the address of a name server is expected such as 127.0.0.1, not {shown(value)}") from error


NameServer = Annotated[Server, PlainValidator(name_server), Words("an address, or `address:port`")]


class AuthenticationSettings(YamlModel):
    """The verification of SPF, DKIM, DMARC and ARC of inbound mail (see docs/authentication.md)."""

    verify: bool = Field(
        default=False, description="Verify inbound mail, and add `Authentication-Results` under our `hostname`."
    )
    nameservers: tuple[NameServer, ...] = Field(
        default=(), description="DNS servers, best on this machine. Default: as `/etc/resolv.conf` says."
    )
    timeout_seconds: Seconds = Field(
        default=10.0,
        description="Time for all look-ups of one message; a look-up without an answer by then is a `temperror`.",
    )
    relays: tuple[SomeNetwork, ...] = Field(
        default=(),
        description="Our own mail servers before this gateway. SPF is about the host that their `Received:` names.",
    )
    trusted: tuple[HostName, ...] = Field(
        default=(),
        description="authserv-ids of relays that verify already: their results are used instead of our own.",
    )

    @model_validator(mode="after")
    def _trust_has_a_network(self) -> Self:
        if self.trusted and not self.relays:
            raise WrongKey("trusted", "anyone can write such a field: `relays` must say which hosts are believed")
        return self
