"""One listener: its address, the clients that it accepts, and its next hop. This module opens no socket."""

from __future__ import annotations

import ssl
from typing import Literal, Self

from pydantic import Field, model_validator

from gateway.settings.files import NamedFile
from gateway.settings.hops import NextHops
from gateway.settings.network import Listen, SomeNetwork
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
    trusted_networks: tuple[SomeNetwork, ...] = Field(default=(), description="Clients that may send outwards.")
    proxies: tuple[SomeNetwork, ...] = Field(
        default=(), description="Clients that may name the real client by XFORWARD. They are trusted for nothing else."
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
        if self.direction == "outbound" and not self.trusted_networks and self.auth == "off":
            sentence = "an outbound listener needs trusted_networks or `auth`: nobody could send through it"
            raise WrongKey("direction", sentence)
        if self.key and not self.certificate:
            raise WrongKey("key", "a key needs a certificate")
        if self.implicit_tls and not self.certificate:
            raise WrongKey("implicit_tls", "TLS needs a certificate")
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
