"""Alerts: tells the webhook when a trouble begins and ends, and when a message is held that somebody must verify."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.app import Components
from gateway.measures.measures import Snapshot
from gateway.monitoring.conditions import Condition
from gateway.monitoring.health import Health
from gateway.monitoring.webhook import Target, Webhook
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.records import HeldMessage
from gateway.services.message_ids import new_id

#: Seconds between two looks.
LOOK_SECONDS = 15.0
#: Time before the last look from which held messages are looked for: a message is stored some time after it came in.
OVERLAP = timedelta(minutes=10)
#: The same at the start: messages may have come in while the keeper was down. Some may be told a second time.
AT_START = timedelta(minutes=30)
#: Held messages that are read at a time.
HELD_AT_ONCE = 500

log = structlog.get_logger("alerts")


class Alerts:
    """The alerts of this gateway; what has been told is known as long as the keeper lives."""

    def __init__(self, webhook: Webhook, state: Callable[[], Awaitable[tuple[dict[str, Any], Snapshot]]]) -> None:
        """Set up the alerts; `state` returns status and measurements of all processes, as the supervisor has them."""
        self._webhook = webhook
        self._state = state
        self._known: dict[tuple[str, str], Condition] = {}
        self._told: dict[str, datetime] = {}  # held message -> when it came in
        self._looked_at: datetime | None = None

    def configure(self, parts: Components, health: Health) -> None:
        """Set the configuration that counts from the next look on."""
        self._parts = parts
        self._health = health
        settings = parts.settings.alerts_to
        self._webhook.configure(Target(settings.url, settings.secret_file.octets) if settings else None)

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            if self._parts.settings.alerts_to:
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Queue an alert for each trouble that began or ended since the last look, and for each held message."""
        try:
            running, snapshot = await self._state()
        except ConnectionError as error:
            log.debug("alerts.no_answer", error=str(error))
            return
        found = self._health.conditions(await self._health.figures(), running, snapshot)
        now = {(one.kind, one.subject): one for one in found if one.subject != "alerts"}
        for key, one in now.items():
            if key not in self._known:
                self._put("trouble.began", kind=one.kind, subject=one.subject, sentence=one.sentence)
        for key, one in self._known.items():
            if key not in now:
                self._put("trouble.ended", kind=one.kind, subject=one.subject, sentence=one.sentence)
        self._known = now
        try:
            await self._look_for_held()
        except StoreUnavailable as error:
            log.debug("alerts.no_answer", error=str(error))  # it is trouble already; the next look sees them

    async def _look_for_held(self) -> None:
        now = self._parts.clock.now()
        since = self._looked_at - OVERLAP if self._looked_at else now - AT_START
        behind: tuple[datetime, str] | None = None
        while page := await self._parts.store.quarantine.list(since=since, limit=HELD_AT_ONCE, behind=behind):
            for entry in page:
                if entry.id not in self._told and (codes := self._to_verify(entry)):
                    self._told[entry.id] = entry.received_at
                    facts = {"codes": codes, "direction": entry.direction, "at": entry.received_at.isoformat()}
                    self._put("payment.held", by_mail=True, message=entry.id, **facts)
            behind = page[-1].received_at, page[-1].id
        self._told = {id: at for id, at in self._told.items() if at > since - OVERLAP}
        self._looked_at = now

    def _to_verify(self, entry: HeldMessage) -> list[str]:
        """Return the codes whose release needs somebody who has verified the payment."""
        filters = self._parts.settings.filters
        return [code for code in entry.codes if any(one.needs_verification(code) for one in filters)]

    def _put(self, event: str, *, by_mail: bool = False, **facts: Any) -> None:
        at = self._parts.clock.now().isoformat()
        common: Mapping[str, Any] = {"id": new_id(), "event": event, "gateway": self._parts.settings.hostname}
        self._webhook.put({**common, "at": at, **facts}, by_mail=by_mail)
