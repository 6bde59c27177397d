"""Results of a mail server of ours that verified before us, read from its `Authentication-Results` (RFC 8601).

Anyone can write such a field. It is read only in mail that a relay of ours handed over, which removes forged fields
(RFC 8601 5). Alignment is worked out by us all the same.
"""

from __future__ import annotations

import typing
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import authres

from gateway.contract import Arc, AuthResult, Dmarc, Signature, Spf
from gateway.message.header.addresses import ascii_domain
from gateway.message.model import Message

#: Characters of a field that are read: authres starts again at the beginning for each word. Real fields have under
#: 2,000.
MAX_CHARACTERS = 8192
#: Fields that are looked at, from the top.
MAX_FIELDS = 20
#: Signatures that are taken over from the field.
MAX_SIGNATURES = 8

_FIELD = "authentication-results"
_RESULTS = frozenset(typing.get_args(AuthResult))


@dataclass(frozen=True, slots=True)
class Reported:
    """Results that the other server reported."""

    spf: Spf
    dkim: tuple[Signature, ...]
    dmarc: Dmarc
    arc: Arc


def reported(message: Message, trusted: Collection[str]) -> Reported | None:
    """Read the topmost field of a trusted authserv-id; return None where there is none, or none that can be read."""
    for field in message.root.fields(_FIELD)[:MAX_FIELDS]:
        if len(field.name) != len(_FIELD) or len(field.text) > MAX_CHARACTERS:
            continue  # a relay that removes forged fields may not have recognised one with blanks or a fold in its name
        try:
            read = authres.all_features().parse_value(field.text)
        except (authres.core.AuthResError, RecursionError):
            continue
        if read.authserv_id in trusted:
            return _reported(read.results)
    return None


def _reported(results: Sequence[authres.core.AuthenticationResult]) -> Reported:
    by_method: dict[str, list[authres.core.AuthenticationResult]] = {}
    for one in results:
        by_method.setdefault(str(one.method).lower(), []).append(one)
    spf, dmarc, arc = (by_method.get(method, [None])[0] for method in ("spf", "dmarc", "arc"))
    signatures = tuple(map(_signature, by_method.get("dkim", ())))[:MAX_SIGNATURES]
    return Reported(
        _spf(spf) if spf else Spf(),
        tuple(s for s in signatures if s.result != "none"),
        Dmarc(_result(dmarc), "", _domain(dmarc, "header", "from")) if dmarc else Dmarc(),
        Arc(_result(arc), _domain(arc, "header", "as-d")) if arc else Arc(),
    )


def _spf(one: authres.core.AuthenticationResult) -> Spf:
    path = _domain(one, "smtp", "mailfrom")
    return Spf(_result(one), path, "mailfrom") if path else Spf(_result(one), _domain(one, "smtp", "helo"), "helo")


def _signature(one: authres.core.AuthenticationResult) -> Signature:
    domain = _domain(one, "header", "d") or _domain(one, "header", "i")
    return Signature(domain, _property(one, "header", "s"), _result(one), algorithm=_property(one, "header", "a"))


def _result(one: authres.core.AuthenticationResult) -> AuthResult:
    """Return the result that is reported; an unknown one is "none", never a pass."""
    said = str(one.result).lower()
    return typing.cast(AuthResult, said) if said in _RESULTS else "none"


def _domain(one: authres.core.AuthenticationResult, kind: str, name: str) -> str:
    return ascii_domain(_property(one, kind, name).rpartition("@")[2])


def _property(one: authres.core.AuthenticationResult, kind: str, name: str) -> str:
    found = (p.value for p in one.properties if (str(p.type).lower(), str(p.name).lower()) == (kind, name))
    return str(next(found, ""))
