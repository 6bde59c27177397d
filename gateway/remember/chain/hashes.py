"""The keyed hashes of the chains: of a row with the hash of the row before, and of a chain's ends.

A row's values are those of the database: integers, and texts as they are stored. No query lives here.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

HASH_BYTES = 32

#: The hash before the first row of a chain.
NOTHING = bytes(HASH_BYTES)

#: Chain -> the columns that are hashed, in this order. A column that is added goes into LATER_COLUMNS.
COLUMNS = {
    "audit": (
        *("id", "at", "listener", "client", "message_id", "mail_from", "sender_folded", "bytes", "codes", "reply"),
        "ms",
    ),
    "history": ("mail_id", "at", "actor", "operation", "reason", "addresses"),
}
#: Chain -> columns that rows written by older versions lack, with what stands there in those. A row's hash has a later
#: column's value only where it is another, so that the hashes of older rows stay what they are.
LATER_COLUMNS: Mapping[str, Mapping[str, str]] = {"audit": {"monitored": "{}", "login": ""}, "history": {}}
#: The columns of a message's recipients, which are hashed with its row in `audit`.
RECIPIENT_COLUMNS = ("position", "address", "address_folded", "direction", "action")

Values = Sequence[Any]


def _plain(octets: bytes) -> dict[str, str]:
    """Return octets where a text or a number was stored: no row that we wrote has any."""
    return {"octets": bytes(octets).hex()}


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def with_later(chain: str, values: Values, later: Values) -> Values:
    """Return a row's values, with those of LATER_COLUMNS that say something, each with its name."""
    told = zip(LATER_COLUMNS[chain].items(), later, strict=True)
    return [*values, *([name, value] for (name, empty), value in told if value != empty)]


def row_hash(key: bytes, before: bytes, chain: str, values: Values, recipients: Sequence[Values] = ()) -> bytes:
    """Return the hash of a row: of the hash before it, which has a fixed length, and of all that the row holds."""
    return hmac.digest(key, b"row\0" + before + _encode([chain, values, recipients]).encode("ascii"), "sha256")


def hash_after_break(key: bytes, chain: str, number: int) -> bytes:
    """Return the hash that stands before a row written to a chain whose end was not the one we had left."""
    return hmac.digest(key, b"break\0" + _encode([chain, number]).encode("ascii"), "sha256")


def seal(key: bytes, chain: str, end: str, number: int, hash: bytes, at: int, note: str) -> bytes:
    """Return the seal of an end of a chain: of all that is stored of it."""
    return hmac.digest(key, b"end\0" + _encode([chain, end, number, hash.hex(), at, note]).encode("ascii"), "sha256")
