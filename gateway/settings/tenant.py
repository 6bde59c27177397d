"""Our accounts at mail services whose networks all customers share, and those networks: `tenant` of a listener.

The networks are shipped data (`shared_networks.yaml`, dated), and never suffice to be trusted: `check_shared` says so.
"""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Protocol, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.settings.files import NamedFile
from gateway.settings.network import Network, SomeNetwork
from gateway.settings.yaml.problems import shown
from gateway.settings.yaml.values import DomainPattern, HostName, Name, Words, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel
from gateway.settings.yaml.yaml_reading import Reading

#: The shipped file; a copy beside the main file takes its place.
FILE = "shared_networks.yaml"

_DOMAINS = "Default: the organisation's."


def tenant_id(value: str) -> str:
    """Return the id in lower case. Raises ValueError."""
    try:
        found = str(uuid.UUID(value))
    except ValueError:
        found = ""
    if value.lower() != found:
        raise ValueError(f"a tenant's id is expected such as 72f988bf-86f1-41af-91ab-2d7cd011db47, not {shown(value)}")
    return found


TenantId = Annotated[str, AfterValidator(tenant_id), Words("a tenant's id")]


class Microsoft365(YamlModel):
    """Our tenant of Microsoft 365 (docs/cloud.md)."""

    id: TenantId = Field(description="The tenant's id, which Microsoft writes into `X-MS-Exchange-CrossTenant-Id`.")
    domains: tuple[DomainPattern, ...] = Field(
        default=(),
        description=f"Domains that `X-OriginatorOrg` may name, in mail of our people. {_DOMAINS}",
    )
    certificate_names: Annotated[tuple[HostName, ...], Field(min_length=1)] = Field(
        default=("mail.protection.outlook.com",),
        description="Host names, one of which the client's TLS certificate must have.",
    )
    authorities: NamedFile | None = Field(
        default=None,
        description="PEM file with the authorities that may have issued that certificate. Default: the system's.",
    )

    @model_validator(mode="after")
    def _authorities_are_good(self) -> Self:
        if self.authorities:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(self.authorities)
            except ssl.SSLError as error:
                raise WrongKey("authorities", "no certificate in PEM can be read from the file") from error
        return self


class Google(YamlModel):
    """Our account at Google Workspace (docs/cloud.md)."""

    domains: tuple[DomainPattern, ...] = Field(
        default=(), description=f"Domains whose DKIM signature proves a message; all its authors are there. {_DOMAINS}"
    )


class Tenant(YamlModel):
    """Our account at one mail service."""

    microsoft365: Microsoft365 | None = Field(
        default=None,
        description="Microsoft 365: proven by the certificate of its connectors, the tenant's id and its domains.",
    )
    google: Google | None = Field(
        default=None,
        description="Google Workspace: proven by a DKIM signature of our own domain; for outbound mail alone. `{}` "
        "suffices.",
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.microsoft365 is None) == (self.google is None):
            raise ValueError("one service is expected: `microsoft365: {id: …}` or `google: {}`")
        return self

    @property
    def service(self) -> str:
        """The name of the service in the configuration."""
        return "microsoft365" if self.microsoft365 else "google"


class SharedNetworks(YamlModel):
    """Networks of mail services that send all customers' mail from them."""

    as_of: date = Field(default=date.min, description="The day up to which the services' changes are in the lists.")
    networks: Mapping[Name, tuple[SomeNetwork, ...]] = Field(
        default_factory=dict, description="The networks of each service."
    )

    def service_at(self, network: Network) -> str:
        """Return the service in whose networks a part of this one lies; "" for none."""
        for service, networks in self.networks.items():
            if any(one.version == network.version and one.overlaps(network) for one in networks):
                return service
        return ""


class _Listener(Protocol):
    """A listener in its part that concerns networks; `settings.listener` has the whole."""

    @property
    def tenant(self) -> Tenant | None: ...
    @property
    def proxies(self) -> tuple[Network, ...]: ...
    @property
    def trusted_networks(self) -> tuple[Network, ...]: ...


def read_shared_networks(reading: Reading, listeners: Sequence[_Listener]) -> SharedNetworks:
    """Read the file if a listener needs it: one with a tenant, or with networks outside our own premises."""
    file = reading.search.find(FILE, reading.main.parent, "tenant")
    if not any(
        one.tenant or not all(network.is_private for network in (*one.trusted_networks, *one.proxies))
        for one in listeners
    ):
        return SharedNetworks()
    inner = Reading(file)
    inner.read()
    found = inner.validate(SharedNetworks, inner.data, ()) if not inner.problems else None
    reading.problems += inner.problems
    return found or SharedNetworks()


def check_shared(reading: Reading, listeners: Sequence[_Listener], shared: SharedNetworks) -> None:
    """Check that no listener trusts networks from which strangers send too, unless they prove their tenant."""
    for index, listener in enumerate(listeners):
        for position, network in enumerate(listener.trusted_networks):
            service = shared.service_at(network)
            if service and not (listener.tenant and listener.tenant.service == service):
                sentence = (
                    f"all customers of {service} send from {network}: every one of them could send through this "
                    f"gateway; with `tenant: {{{service}: …}}` mail must prove that it is yours (docs/cloud.md)"
                )
                reading.complain(("listeners", index, "trusted_networks", position), sentence)
        for position, network in enumerate(listener.proxies):
            if service := shared.service_at(network):
                sentence = (
                    f"all customers of {service} send from {network}: every one of them could name a client that may "
                    "send through this gateway"
                )
                reading.complain(("listeners", index, "proxies", position), sentence)
