"""One mail transaction (RFC 5321 3.3): the results of MAIL, RCPT and DATA. No I/O, no replies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.contract import Client, Direction, Envelope, Recipient
from gateway.smtp.path import MailParameters


@dataclass(slots=True)
class Transaction:
    """The transaction under way in a session; a new one after each RSET, EHLO and DATA."""

    mail_from: str | None = None  # None until MAIL
    parameters: MailParameters = field(default_factory=MailParameters)
    recipients: list[Recipient] = field(default_factory=list)

    @property
    def begun(self) -> bool:
        return self.mail_from is not None

    def envelope(self) -> Envelope:
        p = self.parameters
        return Envelope(
            mail_from=self.mail_from or "",
            recipients=tuple(self.recipients),
            body=p.body,
            smtputf8=p.smtputf8,
            ret=p.ret,
            envid=p.envid,
            auth=p.auth,
        )

    def add(self, address: str, direction: Direction, notify: str | None, orcpt: str | None) -> None:
        """Add a recipient; one named twice gets one copy."""
        if all(r.address != address for r in self.recipients):
            self.recipients.append(Recipient(address, direction, notify, orcpt))


@dataclass(frozen=True, slots=True)
class Received:
    """One message as received: dot-unstuffed, CRLF-only unless the listener refuses bare newlines instead."""

    id: str
    received_at: datetime  # aware, UTC; the moment of the final dot
    listener: str
    client: Client
    protocol: str  # SMTP, ESMTP, ESMTPS, ESMTPSA (RFC 3848), for the Received field
    envelope: Envelope
    content: bytes
    newlines_made_crlf: bool = False
    certificate_names: frozenset[str] = frozenset()  # host names in the client's verified TLS certificate
