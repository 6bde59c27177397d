"""Operator commands that read a held message: explain it, show its text, hand it out, try it. Each is on record first.

The commands never change a message or its state.
"""

from __future__ import annotations

import asyncio
import base64
from importlib.metadata import version
from typing import Any

from gateway.act.release.held_mail import mail_of
from gateway.app import Components
from gateway.assemble.services import derived_key
from gateway.assemble.understand import build_examiner
from gateway.contract import Actor, Mail, Refused, operation, says_something
from gateway.judge.codes import POISON
from gateway.message.labels import PERSONAL
from gateway.operations.as_json import details, listed, outcomes
from gateway.operations.evidence import PURPOSE, make_evidence, signing_key
from gateway.operations.explain import Assumed, Explainer, Source
from gateway.operations.reading import reading
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import HeldMessage, Reading
from gateway.understand.examiner import read_message


class ReadingOperations:
    """Answers to `quarantine.explain`, `read`, `export`, `evidence` and `try`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._examiner = build_examiner(parts.settings, parts.pool, None, texts=True)

    @operation("quarantine.explain", "reviewer", "approver")
    async def _explain(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Run the chain on a held message. The report quotes the words that findings rest on, not the whole content."""
        parts = self._parts
        entry = await self._entry(id)
        raw = await self._content(actor, id, "explain", reason)
        given = (parts.settings, parts.examiner, parts.judge, parts.ours, parts.clock)
        explainer = Explainer(*given, remembers=True, model=parts.language_model)
        mail = mail_of(entry, entry.copies, await read_message(raw))
        return (await explainer.explain(Source(id, lambda: raw), Assumed(), mail)).report

    async def read(self, entry: HeldMessage, actor: Actor, reason: str) -> dict[str, Any]:
        """Return what a reviewer reads of a message (`reading`). Mail that is labelled personal needs a reason."""
        mail = await self._opened(entry, await self._parts.store.quarantine.content(entry.id))
        if PERSONAL in mail.labels and not says_something(reason):
            raise Refused("this message is labelled personal: a reason must say why you read it", (PERSONAL,))
        await self._put_on_record(actor, entry.id, "read", reason or "review")
        return await asyncio.to_thread(reading, entry, mail)

    async def _opened(self, entry: HeldMessage, raw: bytes) -> Mail:
        """Return the opened mail. Raises Refused for a message over which workers died."""
        if POISON in entry.codes:
            raise Refused(
                "workers died while they examined this message: nothing looks into it here. `quarantine show` has what "
                "is known of it"
            )
        mail = mail_of(entry, entry.copies, await read_message(raw))
        return (await self._examiner.examine(mail, verify=False)).mail

    @operation("quarantine.export", "investigator")
    async def _export(self, actor: Actor, id: str, reason: str, part: str = "") -> str:
        """Return the octets of a held message, or of one of its parts decoded, base64-coded."""
        entry = await self._entry(id)
        raw = await self._content(actor, id, "export", f"part {part}: {reason}" if part else reason)
        if not part:
            return base64.b64encode(raw).decode()
        found = (await self._opened(entry, raw)).message.part(part)
        if found is None:
            raise Refused(f"the message has no part {part}; `quarantine read {id}` lists them")
        return base64.b64encode(found.decoded if found.is_leaf else found.body).decode()

    @operation("quarantine.evidence", "investigator")
    async def _evidence(self, actor: Actor, id: str, reason: str) -> str:
        """Return a signed zip with a held message and all that is on record of it, base64-coded."""
        settings, store = self._parts.settings, self._parts.store
        entry = await self._entry(id)
        seed = derived_key(settings, PURPOSE, quiet=True)
        if seed is None:
            raise Refused("secret.key is missing, so nothing can be signed: restore it from the backup")
        raw = await self._content(actor, id, "export", f"evidence: {reason}")
        await store.audit.flush()
        later = outcomes((await store.trail.aftermath([id]))[id])
        kept = {**listed(entry), **details(entry), "labels": list(entry.labels)}
        records = {"entry": kept, **await store.trail.recorded(id), "outcomes": later}
        about = {
            "id": id,
            "made_at": self._parts.clock.now().isoformat(),
            "made_by": actor.name,
            "reason": reason,
            "gateway": settings.hostname,
            "version": version("mailwarden"),
        }
        made = await asyncio.to_thread(make_evidence, raw, records, about, signing_key(seed))
        return base64.b64encode(made).decode()

    @operation("quarantine.try", "investigator")
    async def _try(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Return the octets and the facts of a held message, for a trial of another configuration.

        A message that can't be tried has `left_out`, a clause that says why.
        """
        entry = await self._entry(id)
        if POISON in entry.codes:
            return {"left_out": "workers died while they examined it"}
        if not says_something(reason):
            raise Refused("--reason must say why: without a reason nobody gets the content of a message")
        try:
            raw = await self._content(actor, id, "try", reason)
        except NotHeld:
            return {"left_out": "its content is deleted for good"}
        return {
            "received_at": entry.received_at.isoformat(),
            "listener": entry.listener,
            "client": entry.client,
            "envelope": entry.envelope,
            "copies": [
                {"address": c.address, "direction": c.direction, "notify": c.notify, "orcpt": c.orcpt}
                for c in entry.copies
            ],
            "content": base64.b64encode(raw).decode(),
        }

    async def _entry(self, id: str) -> HeldMessage:
        entry = await self._parts.store.quarantine.get(id)
        if entry is None:
            raise NotHeld(f"no message is held under {id}")
        return entry

    async def _content(self, actor: Actor, id: str, operation: Reading, reason: str) -> bytes:
        await self._put_on_record(actor, id, operation, reason)
        return await self._parts.store.quarantine.content(id)

    async def _put_on_record(self, actor: Actor, id: str, operation: Reading, reason: str) -> None:
        at = self._parts.clock.now()
        await self._parts.store.quarantine.accessed(id, actor=actor.name, operation=operation, reason=reason, at=at)
