"""The virus scanner: clamd over a TCP or unix socket.

INSTREAM is ours, on asyncio; PING, VERSION and STATS are the `clamd` package's, in a thread. A missing answer never
counts as "nothing found": trouble is `ScannerUnavailable` or `ScannerTooLarge`.
"""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from typing import Any, cast

import clamd as clamd_package

from gateway.contract import Scan, ScannerTooLarge, ScannerUnavailable
from gateway.measures.measures import MEASURES
from gateway.services.clamd_session import Session, parse_address
from gateway.services.scan_slots import ScanSlots
from gateway.services.worker_locks import WorkerLocks

#: Levels of archives for the blindness proof: clamd's MaxRecursion is 17 as shipped, and hardly ever above 50.
BLIND_LEVELS = 100

#: Seconds for which a scan that nobody waits for any more keeps its slot, unless clamd answers before: clamd works on
#: all the same, until its MaxScanTime, which is 120 seconds as shipped.
ABANDONED_SECONDS = 120.0

#: Seconds for PING, VERSION and STATS: clamd answers them at once, unless it is loading its database.
CONTROL_SECONDS = 10.0

BLIND = (
    "The virus scanner does not report content that it did not scan: it called a harmless archive, nested "
    f"{BLIND_LEVELS} deep, clean (set `AlertExceedsMax yes` in clamd.conf)."
)

#: A pattern and its name that only the project's own test signatures know (`tools/clamd-testdb`).
TEST_PATTERN = b"MAILWARDEN-HARMLESS-TEST-PATTERN-BODY"
TEST_SIGNATURE = "Mailwarden.Test.Body"

UNARMED = (
    "NO VIRUS SIGNATURES: this clamd protects nobody. It has Mailwarden's test signatures, which know no real "
    "virus, and none of ClamAV's own (run freshclam, or start `make run` again where it can download them)."
)


