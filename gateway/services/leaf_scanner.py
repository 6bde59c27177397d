"""A scanner that skips octets which were clean a moment ago, under the same engine and the same signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog

from gateway.contract import Scan, ScannerUnavailable
from gateway.services.clamd import Clamd
from gateway.services.clean_verdicts import CleanVerdicts, verdict_key

log = structlog.get_logger("scanner")

#: Seconds between two queries for clamd's version: so long may a verdict count that new signatures would change.
VERSION_SECONDS = 10.0

#: Seconds that such a query may take. Without an answer every part is scanned.
ANSWER_SECONDS = 2.0


#: Octets that are hashed in the event loop: a megabyte takes some three milliseconds.
QUICK_HASH_BYTES = 256 * 1024


class LeafScanner:
    """One clamd at `address`, and the clean verdicts that are kept of it; None keeps none."""

    def __init__(
        self, clamd: Clamd, address: str, verdicts: CleanVerdicts | None, now: Callable[[], float] = monotonic
    ) -> None:
        self._clamd = clamd
        self._address = address
        self._verdicts = verdicts
        self._now = now
        self._version = ""  # "" means not known
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def scan(self, content: bytes, *, client: str = "") -> Scan:
        """Scan the octets. Raises ScannerUnavailable or ScannerTooLarge."""
        return await self._clamd.scan(content, client=client)

    async def scan_leaf(self, content: bytes, *, client: str = "") -> Scan:
        """Scan like `scan`; clean octets are known again for a while. All others are scanned anew each time."""
        version = await self._current_version() if self._verdicts else ""
        if not version:
            return await self._clamd.scan(content, client=client)
        if len(content) > QUICK_HASH_BYTES:
            key = await asyncio.to_thread(verdict_key, self._address, version, content)
        else:
            key = verdict_key(self._address, version, content)
        if self._is_known(key):
            return Scan()
        # The version was read before the scan: a scan by older signatures never counts as one by newer.
        scan = await self._clamd.scan(content, client=client)
        if not scan.names:
            self._keep(key)
        return scan

    async def blind(self) -> str | None:
        """Return the result of `Clamd.blind`; clamd's version is asked for too, since it has the signatures' age."""
        said = await self._clamd.blind()
        await self._current_version()
        return said

    async def unarmed(self) -> str | None:
        """Return the result of `Clamd.unarmed`."""
        return await self._clamd.unarmed()

    async def close(self) -> None:
        """Close the sessions that no scan is using."""
        await self._clamd.close()

    def _is_known(self, key: bytes) -> bool:
        try:
            return self._verdicts is not None and self._verdicts.has(key)
        except OSError as error:
            return self._give_up(error)

    def _keep(self, key: bytes) -> None:
        try:
            if self._verdicts is not None:
                self._verdicts.add(key)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> bool:
        """Stop keeping verdicts, since the disk fails: everything is scanned from now on."""
        log.warning("scanner.verdicts_lost", trouble=str(error))
        self._verdicts = None
        return False

    async def _current_version(self) -> str:
        """Return clamd's VERSION, at most `VERSION_SECONDS` old; "" where clamd doesn't answer."""
        if self._is_outdated:
            async with self._asking:
                if self._is_outdated:
                    asked_at = self._now()
                    self._version = await self._ask()
                    self._asked_at = asked_at
        return self._version

    @property
    def _is_outdated(self) -> bool:
        return self._asked_at is None or self._now() - self._asked_at >= VERSION_SECONDS

    async def _ask(self) -> str:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._clamd.version()
        except (ScannerUnavailable, TimeoutError):
            return ""
