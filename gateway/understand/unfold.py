"""Completes the tree before any filter runs: the content of attachments, encodings and nested messages, as parts.

Only messages with something to open go to the sandbox. Where the sandbox fails, a defect of the message says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from gateway.message.defect import Defect
from gateway.message.encodings.embedded import holds_files
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.time_slices import TimeSlices
from gateway.understand.budget import Allowance
from gateway.understand.inspected_part import InspectedPart, InvalidReply
from gateway.understand.openers.pages.html import shows_signs
from gateway.understand.sandbox.pool import Opened, Pool, SandboxBusy
from gateway.understand.sharing import may_name_sharing, names_sharing
from gateway.understand.tree import grown

log = structlog.get_logger("sandbox")

#: Octets of text in a message's body, all parts together, up to which the text is plain. Longer text is searched and
#: read in the sandbox: reading takes up to half a microsecond for each octet, while every other message waits.
PLAIN_BYTES = 64 * 1024

#: Octets of unpacked messages that are parsed before other messages get their turn. Other content isn't looked at.
QUICK_BYTES = 256 * 1024

#: Parts that are put together before other messages get their turn: each takes some tens of microseconds.
QUICK_PARTS = 100

#: Marks in a body's text, in lower case, where a message, a document or a card is written out in it.
_MARKERS = (b"-----begin ", b"{\\rt", b"%pdf-", b"begin:v")


#: Code of the defect of a part whose password may stand in the message.
_ENCRYPTED = "container.encrypted"


class Unfolder:
    """Opens messages with one allowance, in the sandbox processes of one pool.

    `texts_beside_encrypted`: where the allowance reads no texts, a message with something encrypted is opened a second
    time to read its texts.

    A message waits up to `wait_seconds` for a sandbox process. A message that has waited must also be opened within
    these seconds: the rest of its time belongs to the filters.
    """

    def __init__(
        self, pool: Pool, allowance: Allowance, wait_seconds: float, *, texts_beside_encrypted: bool = False
    ) -> None:
        self._pool = pool
        self._allowance = allowance
        self._wait_seconds = wait_seconds
        self._texts_beside_encrypted = texts_beside_encrypted and not allowance.texts

    async def unfold(self, message: Message, client: str = "") -> Message:
        """Return the message with all parts that can be opened.

        `client` is the name by which waiting messages take turns; "" is unknown. Raises SandboxBusy and other OSErrors
        where no sandbox can be had now.
        """
        if not holds_something(message):
            return message
        opened = await self._opened(message, client, self._allowance)
        if self._texts_beside_encrypted and _holds_encrypted(opened):
            opened = await self._opened(message, client, replace(self._allowance, texts=True))
        inspected = list(opened.inspected)
        if opened.trouble:
            inspected.append(_lost(opened.trouble))
        if _is_quick(inspected):
            return _grown(message, inspected)
        return await asyncio.to_thread(_grown, message, inspected, TimeSlices().pause_thread)

    async def _opened(self, message: Message, client: str, allowance: Allowance) -> Opened:
        opened = await self._pool.open(message.raw, client, allowance, self._wait_seconds)
        self._refuse_late(opened)
        return opened

    def _refuse_late(self, opened: Opened) -> None:
        """Raise SandboxBusy where the wait has left the filters too little time.

        A retry that waits less leaves them their time. It doesn't help a message that by itself takes so long to open:
        that one is never refused.
        """
        waited, took = opened.waited_seconds, opened.took_seconds
        if took <= self._wait_seconds < waited + took:
            raise SandboxBusy(f"it waited {waited:.0f} seconds for a sandbox process, which leaves too little time")


def _holds_encrypted(opened: Opened) -> bool:
    return any(defect.code == _ENCRYPTED for one in opened.inspected for defect in one.defects)


def _is_quick(inspected: Sequence[InspectedPart]) -> bool:
    """Return whether the tree is built so quickly that no other message needs a turn in between."""
    octets = sum(len(one.content) for one in inspected if one.is_entity)
    return octets <= QUICK_BYTES and len(inspected) <= QUICK_PARTS


def _grown(message: Message, inspected: Sequence[InspectedPart], rest: Callable[[], None] = lambda: None) -> Message:
    try:
        return grown(message, inspected, rest)
    except InvalidReply as error:
        log.warning("sandbox.garbled", trouble=str(error))
        return grown(message, [_lost(str(error))])


def holds_something(message: Message) -> bool:
    """Return whether any part must be opened, can be read in more than one way, or takes long to read."""
    if any(part.defects or (part.is_leaf and not _is_plain(part)) for part in message.parts):
        return True
    if sum(len(part.decoded) for part in message.leaves) > PLAIN_BYTES:
        return True
    return may_name_sharing(message.raw) and any(map(names_sharing, message.parts))


def _is_plain(part: Part) -> bool:
    """Return whether a part is text that no opener would look into.

    Most mail is such text, so the check must cost next to nothing.
    """
    if not part.is_body_text or len(part.decoded) > PLAIN_BYTES or holds_files(part.decoded):
        return False
    lower = part.decoded.lower()
    if any(marker in lower for marker in _MARKERS):
        return False
    return not (part.content_type == "text/html" and shows_signs(part.decoded))


def _lost(trouble: str) -> InspectedPart:
    """Return a defect of the whole message: parts that the sandbox did not reach can have none of their own."""
    return InspectedPart(
        "1", defects=(Defect("container.limit", f"The message was not opened to its end: {trouble}", 0),)
    )
