"""Replies from outside to the question whether somebody agrees to get confidential mail: a plain yes or no is recorded.

A reply is taken from the address that was asked alone, and only with the token that went there: who has the token reads
the mail of that address.
"""

from __future__ import annotations

from gateway.act.release.answers import Answer, comes_from, name_of, names_asking
from gateway.act.release.reply_reading import read_reply
from gateway.act.release.reply_words import agreement_in
from gateway.act.rules.control_address import ControlAddress, Token
from gateway.contract import Clock, Organisation
from gateway.message.model import Message
from gateway.receive.transaction import Received
from gateway.remember.agreements import StoreAgreements
from gateway.smtp import replies

AGREED = "Your agreement is recorded; to take it back write to {contact}"
DECLINED = "Your answer is recorded: you don't agree"
FOREIGN = "Only the address that was asked can answer, as reverse-path and in From"
EXPIRED = "This is not asked any more: the time has passed, or it was answered or taken back. Questions: {contact}"
UNCLEAR = (
    "This records nothing: to agree reply with I agree above the question, to refuse with No, "
    "and nothing else but your name (delete your signature, and the question); questions: {contact}"
)


class AgreementReplies:
    """Receiver of the replies. `control` has a key of its own, so that no token of a request agrees to anything."""

    def __init__(
        self, control: ControlAddress, agreements: StoreAgreements, clock: Clock, organisation: Organisation
    ) -> None:
        self._control = control
        self._agreements = agreements
        self._clock = clock
        self._contact = organisation.contact
        self._asking = names_asking(organisation)
        self._organisation = organisation.name

    def asked(self, token: Token, sender: str) -> bool:
        """Return whether a token was made for this sender's agreement."""
        return self._control.signed(token, sender)

    async def answer(self, received: Received, message: Message, token: Token) -> Answer:
        """Return the answer to a reply whose token was made for its sender."""
        person = received.envelope.mail_from
        if not comes_from(person, received, message):
            return self._refused(received, "agreement.foreign", FOREIGN)
        if self._clock.now() >= token.until:
            return self._refused(received, "agreement.expired", EXPIRED)
        said = agreement_in(read_reply(message, self._organisation), name_of(message), self._asking)
        if said == "unclear":
            return self._refused(received, "agreement.unclear", UNCLEAR)
        agrees = said == "yes"
        kept = await self._agreements.answer(
            person,
            token.mail_id,
            agrees=agrees,
            at=self._clock.now(),
            reply_id=received.id,
            origin=f"by the reply {received.id} from {received.client.address}",
        )
        if not kept:
            return self._refused(received, "agreement.expired", EXPIRED)
        told = replies.taken(received.id, (AGREED if agrees else DECLINED).format(contact=self._contact))
        return Answer(told, "confirm") if agrees else Answer(told, "refuse", "agreement.declined")

    def _refused(self, received: Received, code: str, sentence: str) -> Answer:
        return Answer(replies.unconfirmed(received.id, sentence.format(contact=self._contact)), "refuse", code)
