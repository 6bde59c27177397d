"""Operator command `trace`: messages found in the audit trail, each with all that became of it.

The answer has codes, addresses and actions: no subject, no text and no evidence of any message. A search for one of our
people is put on record first, for it shows whom they write to and what was found in their mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.app import Components
from gateway.contract import Actor, HistoryRow, Refused, operation
from gateway.control.arguments import client_address, may_be_id
from gateway.control.vocabulary import PURGED
from gateway.operations.as_json import became, traced
from gateway.operations.ids import whole_id
from gateway.remember.rows.audit_search import Sought

#: Roles that list held messages, and so may search their subjects.
LISTING = frozenset({"reviewer", "approver", "investigator"})
#: Most words of one question; each may have to be asked of many rows.
MOST_WORDS = 5


class TraceOperations:
    """Answer to `trace`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._store = parts.store

    @operation("trace", "reviewer", "approver", "investigator", "auditor")
    async def _trace(
        self,
        actor: Actor,
        words: Sequence[str] = (),
        client: str = "",
        reply: str = "",
        subject: str = "",
        since: str | None = None,
        until: str | None = None,
        limit: int = 100,
        behind: str = "",
    ) -> dict[str, Any]:
        """Return rows for which all conditions hold, newest first, and the id and time behind which to go on.

        `acted_on` is the id that was asked for alone, where its message is gone from the trail and acts on it are not.
        """
        _check(words, client, reply, subject, behind)
        if subject and actor.roles.isdisjoint(LISTING):
            raise Refused(f"{actor.name} may not search subjects: it needs the role {' or '.join(sorted(LISTING))}")
        if people := [word for word in words if self._names_person(word)]:
            row = HistoryRow(PURGED, self._parts.clock.now(), actor.name, "find", f"trace {' '.join(people)}")
            await self._store.trail.put_on_record(row)
        whole = tuple([await self._whole(word) for word in words])
        sought = Sought(whole, client and client_address(client), reply, subject, _time(since), _time(until))
        try:
            page = await self._store.audit.trace(sought, limit, behind)
        except LookupError as error:
            raise Refused(str(error.args[0])) from error
        is_alone = len(whole) == 1 and sought == Sought(whole) and not (page or behind)
        later = await self._store.trail.aftermath([row.id for row in page])
        return {
            "rows": [became(traced(row), later[row.id]) for row in page],
            "behind": page.behind and {"id": page.behind[0], "at": page.behind[1].isoformat()},
            "acted_on": whole[0] if is_alone and await self._has_acts(whole[0]) else "",
        }

    def _names_person(self, word: str) -> bool:
        """Return whether a word is an address of ours, or may be a login."""
        bare = word.strip("<>").lower()
        return self._parts.ours.is_ours(bare) if "@" in bare else bool(bare) and not may_be_id(bare)

    async def _has_acts(self, id: str) -> bool:
        return may_be_id(id) and bool(await self._store.trail.acts(id=id, limit=1))

    async def _whole(self, word: str) -> str:
        """Return the id under which the message arrived whose id, or the beginning of it, this is; else the word."""
        store = self._store
        known = (store.quarantine.ids, store.trail.ids, store.audit.ids)
        found = await whole_id(word, *known) if may_be_id(word) else None
        return await store.trail.origin(found) if found else word


def _check(words: Sequence[str], *others: str) -> None:
    """Raise Refused for conditions that are no texts, and for too many words."""
    if not isinstance(words, list | tuple) or not all(isinstance(one, str) for one in (*words, *others)):
        raise Refused("messages are searched by texts")
    if len(words) > MOST_WORDS:
        raise Refused(f"{len(words)} addresses, domains or ids are too many: {MOST_WORDS} at most")


def _time(text: str | None) -> datetime | None:
    """Return the time. Raises Refused for a text that is none, or has no time zone."""
    try:
        when = datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError) as error:
        raise Refused(f"that is no time: {error}") from error
    if when and not when.tzinfo:
        raise Refused(f"{text} has no time zone")
    return when
