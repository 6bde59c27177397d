"""A message's journey, step by step: understand, judge, act, remember. A session calls it after the final dot.

Read this file first to see how the folders are connected; each step is one line here and one folder of the gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from gateway.act.deliver import Deliver, Delivery
from gateway.act.notices.reminders import Reminders
from gateway.act.records import audit_row
from gateway.act.relay.relay import Relay
from gateway.act.relay.routes import Routes
from gateway.act.release.confirmations import Confirmations
from gateway.act.trace_field import received_field
from gateway.contract import Clock, Finding, Mail, Outcome
from gateway.control.vocabulary import SEVERITY
from gateway.judge.codes import POISON
from gateway.judge.describe import action_of_message
from gateway.judge.judgement import Judge, Judgement
from gateway.judge.policy import Verdict
from gateway.message.model import Message
from gateway.message.retry_key import content_digest, retry_key
from gateway.message.unread import unread
from gateway.receive.listener import Offers
from gateway.receive.transaction import Received
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.in_flight import DEATHS_HELD, InFlight, NotedMessage
from gateway.remember.message_log import MessageLog
from gateway.remember.store import Store
from gateway.smtp import replies
from gateway.smtp.reply import Reply
from gateway.understand.authentication.tenants import TenantProof
from gateway.understand.examiner import IN_THREAD_BYTES, Examined, Examiner, read_message
from gateway.understand.sandbox.pool import SandboxBusy

log = structlog.get_logger("journey")

#: Recipients that the line about a refused message names.
LOGGED = 5


@dataclass(frozen=True, slots=True)
class Journey:
    """Implementation of `receive.listener.MessageHandler`. A reload replaces it as a whole."""

    hostname: str
    examiner: Examiner
    judge: Judge
    deliver: Deliver
    relay: Relay
    routes: Routes
    store: Store
    message_log: MessageLog
    clock: Clock
    after_queue: frozenset[str]  # listeners whose upstream has already accepted the message
    spawn: Callable[[Coroutine[Any, Any, None]], object]  # runs the tasks that follow the reply
    confirmations: Confirmations | None  # None: there is no control address
    reminders: Reminders | None  # None: no reminders are sent
    in_flight: InFlight
    tenants: Mapping[str, TenantProof] = field(default_factory=dict)  # by listener: those in shared networks

    # --- before the message ------------------------------------------------------------------------------------------

    def offers(self, listener: str) -> Offers:
        """Return what every next hop behind the listener offers, as far as it is known."""
        behind = [self.relay.offers((hop,)) for hop in self.routes.behind(listener)]
        sizes = [c.size for c in behind if c and c.size]
        return Offers(min(sizes, default=None), all(c is not None and c.smtputf8 for c in behind))

    async def verify(self, listener: str, recipient: str) -> Reply | None:
        """Return the next hop's permanent refusal; anything else is settled after DATA."""
        answer = await self.relay.verify(self.routes.to(recipient, listener), "", recipient)
        return answer.with_status() if answer.permanent else None

    # --- the message -------------------------------------------------------------------------------------------------

    async def accept(self, received: Received) -> Reply:
        """Judge and act; return the reply to the final dot. Unforeseen exceptions reach the session, which answers 451.

        A message over which workers died is held, and not examined. One that doesn't prove its tenant goes nowhere.
        """
        digest = await _digest(received.content)
        key = retry_key(digest, received.envelope.mail_from)
        deaths = self.in_flight.deaths(key)
        with self.in_flight.noted(key) as noted:
            tenant = self.tenants.get(received.listener)
            if tenant and deaths < DEATHS_HELD and (refusal := await self._unproven(tenant, received, noted)):
                return refusal
            if self.confirmations and self.confirmations.concern(received):
                return await self._confirmed(self.confirmations, received, noted, deaths)
            if deaths >= DEATHS_HELD:
                return await self._hold(received, digest, deaths)
            return await self._accept(received, digest, noted)

    async def _unproven(self, tenant: TenantProof, received: Received, noted: NotedMessage) -> Reply | None:
        """Return the refusal of a message that doesn't come from our own tenant; None for one that does."""
        async with noted.examination():
            proof = await tenant.prove(received.content, received.envelope, received.certificate_names)
        if proof.result == "proven":
            return None
        reply = replies.tenant_unproven(received.id, tenant.service, later=proof.result == "undecided")
        sender = {"from": received.envelope.mail_from, "to": [r.address for r in received.envelope.recipients[:LOGGED]]}
        log.info(
            "tenant.unproven",
            id=received.id,
            listener=received.listener,
            client=received.client.address,
            **sender,
            why=proof.why,
            reply=str(reply),
        )
        return reply

    async def _confirmed(
        self, confirmations: Confirmations, received: Received, noted: NotedMessage, deaths: int
    ) -> Reply:
        """Take mail to the control address: it goes no further, and is held nowhere."""
        if deaths >= DEATHS_HELD:
            log.warning("message.poison", id=received.id, deaths=deaths)
            return replies.internal(received.id)
        async with noted.examination():
            return await confirmations.take(received)

    async def _hold(self, received: Received, digest: bytes, deaths: int) -> Reply:
        """Hold the message. Only the beginning of its header is read, for the entry in the quarantine."""
        began = self.clock.monotonic()
        mail = self.examiner.labelled(_mail(received, unread(received.content), digest))
        finding = Finding(POISON, f"The gateway's process ended {deaths} times while this message was examined.")
        log.warning("message.poison", id=received.id, deaths=deaths)
        judgement = self.judge.hold(mail, finding, after_queue=mail.listener in self.after_queue)
        return await self._act(received, mail, judgement, digest, began, {})

    async def _accept(self, received: Received, digest: bytes, noted: NotedMessage) -> Reply:
        began = self.clock.monotonic()
        async with noted.examination():
            entered = self.clock.monotonic()
            examined = await self._examined(received, digest)
            if examined is None:
                return replies.busy(received.id)
            mail = examined.mail
            understood = self.clock.monotonic()
            judgement = await self.judge.judge(
                mail,
                on_entry=examined.on_entry,
                after_queue=mail.listener in self.after_queue,
                first_deferred=self._first_deferred(digest),
                spent_seconds=understood - entered,
            )
        ms = {"understand": understood - entered, "judge": self.clock.monotonic() - understood}
        return await self._act(received, mail, judgement, digest, began, ms)

    async def _act(
        self, received: Received, mail: Mail, judgement: Judgement, digest: bytes, began: float, ms: dict[str, float]
    ) -> Reply:
        """Deliver or hold the message, and record it. `ms` are seconds so far, by stage."""
        judged = self.clock.monotonic()
        try:
            left, judgement = await self._without_held(mail, judgement, digest)
        except StoreUnavailable:
            return replies.internal(received.id)
        if not left.envelope.recipients:
            return await self._already_held(mail, began)
        mail = left

        trace = received_field(mail, received.protocol, self.hostname)
        delivery = await self.deliver.deliver(mail, judgement, trace, digest, began)
        ms = {**ms, "act": self.clock.monotonic() - judged}
        try:
            await self._remember(mail, judgement.verdict, delivery, {k: v * 1000 for k, v in ms.items()})
        except Exception:
            if not delivery.reply.ok:
                raise
            # The next hop or the store has the message: with any other reply the client would send it again.
            log.exception("message.not_recorded", id=mail.id)
        return delivery.reply

    async def _examined(self, received: Received, digest: bytes) -> Examined | None:
        """Examine the message; return None where its turn did not come in time: then its contents are unknown."""
        mail = _mail(received, await read_message(received.content), digest)
        crlf = received.newlines_made_crlf
        try:
            return await self.examiner.examine(
                mail, verify=True, client=received.client.network, newlines_made_crlf=crlf
            )
        except SandboxBusy as busy:
            reply, client = str(replies.busy(received.id)), received.client.address
            sender = {"from": received.envelope.mail_from}
            log.warning("message.busy", id=received.id, client=client, **sender, reply=reply, why=str(busy))
            return None

    async def _without_held(self, mail: Mail, judgement: Judgement, digest: bytes) -> tuple[Mail, Judgement]:
        """Leave out recipients whose copy would be held and is or was in the quarantine already: it is a retry."""
        verdict = judgement.verdict
        held = [d.recipient for d in verdict.decisions if d.disposition == "quarantine"]
        if not held or verdict.deferred_by:
            return mail, judgement
        keys = {retry_key(digest, mail.envelope.mail_from, r.address): r for r in held}
        known = await self.store.quarantine.known(list(keys))
        again = {keys[key] for key in known}
        if not again:
            return mail, judgement
        left = tuple(r for r in mail.envelope.recipients if r not in again)
        decisions = tuple(d for d in verdict.decisions if d.recipient not in again)
        return (
            replace(mail, envelope=replace(mail.envelope, recipients=left)),
            replace(judgement, verdict=replace(verdict, decisions=decisions)),
        )

    async def _already_held(self, mail: Mail, began: float) -> Reply:
        reply = replies.accepted(mail.id)
        actions = {r.address: "retry" for r in mail.envelope.recipients}
        ms = {"understand": (self.clock.monotonic() - began) * 1000}
        await self.message_log.write(audit_row(mail, None, actions, reply, ms), "retry", recorded=False, at_once=False)
        return reply

    def _first_deferred(self, digest: bytes) -> _FirstDeferred:
        return _FirstDeferred(self.store, digest)

    async def _remember(self, mail: Mail, verdict: Verdict, delivery: Delivery, ms: dict[str, float]) -> None:
        row = audit_row(mail, verdict, delivery.actions, delivery.reply, ms)
        action = max(delivery.actions.values(), key=SEVERITY.index, default=action_of_message(verdict))
        await self.message_log.write(row, action, recorded=delivery.recorded, at_once=delivery.stored)
        if any(j.code == POISON for j in verdict.judged):
            return  # an examination may end this process
        if not delivery.reply.temporary and self.judge.chain.learns:
            self.spawn(self.judge.chain.learn(mail, outcome_of(verdict, delivery)))
        if delivery.reply.ok and self.reminders:
            self.spawn(self.reminders.tell(mail, verdict))