class Clamd:
    """One clamd, shared by all scans of a worker.

    A scan takes one of `concurrency` slots, in turns by client, and an IDSESSION kept open from an earlier scan:
    against a connection for each scan that saved about half of our own processor time. Waiting for a slot counts into
    `timeout_seconds`. A scan that is given up keeps its slot as long as clamd works on it.
    """

    def __init__(
        self,
        address: str,
        *,
        max_stream_bytes: int,
        timeout_seconds: float,
        concurrency: int,
        abandoned_seconds: float = ABANDONED_SECONDS,
        locks: WorkerLocks | None = None,
    ) -> None:
        self._name = address
        self._address = parse_address(address)
        self._max_stream_bytes = max_stream_bytes
        self._timeout_seconds = timeout_seconds
        self._abandoned_seconds = abandoned_seconds
        self._slots = ScanSlots(concurrency, locks=locks)
        self._idle: list[Session] = []
        self._abandoned: set[Session] = set()

    async def scan(self, content: bytes, *, client: str = "") -> Scan:
        """Scan the octets for a client (`Client.network`). Raises ScannerUnavailable or ScannerTooLarge."""
        began = time.monotonic()
        try:
            scan = await self._scan_in_turn(content, client)
        except ScannerUnavailable:
            self._measure("unavailable", time.monotonic() - began)
            raise
        self._measure("found" if scan.names else "clean", time.monotonic() - began)
        return scan

    def _measure(self, result: str, seconds: float) -> None:
        MEASURES.count("scans", self._name, result)
        MEASURES.observe("scan_seconds", self._name, seconds=seconds)
        MEASURES.state("scanner_up", self._name, value=float(result != "unavailable"))

    async def _scan_in_turn(self, content: bytes, client: str) -> Scan:
        if len(content) > self._max_stream_bytes:
            raise ScannerTooLarge(f"{len(content)} octets, more than max_stream_bytes ({self._max_stream_bytes})")
        slot = _Slot(self._slots, client, len(content))
        try:
            async with asyncio.timeout(self._timeout_seconds), slot:
                return await self._scan(content, slot)
        except TimeoutError as error:
            if slot.is_abandoned:
                self._slots.put_last(client)
            raise ScannerUnavailable(f"no answer within {self._timeout_seconds:g} seconds") from error
        except ScannerUnavailable:
            raise
        except OSError as error:
            raise ScannerUnavailable(f"clamd at {self._name} can't be reached: {error}") from error

    async def scan_leaf(self, content: bytes, *, client: str = "") -> Scan:
        """Scan like `scan`: no verdict is kept here."""
        return await self.scan(content, client=client)

    async def blind(self) -> str | None:
        """Scan an archive nested far too deep; return one sentence if clamd calls it clean, None if it reports it."""
        scan = await self.scan(nested_archive(BLIND_LEVELS))
        return None if scan.names else BLIND

    async def unarmed(self) -> str | None:
        """Return one sentence if clamd knows the project's test signatures and none of ClamAV's own, else None.

        clamd's VERSION names the day's database ("ClamAV 1.4.3/27500/…") where clamd has one.
        """
        scan = await self.scan(TEST_PATTERN)
        if not any(name.startswith(TEST_SIGNATURE) for name in scan.names):
            return None
        return None if "/" in await self.version() else UNARMED

    async def ping(self) -> str:
        """Send PING; return "PONG"."""
        return await self._control("ping")

    async def version(self) -> str:
        """Send VERSION; return program, database version and date, and note the age of the signatures."""
        version = await self._control("version")
        if (made_at := signatures_made_at(version)) is not None:
            MEASURES.state("scanner_signatures_timestamp_seconds", self._name, value=made_at)
        return version

    async def stats(self) -> str:
        """Send STATS; return threads, queue and memory, as clamd prints them."""
        return await self._control("stats")

    async def close(self) -> None:
        """Close the sessions that no scan is using, and those of scans that were given up."""
        for session in (*self._idle, *self._abandoned):
            session.close()
        self._idle.clear()

    async def _scan(self, content: bytes, slot: _Slot) -> Scan:
        while self._idle:
            session = self._idle.pop()
            if session.is_stale:
                session.close()
                continue
            try:
                return await self._scan_with(session, content, slot)
            except ConnectionError:
                break  # clamd ended the session meanwhile, or its answer made no sense: once more on a fresh one
        return await self._scan_with(await Session.open(self._address), content, slot)

    async def _scan_with(self, session: Session, content: bytes, slot: _Slot) -> Scan:
        """Scan once; the session is kept only after an answer that belongs to it."""
        try:
            scan = await session.scan(content)
        except asyncio.CancelledError:
            self._abandon(session, slot)
            raise
        except BaseException:
            session.close()
            raise
        self._idle.append(session)
        return scan

    def _abandon(self, session: Session, slot: _Slot) -> None:
        """Leave the session to itself; its slot is free again when clamd is done with the octets that it has."""
        if not session.is_asked:  # clamd scans nothing before it has all octets
            session.close()
            return

        def end() -> None:
            self._abandoned.discard(session)
            slot.give_back()

        slot.is_abandoned = True
        self._abandoned.add(session)
        session.leave(self._abandoned_seconds, end)

    async def _control(self, command: str) -> str:
        try:
            async with asyncio.timeout(CONTROL_SECONDS):
                return await asyncio.to_thread(self._ask, command)
        except (OSError, clamd_package.ClamdError) as error:
            raise ScannerUnavailable(f"clamd does not answer {command.upper()}: {error}") from error

    def _ask(self, command: str) -> str:
        client: Any
        if self._address.path:
            client = clamd_package.ClamdUnixSocket(self._address.path, timeout=CONTROL_SECONDS)
        else:
            client = clamd_package.ClamdNetworkSocket(self._address.host, self._address.port, timeout=CONTROL_SECONDS)
        return cast("str", getattr(client, command)())


class _Slot:
    """One scan's slot. It is given back at the end of the block, or else by the end of an abandoned scan."""

    def __init__(self, slots: ScanSlots, client: str, content_bytes: int) -> None:
        self.is_abandoned = False
        self._slots = slots
        self._client = client
        self._content_bytes = content_bytes

    async def __aenter__(self) -> None:
        self._locked = await self._slots.take(self._client, self._content_bytes)
        self._taken_at = time.monotonic()

    async def __aexit__(self, *_: object) -> None:
        if not self.is_abandoned:
            self.give_back()

    def give_back(self) -> None:
        seconds = time.monotonic() - self._taken_at
        self._slots.give_back(self._client, self._content_bytes, seconds, locked=self._locked)


def signatures_made_at(version: str) -> float | None:
    """Return the time of the day's database in clamd's VERSION, `ClamAV 1.4.3/27500/Mon Jun  2 10:00:00 2025`.

    None where clamd has no such database. The time is in clamd's own time zone, which is taken for that of this
    machine.
    """
    _, _, written = version.rpartition("/")
    try:
        return time.mktime(time.strptime(written.strip(), "%a %b %d %H:%M:%S %Y"))
    except (ValueError, OverflowError):
        return None


def nested_archive(levels: int) -> bytes:
    """Return a harmless zip in a zip in a zip …, `levels` deep, each a hundred octets or so larger than the inner."""
    content, name = b"harmless", "harmless.txt"
    for _ in range(levels):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), content)
        content, name = buffer.getvalue(), "nested.zip"
    return content
