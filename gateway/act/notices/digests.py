"""Digests of held mail: to each recipient, and to the reviewers, at hours of the day in each one's time zone.

A digest tells a recipient what has come since the last one and is still held; of mail that is labelled personal only
the number. It has no link: a reply asks for a release. The store keeps the hour of each person's last digest, so that
neither a restart nor a second gateway sends it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from gateway.act.notices.digest_hours import due_hour
from gateway.act.notices.entry_notices import EntryNotices
from gateway.act.notices.letter_limit import LetterLimit
from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import Wording, is_urgent
from gateway.act.notices.own_messages import own_text
from gateway.act.notices.quoting import moment, quoted
from gateway.act.records import own_item
from gateway.act.rules.requests import RequestRules, key_of
from gateway.contract import Clock
from gateway.message.labels import PERSONAL
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.notices import Digest
from gateway.remember.records import DigestRow, HeldMessage, PendingNotice
from gateway.remember.store import Store
from gateway.settings.chain.entries import DIGEST_NOTICE, DIGEST_OF_REVIEWERS

log = structlog.get_logger("digests")

#: Minutes between two looks, from the full hour on: every time zone is a multiple of them away from UTC.
EVERY_MINUTES = 15
#: The most messages and requests that a digest names; the others are counted.
SHOWN_MESSAGES = 50
SHOWN_REQUESTS = 20
#: Recipients whose digests are made in one round of the keeper, so that the outbox need not wait long.
BATCH = 100


@dataclass(frozen=True, slots=True)
class DigestHours:
    recipients: tuple[int, ...]
    reviewers: tuple[int, ...]


@contextmanager
def _alone(person: str) -> Iterator[None]:
    """Log a fault in one person's digest, so that the others get theirs; the next look tries it again."""
    try:
        yield
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("digest.not_made", person=person)


