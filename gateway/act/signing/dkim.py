"""DKIM-Signature fields (RFC 6376): the signed fields, the keys, and the octets of the signatures.

The form is dkimpy's, RSA and Ed25519 are OpenSSL's. Pure: the caller gives the time and the keys.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.message.authors import authors, domain_of
from gateway.message.header.field import Header
from gateway.understand.authentication.dkimpy import RELAXED, Fields, canonical_body, fields_of

#: Fields signed once more than they occur, so that none can be added: those that show a reader who wrote what to whom.
SEALED = ("from", "reply-to", "subject", "to", "cc")
#: Fields signed once more than they occur, if they occur. Where one is absent, a server on the way may add it (RFC 6409
#: 8).
SEALED_IF_PRESENT = ("date", "message-id", "mime-version", "content-type", "content-transfer-encoding")
#: Fields signed as often as they occur. RFC 8058 4 asks for List-Unsubscribe; lists set Sender and the others anew.
SIGNED = (
    *("sender", "in-reply-to", "references", "list-id", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted"),
    *("content-id", "content-description", "resent-date", "resent-from", "resent-to", "resent-cc"),
)
_NAMES = frozenset({*SEALED, *SEALED_IF_PRESENT, *SIGNED})

#: The most fields of one name that are signed, from the bottom. No mail program writes a message with more.
MAX_INSTANCES = 20


_FOLD = b"\r\n "
_NAMES_ON_A_LINE = 8


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and the place of its public half in the DNS."""

    domain: str  # lower case, ASCII
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> bytes:
        return b"rsa-sha256" if isinstance(self.key, RSAPrivateKey) else b"ed25519-sha256"


@dataclass(frozen=True, slots=True)
class _Ed25519:
    """An Ed25519 key in PyNaCl's form, as dkimpy expects: the signature is an attribute of the result of `sign`."""

    key: Ed25519PrivateKey
    signature: bytes = b""

    def sign(self, digest: bytes) -> _Ed25519:
        return _Ed25519(self.key, self.key.sign(digest))


def author_domains(headers: Sequence[Header]) -> list[str]:
    """Return the domains of `From:`, each once; none where the field names nobody, or can be read in different ways."""
    named = authors(header for header in headers if header.key == "from")
    return list(dict.fromkeys(domain_of(address) for address in named))


def keys_for(authors: Sequence[str], keys: Sequence[SigningKey]) -> tuple[SigningKey, ...]:
    """Return the keys of each domain of `From:`, or else of the nearest domain above it that has some."""
    by_domain: dict[str, list[SigningKey]] = {}
    for key in keys:
        by_domain.setdefault(key.domain, []).append(key)
    found: dict[SigningKey, None] = {}
    for author in authors:
        domain = author
        while domain and domain not in by_domain:
            domain = domain.partition(".")[2]
        found |= dict.fromkeys(by_domain.get(domain, ()))
    return tuple(found)


def signatures(headers: Sequence[Header], body: bytes, keys: Sequence[SigningKey], at: int) -> bytes:
    """Return the fields that go on top of the message, in the keys' order; `at` is Unix time in seconds."""
    fields, names = signed_part(headers)
    body_hash = base64.b64encode(hashlib.sha256(canonical_body(body, "relaxed")).digest())
    return b"".join(_signature(fields, names, body_hash, key, at) for key in keys)


def signed_part(headers: Sequence[Header]) -> tuple[Fields, list[bytes]]:
    """Return the fields to be signed, and their names as they stand in h=."""
    there = [header for header in headers if header.key in _NAMES]
    counts = Counter(header.key for header in there)
    names: list[str] = []
    for name in (*SEALED, *SEALED_IF_PRESENT, *SIGNED):
        extra = name in SEALED or (name in SEALED_IF_PRESENT and counts[name] > 0)
        names += [name] * (min(counts[name], MAX_INSTANCES) + extra)
    return fields_of(there), [name.encode("ascii") for name in names]


def _signature(fields: Fields, names: list[bytes], body_hash: bytes, key: SigningKey, at: int) -> bytes:
    signer: Any = dkim.DKIM(signature_algorithm=key.algorithm)
    signer.headers, signer.hasher = fields, hashlib.sha256
    # The folds stand before tags, where dkimpy leaves them: dkimpy's own would cut a long domain in two.
    tags = [
        *((b"v", b"1"), (b"a", key.algorithm), (b"c", b"relaxed/relaxed"), (b"t", b"%d" % at)),
        *((_FOLD + b"d", key.domain.encode("ascii")), (_FOLD + b"s", key.selector.encode("ascii"))),
        *((_FOLD + b"h", _folded(names)), (_FOLD + b"bh", body_hash)),
        (b"b", b"0" * 60),  # a placeholder: it is folded where the real one will be
    ]
    private: object = key.key if isinstance(key.key, RSAPrivateKey) else _Ed25519(key.key)
    value: bytes = signer.gen_header(tags, names, RELAXED, b"DKIM-Signature", private)
    return b"DKIM-Signature: " + value.replace(b" \r\n", b"\r\n")


def _folded(names: Sequence[bytes]) -> bytes:
    """Join the names by colons, with a fold after every eight."""
    lines = [b":".join(names[at : at + _NAMES_ON_A_LINE]) for at in range(0, len(names), _NAMES_ON_A_LINE)]
    return (b":" + _FOLD).join(lines)
