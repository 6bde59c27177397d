"""Operator commands on paused threads: list them, lift one. The record says who lifted a pause and why."""

from __future__ import annotations

from typing import Any

from gateway.act.reasons import says_something
from gateway.app import Components
from gateway.operations.operation import Actor, Refused, operation


class NotPaused(Refused):
    """Nothing is paused under this key, or no reason is given."""


class PauseOperations:
    """Answers to `audience.*`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts

    @operation("audience.pauses", "reviewer", "approver", "administrator")
    async def _pauses(self, _: Actor) -> list[dict[str, Any]]:
        return [
            {"key": one.key, "at": one.at.isoformat(), "until": one.until.isoformat(), "reason": one.reason}
            for one in await self._parts.store.pauses.list(self._parts.clock.now())
        ]

    @operation("audience.lift", "reviewer", "administrator")
    async def _lift(self, actor: Actor, key: str, reason: str) -> None:
        if not says_something(reason):
            raise NotPaused("--reason must say why")
        now = self._parts.clock.now()
        if not await self._parts.store.pauses.lift_on_record(key, actor=actor.name, reason=reason, at=now):
            raise NotPaused(f"nothing is paused under {key} (keys are given whole, as `audience pauses` shows them)")

    @operation("audience.history", "reviewer", "approver", "administrator")
    async def _history(self, _: Actor) -> list[dict[str, Any]]:
        return [
            {"at": row.at.isoformat(), "actor": row.actor, "operation": row.operation, "key": key, "reason": row.reason}
            for row in await self._parts.store.pauses.record()
            for key in row.addresses
        ]
