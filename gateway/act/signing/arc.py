"""An ARC set (RFC 8617) on inbound mail that we amended: the results verified before, in our name.

The form is dkimpy's. The results are our own Authentication-Results word for word, comments included.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.act.signing.dkim import SigningKey, signed_part
from gateway.message.header.field import Header
from gateway.understand.authentication.arc import RESULTS, SEAL, SIGNATURE, instance_of
from gateway.understand.authentication.dkimpy import RELAXED, Fields, canonical_body, fields_of

_FIRST = "authentication-results"
#: The fields of a set in the order in which a seal covers them (RFC 8617 5.1.1).
_COVERED = tuple(name.encode("ascii") for name in (RESULTS, SIGNATURE, SEAL))


def arc_set(headers: Sequence[Header], body: bytes, seal: SigningKey, hostname: str, at: int) -> bytes:
    """Return the three fields that go on top; b"" where no set can be made.

    The topmost Authentication-Results must be ours, and the chain so far absent or valid. `at` is Unix time in
    seconds.
    """
    ours = next((header for header in headers if header.key == _FIRST), None)
    if ours is None or ours.text.partition(";")[0].strip().lower() != hostname.lower():
        return b""
    chain = [header for header in headers if header.key in (SEAL, SIGNATURE, RESULTS)]
    chain.sort(key=instance_of, reverse=True)
    last = instance_of(chain[0]) if chain else 0
    fields, names = signed_part(headers)
    if len(chain) != 3 * last or b"from" not in {name.lower() for name, _ in fields}:
        return b""
    results = (b"ARC-Authentication-Results", b" i=%d; %s\r\n" % (last + 1, ours.raw_value.strip()))
    body_hash = base64.b64encode(hashlib.sha256(canonical_body(body, "relaxed")).digest())
    tags = [(b"c", b"relaxed/relaxed"), (b"h", b" : ".join(names)), (b"bh", body_hash)]
    signature = _field(b"ARC-Message-Signature", last + 1, tags, seal, at, (fields, names))
    covered = [signature, results, *fields_of(chain)]
    named = [*_COVERED * last, *_COVERED[:2]]
    tags = [(b"cv", b"pass" if chain else b"none")]
    top = _field(b"ARC-Seal", last + 1, tags, seal, at, (covered, named))
    return b"".join(b"%s:%s" % field for field in (top, signature, results))


def _field(
    name: bytes,
    instance: int,
    tags: Sequence[tuple[bytes, bytes]],
    seal: SigningKey,
    at: int,
    signed: tuple[Fields, list[bytes]],
) -> tuple[bytes, bytes]:
    """Return one of the two signatures of a set, over the named fields."""
    assert isinstance(seal.key, RSAPrivateKey)  # the settings accept no other kind (RFC 8617 4.1)
    signer: Any = dkim.DKIM(signature_algorithm=seal.algorithm)
    signer.headers, signer.hasher = signed[0], hashlib.sha256
    written = [
        *((b"i", b"%d" % instance), (b"a", seal.algorithm), (b"t", b"%d" % at)),
        *((b"d", seal.domain.encode("ascii")), (b"s", seal.selector.encode("ascii")), *tags),
        (b"b", b"0" * 60),  # a placeholder: it is folded where the real one will be
    ]
    return name, b" " + signer.gen_header(written, signed[1], RELAXED, name, seal.key)
