"""The step between the relay and the journal: it tells the journal which octets a next hop took, and for whom.

Deliveries call it after the next hop's answer and before our own: a process that dies in between has not answered, and
the mail is sent again, and kept then. The keeper first records what was relayed, and in the same transaction that it is
to be kept. Neither hears of a fault here: it is logged, and mail that a next hop has taken is answered, recorded and
never sent again for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import structlog

from gateway.act.records import item_transaction
from gateway.act.signing.signer import Outgoing
from gateway.contract import Clock, Envelope, Mail, Recipient
from gateway.message.labels import PERSONAL, Labeller
from gateway.remember.mail_journal.entries import RelayedMessage
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.remember.records import OutboxItem, kept
from gateway.smtp.reply import Reply
from gateway.understand.examiner import read_message

log = structlog.get_logger("journal")


class Journalling:
    """The journal as deliveries and the keeper use it. Where the journal is off, it does nothing."""

    def __init__(self, journal: MailJournal, labeller: Labeller, clock: Clock) -> None:
        self._journal = journal
        self._labeller = labeller
        self._clock = clock

    async def keep_delivered(
        self, mail: Mail, copies: Sequence[Outgoing], received_field: bytes, replies: Mapping[Recipient, Reply]
    ) -> None:
        """Keep the copies of a message for those recipients whose next hop took them."""
        with _alone(mail.id):
            await self._keep_delivered(mail, copies, received_field, replies)

    def to_keep(self, item: OutboxItem, replies: Mapping[Recipient, Reply], at: datetime) -> OutboxItem | None:
        """Return the row that stands for a message of the outbox until it is kept; notices and reports are none.

        `at` is the time from which any keeper takes it, after the death of this one.
        """
        recipients = tuple(r for r in item.recipients if r in replies and replies[r].ok)
        if not self._journal.is_on or item.kind != "relay" or not recipients:
            return None
        row = replace(item, id=uuid4().hex, kind="journal", recipients=recipients)
        return replace(row, next_attempt_at=at, attempts=0, last_reply="")

    async def keep_sent(self, item: OutboxItem, content: bytes) -> None:
        """Keep a message of the outbox that its recipients have got."""
        with _alone(item.mail_id):
            await self._keep_sent(item, content)

    async def _keep_delivered(
        self, mail: Mail, copies: Sequence[Outgoing], received_field: bytes, replies: Mapping[Recipient, Reply]
    ) -> None:
        if not self._journal.is_on:
            return
        taken = [(copy, tuple(r for r in copy.recipients if r in replies and replies[r].ok)) for copy in copies]
        messages = [
            RelayedMessage(
                mail_id=mail.id,
                envelope=replace(mail.envelope, recipients=recipients),
                listener=mail.listener,
                client=mail.client,
                content=copy.below(received_field),
                message_id=kept(mail.message.message_id),
                personal=PERSONAL in mail.labels,
                above_bytes=len(received_field) + len(copy.on_top),
            )
            for copy, recipients in taken
            if recipients
        ]
        await self._journal.keep(messages, self._clock.now())

    async def _keep_sent(self, item: OutboxItem, content: bytes) -> None:
        if not self._journal.is_on:
            return
        end = content.find(b"\r\n\r\n")
        header = await read_message(content if end < 0 else content[: end + 4])
        t = item_transaction(item, item.recipients)
        message = RelayedMessage(
            mail_id=item.mail_id,
            envelope=Envelope(t.mail_from, item.recipients, t.body, t.smtputf8, t.ret, t.envid, t.auth),
            listener=item.route,
            client=t.client,
            content=(content,),
            message_id=kept(header.message_id),
            personal=PERSONAL in self._labeller.of(header),
        )
        await self._journal.keep([message], self._clock.now())

    async def purge(self, now: datetime) -> int:
        """Remove the days of the journal that are over their time; return how many."""
        return await self._journal.purge(now)


@contextmanager
def _alone(mail_id: str) -> Iterator[None]:
    """Log a fault inside: whoever has relayed the message goes on as without the journal."""
    try:
        yield
    except Exception as error:
        log.exception("journal.not_written", id=mail_id, error=f"{type(error).__name__}: {error}")
