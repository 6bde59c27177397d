"""Operator commands of the reviewers' desk: notes, assignments, later ends of retention, the bin, refused requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gateway.app import Components, known_codes
from gateway.contract import Actor, Refused, operation, says_something
from gateway.settings.yaml.problems import nearest

#: The most days by which a reviewer can keep a message longer.
MOST_DAYS = 365
#: The most characters of an answer to whoever asked for a message: a few sentences.
ANSWER_CHARACTERS = 500


class DeskOperations:
    """Answers to `quarantine.note`, `assign`, `extend`, `restore` and `refuse`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._quarantine = parts.store.quarantine

    @operation("quarantine.reasons", "reviewer", "approver")
    async def _reasons(self, _: Actor) -> list[str]:
        """Return the reasons of the configuration, which a reviewer may choose from."""
        return list(self._parts.settings.reasons)

    @operation("quarantine.codes", "reviewer", "approver", "investigator")
    async def _codes(self, _: Actor) -> list[str]:
        """Return the codes of findings for which a message can be held, those of filters outside the chain too."""
        return sorted(known_codes())

    @operation("quarantine.note", "reviewer", "approver")
    async def _note(self, actor: Actor, id: str, text: str) -> dict[str, Any]:
        """Put a note on record; whoever shows or reads the message sees it."""
        await self._quarantine.note(id, _said(text, "the note"), actor=actor.name, at=self._parts.clock.now())
        return {"id": id}

    @operation("quarantine.assign", "reviewer", "approver")
    async def _assign(self, actor: Actor, id: str, to: str, note: str = "") -> dict[str, Any]:
        """Give the message into somebody's hands, the actor's own with `me`; "" takes it out of all."""
        to = actor.name if to == "me" else to
        known = {name for name, roles in self._parts.settings.reviewers.items() if {"reviewer", "approver"} & {*roles}}
        if to and to not in known | {actor.name}:
            meant = nearest(to, known)
            hint = f" (did you mean {meant}?)" if meant else f": there are {', '.join(sorted(known)) or 'none'}"
            raise Refused(f"{to} is no reviewer or approver in `reviewers:`{hint}")
        await self._quarantine.assign(id, to, actor=actor.name, note=note, at=self._parts.clock.now())
        return {"id": id, "assigned_to": to}

    @operation("quarantine.extend", "reviewer", "approver")
    async def _extend(self, actor: Actor, id: str, days: int, reason: str) -> dict[str, Any]:
        """Keep the message so many days from now. Raises Refused where it is kept as long already."""
        if type(days) is not int or not 0 < days <= MOST_DAYS:
            raise Refused(f"--days is a number from 1 to {MOST_DAYS}")
        now = self._parts.clock.now()
        until = now + timedelta(days=days)
        days = self._parts.settings.retention.quarantine_days
        by: dict[str, Any] = {"actor": actor.name, "reason": _said(reason, "--reason"), "at": now}
        if kept := await self._quarantine.extend(id, until, retention_days=days, **by):
            raise Refused(f"{id} is kept until {kept:%Y-%m-%d} already: nothing was changed")
        return {"id": id, "until": until.isoformat()}

    @operation("quarantine.restore", "reviewer", "approver")
    async def _restore(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Take the message out of the bin: it is held again. Blocks of its report as fraud stay, and are named."""
        reason, at = _said(reason, "--reason"), self._parts.clock.now()
        held_again = await self._quarantine.restore(id, actor=actor.name, reason=reason, at=at)
        keys = self._parts.ledger_keys
        blocks = await self._parts.store.payments(keys).blocks(mail_id=id) if keys else []
        still = [{"what": one.handle, "kind": one.kind} for one in blocks]
        return {"id": id, "recipients": list(held_again), **({"blocked": still} if still else {})}

    @operation("quarantine.refuse", "reviewer")
    async def _refuse(self, actor: Actor, id: str, answer: str, persons: Sequence[str] = ()) -> dict[str, Any]:
        """Refuse the requests for the message's release: whoever asked gets the answer. The message stays held."""
        answer, at = _said(" ".join(answer.split()), "--answer"), self._parts.clock.now()
        if len(answer) > ANSWER_CHARACTERS:
            raise Refused(f"--answer has {len(answer)} characters: {ANSWER_CHARACTERS} at most are sent")
        told = await self._quarantine.refuse(id, actor=actor.name, answer=answer, at=at, persons=persons)
        return {"id": id, "refused": list(told)}


def _said(text: str, name: str) -> str:
    if not says_something(text):
        raise Refused(f"{name} must say something")
    return text
