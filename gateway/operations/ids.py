"""Ids of messages as people type them: whole, or cut as lists show them.

The question which ids there are is the store's; this module decides what may be an id, and what a cut one stands for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gateway.control.arguments import may_be_id
from gateway.control.refusal import Refused
from gateway.control.vocabulary import RECORDS
from gateway.settings.yaml.problems import shown


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


def no_id(text: str) -> str:
    """Return a sentence about a text that `--id` can't take; "" for an id, its beginning, or one of RECORDS."""
    if text in RECORDS or may_be_id(text):
        return ""
    if "@" in text:
        found = "`mailwarden trace` finds the id of a message by its Message-ID or its addresses"
    else:
        found = f"it takes the id of a message, or the beginning of it, or one of {', '.join(RECORDS)}"
    return f"--id: {shown(text)} is no id: {found}"
