"""An ARC set (RFC 8617) on inbound mail that we amended: what was verified before, in our name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.act.signature import SigningKey, signed_part
from gateway.contract import Header
from gateway.understand.authentication.arc import RESULTS, SEAL, SIGNATURE
from gateway.understand.authentication.dkimpy import canonical_body, fields_of

_FIRST = "authentication-results"


def arc_set(headers: Sequence[Header], body: bytes, seal: SigningKey, hostname: str, at: int) -> bytes:
    """The three fields that go on top; b"" where there is nothing to seal.

    The topmost Authentication-Results must be ours, and the chain so far none or good.
    """
    assert isinstance(seal.key, RSAPrivateKey)  # the settings take no other (RFC 8617 4.1)
    ours = next((header for header in headers if header.key == _FIRST), None)
    if ours is None:
        return b""
    chain = [header for header in headers if header.key in (SEAL, SIGNATURE, RESULTS)]
    fields, names = signed_part(headers)
    if b"from" not in {name.lower() for name, _ in fields}:
        return b""
    sealer: Any = dkim.ARC()
    sealer.headers = [*fields_of([ours, *chain]), *fields]
    # Canonical already: dkimpy's own way through a hostile body takes quadratic time.
    sealer.body = canonical_body(body, "relaxed")
    lines: list[bytes] = sealer.sign(
        seal.selector.encode("ascii"),
        seal.domain.encode("ascii"),
        seal.key,
        hostname.lower().encode("ascii"),
        include_headers=names,
        timestamp=at,
    )
    return b"".join(lines)