def outcome_of(verdict: Verdict, delivery: Delivery) -> Outcome:
    """Return the outcome in the contract's terms: a copy in the outbox is on its way, a failed one was refused."""
    terms = {"queued": "relay", "failed": "reject"}
    enforced = frozenset(one.code for one in verdict.judged if one.enforced and one.specs)
    return Outcome({address: terms.get(action, action) for address, action in delivery.actions.items()}, enforced)


@dataclass(frozen=True, slots=True)
class _FirstDeferred:
    store: Store
    digest: bytes

    async def __call__(self, filter_name: str, mail: Mail) -> datetime:
        """Return the time of the first deferral; now, if the store is away: then none is known."""
        key = retry_key(self.digest, mail.envelope.mail_from)
        try:
            return await self.store.deferrals.first(key, filter_name, mail.received_at)
        except StoreUnavailable as error:
            log.warning("deferrals.away", id=mail.id, filter=filter_name, error=str(error))
            return mail.received_at


async def _digest(content: bytes) -> bytes:
    """Return the digest that makes a retry the same message."""
    if len(content) <= IN_THREAD_BYTES:
        return content_digest(content)
    return await asyncio.to_thread(content_digest, content)


def _mail(received: Received, message: Message, digest: bytes) -> Mail:
    return Mail(
        id=received.id,
        received_at=received.received_at,
        listener=received.listener,
        client=received.client,
        envelope=received.envelope,
        message=message,
        key=retry_key(digest, received.envelope.mail_from).hex(),
    )
