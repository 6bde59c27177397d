"""Requests by our own people: a reply to the notice about a held message asks for its release.

A reviewer grants or refuses the request. Where the configuration leaves every code to the recipient, a plain yes
releases the recipient's own copy at once, after the chain has run again. A reply is taken from our own network alone,
and from the person to whom the notice went.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gateway.act.notices.entry_notices import EntryNotices
from gateway.act.release.answers import Answer, comes_from, name_of, names_asking, reply_key
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.release import Release
from gateway.act.release.reply_reading import own_words, read_reply
from gateway.act.release.reply_words import Said, answer_in, refuses_release
from gateway.act.rules.control_address import Token
from gateway.act.rules.requests import SEVERAL, RequestRules, key_of
from gateway.contract import Clock, Organisation
from gateway.message.model import Message
from gateway.receive.transaction import Received
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import CopyState, HeldCopy, HeldMessage, ReleaseRequest, kept
from gateway.remember.store import Store
from gateway.smtp import replies

#: The most messages that one reply may name, and that are searched for a key.
MOST_NAMED = 10
#: The lines of a reply, without empty ones, in which keys and ids may stand: a greeting comes before them.
KEY_LINES = 5
MOST_ENTRIES = 1_000

FOREIGN = "Only the person to whom the notice went can ask with it, from the same address"
EXPIRED = "The time to ask for it has passed; questions: {contact}"
UNCLEAR = "Which message? Reply with its key, as the notice has it, in the first line"
ASKED = "A reviewer is asked about {held}, and the answer comes by mail"
RELEASED = "Confirmed: {held} is on its way"
USED = "{held} is held no more, or you have asked for it before; questions: {contact}"
DECLINED = "As you say, {held} is not released: it stays held"
STOPPED = "{held} was checked again and stays held: {summary} Ask {contact}"

_WORD = re.compile(r"[0-9a-z]+")
_ID = re.compile(r"(?<![0-9a-z])[0-9a-z]++(?:-[0-9a-z]++)++")
#: Words before a key that say nothing of their own.
_LABELS = frozenset({"key", "keys"})


@dataclass(frozen=True, slots=True)
class ReceivedReply:
    """A reply by the person for whom its token was made."""

    received: Received
    message: Message
    token: Token
    person: str

    @property
    def id(self) -> str:
        """The Message-ID, as records have it."""
        return kept(self.message.message_id)

    @property
    def origin(self) -> str:
        """The reply's own id and client, for the records."""
        return f"{self.received.id} from {self.received.client.address}"

    def key(self, held: HeldMessage) -> bytes | None:
        return reply_key(self.token, held.id, self.message)


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome for one message."""

    outcome: Literal["asked", "released", "declined", "used", "stopped", "later"]
    held_id: str
    summary: str = ""


class Requests:
    """Receiver of requests. `release` makes a Release whose chain counts nothing, when it is first needed."""

    def __init__(
        self,
        rules: RequestRules,
        store: Store,
        release: Callable[[], Awaitable[Release]],
        notices: EntryNotices,
        clock: Clock,
        organisation: Organisation,
    ) -> None:
        self._rules = rules
        self._store = store
        self._release = release
        self._notices = notices
        self._clock = clock
        self._contact = organisation.contact
        self._asking = names_asking(organisation)
        self._organisation = organisation.name

    async def answer(self, received: Received, message: Message, token: Token) -> Answer | None:
        """Return the answer to a reply; None where the token is none of a request."""
        held = None if token.mail_id == SEVERAL else await self._store.quarantine.get(token.mail_id)
        person = await self._person(token, held, received.envelope.mail_from)
        if person is None:
            return None
        if not comes_from(person, received, message):
            return _refused(received, "request.foreign", FOREIGN)
        if self._clock.now() >= token.until or (held is None and token.mail_id != SEVERAL):
            return _refused(received, "request.expired", EXPIRED.format(contact=self._contact))
        text = own_words(message)
        reply = ReceivedReply(received, message, token, person)
        entries = [held] if held else await self._named(reply, text)
        if not entries:
            return _refused(received, "request.unclear", UNCLEAR)
        names = () if held else [name for one in entries for name in (one.id, key_of(one.id))]
        said = self._said(reply, names)
        text = without_names(text, names, received)
        done = [await self._one(entry, reply, text, said) for entry in entries]
        return self._answered(received, done)

    def _said(self, reply: ReceivedReply, names: Collection[str]) -> Said:
        """Return the answer of a reply, in which the names of messages may stand."""
        forms = read_reply(reply.message, self._organisation)
        unnamed = [replace(form, words=without_names(form.words, names, reply.received)) for form in forms]
        return answer_in(unnamed, name_of(reply.message), self._asking)

    async def _person(self, token: Token, held: HeldMessage | None, writer: str) -> str | None:
        """Return the person for whom the token was made, None where it isn't ours.

        A token of a notice about several messages names none of them: then everybody who had a notice may be meant. Of
        an entry that is gone only the writer can be known.
        """
        known = self._signed_for(token, (*(self._rules.persons(held) if held else ()), writer))
        if known is not None or token.mail_id != SEVERAL:
            return known
        return await asyncio.to_thread(self._signed_for, token, await self._store.notices.persons())

    def _signed_for(self, token: Token, persons: Iterable[str]) -> str | None:
        return next((one for one in persons if self._rules.control.signed(token, one)), None)

    async def _named(self, reply: ReceivedReply, text: str) -> list[HeldMessage]:
        """Return the person's held messages whose keys or ids stand in the first lines of the reply.

        None where a key names two of them. Where none is held any more: those that this very reply has released.
        """
        names = {name for line in _first_lines(text) for name in (*_WORD.findall(line), *_ID.findall(line))}
        held = await self._of_person(reply.person, names, "held")
        named = [one for one in held if self._rules.copies(one, reply.person)]
        by_key = [key_of(one.id) for one in named if one.id not in names]
        if len(set(by_key)) < len(by_key) or len(named) > MOST_NAMED:
            return []
        if named:
            return named
        released = (await self._of_person(reply.person, names, "released"))[:MOST_NAMED]
        return [one for one in released if await self._was_released_by(reply, one)]

    async def _of_person(self, person: str, names: Collection[str], state: CopyState) -> list[HeldMessage]:
        """Return the messages that the person got or sent, with a copy in this state and one of these keys or ids."""
        listed = self._store.quarantine.list
        found = [
            *await listed(limit=MOST_ENTRIES, recipient=person, state=state),
            *await listed(limit=MOST_ENTRIES, sender=person, state=state),
        ]
        return list({one.id: one for one in found if one.id in names or key_of(one.id) in names}.values())

    # --- one message -------------------------------------------------------------------------------------------------

    async def _one(self, held: HeldMessage, reply: ReceivedReply, text: str, said: Said) -> Done:
        if _has_asked(held, reply):
            return Done("asked", held.id)
        if await self._was_released_by(reply, held):
            return Done("released", held.id)
        copies = self._rules.copies(held, reply.person)
        try:
            return await self._decide(held, copies, reply, text, said) if copies else Done("used", held.id)
        except NotHeld:
            # A reviewer, or another reply, was faster; or this very reply, which came twice at a time.
            return Done("released" if await self._was_released_by(reply, held) else "used", held.id)
        except ReleaseStopped as stop:
            return Done("later" if stop.temporary else "stopped", held.id, stop.summary)

    async def _decide(
        self, held: HeldMessage, copies: Sequence[HeldCopy], reply: ReceivedReply, text: str, said: Said
    ) -> Done:
        """Release the copies on a plain yes, where their codes leave them to the person; else ask a reviewer."""
        if not self._rules.at_once(copies, reply.person):
            return await self._ask(held, copies, reply, text)
        if said == "yes":
            return await self._let_go(held, copies, reply)
        if said == "no" or refuses_release(text):
            return Done("declined", held.id)
        return await self._ask(held, copies, reply, text)

    async def _was_released_by(self, reply: ReceivedReply, held: HeldMessage) -> bool:
        """Return whether this very reply has released the message: a client that lost our answer sends it again."""
        key = reply.key(held)
        return key is not None and await self._store.tokens.is_used(key)

    async def _ask(self, held: HeldMessage, copies: Sequence[HeldCopy], reply: ReceivedReply, text: str) -> Done:
        addresses = tuple(copy.address for copy in copies)
        notice = self._notices.answer(held, reply.person, addresses) | {"answers": reply.id}
        request = ReleaseRequest(reply.person, self._clock.now(), addresses, text, notice)
        asked = await self._store.quarantine.ask(held.id, request, reason=f"asked by the reply {reply.origin}")
        return Done("asked" if asked else "used", held.id)

    async def _let_go(self, held: HeldMessage, copies: Sequence[HeldCopy], reply: ReceivedReply) -> Done:
        """Release the person's own copy, whose change of state makes the token good for a single time."""
        run = (await self._release()).second_run
        prepared = await run.prepare(held, copies, {copy.address: False for copy in copies})
        await self._store.quarantine.release(
            held.id,
            [copy.address for copy in copies],
            prepared.items,
            actor=reply.person,
            reason=f"released by the recipient's reply {reply.origin}",
            at=self._clock.now(),
            by_reply=True,
            reply_key=reply.key(held),
        )
        await run.committed(prepared)
        return Done("released", held.id)

    # --- the reply ---------------------------------------------------------------------------------------------------

    def _answered(self, received: Received, done: Sequence[Done]) -> Answer:
        """Return one answer for all messages: a refusal where anything was refused, which reaches the person."""
        outcomes = {one.outcome for one in done}
        if outcomes == {"later"}:
            return Answer(replies.deferred(received.id), "defer")
        text = "; ".join(self._sentence(one) for one in done)
        did: Literal["confirm", "ask"] | None = (
            "confirm" if "released" in outcomes else "ask" if "asked" in outcomes else None
        )
        if did and outcomes <= {"asked", "released"}:
            return Answer(replies.taken(received.id, text), did)
        if outcomes <= {"declined", "asked", "released"}:
            return Answer(replies.unconfirmed(received.id, text), did or "refuse", "request.declined")
        code = "request.used" if outcomes <= {"used", "asked", "released"} else "request.stopped"
        return Answer(replies.unconfirmed(received.id, text), did or "refuse", code)

    def _sentence(self, done: Done) -> str:
        sentences = {"asked": ASKED, "released": RELEASED, "declined": DECLINED, "used": USED}
        summary = done.summary or "it can't be checked now."
        return sentences.get(done.outcome, STOPPED).format(held=done.held_id, contact=self._contact, summary=summary)


