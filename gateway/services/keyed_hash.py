"""Keyed hashes that only this gateway can make, short enough to stand in a message. The module keeps nothing."""

from __future__ import annotations

import hmac

#: Octets of a mark: 80 bits can't be guessed without the key, and 20 digits fit into every name that mail programs
#: keep.
MARK_BYTES = 10


class HmacHash:
    """The contract's `Marks`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, what: str) -> str:
        return hmac.digest(self._key, what.encode("utf-8"), "sha256")[:MARK_BYTES].hex()
