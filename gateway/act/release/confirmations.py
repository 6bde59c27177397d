"""Mail to the control address: a sender's reply confirms their own held message, which is then released.

Such mail is never relayed and never judged. A plain yes counts; a reply that says no, something else or nothing leaves
the message held (`reply_words`). Its effect is on record. It is taken from our own network
alone, and from the sender of the held message alone; an automatic reply confirms nothing. A reply whose token asks for
a release goes to `requests`, and one from outside whose token asks for an agreement to `agreement_replies`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from gateway.act.notices.manager_notices import ManagerNotices
from gateway.act.release.agreement_replies import AgreementReplies
from gateway.act.release.answers import Answer, comes_from, name_of, names_asking, reply_key
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.recheck import PreparedRelease, Recheck
from gateway.act.release.release import Release
from gateway.act.release.reply_reading import ends_of, read_reply
from gateway.act.release.reply_words import Said, answer_in
from gateway.act.release.requests import Requests
from gateway.act.rules.confirmation import ConfirmationRules, entries_of, mail_mark
from gateway.act.rules.control_address import Token
from gateway.contract import Clock, Confirmed, Organisation
from gateway.message.automatic import automatic
from gateway.message.model import Message
from gateway.receive.transaction import Received
from gateway.remember.database.errors import NotHeld, StoreUnavailable
from gateway.remember.message_log import MessageLog
from gateway.remember.records import AuditRow, HeldMessage, kept
from gateway.remember.store import Store
from gateway.smtp import replies
from gateway.smtp.reply import Reply
from gateway.understand.examiner import read_message
from gateway.understand.sandbox.pool import SandboxBusy

WRONG = "This confirms nothing: reply to the notice about your held message, from which the address comes"
FOREIGN = "Only the sender of the held message can confirm it, with the address that it was sent from"
EXPIRED = "The time to confirm {held} has passed: ask {contact}"
USED = "{held} has been confirmed already, or is held no more; if it has not arrived ask {contact}"
DECLINED = "As you say, {held} is not sent. It stays held; to send it after all reply with the one word Yes"
UNCLEAR = (
    "{held} stays held: to send it reply with Yes above the notice, and nothing else but your name below it "
    "(delete your signature, and the notice), or with No; to change it send a new message; questions: {contact}"
)
STOPPED = "{held} was checked again and stays held: {summary} Ask {contact}"


class Confirmations:
    """Receiver of mail to the control address.

    `release` makes a Release whose chain counts nothing, when the first sender confirms.
    """

    def __init__(
        self,
        confirming: ConfirmationRules,
        store: Store,
        confirmed: Confirmed,
        release: Callable[[], Awaitable[Release]],
        message_log: MessageLog,
        clock: Clock,
        organisation: Organisation,
        requests: Requests,
        managers: ManagerNotices,
        agreements: AgreementReplies,
    ) -> None:
        self._confirming = confirming
        self._store = store
        self._confirmed = confirmed
        self._release = release
        self._message_log = message_log
        self._clock = clock
        self._contact = organisation.contact
        self._asking = names_asking(organisation)
        self._organisation = organisation.name
        self._requests = requests
        self._managers = managers
        self._agreements = agreements

    def concern(self, received: Received) -> bool:
        """Return whether the message is for the control address, which stands alone in a transaction."""
        return any(self._confirming.control.holds(r.address) for r in received.envelope.recipients)

    async def take(self, received: Received) -> Reply:
        """Return the reply to the final dot."""
        began = self._clock.monotonic()
        message = await read_message(received.content)
        try:
            answer = await self._answer(received, message)
        except (StoreUnavailable, SandboxBusy):
            answer = Answer(replies.internal(received.id), "defer")
        await self._record(received, message, answer, self._clock.monotonic() - began)
        return answer.reply

    async def _record(self, received: Received, message: Message, answer: Answer, seconds: float) -> None:
        """Write the audit row without the token, which may still be valid."""
        row = AuditRow(
            id=received.id,
            at=received.received_at,
            listener=received.listener,
            client=received.client.address,
            message_id=kept(message.message_id),
            mail_from=received.envelope.mail_from,
            recipients=((self._confirming.control.address, "internal", answer.action),),
            bytes=len(received.content),
            codes=(answer.code,) if answer.code else (),
            reply=str(answer.reply),
            ms={"act": seconds * 1000},
            login=received.client.login,
        )
        at_once = answer.action in ("confirm", "ask")
        await self._message_log.write(row, answer.action, recorded=False, at_once=at_once)

    # --- checks ------------------------------------------------------------------------------------------------------

    async def _answer(self, received: Received, message: Message) -> Answer:
        sender = received.envelope.mail_from
        token = self._confirming.control.token(received.envelope.recipients[0].address)
        agreement = token is not None and self._agreements.asked(token, sender)
        if not received.client.trusted and not agreement:
            return Answer(replies.RELAY_DENIED, "refuse", "confirm.untrusted")
        if not sender or automatic(message):
            return Answer(replies.accepted(received.id), "ignore", "confirm.automatic")
        if token and agreement:
            return await self._agreements.answer(received, message, token)
        if token and (answer := await self._requests.answer(received, message, token)):
            return answer
        return await self._confirmed_by(received, message, token)

    async def _confirmed_by(self, received: Received, message: Message, token: Token | None) -> Answer:
        """Return the answer to a reply that confirms, or that nobody asked for."""
        held = await self._store.quarantine.get(token.mail_id) if token else None
        if token is None or held is None or not self._confirming.control.signed(token, held.mail_from):
            return self._refused(received, "confirm.wrong", WRONG)
        if not comes_from(held.mail_from, received, message):
            return self._refused(received, "confirm.foreign", FOREIGN)
        if self._clock.now() >= token.until:
            return self._refused(received, "confirm.expired", EXPIRED, held)
        said = await self._said(message, held)
        if said != "yes" and await self._waiting(held):
            code, sentence = ("confirm.declined", DECLINED) if said == "no" else ("confirm.unclear", UNCLEAR)
            return self._refused(received, code, sentence, held)
        return await self._let_go(received, token, held, reply_key(token, held.id, message))

    async def _said(self, message: Message, held: HeldMessage) -> Said:
        """Return the answer of a reply, in which the last lines of the held message may stand."""
        try:
            sent = await self._store.quarantine.content(held.id)
        except NotHeld:
            sent = b""
        signed = ends_of(await read_message(sent))
        return answer_in(read_reply(message, self._organisation), name_of(message), self._asking, signed)

    def _refused(
        self, received: Received, code: str, sentence: str, held: HeldMessage | None = None, summary: str = ""
    ) -> Answer:
        told = sentence.format(held=held.id if held else "", contact=self._contact, summary=summary)
        return Answer(replies.unconfirmed(received.id, told), "refuse", code)

    # --- release -----------------------------------------------------------------------------------------------------

    async def _let_go(self, received: Received, token: Token, held: HeldMessage, reply: bytes | None) -> Answer:
        """Release every copy that waits for its sender, of all transactions of the message.

        The first copy that can go uses the token. Copies that a virus or an absent scanner stops can so be confirmed
        again. `reply` is the key of this very reply; if it has confirmed already, it is answered as before.
        """
        run = (await self._release()).second_run
        used, gone, stops = False, False, list[ReleaseStopped]()
        for entry in await self._waiting(held):
            try:
                prepared = await self._prepared(run, entry)
                keys = await self._covered(run, prepared)
                if not used and not await self._store.tokens.use(token.id, self._clock.now()):
                    break
                used = True
                await self._commit(entry, prepared, keys, received, reply)
                gone = True
                await run.committed(prepared)
            except NotHeld:
                continue  # a reviewer, or another reply, was faster
            except ReleaseStopped as stop:
                if stop.temporary and not used:
                    return Answer(replies.deferred(received.id), "defer")
                stops.append(stop)
        if stops:
            refused = self._refused(received, "confirm.stopped", STOPPED, held, stops[0].summary)
            return Answer(refused.reply, "confirm" if gone else "refuse", refused.code)
        if not gone and not (reply and await self._store.tokens.is_used(reply)):
            return self._refused(received, "confirm.used", USED, held)
        return Answer(replies.confirmed(received.id, held.id), "confirm")

    async def _waiting(self, held: HeldMessage) -> list[HeldMessage]:
        """Return the entries of this message with a copy that waits for its sender."""
        since = held.received_at - self._confirming.limit
        found = await entries_of(self._store, held, since, "held")
        waiting = [entry for entry in found if self._confirming.waiting(entry)]
        mark = await self._mark(held) if waiting else ""
        return [e for e in waiting if e.id == held.id or await self._mark(e) == mark]

    async def _mark(self, entry: HeldMessage) -> str:
        """Return the mark of the entry's message; the entry's own id where its content is gone."""
        try:
            content = await self._store.quarantine.content(entry.id)
        except NotHeld:
            return entry.id
        return await asyncio.to_thread(mail_mark, entry.id, entry.mail_from, await read_message(content))

    async def _prepared(self, run: Recheck, entry: HeldMessage) -> PreparedRelease:
        addresses = self._confirming.waiting(entry)
        copies = tuple(c for c in entry.copies if c.address in addresses)
        return await run.prepare(entry, copies, dict.fromkeys(addresses, False))

    async def _covered(self, run: Recheck, prepared: PreparedRelease) -> Collection[str]:
        codes = {code for copy in prepared.copies for code in copy.codes}
        return await run.judge.chain.confirmations(prepared.mail, codes)

    async def _commit(
        self,
        entry: HeldMessage,
        prepared: PreparedRelease,
        keys: Collection[str],
        received: Received,
        reply: bytes | None,
    ) -> None:
        """Remember the confirmation's keys, then release.

        In this order a transaction that comes at this moment passes, or is asked about.
        """
        mail, now = prepared.mail, self._clock.now()
        addresses = [copy.address for copy in prepared.copies]
        await self._confirmed.add(keys, now)
        await self._store.quarantine.release(
            mail.id,
            addresses,
            prepared.items,
            actor=mail.envelope.mail_from,
            reason=f"confirmed by the sender's reply {received.id} from {received.client.address}",
            at=now,
            by_reply=True,
            reply_key=reply,
            notices=self._managers.about_confirmed(entry, mail, addresses),
        )