class Digests:
    """The digests under one configuration. `zone_of` gives a person's time zone by the address; "" = unknown."""

    def __init__(
        self,
        store: Store,
        hours: DigestHours,
        wording: Wording,
        entry_notices: EntryNotices,
        limit: LetterLimit,
        zone_of: Callable[[str], str],
        clock: Clock,
        new_id: Callable[[], str],
        asking: RequestRules | None,
        templates: NoticeTemplates,
    ) -> None:
        self._store = store
        self._hours = hours
        self._wording = wording
        self._entry_notices = entry_notices
        self._limit = limit
        self._zone_of = zone_of
        self._clock = clock
        self._new_id = new_id
        self._asking = asking
        self._templates = templates
        self._next: datetime | None = None
        self._behind = ""  # the last recipient of the round before; "" = a new look begins

    async def send_due(self) -> None:
        """Queue the digests that are due. Raises StoreUnavailable; what is left comes with the next round."""
        now = self._clock.now()
        if self._next and now < self._next and not self._behind:
            return
        if not self._behind:
            begun = now.replace(minute=now.minute - now.minute % EVERY_MINUTES, second=0, microsecond=0)
            self._next = begun + timedelta(minutes=EVERY_MINUTES)
            await self._to_reviewers(now)
        await self._to_recipients(now)

    def _zone(self, person: str) -> tzinfo:
        name = self._zone_of(person)
        return ZoneInfo(name) if name else self._wording.timezone

    # --- recipients --------------------------------------------------------------------------------------------------

    async def _to_recipients(self, now: datetime) -> None:
        if not self._hours.recipients:
            return
        persons = await self._store.notices.digest_persons(behind=self._behind, limit=BATCH)
        for person, last in persons:
            with _alone(person):
                hour = due_hour(now, self._zone(person), self._hours.recipients)
                if hour and (last is None or last < hour):
                    await self._to_recipient(person, hour)
        self._behind = persons[-1][0] if len(persons) == BATCH else ""

    async def _to_recipient(self, person: str, hour: datetime) -> None:
        rows = await self._store.notices.for_digest(person, hour)
        if not rows:
            return
        shown = [row for row in rows if PERSONAL not in row.labels]
        to = rows[0].notice.payload.get("to", person)
        facts = {
            "notices": [self._entry(row, person) for row in shown[:SHOWN_MESSAGES]],
            "more": len(shown[SHOWN_MESSAGES:]),
            "personal": len(rows) - len(shown),
            "can_ask": self._asking is not None,
        }
        # A person asks for a message once, unless it was deleted since and restored.
        named = [row for row in shown[:SHOWN_MESSAGES] if _can_be_asked_for(row)]
        to_ask = {row.notice.quarantine_id: self._expiry(row.received_at, row.keep_until) for row in named}
        reply_to = self._asking.reply_to(to, to_ask) if self._asking and to_ask else self._wording.contact_at
        told = [row.notice for row in rows]
        await self._send(to, DIGEST_NOTICE, facts, told, hour, reply_to)

    def _entry(self, row: DigestRow, person: str) -> dict[str, Any]:
        payload = row.notice.payload
        unset = {"template": "", "author": "", "sent_by": "", "releases": False, "manager_told": False, "told": []}
        expires = moment(self._expiry(row.received_at, row.keep_until), self._zone(person))
        key = key_of(row.notice.quarantine_id)
        at = moment(row.received_at, self._zone(person))
        request = "" if row.request in (None, "deleted") else row.request
        said = {"at": at, "expires": expires, "key": key, "request": request, "can_ask": _can_be_asked_for(row)}
        return unset | payload | said

    def _expiry(self, received_at: datetime, keep_until: datetime | None) -> datetime:
        """Return the time at which a held message is deleted if nobody decides."""
        by_retention = received_at + timedelta(days=self._wording.quarantine_days)
        return max(by_retention, keep_until or by_retention)

    # --- reviewers ---------------------------------------------------------------------------------------------------

    async def _to_reviewers(self, now: datetime) -> None:
        for person in self._entry_notices.reviewers if self._hours.reviewers else ():
            with _alone(person):
                hour = due_hour(now, self._zone(person), self._hours.reviewers)
                if hour is None:
                    continue
                last = await self._store.notices.last_digest(person, DIGEST_OF_REVIEWERS)
                if last is None or last < hour:
                    await self._to_reviewer(person, last, hour, now)

    async def _to_reviewer(self, person: str, last: datetime | None, hour: datetime, now: datetime) -> None:
        """Send a reviewer what is new, and how much waits in all; nothing where nothing is held.

        Without a digest before, all that is held is new, and the next digest begins behind this moment.
        """
        quarantine = self._store.quarantine
        in_all = await quarantine.count()
        if not in_all:
            return
        since_last: dict[str, Any] = {"since": last, "until": hour} if last else {}
        new = await quarantine.list(limit=SHOWN_MESSAGES, **since_last)
        shown = [one for one in new if PERSONAL not in one.labels]
        asked = await quarantine.list(limit=SHOWN_REQUESTS, order="oldest", request="open")
        oldest = await quarantine.list(limit=1, order="oldest")
        facts = {
            "notices": [self._of_entry(one, person) for one in shown],
            "personal": len(new) - len(shown),
            "new": await quarantine.count(**since_last) if last else in_all,
            "in_all": in_all,
            "told_before": last is not None,
            "oldest": moment(oldest[0].received_at, self._zone(person)) if oldest else "",
            "requests": [self._request(one, person) for one in asked if PERSONAL not in one.labels],
            "requests_in_all": await quarantine.count(request="open"),
            "approvals": await quarantine.waiting(self._entry_notices.rules.since(now)),
        }
        until = hour if last else now
        await self._send(person, DIGEST_OF_REVIEWERS, facts, (), hour, self._wording.contact_at, until=until)

    def _of_entry(self, held: HeldMessage, person: str) -> dict[str, Any]:
        facts = replace(self._entry_notices, timezone=self._zone(person)).of_reviewer(held, person)
        return facts | {"expires": moment(self._expiry(held.received_at, held.keep_until), self._zone(person))}

    def _request(self, held: HeldMessage, person: str) -> dict[str, Any]:
        first = next(one for one in held.requests if one.state == "open")
        facts = replace(self._entry_notices, timezone=self._zone(person)).of_reviewer(held, person)
        asked_at = moment(first.asked_at, self._zone(person))
        copies = [copy for copy in held.copies if copy.state == "held" and copy.address in first.addresses]
        return facts | {
            "person": quoted(first.person),
            "text": quoted(" ".join(first.text.split())),
            "asked_at": asked_at,
            "verify": self._entry_notices.rules.of(copies).verification,
        }

    # --- sending -----------------------------------------------------------------------------------------------------

    async def _send(
        self,
        to: str,
        template: Digest,
        facts: Mapping[str, Any],
        told: Sequence[PendingNotice],
        hour: datetime,
        reply_to: str,
        until: datetime | None = None,
    ) -> None:
        w, now = self._wording, self._clock.now()
        content = own_text(
            self._templates.fill(template, {**w.facts, **facts}),
            organisation=w.organisation,
            address=w.notices_from,
            to=to,
            now=now,
            hostname=w.hostname,
            reply_to=reply_to,
        )
        id = self._new_id()
        item = own_item(id, "notice", to, id, "", now)
        if await self._store.notices.send_digest(
            to, template, told, item, content, hour=hour, until=until or hour, at=now
        ):
            await self._limit.count(to, now)


def _can_be_asked_for(row: DigestRow) -> bool:
    """Return whether a reply to the digest can ask for a message: it hasn't been asked for, and is no danger."""
    return row.request in (None, "deleted") and not is_urgent(row.notice)
