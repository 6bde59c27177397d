"""Ids of messages and notices."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562 5.7). Such ids sort by time."""
    return str(uuid_utils.uuid7())
