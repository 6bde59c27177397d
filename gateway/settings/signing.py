"""Settings of signing: the domains whose mail is signed, and the keys.

The module reads the key files and signs nothing.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, model_validator

from gateway.settings.files import named_file
from gateway.settings.yaml.problems import shown, shown_file
from gateway.settings.yaml.values import Domain, Words, WrongKey
from gateway.settings.yaml.yaml_model import YamlModel

#: The least bits of an RSA key (RFC 8301 3.2): signers must use 1,024 bits at least, and should use 2,048.
MIN_RSA_BITS = 1024
#: The most characters of a seal's domain: dkimpy folds a seal's field at 72 characters, in the middle of a longer
#: domain.
MAX_SEAL_DOMAIN_CHARACTERS = 60

_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")
_MAX_SELECTOR_CHARACTERS = 63
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key and the file that it was read from. It is kept as octets, which can pass to another process."""

    path: Path
    pem: bytes = field(repr=False)

    @property
    def key(self) -> RSAPrivateKey | Ed25519PrivateKey:
        return read_key(self.pem)


def key_file(value: Any, info: ValidationInfo) -> KeyFile:
    """Read a PEM file with an RSA or an Ed25519 key that only its owner may read. Raises ValueError."""
    if isinstance(value, KeyFile):
        return value
    path = named_file(value, info)
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & _OTHERS:
        raise ValueError(f"{shown_file(path)} is open to others (mode {mode:04o}): chmod 600 {path}")
    pem = path.read_bytes()
    try:
        read_key(pem)
    except ValueError as error:
        raise ValueError(f"{error}: {shown_file(path)}") from error
    return KeyFile(path, pem)


def read_key(pem: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    """Read a private key in PEM. Raises ValueError with a plain sentence."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("no private key (PEM, without a password)") from error
    if isinstance(key, RSAPrivateKey) and key.key_size < MIN_RSA_BITS:
        raise ValueError(f"the key has {key.key_size} bits, and 2048 are expected")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("neither an RSA nor an Ed25519 key")
    return key


def selector(value: str) -> str:
    """Return a selector, labels of a domain (RFC 6376 3.1), in lower case. Raises ValueError."""
    if len(value) > _MAX_SELECTOR_CHARACTERS or not _SELECTOR.fullmatch(value):
        raise ValueError(f"a selector is letters, digits, - and dots between them, not {shown(value)}")
    return value.lower()


Selector = Annotated[str, AfterValidator(selector), Words("a selector")]
PrivateKey = Annotated[KeyFile, PlainValidator(key_file), Words("a file, mode 0600")]


class SigningKey(YamlModel):
    """A key that mail to outside is signed with (see docs/authentication.md)."""

    domain: Domain = Field(
        description="Mail whose `From:` is at this domain, or at a subdomain without keys of its own, is signed."
    )
    selector: Selector = Field(description="The public key is in the DNS at SELECTOR._domainkey.DOMAIN.")
    key: PrivateKey = Field(
        description="Private key, RSA or Ed25519 (PEM), as `mailwarden dkim keygen` makes it; for its owner only."
    )


def _distinct(keys: Sequence[SigningKey]) -> tuple[SigningKey, ...]:
    seen: set[tuple[str, str]] = set()
    for key in keys:
        if (key.domain, key.selector) in seen:
            raise ValueError(f"{key.selector}._domainkey.{key.domain} stands twice")
        seen.add((key.domain, key.selector))
    return tuple(keys)


SigningKeys = Annotated[tuple[SigningKey, ...], AfterValidator(_distinct), Words("a list (see *dkim*)")]


class ArcSettings(YamlModel):
    """The ARC seal on amended inbound mail. Servers that trust it see the results from before the edit (RFC 8617)."""

    domain: Domain = Field(description="The domain in whose name mail is sealed.")
    selector: Selector = Field(description="The public key is in the DNS at SELECTOR._domainkey.DOMAIN.")
    key: PrivateKey = Field(description="Private key, RSA (PEM); readable for its owner only.")

    @model_validator(mode="after")
    def _can_seal(self) -> Self:
        if not isinstance(self.key.key, RSAPrivateKey):
            raise WrongKey("key", "ARC knows RSA keys only")
        if len(self.domain) > MAX_SEAL_DOMAIN_CHARACTERS:
            raise WrongKey("domain", f"a seal's domain has at most {MAX_SEAL_DOMAIN_CHARACTERS} characters")
        return self
