"""A signing key's public half as a DNS record (RFC 6376 3.6.1, RFC 8463 4.2), and a new private key as PEM."""

from __future__ import annotations

import base64
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

#: The most octets of one string in a TXT record (RFC 1035 3.3.14).
_STRING_BYTES = 255


def new_key(kind: Literal["rsa", "ed25519"], bits: int) -> RSAPrivateKey | Ed25519PrivateKey:
    return Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65537, bits)


def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """Return the key as PKCS #8, without a password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def record_text(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """Return the text of the TXT record."""
    if isinstance(key, RSAPrivateKey):
        kind, octets = "rsa", key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, octets = "ed25519", key.public_key().public_bytes_raw()
    return f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode('ascii')}"


def zone_line(name: str, text: str) -> str:
    """Return the record for a zone file, split into strings that are short enough."""
    strings = [text[at : at + _STRING_BYTES] for at in range(0, len(text), _STRING_BYTES)]
    quoted = " ".join(f'"{string}"' for string in strings)
    return f"{name}. IN TXT ( {quoted} )"
