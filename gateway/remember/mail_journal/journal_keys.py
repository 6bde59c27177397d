"""The keys of the journal: the newest one encrypts, and each of them can decrypt what it once encrypted.

A key is known by its name, which tells nothing of the key.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: Octets of a key (AES-256), and of a nonce (NIST SP 800-38D 8.2.2). Nonces are random: with 96 bits, ten thousand
#: million messages under one key still leave the odds of a repeated nonce below one to a thousand million.
KEY_BYTES = 32
NONCE_BYTES = 12
#: Octets that encryption adds.
TAG_BYTES = 16

#: Hexadecimal digits of a key's name.
NAME_DIGITS = 16


class UnreadableMessage(RuntimeError):
    """A message of the journal can't be read. The sentence says why, and what helps."""


class LostKey(UnreadableMessage):
    """The key of a message is not among those that are configured."""


class JournalKeys:
    """The keys by name; the first that is given encrypts."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {name_of_key(key): AESGCM(key) for key in keys}
        self.newest = name_of_key(keys[0])

    def encrypt(self, nonce: bytes, octets: bytes, line: bytes) -> bytes:
        """Return the octets encrypted; whoever changes them, or the line that describes them, is found out."""
        return self._ciphers[self.newest].encrypt(nonce, octets, line)

    def decrypt(self, key: str, nonce: bytes, octets: bytes, line: bytes) -> bytes:
        """Return the octets decrypted. Raises UnreadableMessage where the key is missing or anything was changed."""
        if key not in self._ciphers:
            raise LostKey(
                f"it was encrypted with the key {key}, which is not in the key file: put that key's line back from the "
                "backup. Without it nobody can read the message"
            )
        try:
            return self._ciphers[key].decrypt(nonce, octets, line)
        except InvalidTag:
            raise UnreadableMessage("its octets or its entry in the index were changed since it was kept") from None


def new_nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def name_of_key(key: bytes) -> str:
    return hashlib.sha256(b"mailwarden journal\0" + key).hexdigest()[:NAME_DIGITS]