def _has_asked(held: HeldMessage, reply: ReceivedReply) -> bool:
    """Return whether this very reply has asked already: a client that lost our answer sends it again."""
    same = (one for one in held.requests if one.person == reply.person.lower())
    return bool(reply.id) and any(one.notice.get("answers") == reply.id for one in same)


def _refused(received: Received, code: str, sentence: str) -> Answer:
    return Answer(replies.unconfirmed(received.id, sentence), "refuse", code)


def _first_lines(text: str) -> list[str]:
    """Return the lines in which keys and ids may stand, in lower case."""
    return [line for line in text.lower().split("\n") if line.strip()][:KEY_LINES]


def without_names(text: str, names: Collection[str], received: Received) -> str:
    """Return a person's words without the keys and ids before them, and without lines that have the address's token.

    A line of keys and ids alone falls away.
    """
    token = received.envelope.recipients[0].address.rpartition("@")[0].partition("+")[2].lower()
    lines = [line for line in text.split("\n") if not token or token not in line.lower()]
    if names:
        one = rf"\b(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})\b[\s,;.:-]*"
        any_name, leading = re.compile(one, re.IGNORECASE), re.compile(rf"(?:{one})+", re.IGNORECASE)
        may_name = set(_first_lines("\n".join(lines)))
        lines = [
            leading.sub("", line, count=1) if leading.match(line) else line
            for line in lines
            if line.lower() not in may_name or not _names_alone(line, any_name)
        ]
    return "\n".join(lines).strip()


def _names_alone(line: str, name: re.Pattern[str]) -> bool:
    """Return whether a line has keys or ids, and no words but their label."""
    rest, count = name.subn("", line)
    return count > 0 and not set(re.findall(r"\w+", rest.lower())) - _LABELS
