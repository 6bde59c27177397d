"""Keyed hashes that only this gateway can make, short enough to stand in a message. The module keeps nothing."""

from __future__ import annotations

import hmac

#: Octets of a digest: 80 bits can't be guessed without the key, and 20 digits fit into every name that mail programs
#: keep.
DIGEST_BYTES = 10


class HmacHash:
    """The contract's `KeyedHash`: HMAC-SHA256, cut short."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8"), "sha256")[:DIGEST_BYTES].hex()
