"""A held message with the facts on which it was judged: for a release, and for the report of a fraud."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.act.records import envelope_of
from gateway.contract import Client, Mail
from gateway.message.labels import Labeller
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import HeldCopy, HeldMessage
from gateway.remember.store import Store
from gateway.understand.authentication.verify import Authenticator
from gateway.understand.unfold import Unfolder

#: Octets up to which a message is parsed without a thread, as for an incoming message.
IN_THREAD_BYTES = 256 * 1024


class HeldMail:
    """Reader of the quarantine's entries."""

    def __init__(
        self, store: Store, unfolder: Unfolder, authenticator: Authenticator | None, labeller: Labeller
    ) -> None:
        self._store = store
        self._unfolder = unfolder
        self._authenticator = authenticator
        self._labeller = labeller

    async def entry(self, id: str) -> HeldMessage:
        """Return the entry. Raises NotHeld."""
        held = await self._store.quarantine.get(id)
        if held is None:
            raise NotHeld(f"no message is held under {id}")
        return held

    async def mail(self, held: HeldMessage, copies: Sequence[HeldCopy], *, proven: bool = True) -> Mail:
        """Return the message as it came, its origin verified anew unless `proven` is false."""
        raw = await self._store.quarantine.content(held.id)
        mail = _mail(held, copies, await self._unfolder.unfold(await parsed(raw)), self._labeller)
        if self._authenticator is None or not proven:
            return mail
        found = await self._authenticator.authenticate(mail.message, mail.client, mail.envelope)
        return replace(mail, authentication=found)


async def parsed(raw: bytes) -> Message:
    """Parse the message; a large one in a thread, since other messages wait while a sender confirms."""
    return parse(raw) if len(raw) <= IN_THREAD_BYTES else await asyncio.to_thread(_to_the_end, raw)


def _to_the_end(raw: bytes) -> Message:
    message = parse(raw)
    for part in message.parts:
        _ = part.names, part.defects  # decoded here, and kept by the part
    return message


def copies_held(held: HeldMessage, recipients: Sequence[str]) -> tuple[HeldCopy, ...]:
    """Return the copies of these recipients, or of all. Raises NotHeld where one of them isn't held, or none is."""
    wanted = {r.lower() for r in recipients}
    left = {c.address.lower(): c for c in held.copies if c.state == "held"}
    missing = [r for r in recipients if r.lower() not in left]
    if missing or not left:
        states = ", ".join(f"{c.address}: {c.state}" for c in held.copies)
        what = (
            f"{held.id} is not held for {', '.join(missing)}" if missing else f"nothing of {held.id} is held any more"
        )
        raise NotHeld(f"{what} ({states})")
    return tuple(c for address, c in left.items() if not wanted or address in wanted)


def _mail(held: HeldMessage, copies: Sequence[HeldCopy], message: Message, labeller: Labeller) -> Mail:
    return Mail(
        id=held.id,
        received_at=held.received_at,
        listener=held.listener,
        client=Client(**held.client),
        envelope=envelope_of(held, copies),
        message=message,
        labels=labeller.of(message),
    )
