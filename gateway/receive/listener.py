"""A listener as plain values, and the sessions' interface to the rest of the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Literal, Protocol

from gateway.receive.client import Access
from gateway.receive.transaction import Received
from gateway.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one session. Each is a setting of the same name, with its reason there."""

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
    """The extensions of the routes behind a listener; unknown until learned."""

    size: int | None = None  # octets; None: no limit is named
    smtputf8: bool = False


class LoginCheck(Protocol):
    """The check of logins as a session sees it."""

    async def log_in(self, login: str, password: str, client: str) -> str | None:
        """Return the proven login, in lower case; None for a wrong login or password, after a delay.

        Raises LoginsUnavailable.
        """


@dataclass(frozen=True, slots=True)
class Logins:
    """The logins of clients: whether a listener offers AUTH, and the addresses of each login."""

    offered: Literal["off", "allowed", "required"]
    check: LoginCheck | None  # None: no listener offers AUTH
    may_send_as: Callable[[str, str], bool]  # login, address


class MessageHandler(Protocol):
    """The rest of the gateway as a session sees it."""

    async def accept(self, received: Received) -> Reply:
        """Judge and act; return the reply to the final dot."""

    async def verify(self, listener: str, recipient: str) -> Reply | None:
        """Return the next hop's permanent refusal of a recipient; None if it accepts, or can't tell now."""

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
    implicit_tls: bool = False  # the handshake comes before the greeting (RFC 8314 3.3)
    proxy_protocol: bool = False  # a proxy's connection begins with a PROXY header
    shared: bool = False  # trusted networks are shared with strangers: a tenant is proven after DATA
    logins: Logins | None = None  # None: logins count for nothing
