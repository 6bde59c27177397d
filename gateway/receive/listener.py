"""A listener as plain values, and what its sessions ask of the rest of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from ssl import SSLContext
from typing import Protocol

from gateway.receive.client import Access
from gateway.receive.transaction import Received
from gateway.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class Limits:
    """What one session may use. Each is a setting of the same name, with its reason there."""

    message_bytes: int
    recipients: int
    received_headers: int
    commands_per_session: int
    errors_per_session: int
    command_seconds: float
    data_seconds: float
    session_seconds: float


@dataclass(frozen=True, slots=True)
class Offers:
    """What the routes behind a listener offer; unknown until learned."""

    size: int | None = None  # octets; None = no limit named
    smtputf8: bool = False


class Site(Protocol):
    """What a session asks of the rest of the gateway."""

    async def accept(self, received: Received) -> Reply:
        """Judge and act; the reply to the final dot."""

    async def verify(self, listener: str, recipient: str) -> Reply | None:
        """The next hop's refusal of a recipient for good; None = it takes it, or can't tell now."""

    def offers(self, listener: str) -> Offers: ...


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener as plain values."""

    name: str
    hostname: str
    access: Access
    limits: Limits
    refuse_bare_newline: bool = False
    verify_recipients: bool = True
    tls: SSLContext | None = None
