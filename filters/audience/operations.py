"""Operations on paused threads: list them, lift one. The record says who lifted a pause and why."""

from __future__ import annotations

from typing import Any

from gateway.contract import Actor, Clock, PauseAdministration, Refused, operation, says_something


class NotPaused(Refused):
    """Nothing is paused under this key, or no reason is given."""


class PauseOperations:
    """Answers to `audience.*`."""

    def __init__(self, clock: Clock, pause_administration: PauseAdministration) -> None:
        self._clock = clock
        self._administration = pause_administration

    @operation("audience.pauses", "reviewer", "approver", "administrator")
    async def _pauses(self, _: Actor) -> list[dict[str, Any]]:
        return [
            {"key": one.key, "at": one.at.isoformat(), "until": one.until.isoformat(), "reason": one.reason}
            for one in await self._administration.list(self._clock.now())
        ]

    @operation("audience.lift", "reviewer", "administrator")
    async def _lift(self, actor: Actor, key: str, reason: str) -> None:
        if not says_something(reason):
            raise NotPaused("--reason must say why")
        now = self._clock.now()
        if not await self._administration.lift_on_record(key, actor=actor.name, reason=reason, at=now):
            raise NotPaused(f"nothing is paused under {key} (keys are given whole, as `audience pauses` shows them)")

    @operation("audience.history", "reviewer", "approver", "administrator")
    async def _history(self, _: Actor) -> list[dict[str, Any]]:
        return [
            {"at": row.at.isoformat(), "actor": row.actor, "operation": row.operation, "key": key, "reason": row.reason}
            for row in await self._administration.record()
            for key in row.addresses
        ]
