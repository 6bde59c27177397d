"""Delivery of one message: relay, quarantine or outbox, and the one reply for all its recipients.

The order is: store first, relay second, answer last. The reply is 250 only when the next hop or the store has every
copy. As long as no copy is taken, a temporary failure is passed on to the client, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from gateway.act.journalling import Journalling
from gateway.act.notices.notices import Notices
from gateway.act.notices.undelivered import Undelivered
from gateway.act.records import audit_row, held_message, outbox_item, relay_outcomes, transaction
from gateway.act.relay.relay import Relay
from gateway.act.relay.routes import Hops, Routes
from gateway.act.signing.signer import Outgoing, Signer
from gateway.contract import Clock, Mail, Recipient
from gateway.judge.describe import action_of
from gateway.judge.judgement import Judgement
from gateway.remember.database.errors import StoreFull, StoreUnavailable
from gateway.remember.records import OutboxItem
from gateway.remember.store import Store
from gateway.smtp import replies
from gateway.smtp.reply import Reply

log = structlog.get_logger("act")

#: The least time that must be left of `reply_seconds` when a relay begins. The next hop needs time to answer, and a
#: client that gives up while we relay sends the message again.
RELAY_SECONDS = 20


@dataclass(slots=True)
class Delivery:
    """The outcome for each recipient's copy; it grows while the copies go out."""

    actions: dict[str, str]
    reply: Reply
    stored: bool = False  # the store has a copy
    recorded: bool = False  # the audit row was committed with it
    replies: dict[Recipient, Reply] = field(default_factory=dict)

    @property
    def committed(self) -> bool:
        return self.stored or any(r.ok for r in self.replies.values())


@dataclass(frozen=True, slots=True)
class Shipment:
    """One version of the message on its way to one chain of next hops."""

    hops: Hops
    recipients: tuple[Recipient, ...]
    copy: Outgoing


