"""The keyed hashes of the chains: of a row with the hash of the row before, and of a chain's ends.

A row's values are those of the database: integers, and texts as they are stored. No query lives here.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from typing import Any

HASH_BYTES = 32

#: The hash before the first row of a chain.
NOTHING = bytes(HASH_BYTES)

#: Chain -> the columns that are hashed, in this order. A column that is added needs a new chain or hashes made anew.
COLUMNS = {
    "audit": (
        *("id", "at", "listener", "client", "message_id", "mail_from", "sender_folded", "bytes", "codes", "reply"),
        "ms",
    ),
    "history": ("mail_id", "at", "actor", "operation", "reason", "addresses"),
}
#: The columns of a message's recipients, which are hashed with its row in `audit`.
RECIPIENT_COLUMNS = ("position", "address", "address_folded", "direction", "action")

Values = Sequence[Any]


def _plain(octets: bytes) -> dict[str, str]:
    """Return octets where a text or a number was stored: no row that we wrote has any."""
    return {"octets": bytes(octets).hex()}


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def row_hash(key: bytes, before: bytes, chain: str, values: Values, recipients: Sequence[Values] = ()) -> bytes:
    """Return the hash of a row: of the hash before it, which has a fixed length, and of all that the row holds."""
    return hmac.digest(key, b"row\0" + before + _encode([chain, values, recipients]).encode("ascii"), "sha256")


def hash_after_break(key: bytes, chain: str, number: int) -> bytes:
    """Return the hash that stands before a row written to a chain whose end was not the one we had left."""
    return hmac.digest(key, b"break\0" + _encode([chain, number]).encode("ascii"), "sha256")


def seal(key: bytes, chain: str, end: str, number: int, hash: bytes, at: int, note: str) -> bytes:
    """Return the seal of an end of a chain: of all that is stored of it."""
    return hmac.digest(key, b"end\0" + _encode([chain, end, number, hash.hex(), at, note]).encode("ascii"), "sha256")
