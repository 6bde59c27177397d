"""A held message with the facts on which it was judged: for a release, and for the report of a fraud."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Sequence
from datetime import tzinfo

from gateway.act.local_time import local_time
from gateway.act.records import envelope_of
from gateway.contract import Client, Mail
from gateway.judge.codes import POISON
from gateway.message.model import Message
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import HeldCopy, HeldMessage
from gateway.remember.store import Store
from gateway.understand.examiner import Examined, Examiner, read_message

#: (content, reverse-path, recipients) -> how the process that examined the message ended; "" means well.
RunsTrial = Callable[[bytes, str, Sequence[str]], Awaitable[str]]

_POISON = (
    "workers died while they examined this message, and so did the process in which it was just tried: {how}. It can't "
    "be released: report the fault, and delete it"
)


class ReleaseStopped(RuntimeError):
    """The release was stopped; `codes` names the findings."""

    def __init__(self, sentence: str, codes: Sequence[str] = (), *, summary: str = "", temporary: bool = False) -> None:
        super().__init__(sentence)
        self.codes = tuple(codes)
        self.summary = summary  # the first finding's sentence, fit for the sender
        self.temporary = temporary  # nothing was found; a check could not be made now


class HeldMail:
    """Reader of the quarantine's entries. A message that ended workers is tried elsewhere before it is opened here."""

    def __init__(self, store: Store, examiner: Examiner, trial: RunsTrial, timezone: tzinfo) -> None:
        self._store = store
        self._examiner = examiner
        self._trial = trial
        self._zone = timezone

    async def entry(self, id: str) -> HeldMessage:
        """Return the entry. Raises NotHeld."""
        held = await self._store.quarantine.get(id)
        if held is None:
            raise NotHeld(f"no message is held under {id}")
        return held

    async def copies(self, held: HeldMessage, recipients: Sequence[str]) -> tuple[HeldCopy, ...]:
        """Return the copies of these recipients, or of all. Raises NotHeld, which says what became of each copy."""
        wanted = {r.lower() for r in recipients}
        left = {c.address.lower(): c for c in held.copies if c.state == "held"}
        missing = [r for r in recipients if r.lower() not in left]
        if missing or not left:
            waiting = await self._store.outbox.addresses(held.id)
            became = "; ".join(self._became(c, waiting) for c in held.copies)
            bin = ". `quarantine restore` takes it out of the bin" if held.in_bin else ""
            what = f"not held for {', '.join(missing)}" if missing else "not held any more"
            raise NotHeld(f"{held.id} is {what} ({became}){bin}")
        return tuple(c for address, c in left.items() if not wanted or address in wanted)

    def _became(self, copy: HeldCopy, waiting: Container[str]) -> str:
        """Return what became of a copy, as a clause; `waiting` has the addresses that the outbox still tries."""
        if copy.state == "held" or copy.changed_at is None:
            return f"{copy.address}: {copy.state}"
        sent = "in the outbox, which still tries" if copy.address in waiting else "it has gone out"
        end = f", and {sent}" if copy.state == "released" else ""
        at = local_time(copy.changed_at, self._zone)
        return f"{copy.address}: {copy.state} by {copy.changed_by} on {at}{end}"

    async def examine(self, held: HeldMessage, copies: Sequence[HeldCopy], *, verify: bool = True) -> Examined:
        """Examine the message as it came. Raises NotHeld, and ReleaseStopped where it ended its trial too."""
        raw = await self._store.quarantine.content(held.id)
        if POISON in held.codes:
            await self._try(raw, held, copies)
        return await self._examiner.examine(mail_of(held, copies, await read_message(raw)), verify=verify)

    async def _try(self, raw: bytes, held: HeldMessage, copies: Sequence[HeldCopy]) -> None:
        """Examine the message in a process of its own: it could kill this process as it killed workers.

        Raises ReleaseStopped.
        """
        how = await self._trial(raw, held.mail_from, [c.address for c in copies])
        if how:
            raise ReleaseStopped(_POISON.format(how=how), (POISON,))


def mail_of(held: HeldMessage, copies: Sequence[HeldCopy], message: Message) -> Mail:
    """Return the mail with the facts of the entry, for the recipients of these copies."""
    return Mail(
        id=held.id,
        received_at=held.received_at,
        listener=held.listener,
        client=Client(**held.client),
        envelope=envelope_of(held, copies),
        message=message,
    )