class Deliver:
    def __init__(
        self,
        relay: Relay,
        store: Store,
        routes: Routes,
        notices: Notices,
        undelivered: Undelivered,
        clock: Clock,
        new_id: Callable[[], str],
        reply_seconds: float,
        signer: Signer | None = None,
        journalling: Journalling | None = None,
    ) -> None:
        self._relay = relay
        self._store = store
        self._routes = routes
        self._notices = notices
        self._undelivered = undelivered
        self._clock = clock
        self._new_id = new_id
        self._reply_seconds = reply_seconds
        self._signer = signer or Signer(clock)
        self._journalling = journalling

    async def deliver(
        self, mail: Mail, judgement: Judgement, received_field: bytes, digest: bytes, began: float
    ) -> Delivery:
        """Act on the judgement and return the outcome with the reply.

        `began` is the monotonic time of the final dot. `digest` is the content's, for the retry keys.
        """
        verdict = judgement.verdict
        actions = {d.recipient.address: action_of(d, verdict) for d in verdict.decisions}
        delivery = Delivery(actions, replies.accepted(mail.id))
        rejected = [d for d in verdict.decisions if d.disposition == "reject"]
        if verdict.deferred_by:
            delivery.reply = replies.deferred(mail.id)
        elif rejected and len(rejected) == len(verdict.decisions):
            delivery.reply = replies.rejected(mail.id, rejected[0].holding[0].found.finding.summary)
        else:
            await self._act(mail, judgement, received_field, digest, began, delivery)
        return delivery

    async def _act(
        self, mail: Mail, judgement: Judgement, received_field: bytes, digest: bytes, began: float, delivery: Delivery
    ) -> None:
        try:
            await self._hold(mail, judgement, digest, delivery)
            copies = await self._signer.outgoing(mail, judgement.copies)
            await self._relay_copies(mail, copies, received_field, began, delivery)
            if self._journalling:
                await self._journalling.keep_delivered(mail, copies, received_field, delivery.replies)
            await self._settle(mail, copies, received_field, delivery)
        except StoreFull:
            log.error("store.full", id=mail.id)
            delivery.reply = replies.store_full(mail.id)
        except StoreUnavailable as error:
            log.error("store.unavailable", id=mail.id, error=str(error))
            delivery.reply = replies.internal(mail.id)
        if delivery.reply.temporary:
            delivery.actions = dict.fromkeys(delivery.actions, "defer")

    # --- hold --------------------------------------------------------------------------------------------------------

    async def _hold(self, mail: Mail, judgement: Judgement, digest: bytes, delivery: Delivery) -> None:
        """Store the copies to be quarantined, and those rejected for some recipients only: DATA has one reply."""
        held = [d for d in judgement.verdict.decisions if d.disposition in ("quarantine", "reject")]
        if not held:
            return
        for decision in held:
            delivery.actions[decision.recipient.address] = "quarantine"
        row = None
        if not judgement.copies:
            row = audit_row(mail, judgement.verdict, delivery.actions, delivery.reply, {})
        entry = held_message(mail, held, judgement.verdict.judged, digest)
        pending = self._notices.about(mail, held)
        delivery.recorded = await self._store.quarantine.hold(entry, mail.message.raw, notices=pending, audit=row)
        delivery.recorded = delivery.recorded and row is not None
        delivery.stored = True

    # --- relay -------------------------------------------------------------------------------------------------------

    async def _relay_copies(
        self, mail: Mail, copies: Sequence[Outgoing], received_field: bytes, began: float, delivery: Delivery
    ) -> None:
        for shipment in self._shipments(mail, copies):
            answers = await self._send(mail, shipment, received_field, began)
            delivery.replies.update(answers)
            if not delivery.committed and any(r.temporary for r in answers.values()):
                return  # nothing is kept: the client still has the message and tries again

    def _shipments(self, mail: Mail, copies: Sequence[Outgoing]) -> list[Shipment]:
        shipments: list[Shipment] = []
        for copy in copies:
            by_hops: dict[Hops, list[Recipient]] = {}
            for recipient in copy.recipients:
                by_hops.setdefault(self._routes.to(recipient.address, mail.listener), []).append(recipient)
            shipments += [Shipment(hops, tuple(to), copy) for hops, to in by_hops.items()]
        return shipments

    async def _send(
        self, mail: Mail, shipment: Shipment, received_field: bytes, began: float
    ) -> dict[Recipient, Reply]:
        left = began + self._reply_seconds - self._clock.monotonic()
        if left < RELAY_SECONDS:
            return dict.fromkeys(shipment.recipients, replies.out_of_time(mail.id))
        try:
            answers = await self._relay.send(
                shipment.hops,
                transaction(mail.envelope, shipment.recipients, mail.client, mail.id),
                shipment.copy.below(received_field),
                crlf_only=shipment.copy.content is mail.message.raw,  # the session has dealt with bare newlines
                begin_by_seconds=left,
            )
        except Exception:
            # Another next hop may have taken its copy, which must not go out again with the client's next attempt.
            log.exception("message.error", id=mail.id)
            return dict.fromkeys(shipment.recipients, replies.internal(mail.id))
        return {r: answers[r.address] for r in shipment.recipients}

    # --- settle ------------------------------------------------------------------------------------------------------

    async def _settle(self, mail: Mail, copies: Sequence[Outgoing], received_field: bytes, delivery: Delivery) -> None:
        """Choose the reply. Once one copy is taken, every other copy is committed to the store before the 250."""
        refused = {r: reply for r, reply in delivery.replies.items() if not reply.ok}
        if not refused:
            return
        if not delivery.committed:
            temporary = [r for r in refused.values() if r.temporary]
            delivery.reply = replies.passed_on(mail.id, (temporary or list(refused.values()))[0])
            delivery.actions.update(dict.fromkeys((r.address for r in refused), "reject"))
            return
        for copy in copies:
            failed = {r: refused[r] for r in copy.recipients if r in refused}
            content = b"".join(copy.below(received_field))
            try:
                await self._commit(mail, failed, content)
            except StoreUnavailable:
                raise
            except Exception:
                # Others have their copy: with a 451 it would go out again. The keeper tries these recipients again.
                log.exception("message.error", id=mail.id)
                failed = dict.fromkeys(failed, replies.internal(mail.id))
                await self._commit(mail, failed, content)
            done = {r.address: "failed" if reply.permanent else "queued" for r, reply in failed.items()}
            delivery.actions.update(done)

    async def _commit(self, mail: Mail, refused: Mapping[Recipient, Reply], content: bytes) -> None:
        """Queue the temporary failures in the outbox; report or hold the permanent ones."""
        now = self._clock.now()
        later = [r for r, reply in refused.items() if not reply.permanent]
        never = {r: reply for r, reply in refused.items() if reply.permanent}
        items: list[tuple[OutboxItem, bytes]] = []
        if later:
            items.append((outbox_item(self._new_id(), mail, later, now, str(refused[later[0]])), content))
        if never:
            failed = outbox_item(self._new_id(), mail, list(never), now, "")
            for recipient, reply in never.items():
                log.warning("delivery.failed", id=mail.id, recipient=recipient.address, reply=str(reply))
            follow = self._undelivered.record(failed, never, content)
            items += [follow.report] if follow.report else []
            if follow.entry:
                outcomes = relay_outcomes(failed, never, now, follow.entry[0])
                await self._store.quarantine.hold(*follow.entry, outbox=items, outcomes=outcomes)
                return
        if items:
            await self._store.outbox.add(items)
