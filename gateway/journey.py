"""A message's journey, step by step: understand, judge, act, remember. What a session calls after the final dot.

Read this file first to see how the rooms are connected; each step is one line here and one folder of the gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.act.deliver import Deliver, Delivery
from gateway.act.records import audit_row
from gateway.act.relay import Relay
from gateway.act.retry_key import content_digest, retry_key
from gateway.act.routes import Routes
from gateway.act.trace_field import received_field
from gateway.contract import Clock, Mail, Outcome
from gateway.judge.describe import action_of_message
from gateway.judge.judgement import Judge
from gateway.judge.policy import SEVERITY, Verdict
from gateway.message.model import Message
from gateway.message.parse import parse
from gateway.receive import replies
from gateway.receive.listener import Offers
from gateway.receive.reply import Reply
from gateway.receive.transaction import Received
from gateway.remember.errors import StoreUnavailable
from gateway.remember.journal import Journal
from gateway.remember.store import Store
from gateway.understand.entry import findings_on_entry

#: Above this a message is parsed, decoded and hashed in a thread, so that other sessions don't wait for it.
IN_THREAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Journey:
    """Implements `receive.listener.Site`. A reload replaces it as a whole."""

    hostname: str
    judge: Judge
    deliver: Deliver
    relay: Relay
    routes: Routes
    store: Store
    journal: Journal
    clock: Clock
    after_queue: frozenset[str]  # listeners whose upstream has already accepted the message
    spawn: Callable[[Coroutine[Any, Any, None]], object]  # runs what follows the reply

    # --- before the message ------------------------------------------------------------------------------------------

    def offers(self, listener: str) -> Offers:
        """What every next hop behind the listener offers, as far as it is known."""
        behind = [self.relay.offers((hop,)) for hop in self.routes.behind(listener)]
        sizes = [c.size for c in behind if c and c.size]
        return Offers(min(sizes, default=None), all(c is not None and c.smtputf8 for c in behind))

    async def verify(self, listener: str, recipient: str) -> Reply | None:
        """The next hop's refusal for good; anything else is settled after DATA."""
        answer = await self.relay.verify(self.routes.to(recipient, listener), "", recipient)
        return answer.with_status() if answer.permanent else None

    # --- the message -------------------------------------------------------------------------------------------------

    async def accept(self, received: Received) -> Reply:
        """Judge and act; the reply to the final dot. Raises what nobody foresaw: the session answers 451."""
        began = self.clock.monotonic()
        message, digest = await _understand(received.content)
        mail = _mail(received, message)
        try:
            mail = await self._without_held(mail, digest)
        except StoreUnavailable:
            return replies.internal(received.id)
        if not mail.envelope.recipients:
            return await self._already_held(received, message, began)

        understood = self.clock.monotonic()
        judgement = await self.judge.judge(
            mail,
            on_entry=findings_on_entry(message, self.hostname, newlines_made_crlf=received.newlines_made_crlf),
            after_queue=mail.listener in self.after_queue,
            first_deferred=self._first_deferred(digest),
        )
        judged = self.clock.monotonic()
        field = received_field(mail, received.protocol, self.hostname)
        delivery = await self.deliver.deliver(mail, judgement, field, digest, began)
        acted = self.clock.monotonic()

        ms = {"understand": understood - began, "judge": judged - understood, "act": acted - judged}
        await self._remember(mail, judgement.verdict, delivery, {k: v * 1000 for k, v in ms.items()})
        return delivery.reply

    async def _without_held(self, mail: Mail, digest: bytes) -> Mail:
        """Without the recipients whose copy is in the quarantine, or was: a client's retry is the same message."""
        sender = mail.envelope.mail_from
        keys = {retry_key(digest, sender, r.address): r for r in mail.envelope.recipients}
        known = await self.store.quarantine.known(list(keys))
        if not known:
            return mail
        left = tuple(r for key, r in keys.items() if key not in known)
        return replace(mail, envelope=replace(mail.envelope, recipients=left))

    async def _already_held(self, received: Received, message: Message, began: float) -> Reply:
        mail, reply = _mail(received, message), replies.accepted(received.id)
        actions = {r.address: "retry" for r in mail.envelope.recipients}
        ms = {"understand": (self.clock.monotonic() - began) * 1000}
        await self.journal.write(audit_row(mail, None, actions, reply, ms), "retry", recorded=False, at_once=False)
        return reply

    def _first_deferred(self, digest: bytes) -> _FirstDeferred:
        return _FirstDeferred(self.store, digest)

    async def _remember(self, mail: Mail, verdict: Verdict, delivery: Delivery, ms: dict[str, float]) -> None:
        row = audit_row(mail, verdict, delivery.actions, delivery.reply, ms)
        action = max(delivery.actions.values(), key=SEVERITY.index, default=action_of_message(verdict))
        monitored = {j.code: j.action for j in verdict.judged if not j.enforced}
        await self.journal.write(row, action, recorded=delivery.recorded, at_once=delivery.stored, monitored=monitored)
        if not delivery.reply.temporary and self.judge.chain.learns:
            self.spawn(self.judge.chain.learn(mail, outcome_of(delivery)))


def outcome_of(delivery: Delivery) -> Outcome:
    """In the contract's terms: a copy that waits in the outbox is on its way, one that failed was refused."""
    terms = {"queued": "relay", "failed": "reject"}
    return Outcome({address: terms.get(action, action) for address, action in delivery.actions.items()})


@dataclass(frozen=True, slots=True)
class _FirstDeferred:
    store: Store
    digest: bytes

    async def __call__(self, filter_name: str, mail: Mail) -> datetime:
        key = retry_key(self.digest, mail.envelope.mail_from)
        return await self.store.deferrals.first(key, filter_name, mail.received_at)


async def _understand(content: bytes) -> tuple[Message, bytes]:
    """The map of the message, and the digest that makes a retry the same message."""
    if len(content) <= IN_THREAD_BYTES:
        return parse(content), content_digest(content)
    return await asyncio.to_thread(_read_to_the_end, content)


def _read_to_the_end(content: bytes) -> tuple[Message, bytes]:
    """Decoded at once, names and texts too: hostile parts take seconds, which the filters would take from the loop."""
    message = parse(content)
    for part in message.parts:
        _ = part.names, part.defects  # kept by the part; its defects are known once its body is decoded
    return message, content_digest(content)


def _mail(received: Received, message: Message) -> Mail:
    return Mail(received.id, received.received_at, received.listener, received.client, received.envelope, message)
