"""Facts about one message: client, envelope, authentication, and the mail that filters are asked about."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from gateway.message.computed_once import computed_once
from gateway.message.header.addresses import address_key
from gateway.message.model import Message
from gateway.message.sender import Sender, sender_of

Direction = Literal["inbound", "outbound", "internal"]


DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound", "internal")


#: IP version -> the number of leading bits that the addresses of one customer have in common.
_NEIGHBOURS = {4: 24, 6: 64}


@lru_cache(maxsize=4096)
def _network(address: str, *, trusted: bool) -> str:
    """Return `Client.network` of an address; cached, since each scan of a message asks for it."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    ip = (isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip
    if trusted:
        return str(ip)
    return str(ipaddress.ip_network(f"{ip}/{_NEIGHBOURS[ip.version]}", strict=False))


@dataclass(frozen=True, slots=True)
class Client:
    """The SMTP client that every rule looks at: the connecting host, or the one that a trusted proxy named."""

    address: str  # IP address as text; "" when a proxy said [UNAVAILABLE]
    helo: str = ""  # the argument of EHLO or HELO
    name: str = ""  # the host name that a proxy gave; the gateway looks up none
    port: int = 0
    login: str = ""  # login that the client has proven by AUTH (or that a proxy passed on), in lower case; "" = none
    trusted: bool = False  # inside the listener's trusted_networks, or logged in: it may send outwards
    proxy: str = ""  # the proxy that named this client; "" = it connected itself
    tls: str = ""  # TLS version of the session, "" = plain text

    @property
    def network(self) -> str:
        """Network whose mail takes turns with that of other networks where many wait; "" for an unknown client.

        It is the client's IPv4 /24 or IPv6 /64 (RFC 6177): a stranger gets all the addresses of such a network for
        little money. A trusted client's network is its own address, so our hosts are told apart.
        """
        return _network(self.address, trusted=self.trusted)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward-path (RFC 5321 3.3) with what the client asked for it."""

    address: str
    direction: Direction
    notify: str | None = None  # NOTIFY= of RFC 3461 4.1, upper case as sent; None = not given
    orcpt: str | None = None  # ORCPT= of RFC 3461 4.2, xtext as sent


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope: the reverse-path, the recipients and the parameters of MAIL."""

    mail_from: str  # reverse-path without brackets; "" is the null sender
    recipients: tuple[Recipient, ...]
    body: str | None = None  # "7BIT" or "8BITMIME" (RFC 6152); None = not given
    smtputf8: bool = False  # RFC 6531
    ret: str | None = None  # RET= of RFC 3461 4.3
    envid: str | None = None  # ENVID= of RFC 3461 4.4, xtext as sent
    auth: str | None = None  # AUTH= of RFC 4954 5, xtext as sent


#: A result of SPF, DKIM, DMARC or ARC (RFC 8601 2.7). "none": there was nothing to verify, or nobody verified it.
AuthResult = Literal["none", "pass", "fail", "softfail", "neutral", "policy", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class Spf:
    """The SPF result for the domain of the reverse-path, or of HELO where that path is null (RFC 7208 2.4)."""

    result: AuthResult = "none"
    domain: str = ""
    identity: Literal["mailfrom", "helo"] = "mailfrom"


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature (RFC 6376)."""

    domain: str  # d=, in lower case; "" where it can't be read
    selector: str
    result: AuthResult
    aligned: bool = False  # with an address of `From:`, whatever the result
    reason: str = ""  # the reason why the result is no pass
    algorithm: str = ""  # "rsa-sha256", "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class Dmarc:
    """The DMARC result and policy of the domain of `From:` (RFC 7489); of several domains, the worst result."""

    result: AuthResult = "none"
    policy: str = ""  # "none", "quarantine" or "reject", as published; "" without a record
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Arc:
    """The result of the ARC chain, which the hosts that handed the message on have sealed (RFC 8617)."""

    result: AuthResult = "none"
    domain: str = ""  # domain of the last seal


@dataclass(frozen=True, slots=True)
class Author:
    """One address of `From:`, and the proof of its domain."""

    address: str  # as written
    organisation: str  # organisational domain, by the public suffix list
    aligned: frozenset[Literal["spf", "dkim"]] = frozenset()  # the methods that passed for its domain
    undecided: bool = False  # nothing passed, but an aligned identifier could not be checked now (temperror)


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verified origin of a message: SPF, DKIM, DMARC and ARC on its octets as received. Inbound mail only."""

    verified: bool = False  # False = nobody has verified the message
    spf: Spf = Spf()
    dkim: tuple[Signature, ...] = ()
    dmarc: Dmarc = Dmarc()
    arc: Arc = Arc()
    authors: tuple[Author, ...] = ()  # empty where `From:` can't be read in one way only

    @property
    def authenticated(self) -> frozenset[str]:
        """Addresses of `From:`, by `address_key`, with whose domain a passing DKIM signature or SPF is aligned."""
        return frozenset(address_key(a.address) for a in self.authors if a.aligned)


@dataclass(frozen=True)
class Mail:
    """One message on its way, as frozen facts: no services, no settings, no logger."""

    id: str  # UUIDv7, in the reply, the log, the notices and the store
    received_at: datetime  # aware, UTC
    listener: str
    client: Client
    envelope: Envelope
    message: Message
    key: str = ""  # the same for a client's retry: for `Counters.add(once=…)`
    authentication: Authentication = Authentication()
    labels: frozenset[str] = frozenset()

    @computed_once
    def directions(self) -> frozenset[Direction]:
        return frozenset(r.direction for r in self.envelope.recipients)

    @computed_once
    def sender(self) -> Sender:
        """The sender by `From:`, whatever the envelope says.

        Lists and forwarders have reverse-paths of their own (VERP, SRS). Where the gateway has verified the message,
        the addresses are those that it read for verifying.
        """
        proven = tuple(author.address for author in self.authentication.authors)
        return sender_of(self.message.root.fields("from"), proven)

    @computed_once
    def proven_senders(self) -> frozenset[str]:
        """Addresses, by `address_key`, that the message is proven to come from.

        The reverse-path is one, where SPF passed for it or it is an authenticated address of `From:`. The addresses of
        `From:` are others, where all of them are authenticated.
        """
        proven, path = self.authentication.authenticated, address_key(self.envelope.mail_from)
        spf = self.authentication.spf
        by_spf = bool(path) and spf.result == "pass" and spf.identity == "mailfrom"
        senders = {path} if by_spf or path in proven else set()
        return frozenset(senders | proven) if len(proven) == len(self.authentication.authors) else frozenset(senders)
