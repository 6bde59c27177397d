"""The examination of a message before it is judged: it is read, opened, verified and labelled.

Incoming mail, held mail and mail to be explained take this one way. Nothing is decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from dataclasses import dataclass, replace

from gateway.contract import Authentication, Finding, Mail
from gateway.message.labels import Labeller
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.time_slices import TimeSlices
from gateway.understand.authentication.verify import Authenticator
from gateway.understand.entry import blocked_sender, findings_on_entry, impersonation
from gateway.understand.unfold import Unfolder

#: Octets above which a message is parsed, decoded and hashed in a thread, so that other messages don't wait for it.
IN_THREAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Examined:
    """An examined message, and the findings whose edits are made whatever the filters say."""

    mail: Mail
    on_entry: tuple[Finding, ...]


class Examiner:
    """Examiner of messages under one configuration."""

    def __init__(
        self,
        unfolder: Unfolder,
        authenticator: Authenticator | None,
        labeller: Labeller,
        hostname: str,
        blocked: Container[str] = frozenset(),
        may_send_as: Callable[[str, str], bool] | None = None,
    ) -> None:
        """Set up the examiner.

        Without an authenticator the origin of inbound mail is never verified. `hostname` is our authserv-id; `blocked`
        has the senders that reviewers have blocked; `may_send_as` is asked whether a login may send from an address in
        `From:`, if these are compared.
        """
        self._unfolder = unfolder
        self._authenticator = authenticator
        self._labeller = labeller
        self._hostname = hostname
        self._blocked = blocked
        self._may_send_as = may_send_as

    async def examine(
        self, mail: Mail, *, verify: bool, client: str = "", newlines_made_crlf: bool = False
    ) -> Examined:
        """Open the message, verify its origin if `verify` is set, and label it. `mail` holds the message as read.

        `client` is the name by which waiting messages take turns; "" is unknown. Raises SandboxBusy and other OSErrors
        where no sandbox can be had now.
        """
        if verify and self._authenticator:
            message, authentication = await self._opened_and_verified(self._authenticator, mail, client)
        else:
            message, authentication = await self._unfolder.unfold(mail.message, client), Authentication()
        labels = self._labeller.of(message)
        mail = replace(mail, message=message, authentication=authentication, labels=labels)
        return Examined(mail, self._on_entry(mail, newlines_made_crlf))

    def labelled(self, mail: Mail) -> Mail:
        """Return the mail with its labels. Only the header is read."""
        return replace(mail, labels=self._labeller.of(mail.message))

    async def _opened_and_verified(
        self, authenticator: Authenticator, mail: Mail, client: str
    ) -> tuple[Message, Authentication]:
        """Open the message and verify its origin, side by side. Both have ended when an error is raised."""
        opened, proven = await asyncio.gather(
            self._unfolder.unfold(mail.message, client),
            authenticator.authenticate(mail.message, mail.client, mail.envelope),
            return_exceptions=True,
        )
        if isinstance(opened, BaseException):
            raise opened
        if isinstance(proven, BaseException):
            raise proven
        return opened, proven

    def _on_entry(self, mail: Mail, newlines_made_crlf: bool) -> tuple[Finding, ...]:
        found = findings_on_entry(mail.message, self._hostname, newlines_made_crlf=newlines_made_crlf)
        added = self._authenticator.findings(mail.authentication, mail.envelope) if self._authenticator else ()
        alien = impersonation(mail, self._may_send_as) if self._may_send_as else ()
        return (*found, *added, *alien, *blocked_sender(mail, self._blocked))


async def read_message(content: bytes) -> Message:
    """Parse the octets of a message; a large one is decoded as well, in a thread."""
    if len(content) <= IN_THREAD_BYTES:
        return parse(content)
    return await asyncio.to_thread(_read_to_the_end, content)


def _read_to_the_end(content: bytes) -> Message:
    """Parse and decode at once, names and texts too: hostile parts take seconds, and filters would block the loop."""
    message = parse(content)
    slices = TimeSlices()
    for part in message.parts:
        _ = part.names, part.defects  # kept by the part; its defects are known once its body is decoded
        slices.pause_thread()
    return message
