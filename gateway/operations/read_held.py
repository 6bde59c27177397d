"""Operator commands that read a held message: explain it, or hand out the whole of it. Each is put on record first.

The commands never change a message or its state.
"""

from __future__ import annotations

import base64
from typing import Any

from gateway.act.release.held_mail import mail_of
from gateway.app import Components
from gateway.contract import Actor, operation
from gateway.operations.explain import Assumed, Explainer, Source
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import Reading
from gateway.understand.examiner import read_message


class ReadingOperations:
    """Answers to `quarantine.explain` and `quarantine.read`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts

    @operation("quarantine.explain", "reviewer", "approver")
    async def _explain(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Run the chain on a held message. The report quotes the words that findings rest on, not the whole content."""
        parts = self._parts
        entry = await parts.store.quarantine.get(id)
        if entry is None:
            raise NotHeld(f"no message is held under {id}")
        raw = await self._content(actor, id, "explain", reason)
        explainer = Explainer(parts.settings, parts.examiner, parts.judge, parts.ours, parts.clock, remembers=True)
        mail = mail_of(entry, entry.copies, await read_message(raw))
        return (await explainer.explain(Source(id, lambda: raw), Assumed(), mail)).report

    @operation("quarantine.read", "investigator")
    async def _read(self, actor: Actor, id: str, reason: str) -> str:
        """Return the octets of a held message, base64-coded."""
        return base64.b64encode(await self._content(actor, id, "read", reason)).decode()

    async def _content(self, actor: Actor, id: str, operation: Reading, reason: str) -> bytes:
        quarantine, at = self._parts.store.quarantine, self._parts.clock.now()
        await quarantine.accessed(id, actor=actor.name, operation=operation, reason=reason, at=at)
        return await quarantine.content(id)
