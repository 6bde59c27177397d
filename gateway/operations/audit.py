"""Operator commands for auditors: list what people did, and check that nobody has changed the records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gateway.app import Components
from gateway.assemble.services import derived_key
from gateway.contract import Action, Actor, Refused, moment, operation
from gateway.control.arguments import ID_CHARACTERS
from gateway.control.vocabulary import RECORDS
from gateway.operations.as_json import acted, checked
from gateway.operations.evidence import PURPOSE, fingerprint, public_pem, signing_key
from gateway.operations.ids import no_id, whole_id
from gateway.remember.chain.check import Noted

#: Digits of a noted head's hash: with fewer, another row could have the same.
NOTED_DIGITS = 16


class AuditOperations:
    """Answers to `audit.*`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts

    @operation("audit.list", "auditor")
    async def _list(
        self,
        _: Actor,
        limit: int = 100,
        actor: str | None = None,
        since: str | None = None,
        until: str | None = None,
        action: Action | None = None,
        id: str | None = None,
    ) -> list[dict[str, Any]]:
        if id is not None and (sentence := no_id(id)):
            raise Refused(sentence)
        rows = await self._parts.store.trail.acts(
            limit=limit,
            actor=actor,
            since=moment(since) if since else None,
            until=moment(until) if until else None,
            action=action,
            id=id if id is None or id in RECORDS else await self._whole(id),
        )
        return [acted(row) for row in rows]

    async def _whole(self, start: str) -> str:
        """Return the one id of a message that begins so. Raises Refused where there is none, or more than one."""
        store = self._parts.store
        found = await whole_id(start, store.quarantine.ids, store.trail.ids)
        if found is None and len(start) < ID_CHARACTERS:
            raise Refused(f"no act is on record for an id that begins with {start}")
        return found or start.lower()

    @operation("audit.verify", "auditor", "administrator")
    async def _verify(self, _: Actor, expect: Sequence[str] = ()) -> dict[str, Any]:
        """Check both chains; `expect` names heads that somebody noted, as `NUMBER:HASH`."""
        noted = {text: _noted(text) for text in expect}
        chains = await self._parts.store.trail.check(list(noted.values()))
        found = {head for chain in chains for head in chain.found}
        return {
            "chains": [checked(chain) for chain in chains],
            "not_found": [text for text, head in noted.items() if head not in found],
        }

    @operation("audit.key", "auditor", "investigator", "administrator")
    async def _key(self, _: Actor) -> dict[str, str]:
        """Return the public half of the key that signs evidence."""
        seed = derived_key(self._parts.settings, PURPOSE, quiet=True)
        if seed is None:
            raise Refused("secret.key is missing, so nothing can be signed: restore it from the backup")
        key = signing_key(seed).public_key()
        return {"public_key": public_pem(key), "fingerprint": fingerprint(key)}


def _noted(text: str) -> Noted:
    """Return the number and the digits of a noted head. Raises Refused."""
    match = re.fullmatch(rf"(\d{{1,18}}):([0-9a-f]{{{NOTED_DIGITS},64}})", text, re.ASCII)
    if match is None:
        raise Refused("--expect takes a head as `audit verify` prints it: NUMBER:HASH")
    return int(match[1]), match[2]
