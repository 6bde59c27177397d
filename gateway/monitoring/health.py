"""The gateway's health under one configuration: gathers figures, and says which conditions need an administrator."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificates

from gateway.act.signing.key_record import record_text
from gateway.act.signing.published_key import publication
from gateway.app import Components
from gateway.assemble.services import build_resolver
from gateway.contract import DnsUnavailable
from gateway.measures.measures import Snapshot
from gateway.monitoring import conditions
from gateway.monitoring.conditions import Certificate, Condition
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.database.secret import has_secret
from gateway.remember.status_figures import DISK_RESERVE_BYTES
from gateway.settings.models import Settings
from gateway.settings.signing import ArcSettings, SigningKey

#: Seconds for which the store's figures are used again: several programs may read /metrics, and counting takes time.
FIGURES_SECONDS = 10.0
#: Seconds that the store has to answer.
STORE_SECONDS = 5.0
#: Seconds for which it counts as known that the DNS has the public halves of our keys.
KEYS_SECONDS = 3600.0

Figures = dict[str, Any] | str  # a sentence: the store gives no answer


class Health:
    """Gatherer of conditions. What it knows of keys in the DNS is as old as the last `ask_for_keys`."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._certificates = dict(_in_use(parts.settings))
        self._unpublished: dict[str, str] = {}
        self._asked_at: float | None = None
        self._figures: tuple[float, Figures] = (0.0, "")
        self._counting = asyncio.Lock()

    def conditions(
        self, figures: Figures, running: Mapping[str, Any] | None, snapshot: Snapshot | None
    ) -> list[Condition]:
        """Return the conditions, the gravest kinds first; without a gateway only store, files and disk are known."""
        now, settings = self._parts.clock.now(), self._parts.settings
        return [
            *conditions.of_store(figures, now),
            *self._of_disk(figures),
            *conditions.of_next_hops(self.hop_troubles(), self.chains()),
            *conditions.of_processes(running),
            *conditions.of_signatures(signatures(snapshot), now),
            *conditions.of_certificates(self.certificates(), now),
            *conditions.of_keys({**dict(_lost_files(settings)), **self._unpublished}),
        ]

    def _of_disk(self, figures: Figures) -> Iterator[Condition]:
        full_already = not isinstance(figures, str) and figures["disk_full"]
        if not full_already and (free := self.free_bytes()) is not None:
            yield from conditions.of_disk(free, DISK_RESERVE_BYTES)

    def free_bytes(self) -> int | None:
        """Return the free octets of the disk of data_dir; None where the folder is gone."""
        try:
            return shutil.disk_usage(self._parts.settings.data_dir).free
        except OSError:
            return None

    def hop_troubles(self) -> dict[str, str]:
        """Return each next hop that failed when it was last tried -> what was wrong."""
        return {str(hop): detail for hop, detail in self._parts.relay.troubles.items()}

    def chains(self) -> dict[str, list[str]]:
        """Return the next hops of each listener and each route, in the order in which they are tried."""
        return {name: list(map(str, hops)) for name, hops in self._parts.routes.chains.items()}

    def hops(self) -> set[str]:
        """Return every next hop of the configuration."""
        return {hop for hops in self.chains().values() for hop in hops}

    def certificates(self) -> dict[str, Certificate]:
        """Return each listener's certificate: the one since the last reload, and what its file holds by now."""
        return {name: Certificate(file, until, _ends(file)) for name, (file, until) in self._certificates.items()}

    async def figures(self) -> Figures:
        """Return the store's figures, of some seconds ago at most; a sentence where the store gives no answer."""
        async with self._counting:
            asked_at, figures = self._figures
            if isinstance(figures, str) or time.monotonic() - asked_at > FIGURES_SECONDS:
                figures = await self.figures_now()
                self._figures = time.monotonic(), figures
            return figures

    async def figures_now(self) -> Figures:
        """Return the store's figures as they are now."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self._parts.store.figures()
        except TimeoutError:
            return f"The store gives no answer within {STORE_SECONDS:g} seconds."
        except StoreUnavailable as error:
            return str(error)

    async def ask_for_keys(self) -> None:
        """Ask the DNS whether it has the public halves of our keys, if the last answers are old or told of trouble.

        Where the DNS can't be asked, its last answer counts.
        """
        settings, now = self._parts.settings, time.monotonic()
        if self._asked_at is not None and not self._unpublished and now - self._asked_at < KEYS_SECONDS:
            return
        self._asked_at = now
        resolver = build_resolver(settings)
        for key in _keys(settings):
            name = f"{key.selector}._domainkey.{key.domain}"
            with suppress(DnsUnavailable):
                state = await publication(resolver, name, record_text(key.key.key))
                said = (
                    f"its public half is not in the DNS ({state}): receivers refuse our signatures. Publish what "
                    "`mailwarden dkim dns` prints."
                )
                self._unpublished.pop(name, None)
                self._unpublished |= {} if state == "yes" else {name: said}


def signatures(snapshot: Snapshot | None) -> dict[str, float]:
    """Return each scanner -> the time at which its signatures were made."""
    rows: Iterable[Sequence[Any]] = (snapshot or {}).get("states", ())
    return {labels[0]: value[0] for name, labels, value in rows if name == "scanner_signatures_timestamp_seconds"}


def _keys(settings: Settings) -> Iterator[SigningKey | ArcSettings]:
    yield from settings.dkim
    if settings.arc:
        yield settings.arc


def _in_use(settings: Settings) -> Iterator[tuple[str, tuple[Path, datetime]]]:
    for listener in settings.listeners:
        if listener.certificate and (until := _ends(listener.certificate)):
            yield listener.name, (listener.certificate, until)


def _ends(file: Path) -> datetime | None:
    """Return the end of the first certificate in a file; None where there is none any more."""
    try:
        first, *_ = load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return None
    return first.not_valid_after_utc


def _lost_files(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield keys in memory whose files are gone or have changed: a restart wouldn't find them, or would take others."""
    if settings.data_dir.is_dir() and not has_secret(settings.data_dir):
        yield (
            "secret.key",
            f"{settings.data_dir / 'secret.key'} is gone: the next start refuses the store without it. Restore it from "
            "the backup before that.",
        )
    for key in _keys(settings):
        try:
            same = key.key.path.read_bytes() == key.key.pem
        except OSError as error:
            yield (
                str(key.key.path),
                f"the file can't be read ({error.strerror}): restore it before the next start, which fails without it.",
            )
            continue
        if not same:
            yield str(key.key.path), "the file has changed: `mailwarden reload` takes the new key over."
