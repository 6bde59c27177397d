"""Next hops: their place in the configuration, and the capabilities in their answer to EHLO.

Plain values; this module opens no connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

Scheme = Literal["smtp", "smtps", "lmtp", "maildir"]
Tls = Literal["off", "opportunistic", "required"]

#: Default ports. LMTP has no port of its own and must not take SMTP's (RFC 2033 5); servers and Postfix use 24.
_PORTS = {"smtp": 25, "smtps": 465, "lmtp": 24}


@dataclass(frozen=True, slots=True)
class NextHop:
    """One destination that takes mail. Raises ValueError where its parts contradict each other."""

    scheme: Scheme
    host: str = ""
    port: int = 0
    path: str = ""  # a maildir's
    tls: Tls = "opportunistic"
    login: str = ""
    password_file: str = ""

    def __post_init__(self) -> None:
        if self.tls not in get_args(Tls):
            raise ValueError(f"tls must be off, opportunistic or required, not {self.tls!r}")
        if bool(self.login) != bool(self.password_file):
            raise ValueError("login and password_file go together")
        if self.tls == "off" and (self.login or self.scheme == "smtps"):
            raise ValueError("a login or smtps:// needs TLS, so tls can't be off")
        if self.scheme == "maildir" and self.login:
            raise ValueError("a maildir takes no login")

    @property
    def verified(self) -> bool:
        """Return whether the host's certificate must be valid: by policy, and where a password is sent to the host."""
        return self.tls == "required" or self.scheme == "smtps" or bool(self.login)

    def __str__(self) -> str:
        if self.scheme == "maildir":
            return f"maildir:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_next_hop(url: str) -> NextHop:
    """Return the next hop of `smtp://HOST[:PORT]`, `smtps://…`, `lmtp://…` or `maildir:PATH`. Raises ValueError."""
    scheme, colon, rest = url.partition(":")
    if scheme == "maildir" and colon:
        if not rest:
            raise ValueError("maildir: needs a path, as in maildir:var/delivered")
        return NextHop("maildir", path=rest)
    if scheme not in _PORTS:
        raise ValueError(f"{url!r} is no next hop: it must begin with smtp://, smtps://, lmtp:// or maildir:")
    return _server(scheme, url)  # type: ignore[arg-type]  # a key of _PORTS is a Scheme


def _server(scheme: Scheme, url: str) -> NextHop:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no next hop: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise ValueError("a login doesn't belong in the URL of a next hop; use login and password_file")
    if (
        not host
        or not host.isprintable()
        or " " in host
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
    ):
        raise ValueError(f"{url!r} is no next hop: it must be {scheme}://HOST or {scheme}://HOST:PORT")
    if port == 0:
        raise ValueError(f"{url!r} is no next hop: a port is between 1 and 65535")
    return NextHop(scheme, host=host, port=port or _PORTS[scheme])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The extensions that a next hop offers.

    `size` None: no limit is known (also `SIZE` without a number, or `SIZE 0`).
    """

    size: int | None = None  # octets, RFC 1870
    announces_size: bool = False  # whether SIZE= may be sent, limit or not
    eightbitmime: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    dsn: bool = False  # RFC 3461
    pipelining: bool = False  # RFC 2920
    starttls: bool = False  # RFC 3207
    xforward: frozenset[str] = frozenset()  # the attributes that Postfix's XFORWARD takes
    auth: frozenset[str] = frozenset()  # SASL mechanisms, RFC 4954


#: The capabilities of a maildir, which keeps octets unchanged and sends no reports.
MAILDIR = Capabilities(eightbitmime=True, smtputf8=True)


def parse_capabilities(text: str) -> Capabilities:
    """Return the capabilities in a reply to EHLO or LHLO: one keyword a line after the first line."""
    offers: dict[str, list[str]] = {}
    for line in text.upper().split("\n")[1:]:
        # "AUTH=LOGIN PLAIN" is the form from before RFC 2554; some servers still send it beside the proper line.
        keyword, *values = line.replace("AUTH=", "AUTH ", 1).split() or [""]
        offers.setdefault(keyword, []).extend(values)
    return Capabilities(
        size=_size(offers.get("SIZE", [])),
        announces_size="SIZE" in offers,
        eightbitmime="8BITMIME" in offers,
        smtputf8="SMTPUTF8" in offers,
        dsn="DSN" in offers,
        pipelining="PIPELINING" in offers,
        starttls="STARTTLS" in offers,
        xforward=frozenset(offers.get("XFORWARD", [])),
        auth=frozenset(offers.get("AUTH", [])),
    )


def _size(values: list[str]) -> int | None:
    digits = values[0] if values else ""
    # RFC 1870 4 allows 20 digits; a longer number is nonsense and read as "not stated".
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None


def what_all_offer(several: Iterable[Capabilities]) -> Capabilities:
    """Return only the capabilities that all of them offer, and the smallest size limit."""
    all_of = tuple(several)
    if len(all_of) == 1:
        return all_of[0]
    sizes = [one.size for one in all_of if one.size is not None]
    return Capabilities(
        size=min(sizes, default=None),
        announces_size=all(one.announces_size for one in all_of),
        eightbitmime=all(one.eightbitmime for one in all_of),
        smtputf8=all(one.smtputf8 for one in all_of),
        dsn=all(one.dsn for one in all_of),
        pipelining=all(one.pipelining for one in all_of),
        starttls=all(one.starttls for one in all_of),
        xforward=frozenset.intersection(*(one.xforward for one in all_of)) if all_of else frozenset(),
        auth=frozenset.intersection(*(one.auth for one in all_of)) if all_of else frozenset(),
    )
