"""The keeper's watch on an LDAP server: it asks the server again when its data is old, and reports old data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from gateway.contract import Clock
from gateway.directory.compile import refreshed
from gateway.directory.compiled import DirectoryUnavailable
from gateway.directory.sources import Compiled, log_refresh, refresh_due, stale_sentence
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

log = structlog.get_logger("directory")

#: Seconds after which a server that is away is asked again, and a new configuration is noticed.
AGAIN_SECONDS = 60.0


class DirectoryWatch:
    """Keeps the compiled directory fresh, by the settings of the moment."""

    def __init__(self, settings: Callable[[], Settings], clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._state: Compiled | None = None
        self._broken = ""

    async def run(self) -> None:
        """Look after the directory every AGAIN_SECONDS, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Refresh the directory, if it is time."""
        settings = self._settings()
        due = await asyncio.to_thread(refresh_due, settings, self._clock.now())
        if due is None:
            self._state, self._broken = None, ""
            return
        if due.total_seconds() > 0 and not self.warning():
            return
        now = self._clock.now()
        before = self._state.trouble if self._state else ""
        try:
            self._state, self._broken = await refreshed(settings, now), ""
        except (ConfigurationError, DirectoryUnavailable) as error:
            self._broken = f"it can't be made anew: {error}"
            log.error("directory.not_compiled", error=str(error))
            return
        if self._state.made or self._state.trouble != before:
            log_refresh(self._state, now)

    def warning(self) -> str:
        """Return the warning for `status`; "" where nothing is wrong."""
        stale = stale_sentence(self._state, self._clock.now()) if self._state else ""
        return self._broken or stale
