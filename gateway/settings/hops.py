"""Next hops: `smtp://`, `smtps://`, `lmtp://` and `maildir:` with their keys. This module connects to none."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.settings.files import NamedFile
from gateway.settings.yaml.problems import nearest, shown
from gateway.settings.yaml.values import Line, Meant, Words, WrongKey, exact_domain
from gateway.settings.yaml.yaml_model import YamlModel, tupled

Scheme = Literal["smtp", "smtps", "lmtp", "maildir"]

#: The port where a URL names none: SMTP (RFC 5321), submissions (RFC 8314), LMTP (as Postfix and Dovecot use it).
DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "lmtp": 24}
SCHEMES = (*DEFAULT_PORTS, "maildir")

_SERVER = re.compile(
    r"(?P<scheme>[a-z]+)://(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:/?#@]+))(?::(?P<port>\d{1,5}))?/?\Z"
)


@dataclass(frozen=True, slots=True)
class HopURL:
    """A next hop's URL taken apart; `path` for maildir, `host` and `port` for the others."""

    scheme: Scheme
    host: str = ""
    port: int = 0
    path: str = ""


def parse_hop(url: str) -> HopURL:
    """Take a next hop's URL apart. Raises ValueError with a plain sentence."""
    scheme, colon, rest = url.partition(":")
    if scheme == "maildir" and colon:
        return _maildir(rest)
    if scheme not in DEFAULT_PORTS:
        expected = "a next hop is expected such as smtp://host:25, smtps://, lmtp:// or maildir:PATH"
        raise Meant(
            f"{expected}, not {shown(url)}",
            nearest(scheme, SCHEMES) and url.replace(scheme, nearest(scheme, SCHEMES), 1),
        )
    if "@" in rest:
        raise ValueError("a login doesn't stand in the URL: use login and password_file")
    match = _SERVER.match(url)
    if not match:
        raise ValueError(f"{scheme}://host or {scheme}://host:port is expected, not {shown(url)}")
    return HopURL(match["scheme"], _host(match["v6"], match["host"]), _port(match["port"], scheme))  # type: ignore[arg-type]


def _maildir(path: str) -> HopURL:
    if not path or path.startswith("//") or not path.isprintable():
        raise ValueError("a path is expected after maildir:")
    return HopURL("maildir", path=path)


def _host(v6: str | None, host: str) -> str:
    if v6 is None:
        return exact_domain(host)
    try:
        return str(ipaddress.IPv6Address(v6))
    except ValueError as error:
        raise ValueError(f"{shown(v6)} is not an IPv6 address") from error


def _port(text: str | None, scheme: str) -> int:
    port = int(text) if text else DEFAULT_PORTS[scheme]
    if not 0 < port < 2**16:
        raise ValueError(f"{port} is not a port")
    return port


def _checked(url: str) -> str:
    parse_hop(url)
    return url


class NextHopSettings(YamlModel):
    """One next hop."""

    url: Annotated[str, AfterValidator(_checked), Words("a URL")] = Field(
        description="`smtp://host:port`, `smtps://host:port` (TLS from the first octet), `lmtp://host:port`, or "
        "`maildir:PATH` under `data_dir`. A host is looked up by A and AAAA, never by MX."
    )
    tls: Literal["off", "opportunistic", "required"] = Field(
        default="opportunistic",
        description="STARTTLS: never; if offered, with any certificate; or always, with a verified certificate.",
    )
    login: Line = Field(default="", description="Login name for AUTH at the next hop.")
    password_file: NamedFile | None = Field(default=None, description="File whose first line is the password.")

    @property
    def _parsed(self) -> HopURL:
        return parse_hop(self.url)

    @property
    def scheme(self) -> Scheme:
        return self._parsed.scheme

    @property
    def host(self) -> str:
        return self._parsed.host

    @property
    def port(self) -> int:
        return self._parsed.port

    @property
    def path(self) -> str:
        """The maildir, absolute once the settings are loaded."""
        return self._parsed.path

    @property
    def verified(self) -> bool:
        """Return whether mail goes there by TLS with a valid certificate, or not at all."""
        return self.scheme == "smtps" or bool(self.login) or (self.scheme != "maildir" and self.tls == "required")

    def below(self, data_dir: Path) -> NextHopSettings:
        """Return the same next hop with a maildir's path made absolute."""
        if self.scheme != "maildir":
            return self
        return self.model_copy(update={"url": f"maildir:{data_dir / self.path}"})

    @model_validator(mode="after")
    def _tls_is_possible(self) -> Self:
        if self.scheme == "maildir" and self.login:
            raise WrongKey("login", "a maildir takes no login")
        if self.scheme == "smtps" and self.tls == "off":
            raise WrongKey("tls", "smtps:// is always encrypted")
        return self

    @model_validator(mode="after")
    def _login_is_safe(self) -> Self:
        if bool(self.login) != bool(self.password_file):
            raise WrongKey("login" if self.login else "password_file", "login and password_file go together")
        if self.login and self.tls != "required" and not _loopback(self.host):
            raise WrongKey("login", "a login needs tls: required, or its password could be read on the way")
        return self


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _as_list(value: Any) -> Any:
    """Turn one next hop or a list, each a URL or a mapping, into a tuple of mappings."""
    hops = value if isinstance(value, list | tuple) else (value,)
    if not hops:
        raise ValueError("at least one next hop is expected")
    return tuple({"url": tupled(hop)} if not isinstance(hop, dict | NextHopSettings) else tupled(hop) for hop in hops)


NextHops = Annotated[
    tuple[NextHopSettings, ...],
    BeforeValidator(_as_list),
    Words("a URL, a mapping (see *Next hops*), or a list of them that is tried in turn"),
]
