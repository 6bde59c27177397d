"""Operator commands on paused threads: list them, lift one. The record says who lifted a pause and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.act.reasons import says_something
from gateway.app import Components


class NotPaused(ValueError):
    """Nothing is paused under this key, or no reason is given."""


class PauseOperations:
    """Answers to `audience.*`; the roles are in `dispatch.ROLES`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self.table: dict[str, Callable[..., Awaitable[Any]]] = {
            "audience.pauses": self._pauses,
            "audience.lift": self._lift,
            "audience.history": self._history,
        }

    async def _pauses(self, _: str) -> list[dict[str, Any]]:
        return [
            {"key": one.key, "at": one.at.isoformat(), "until": one.until.isoformat(), "reason": one.reason}
            for one in await self._parts.store.pauses.list(self._parts.clock.now())
        ]

    async def _lift(self, actor: str, key: str, reason: str) -> None:
        if not says_something(reason):
            raise NotPaused("--reason must say why")
        now = self._parts.clock.now()
        if not await self._parts.store.pauses.lift_on_record(key, actor=actor, reason=reason, at=now):
            raise NotPaused(f"nothing is paused under {key} (keys are given whole, as `audience pauses` shows them)")

    async def _history(self, _: str) -> list[dict[str, Any]]:
        return [
            {"at": row.at.isoformat(), "actor": row.actor, "operation": row.operation, "key": key, "reason": row.reason}
            for row in await self._parts.store.pauses.record()
            for key in row.addresses
        ]
