"""The fields on top of each copy before it leaves: DKIM signatures on outbound copies, an ARC seal on inbound ones.

Signing is the last step before the relay and before the outbox, so the outbox holds exactly what will leave: no key is
needed later, and every attempt sends the same octets. Signatures carry no expiry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from gateway.act.signing.arc import arc_set
from gateway.act.signing.dkim import SigningKey, author_domains, keys_for, signatures
from gateway.contract import Clock, Mail, Recipient
from gateway.judge.judgement import Copy
from gateway.message.edits import AddHeader, RenameHeader
from gateway.message.header.fieldblock import FieldBlock, read_fields

log = structlog.get_logger("act")

#: Octets from which content is hashed in a thread. For smaller content the RSA operation takes most of the time anyway.
IN_THREAD_BYTES = 64 * 1024

FOLD = "the message begins with a continuation line"
NO_KEY = "no key is configured for the domain of From:, nor for one above it"
NO_AUTHOR = "From: names no address, or can be read in different ways"
TWO_AUTHORS = "there is more than one From field"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A copy as it leaves, below our Received field."""

    recipients: tuple[Recipient, ...]
    on_top: bytes  # whole fields, or b""
    content: bytes

    def below(self, received_field: bytes) -> tuple[bytes, bytes]:
        """Return the copy in two pieces: a large content is not copied."""
        return received_field + self.on_top, self.content


class Signer:
    """Signer with the keys of our domains and of our seal. Without keys, copies leave unchanged."""

    def __init__(
        self, clock: Clock, keys: Sequence[SigningKey] = (), seal: SigningKey | None = None, hostname: str = ""
    ) -> None:
        self._clock = clock
        self._keys = tuple(keys)
        self._seal = seal
        self._hostname = hostname

    async def outgoing(self, mail: Mail, copies: Sequence[Copy]) -> list[Outgoing]:
        """Return every copy with its fields on top.

        A copy that goes both outside and to our own people becomes two, since only the outside's is signed.
        """
        if not self._keys and not self._seal:
            return [Outgoing(copy.recipients, b"", copy.content) for copy in copies]
        return [one for copy in copies for one in await self._both(mail, copy)]

    async def signed(self, id: str, content: bytes) -> bytes:
        """Return a message of our own to outside with our signatures on top."""
        return await _on_top(self._signed, id, content) + content if self._keys else content

    async def _both(self, mail: Mail, copy: Copy) -> list[Outgoing]:
        outside = tuple(r for r in copy.recipients if r.direction == "outbound")
        inside = tuple(r for r in copy.recipients if r.direction != "outbound")
        found = []
        if outside:
            signed = await _on_top(self._signed, mail.id, copy.content)
            found.append(Outgoing(outside, signed, copy.content))
        if inside:
            sealed = await _on_top(self._sealed, mail.id, copy.content) if self._seals(mail, copy) else b""
            found.append(Outgoing(inside, sealed, copy.content))
        return found

    def _seals(self, mail: Mail, copy: Copy) -> bool:
        """Return whether an amendment may have broken a signature: a field added on top or renamed breaks none."""
        return (
            self._seal is not None
            and mail.authentication.verified
            and mail.authentication.arc.result in ("none", "pass")
            and any(not isinstance(edit, AddHeader | RenameHeader) for edit in copy.edits)
        )

    def _signed(self, id: str, content: bytes) -> bytes:
        block = read_fields(content, 0, len(content))
        domains = author_domains(block.headers)
        keys = keys_for(domains, self._keys)
        reason = _doubt(content, block) or (NO_AUTHOR if not domains else NO_KEY if not keys else "")
        if reason:
            log.info("dkim.unsigned", id=id, domains=domains, reason=reason)
            return b""
        return signatures(block.headers, _body(content, block), keys, self._now)

    def _sealed(self, id: str, content: bytes) -> bytes:
        assert self._seal is not None
        block = read_fields(content, 0, len(content))
        sealed = arc_set(block.headers, _body(content, block), self._seal, self._hostname, self._now)
        if not sealed:
            log.info("arc.unsealed", id=id)
        return sealed

    @property
    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _doubt(content: bytes, block: FieldBlock) -> str:
    """Return why a signature could cover more than its author wrote; "" where it can't."""
    if content[:1] in (b" ", b"\t"):
        return FOLD  # the continuation line would lengthen our signature
    if sum(header.key == "from" for header in block.headers) > 1:
        return TWO_AUTHORS  # mail programs show either of them (RFC 5322 3.6 allows one; `From :` counts)
    return ""


async def _on_top(make: Callable[[str, bytes], bytes], id: str, content: bytes) -> bytes:
    return make(id, content) if len(content) < IN_THREAD_BYTES else await asyncio.to_thread(make, id, content)


def _body(content: bytes, block: FieldBlock) -> bytes:
    return content[block.body_start :]
