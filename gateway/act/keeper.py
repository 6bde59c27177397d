"""The keeper: outbox retries, notices, digests and reports that are due, the daily purge. It is one of our processes.

The keeper claims rows by lease, so that a second keeper, or a keeper that was killed, does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.act.journalling import Journalling
from gateway.act.notices.notices import Notices
from gateway.act.notices.undelivered import FollowUps, Undelivered, expired
from gateway.act.records import item_transaction, next_attempt, relay_outcomes
from gateway.act.relay.relay import Relay
from gateway.act.relay.routes import Hops, Routes
from gateway.contract import Clock, Recipient
from gateway.measures.measures import MEASURES
from gateway.remember.database.errors import StoreFull, StoreUnavailable
from gateway.remember.purge import ACTOR, BIN_DAYS, CORRESPONDENTS_DAYS, LEDGER_DAYS
from gateway.remember.records import OutboxItem
from gateway.remember.store import Store
from gateway.smtp.replies import internal
from gateway.smtp.reply import Reply

log = structlog.get_logger("keeper")

#: Seconds between two looks at the outbox and the notices. A notice that goes "at once" goes within this time.
TICK_SECONDS = 1.0
#: Outbox rows that are claimed at a time.
BATCH = 20
#: Seconds until a claimed row is free again unless its lease is renewed. The rows of a killed keeper wait no longer.
LEASE_SECONDS = 60.0
#: Seconds between renewals of the lease during an attempt, which can last ten minutes (RFC 5321 4.5.3.2.6).
RENEW_SECONDS = 20.0
PURGE_EVERY = timedelta(days=1)
#: Time until a failure that comes again in every round is logged again.
SAY_AGAIN = timedelta(minutes=1)

NOTHING_FOLLOWS = FollowUps()


@dataclass(frozen=True, slots=True)
class Retention:
    quarantine_days: float
    audit_days: float
    correspondents_days: float = CORRESPONDENTS_DAYS
    ledger_days: float = LEDGER_DAYS
    bin_days: float = BIN_DAYS


class Keeper:
    def __init__(
        self,
        store: Store,
        relay: Relay,
        routes: Routes,
        notices: Notices,
        undelivered: Undelivered,
        clock: Clock,
        retention: Retention,
        rounds: Sequence[Callable[[], Awaitable[object]]] = (),
        journalling: Journalling | None = None,  # None: relayed mail is not kept
    ) -> None:
        self._store = store
        self._relay = relay
        self._routes = routes
        self._notices = notices
        self._undelivered = undelivered
        self._clock = clock
        self._retention = retention
        self._rounds = rounds  # further work of each round, which knows itself when it is due
        self._journalling = journalling
        self._next_purge = clock.now()
        self._said: dict[tuple[str, str], datetime] = {}  # (part, failure) -> when it was logged

    async def tick(self, stop: asyncio.Event) -> None:
        """Do all that is due, then pause. An attempt under way is finished even when `stop` is set."""
        await self.work()
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_SECONDS):
                await stop.wait()

    async def work(self) -> int:
        """Do all that is due now; return how many outbox rows were tried. What fails is logged; the rest is done."""
        tried: set[str] = set()

        async def empty() -> None:
            tried.update(await self.empty_outbox())

        away: set[str] = set()  # why the store gave no answer: each cause is one line
        purge = (self.purge,) if self._clock.now() >= self._next_purge else ()
        for work in (*purge, *self._rounds, self._notices.send_due, empty):
            try:
                await work()
            except StoreUnavailable as error:
                away.add(str(error))
            except Exception as error:
                part = getattr(work, "__qualname__", repr(work))
                if self._is_to_be_said(part, error):
                    log.exception("keeper.failed", part=part)
        for cause in sorted(away):
            log.error("keeper.store", error=cause)
        return len(tried)

    def _is_to_be_said(self, part: str, error: Exception) -> bool:
        """Return whether a failure is to be logged: the same one of a part again only after a while."""
        now, key = self._clock.now(), (part, repr(error))
        self._said = {one: at for one, at in self._said.items() if at + SAY_AGAIN > now}
        if key in self._said:
            return False
        self._said[key] = now
        return True

    async def purge(self, by: str = ACTOR) -> dict[str, int]:
        """Delete the records that are older than their retention; return the counts. The history names `by`."""
        self._next_purge = self._clock.now() + PURGE_EVERY
        kept = self._retention
        counts = await self._store.purge(
            self._clock.now(),
            kept.quarantine_days,
            kept.audit_days,
            kept.correspondents_days,
            kept.ledger_days,
            kept.bin_days,
            by,
        )
        (log.info if any(counts.values()) else log.debug)("purge", **counts)
        if self._journalling and (days := await self._journalling.purge(self._clock.now())):
            log.info("journal.purged", days=days)
            return {**counts, "days of the journal": days}
        return counts

    async def empty_outbox(self) -> set[str]:
        """Try every row that is due, once; return the ids of these rows."""
        tried: set[str] = set()
        while claimed := await self._store.outbox.claim(self._clock.now(), BATCH, LEASE_SECONDS):
            with self._store.outbox.in_hand({item.id for item, _ in claimed}) as mine:
                await self._attempt_all([(item, content) for item, content in claimed if item.id in mine])
            tried |= mine
        return tried

    async def _attempt_all(self, claimed: Sequence[tuple[OutboxItem, bytes]]) -> None:
        """Try rows side by side, and renew their lease meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            renewing = tasks.create_task(self._renew({item.id for item, _ in claimed}))
            async with asyncio.TaskGroup() as attempts:
                for item, content in claimed:
                    attempts.create_task(self._attempt_alone(item, content))
            renewing.cancel()

    async def _renew(self, ids: Collection[str]) -> None:
        """Renew the lease of these rows until the attempts are over. No fault here breaks an attempt off."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._store.outbox.renew(ids, self._clock.now(), LEASE_SECONDS)
            except StoreUnavailable as error:
                log.error("outbox.not_renewed", error=str(error))
            except Exception as error:
                log.exception("outbox.not_renewed", error=repr(error))

    async def _attempt_alone(self, item: OutboxItem, content: bytes) -> None:
        """Try one row; a fault in it stops no other attempt. The lease runs out, and the row is tried again."""
        try:
            await self._attempt(item, content)
        except Exception:
            log.exception("outbox.failed", id=item.mail_id)

    async def _attempt(self, item: OutboxItem, content: bytes) -> None:
        """Relay a row and record the outcome before all else: what a next hop has taken is not sent again.

        The row of a message that was relayed and not kept, since a keeper died, is for the journal alone.
        """
        if item.kind == "journal":
            await self._keep(item, content)
            return
        answers = await self._send(item, content)
        again_at = self._clock.now() + timedelta(seconds=LEASE_SECONDS)
        to_keep = self._journalling.to_keep(item, answers, again_at) if self._journalling else None
        try:
            await self._record(item, content, answers, to_keep)
        except StoreUnavailable as error:
            # The lease on the row runs out, and the row is tried again.
            log.error("outbox.not_recorded", id=item.mail_id, error=str(error))
        replies = {r.address: str(reply) for r, reply in answers.items()}
        log.info("outbox.attempt", id=item.mail_id, kind=item.kind, attempts=item.attempts + 1, replies=replies)
        if to_keep:
            await self._keep(to_keep, content)

    async def _keep(self, item: OutboxItem, content: bytes) -> None:
        """Keep a relayed message in the journal, and end the row that stands for it."""
        if self._journalling:
            await self._journalling.keep_sent(item, content)
        try:
            await self._store.outbox.done(item.id)
        except StoreUnavailable as error:
            log.error("outbox.not_recorded", id=item.mail_id, error=str(error))  # it is kept a second time

    async def _send(self, item: OutboxItem, content: bytes) -> dict[Recipient, Reply]:
        """Return the reply for each recipient. A fault on the way to one of the next hops is a temporary failure."""
        answers: dict[Recipient, Reply] = {}
        for hops, recipients in self._by_hops(item).items():
            try:
                sent = await self._relay.send(hops, item_transaction(item, recipients), (content,))
                answers.update({r: sent[r.address] for r in recipients})
            except Exception:
                log.exception("outbox.failed", id=item.mail_id)
                answers.update(dict.fromkeys(recipients, internal(item.mail_id)))
        return answers

    def _by_hops(self, item: OutboxItem) -> dict[Hops, list[Recipient]]:
        groups: dict[Hops, list[Recipient]] = {}
        for recipient in item.recipients:
            groups.setdefault(self._routes.to(recipient.address, item.route), []).append(recipient)
        return groups

    async def _record(
        self, item: OutboxItem, content: bytes, answers: Mapping[Recipient, Reply], to_keep: OutboxItem | None
    ) -> None:
        """Record the outcome of an attempt, with what follows a refusal for good.

        Where that has no room, or fails, the row keeps all recipients who were refused, and no other, and that the
        message is to be kept isn't recorded.
        """
        try:
            await self._end(item, content, answers, to_keep)
            return
        except StoreFull:
            log.error("store.full", id=item.mail_id)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("outbox.failed", id=item.mail_id)
        await self._close(item, answers, [r for r, reply in answers.items() if not reply.ok])

    async def _end(
        self, item: OutboxItem, content: bytes, answers: Mapping[Recipient, Reply], to_keep: OutboxItem | None
    ) -> None:
        """End the row for the recipients who took the message or never will; give it back for the others."""
        gone = expired(item, self._clock.now())
        later = [r for r, reply in answers.items() if not reply.ok and not reply.permanent and not gone]
        never = {r: reply for r, reply in answers.items() if not reply.ok and (reply.permanent or gone)}
        for result, number in (("later", len(later)), ("failed", len(never)), ("relayed", _relayed(answers))):
            if number:
                MEASURES.count("outbox_attempts", item.kind, result, amount=number)
        follow = self._undelivered.record(item, never, content)
        if follow.entry and follow.report:
            await self._store.quarantine.hold(*follow.entry)
        await self._close(item, answers, later, follow, to_keep)

    async def _close(
        self,
        item: OutboxItem,
        answers: Mapping[Recipient, Reply],
        left: Sequence[Recipient],
        follow: FollowUps = NOTHING_FOLLOWS,
        to_keep: OutboxItem | None = None,
    ) -> None:
        """Give the row back for the recipients in `left`, or end the row; commit the others' outcomes with it."""
        outbox, now = self._store.outbox, self._clock.now()
        ended = {r: reply for r, reply in answers.items() if r not in left}
        outcomes = relay_outcomes(item, ended, now, follow.entry[0] if follow.entry else None)
        follow_up = follow.report or follow.entry
        if left:
            when, reply = next_attempt(now, item.attempts), str(answers[left[0]])
            await outbox.retry(item.id, when, reply, left, follow_up=follow_up, outcomes=outcomes, to_keep=to_keep)
        elif follow_up:
            await outbox.fail(item.id, follow_up=follow_up, outcomes=outcomes, to_keep=to_keep)
        else:
            await outbox.done(item.id, outcomes=outcomes, to_keep=to_keep)


def _relayed(answers: Mapping[Recipient, Reply]) -> int:
    return sum(reply.ok for reply in answers.values())
