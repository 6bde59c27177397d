"""Paths and parameters of MAIL and RCPT (RFC 5321 4.1.2, RFC 1870, 3461, 4954, 6152, 6531).

The module has the grammar and its errors. It never decides who may send to whom.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from gateway.message.header.addresses import address_key, ascii_form

#: The most octets of a path. RFC 5321 4.5.3.1.3 gives 256; longer ones are met in the wild (VERP, SRS), none over 320 +
#: route.
PATH_BYTES = 512

#: Controls and the other characters that end a line in Unicode: never in an address, which goes into header lines and
#: logs.
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_DOT_ATOM = rf"[^{_CONTROLS} ()<>\[\]:;@\\,\"]+"
_QUOTED = rf'"(?:[^{_CONTROLS}"\\]|\\[\x20-\x7e])*"'
_DOMAIN = rf"{_DOT_ATOM}|\[[0-9A-Za-z.:-]+\]"
_ROUTE = rf"(?:@(?:{_DOMAIN})(?:,@(?:{_DOMAIN}))*:)?"
_PATH = re.compile(
    rf"(?P<path><(?:{_ROUTE}(?P<address>(?:{_DOT_ATOM}|{_QUOTED})(?:@(?:{_DOMAIN}))?))?>)(?: (?P<rest>.*))?", re.S
)

#: Characters by which a local part relays mail (RFC 5321 3.6.1, and older practice) or runs a program.
_ROUTING = frozenset("%!@|")

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_NOTIFY = re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}")
_ORCPT = re.compile(r"[A-Za-z0-9-]+;.+", re.S)
_PARAMETER = re.compile(rf"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^{_CONTROLS} =][^{_CONTROLS} ]*))?")


class PathError(ValueError):
    """The path can't be read (RFC 5321 4.1.2)."""


class ParameterError(ValueError):
    """A parameter's syntax or value is wrong: 501."""


class UnknownParameter(ValueError):
    """A parameter was not offered: 555."""


@dataclass(frozen=True, slots=True)
class MailParameters:
    size: int | None = None  # octets that the client declares (RFC 1870)
    body: str | None = None
    smtputf8: bool = False
    ret: str | None = None
    envid: str | None = None
    auth: str | None = None


@dataclass(frozen=True, slots=True)
class RcptParameters:
    notify: str | None = None
    orcpt: str | None = None


def read_path(argument: str, keyword: str) -> tuple[str, str]:
    """Return the address and the parameters behind `FROM:` or `TO:`, and drop a source route (RFC 5321 Appendix C).

    Returns ("", …) for the null path. Raises PathError.
    """
    if argument[: len(keyword)].upper() != keyword:
        raise PathError(f"expected {keyword}<address>")
    # A blank behind the colon is wrong (RFC 5321 3.3) and common.
    text = argument[len(keyword) :].lstrip(" ")
    match = _PATH.fullmatch(text)
    if match is None or match.end("path") > PATH_BYTES:
        raise PathError("expected <local-part@domain>")
    return match["address"] or "", (match["rest"] or "").strip(" ")


def split_address(address: str) -> tuple[str, str]:
    """Return local part and domain, in its ASCII form if it has one; the domain may be "" (`postmaster`)."""
    local, at, domain = address.rpartition("@")
    return (local, ascii_form(domain) or domain) if at else (address, "")


def is_subaddress(address: str, of: str) -> bool:
    """Return whether the address is `of`, or one of its subaddresses: `local+detail@domain` (RFC 5233 1)."""
    local, _, domain = address_key(address).rpartition("@")
    own, _, own_domain = address_key(of).rpartition("@")
    return domain == own_domain and local.strip('"').partition("+")[0] == own


def routes_onward(address: str) -> bool:
    """Return whether the local part asks the receiving server to relay, or to run a program.

    Examples are `u%other@y`, `x!u@y`, `"u@other"@y`, `|program@y`, in any form that a server may fold to these (NFKC,
    RFC 6532 3.1).
    """
    return not _ROUTING.isdisjoint(_folded_local_part(address))


def disguises_route(address: str) -> bool:
    """Return whether a sender's local part names a program, or has a routing character in another form than ASCII's.

    A sender's `%` and `!` are left alone: mail to the sender goes through their own server, and some gateways make such
    addresses.
    """
    local, folded = split_address(address)[0], _folded_local_part(address)
    return "|" in folded or any(folded.count(c) > local.count(c) for c in _ROUTING)


def _folded_local_part(address: str) -> str:
    local = split_address(address)[0]
    return local if local.isascii() else unicodedata.normalize("NFKC", local)


def mail_parameters(text: str) -> MailParameters:
    """Read the parameters of MAIL. Raises ParameterError and UnknownParameter."""
    return MailParameters(**_read(text, _MAIL))  # type: ignore[arg-type]  # the readers give each field its type


def rcpt_parameters(text: str) -> RcptParameters:
    """Read the parameters of RCPT. Raises ParameterError and UnknownParameter."""
    return RcptParameters(**_read(text, _RCPT))  # type: ignore[arg-type]


Reader = Callable[[str | None], object]


def _read(text: str, readers: dict[str, Reader]) -> dict[str, object]:
    found: dict[str, object] = {}
    for word in text.split(" ") if text else ():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise ParameterError("a parameter can't be read")
        name = match[1].upper()
        reader = readers.get(name)
        if reader is None:
            raise UnknownParameter(name)
        if name.lower() in found:
            raise ParameterError(f"{name} given twice")
        found[name.lower()] = reader(match[2])
    return found


def _size(value: str | None) -> int:
    # RFC 1870 3: 1 to 20 digits.
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 20:
        raise ParameterError("SIZE takes a number of octets")
    return int(value)


def _one_of(name: str, *allowed: str) -> Reader:
    def read(value: str | None) -> str:
        if value is None or value.upper() not in allowed:
            raise ParameterError(f"{name} takes {' or '.join(allowed)}")
        return value.upper()

    return read


def _flag(value: str | None) -> bool:
    if value is not None:
        raise ParameterError("SMTPUTF8 takes no value")
    return True


def _xtext(name: str, limit_bytes: int) -> Reader:
    def read(value: str | None) -> str:
        if value is None or len(value) > limit_bytes or not _XTEXT.fullmatch(value):
            raise ParameterError(f"{name} takes xtext (RFC 3461 4)")
        return value

    return read


def _notify(value: str | None) -> str:
    if value is None or not _NOTIFY.fullmatch(value.upper()):
        raise ParameterError("NOTIFY takes NEVER, or SUCCESS, FAILURE, DELAY")
    return value.upper()


def _orcpt(value: str | None) -> str:
    # RFC 3461 4.2: 500 octets at most; the address is xtext, or utf-8-addr-xtext (RFC 6533), which may hold 8-bit text.
    if value is None or len(value) > 500 or not _ORCPT.fullmatch(value):
        raise ParameterError("ORCPT takes addr-type;xtext")
    kind, _, address = value.partition(";")
    if kind.lower() != "utf-8" and not _XTEXT.fullmatch(address):
        raise ParameterError("ORCPT takes addr-type;xtext")
    return value


_MAIL: dict[str, Reader] = {
    "SIZE": _size,
    "BODY": _one_of("BODY", "7BIT", "8BITMIME"),
    "SMTPUTF8": _flag,
    "RET": _one_of("RET", "FULL", "HDRS"),
    "ENVID": _xtext("ENVID", 100),  # RFC 3461 4.4
    "AUTH": _xtext("AUTH", 500),  # RFC 4954 5
}
_RCPT: dict[str, Reader] = {"NOTIFY": _notify, "ORCPT": _orcpt}
