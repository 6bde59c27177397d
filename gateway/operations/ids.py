"""Ids of messages as people type them: whole, or cut as lists show them.

The question which ids there are is the store's; this module decides what may be an id, and what a cut one stands for.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from gateway.contract import Refused

#: Characters of a UUID as text, and the fewest of its beginning that stand for it where no other id begins so.
ID_CHARACTERS = 36
LEAST_ID_CHARACTERS = 4

_ID = re.compile(r"[0-9a-f]{4,8}|[0-9a-f]{8}-[0-9a-f-]{0,27}", re.IGNORECASE)


def may_be_id(text: str) -> bool:
    """Return whether a text may be an id, or the beginning of one."""
    return _ID.fullmatch(text) is not None


async def whole_id(start: str, *known: Callable[[str], Awaitable[Sequence[str]]]) -> str | None:
    """Return the one id that begins so among those that are known; None where none does.

    Each of `known` returns the first ids that begin with a text. Raises Refused where several begin so.
    """
    found: dict[str, None] = {}
    for ids in known:
        found.update(dict.fromkeys(await ids(start.lower())))
    if len(found) > 1:
        raise Refused(f"{start} is the beginning of several ids: {', '.join(list(found)[:2])}…")
    return next(iter(found), None)
