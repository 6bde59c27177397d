"""Public keys of DKIM and ARC from the DNS (RFC 6376 3.6.1, RFC 8463), verified with OpenSSL."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from dkim import InvalidTagValueList
from dkim.util import parse_tag_value

#: Bits of an RSA key. Shorter keys are broken in a day (RFC 8301 3.2), longer ones are made to keep verifiers busy.
MIN_RSA_BITS = 1024
MAX_RSA_BITS = 8192
#: Characters of a record that are read.
MAX_RECORD_CHARACTERS = 4096


class UnusableKey(ValueError):
    """A record that can't be used as the key of this signature; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key with the restrictions of its record."""

    key: RSAPublicKey | Ed25519PublicKey
    same_domain_only: bool = False  # t=s: i= must not name a subdomain

    @property
    def kind(self) -> bytes:
        return b"rsa" if isinstance(self.key, RSAPublicKey) else b"ed25519"

    def verifies(self, signature: bytes, digest: bytes) -> bool:
        """Return whether the octets are this key's signature of a SHA-256 digest."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
            else:
                self.key.verify(signature, digest)  # RFC 8463 3: the digest is the message
        except InvalidSignature:
            return False
        return True


def key_name(selector: str, domain: str) -> str:
    return f"{selector}._domainkey.{domain}"


def read_key(records: tuple[str, ...]) -> Key:
    """Return the key of the first of a name's TXT records that has p=. Raises UnusableKey.

    Some of the records may be a wildcard's.
    """
    for record in records:
        try:
            tags = parse_tag_value(record[:MAX_RECORD_CHARACTERS].encode("latin-1"))
        except InvalidTagValueList:
            continue
        if b"p" in tags:
            return _key(tags)
    raise UnusableKey("there is no key in the DNS")


def _key(tags: dict[bytes, bytes]) -> Key:
    if tags.get(b"v", b"DKIM1") != b"DKIM1":
        raise UnusableKey("the key is of another version")
    if b"sha256" not in _words(tags.get(b"h", b"sha256")):
        raise UnusableKey("the key is not for SHA-256")
    if not {b"*", b"email"} & _words(tags.get(b"s", b"*")):
        raise UnusableKey("the key is not for e-mail")
    octets = b"".join(tags[b"p"].split())
    if not octets:
        raise UnusableKey("the key is revoked")
    try:
        key = _loaded(tags.get(b"k", b"rsa"), base64.b64decode(octets, validate=True))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise error if isinstance(error, UnusableKey) else UnusableKey("the key can't be read") from error
    return Key(key, b"s" in _words(tags.get(b"t", b"")))


def _words(value: bytes) -> set[bytes]:
    return {word.strip() for word in value.split(b":")}


def _loaded(kind: bytes, octets: bytes) -> RSAPublicKey | Ed25519PublicKey:
    if kind == b"ed25519":
        return Ed25519PublicKey.from_public_bytes(octets)
    if kind != b"rsa":
        raise UnusableKey("the key is of an unknown kind")
    key = load_der_public_key(octets)
    if not isinstance(key, RSAPublicKey):
        raise UnusableKey("the key is not RSA, as its record says")
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise UnusableKey(f"the key has {key.key_size} bits")
    return key
