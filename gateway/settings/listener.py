"""One listener: its address, the clients that it accepts, and its next hop. This module opens no socket."""

from __future__ import annotations

import ssl
from typing import Literal, Self

from pydantic import Field, model_validator

from gateway.settings.files import NamedFile
from gateway.settings.hops import NextHops
from gateway.settings.network import Listen, SomeNetwork
from gateway.settings.tenant import Tenant
from gateway.settings.yaml.values import Name, WrongKey
from gateway.settings.yaml.yaml_model import RESTART, YamlModel


class Listener(YamlModel):
    """One address at which mail comes in."""

    name: Name = Field(description="Its name in the log and the store.")
    address: Listen = Field(description="The address and port on which it listens.", json_schema_extra=RESTART)
    direction: Literal["inbound", "outbound", "auto"] = Field(
        description="`inbound` takes mail for our domains only, from anybody; `outbound` takes mail from trusted "
        "networks only; `auto` does either, by client and recipient."
    )
    next_hop: NextHops = Field(
        description="Server for accepted mail, unless `routes` names the recipient's domain. Mail to your own domains, "
        "internal mail too, goes to the inbound listener's next hop, whichever listener took it."
    )
    trusted_networks: tuple[SomeNetwork, ...] = Field(
        default=(),
        description="Clients that may send outwards. Default on an outbound listener with `tenant`: that service's.",
    )
    proxies: tuple[SomeNetwork, ...] = Field(
        default=(),
        description="Clients that may name the real client by XFORWARD, XCLIENT or a PROXY header. They are trusted "
        "for nothing else.",
    )
    proxy_protocol: bool = Field(
        default=False,
        description="Connections from `proxies` begin with a PROXY header (version 1 or 2), before TLS; without it "
        "they are closed.",
    )
    trust_proxy_logins: bool = Field(
        default=False,
        description="A login that a proxy names by XCLIENT may send outwards, from anywhere: the proxy has proven it.",
    )
    tenant: Tenant | None = Field(
        default=None,
        description="Our account at a mail service whose networks all its customers share: every message must prove "
        "that it comes from there, else it is refused (550 5.7.1).",
    )
    foreign_senders: bool = Field(
        default=False,
        description="Trusted clients may send outwards with senders of domains that are not ours.",
    )
    verify_recipients: bool = Field(
        default=True,
        description="Ask the next hop about inbound recipients at RCPT, so that unknown ones are refused there.",
    )
    after_queue: bool = Field(
        default=False,
        description="The client has already accepted the message: an inbound `reject` becomes `quarantine`.",
    )
    next_hop_trusts_us: bool = Field(
        default=False,
        description="The next hop, and every one of `routes`, doesn't verify DKIM again, or believes our "
        "`Authentication-Results` or seal: inbound mail may get a banner (see docs/external.md).",
    )
    bare_newline: Literal["normalise", "refuse"] = Field(
        default="normalise",
        description="A CR or LF that stands alone in a message becomes CRLF, or the message is refused (550 5.6.11).",
    )
    auth: Literal["off", "allowed", "required"] = Field(
        default="off",
        description="AUTH PLAIN and LOGIN over TLS (see *auth*): not offered; one way to be let send outwards, besides "
        "`trusted_networks`; or needed by every client.",
    )
    certificate: NamedFile | None = Field(
        default=None, description="PEM file with the certificate chain: STARTTLS is offered."
    )
    key: NamedFile | None = Field(
        default=None, description="PEM file with its private key. Default: the certificate's file."
    )
    implicit_tls: bool = Field(
        default=False,
        description="TLS from the first octet, as on port 465 (RFC 8314), in place of STARTTLS.",
    )

    @model_validator(mode="after")
    def _outbound_trusts_somebody(self) -> Self:
        trusted = self.trusted_networks or self.tenant or self.trust_proxy_logins or self.auth != "off"
        if self.direction == "outbound" and not trusted:
            sentence = "an outbound listener needs trusted_networks or `auth`: nobody could send through it"
            raise WrongKey("direction", sentence)
        if self.key and not self.certificate:
            raise WrongKey("key", "a key needs a certificate")
        if self.implicit_tls and not self.certificate:
            raise WrongKey("implicit_tls", "TLS needs a certificate")
        return self

    @model_validator(mode="after")
    def _proxies_are_named(self) -> Self:
        for key in ("proxy_protocol", "trust_proxy_logins"):
            if getattr(self, key) and not self.proxies:
                raise WrongKey(key, "`proxies` must say which clients are believed")
        if self.trust_proxy_logins and self.direction == "inbound":
            raise WrongKey("trust_proxy_logins", "an inbound listener takes mail for our own domains only")
        return self

    @model_validator(mode="after")
    def _tenant_can_be_proven(self) -> Self:
        if self.tenant is None:
            return self
        if self.direction == "auto":
            sentence = "the service sends mail of our people and mail from outside: give each a listener of its own, "
            raise WrongKey("direction", f"{sentence}`inbound` and `outbound`")
        if self.tenant.google and self.direction == "inbound":
            sentence = "google is proven by our own DKIM signature, which mail from outside hasn't: only for `outbound`"
            raise WrongKey("tenant", sentence)
        if self.tenant.microsoft365 and not self.certificate:
            raise WrongKey(
                "tenant", "microsoft365 shows its certificate in TLS: the listener needs a `certificate` too"
            )
        return self

    @model_validator(mode="after")
    def _logins_are_possible(self) -> Self:
        if self.auth == "off":
            return self
        if self.direction == "inbound":
            raise WrongKey("auth", "an inbound listener takes mail from anybody: logins are for outbound and auto ones")
        if not self.certificate:
            raise WrongKey("auth", "AUTH is offered over TLS alone: the listener needs a certificate")
        if self.auth == "required" and self.direction == "auto":
            sentence = "senders from outside have no login: `allowed`, or a listener of its own with `required`"
            raise WrongKey("auth", sentence)
        return self

    @model_validator(mode="after")
    def _certificate_is_good(self) -> Self:
        if self.certificate:
            try:
                ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.certificate, self.key)
            except ssl.SSLError as error:
                reason = error.reason or str(error)
                raise WrongKey("certificate", f"certificate and key can't be used: {reason}") from error
        return self
