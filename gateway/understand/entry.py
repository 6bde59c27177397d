"""What only we may say: header names of ours, and Authentication-Results under our authserv-id, that came from outside.

They are renamed `X-Untrusted-…` in what leaves (RFC 8601 5 asks for their removal), on record as edits. The filters
still see the message as it came, and no rule trusts a header.
"""

from __future__ import annotations

import re

from gateway.message.edits import Edit, RenameHeader
from gateway.message.model import Message

#: Every header field that the gateway itself adds begins so.
OURS = "x-mailwarden-"
PREFIX = "X-Untrusted-"
_AUTHSERV_ID = re.compile(r"\s*(?:\([^()]*\)\s*)*\"?([^\s;\"(]+)")


def entry_edits(message: Message, authserv_id: str) -> tuple[Edit, ...]:
    """The renamings, one for each field concerned."""
    return tuple(
        RenameHeader(header.name, PREFIX + header.name.strip(), at=header.start)
        for header in message.headers
        if _is_ours(header.key, header.value, authserv_id)
    )


def _is_ours(key: str, value: str, authserv_id: str) -> bool:
    if key.startswith(OURS):
        return True
    if key != "authentication-results":
        return False
    named = _AUTHSERV_ID.match(value)
    return named is not None and named[1].lower() == authserv_id.lower()
