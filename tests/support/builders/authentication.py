"""DNS records without a server, keys, and messages that others signed.

The signatures here are made by dkimpy on its own terms, so that our verifier is not tested by our signer.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.key_record import new_key, record_text
from gateway.contract import Client, DnsRecords, DnsUnavailable, RecordKind

OUTSIDE = Client("192.0.2.7", "mx.outside.example")

PLAIN = (
    b"From: Eve <eve@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: Hello\r\n"
    b"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <1@outside.example>\r\n\r\nHello  Bob \t\r\n\r\n\r\n"
)


class FakeResolver:
    """A `Resolver` over these records; `away` names can't be asked for now. Notes what is asked."""

    def __init__(self, txt: Mapping[str, str | Sequence[str]] | None = None, **others: Mapping[str, Sequence[str]]):
        self.records: dict[tuple[str, str], tuple[str, ...]] = {}
        for name, text in (txt or {}).items():
            self.records[name, "TXT"] = (text,) if isinstance(text, str) else tuple(text)
        for kind, entries in others.items():
            self.records |= {(name, kind): tuple(values) for name, values in entries.items()}
        self.away: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def for_message(self) -> FakeResolver:
        return self

    async def look_up(self, name: str, kind: RecordKind) -> DnsRecords:
        name = name.lower().removesuffix(".")
        self.asked.append((name, kind))
        if name in self.away:
            raise DnsUnavailable(f"{kind} of {name}: Timeout")
        known = any(name == one for one, _ in self.records)
        return DnsRecords(self.records.get((name, kind), ()), exists=known)


@functools.cache
def rsa_key(number: int = 0, bits: int = 2048) -> RSAPrivateKey:
    """Return the RSA key of a number, kept after its first use: making one takes a tenth of a second."""
    key = new_key("rsa", bits)
    assert isinstance(key, RSAPrivateKey)
    return key


@functools.cache
def ed25519_key(number: int = 0) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def published(*keys: SigningKey) -> dict[str, str]:
    """Return the TXT records of these keys by name."""
    return {f"{key.selector}._domainkey.{key.domain}": record_text(key.key) for key in keys}


def outside_key(domain: str = "outside.example", selector: str = "s1") -> SigningKey:
    return SigningKey(domain, selector, rsa_key())


def signed_by(
    key: SigningKey,
    raw: bytes = PLAIN,
    *,
    canonical: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
    names: Sequence[bytes] = (b"from", b"to", b"subject"),
    length: bool = False,
) -> bytes:
    """Return the message with dkimpy's RSA signature on top."""
    assert isinstance(key.key, RSAPrivateKey)
    signer = dkim.DKIM(raw)
    field: bytes = signer.sign(
        key.selector.encode(),
        key.domain.encode(),
        key.key,
        canonicalize=canonical,
        include_headers=names,
        length=length,
    )
    return field + raw


def tagged(key: SigningKey, raw: bytes = PLAIN, **changed: str | None) -> bytes:
    """Return the message with a valid signature on top whose tags were changed before it was made."""
    headers, body = dkim.rfc822_parse(raw)
    policy = dkim.CanonicalizationPolicy.from_c_value(b"relaxed/simple")
    digest = base64.b64encode(hashlib.sha256(policy.canonicalize_body(body)).digest()).decode()
    tags: dict[str, Any] = {"v": "1", "a": key.algorithm.decode(), "c": "relaxed/simple", "d": key.domain}
    tags |= {"s": key.selector, "t": str(int(time.time())), "h": "from:to:subject", "bh": digest} | changed
    value = "; ".join(f"{name}={text}" for name, text in tags.items() if text is not None) + "; b="
    names = [name.strip().encode().lower() for name in (tags["h"] or "").split(":")]
    hasher = hashlib.sha256()
    canonical = policy.canonicalize_headers(headers)
    dkim.hash_headers(hasher, policy, canonical, names, (b"DKIM-Signature", f" {value}".encode()), {})
    if isinstance(key.key, RSAPrivateKey):
        signature: bytes = dkim.RSASSA_PKCS1_v1_5_sign(hasher, key.key)
    else:
        signature = key.key.sign(hasher.digest())
    return f"DKIM-Signature: {value}{base64.b64encode(signature).decode()}\r\n".encode() + raw
