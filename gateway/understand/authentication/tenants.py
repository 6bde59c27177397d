"""Proof that a message comes from our own account (tenant) at a mail service whose networks all its customers share.

Microsoft 365 shows the certificate of its connectors, and names the tenant in the header. Mail of Google Workspace is
signed by the account's own domain. Who the client is was decided before: no network is looked at here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.contract import Envelope, Resolver, Signature
from gateway.message.authors import authors, domain_of
from gateway.message.header.field import Header
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.understand.authentication.dkim import IN_THREAD_BYTES, unsigned_among, verify_signatures

#: Header field with the tenant's id. Microsoft sets it on mail that leaves a tenant, and removes one from outside.
TENANT_ID = "X-MS-Exchange-CrossTenant-Id"
#: Header field with the domain of the tenant whose people have sent the message, set likewise.
ORIGINATOR = "X-OriginatorOrg"
#: Fields, every one of which a signature must cover to prove that the account has written them. Google signs each once
#: more than it stands, so that none can be added to a message that is sent again.
COVERED = ("from", "to", "cc", "subject", "date", "message-id", "reply-to")


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer about one message, and the reason why it isn't proven."""

    result: Literal["proven", "unproven", "undecided"]  # undecided: DNS has no answer now
    why: str = ""


PROVEN = Proof("proven")


class TenantProof(Protocol):
    """The proof that a listener demands of every message."""

    @property
    def service(self) -> str:
        """The name of the mail service, for people."""

    async def prove(self, content: bytes, envelope: Envelope, certificate_names: frozenset[str]) -> Proof:
        """Return whether the message comes from our tenant."""


@dataclass(frozen=True, slots=True)
class Microsoft365Proof:
    """A verified client certificate of Microsoft's, the tenant's id, and for mail of our people the tenant's domain."""

    id: str
    domains: Container[str]
    certificate_names: frozenset[str]
    service: str = "Microsoft 365"

    async def prove(self, content: bytes, envelope: Envelope, certificate_names: frozenset[str]) -> Proof:
        if not certificate_names & self.certificate_names:
            shown = f", but of {', '.join(sorted(certificate_names))}" if certificate_names else ""
            return _unproven(
                f"the client showed no certificate of {' or '.join(sorted(self.certificate_names))}{shown}"
            )
        message = parse(_header_of(content))
        if _is_cut(message):
            return _unproven(_TOO_LARGE)
        tenant = _only(message, TENANT_ID)
        if tenant.lower() != self.id:
            return _unproven(_difference(TENANT_ID, tenant, message))
        if any(recipient.direction != "inbound" for recipient in envelope.recipients):
            originator = _only(message, ORIGINATOR)
            if originator not in self.domains:
                return _unproven(_difference(ORIGINATOR, originator, message))
        return PROVEN


@dataclass(frozen=True, slots=True)
class GoogleProof:
    """A DKIM signature of our own domain, on a message whose authors are all ours."""

    domains: Container[str]
    resolver: Resolver
    timeout_seconds: float
    service: str = "Google Workspace"

    async def prove(self, content: bytes, envelope: Envelope, certificate_names: frozenset[str]) -> Proof:
        large = len(content) > IN_THREAD_BYTES
        message = await asyncio.to_thread(parse, content) if large else parse(content)
        if _is_cut(message):
            return _unproven(_TOO_LARGE)
        written = tuple(map(domain_of, authors(message.root.fields("from"))))
        strangers = [domain for domain in written if domain not in self.domains]
        if not written or strangers:
            return _unproven(
                f"`From:` names {strangers[0]}, none of our domains" if strangers else "`From:` is unclear"
            )
        ends = time.monotonic() + self.timeout_seconds
        signatures = await verify_signatures(message, self.resolver.for_message(), written, ends)
        read = zip(message.root.fields("dkim-signature"), signatures, strict=False)  # only so many are verified
        ours = [(one, unsigned_among(COVERED, header, message)) for header, one in read if one.domain in self.domains]
        passed = [unsigned for one, unsigned in ours if one.result == "pass"]
        if [] in passed:
            return PROVEN
        if passed:
            return _unproven(f"its DKIM signature doesn't cover every field {', '.join(passed[0])}")
        return self._without_pass([one for one, _ in ours])

    def _without_pass(self, ours: list[Signature]) -> Proof:
        late = next((one for one in ours if one.result == "temperror"), None)
        if late:
            return Proof("undecided", f"the signature of {late.domain}: {late.reason}")
        reasons = "; ".join(f"{one.domain}: {one.reason}" for one in ours)
        return _unproven(f"no DKIM signature of ours holds ({reasons})" if ours else "it has no DKIM signature of ours")


def _unproven(why: str) -> Proof:
    return Proof("unproven", why)


_TOO_LARGE = "the header is larger than what is read of it"


def _is_cut(message: Message) -> bool:
    """Return whether fields stand in the header that nobody has looked at."""
    return any(defect.code == "limit.header" for defect in message.root.defects)


def _header_of(content: bytes) -> bytes:
    end = content.find(b"\r\n\r\n")
    return content if end < 0 else content[: end + 4]


def _only(message: Message, name: str) -> str:
    """Return the value of a field that stands exactly once and is plainly written; "" else."""
    found = message.root.fields(name.lower())
    return found[0].text.strip() if len(found) == 1 and _is_plain(found[0], message) else ""


def _is_plain(header: Header, message: Message) -> bool:
    """Return whether every program takes this for the field: no blank is before its colon, and no stray line above.

    To many programs, perhaps the service's, a line that is no field ends the header: they leave alone what follows.
    """
    strays = (defect.offset for defect in message.root.defects if defect.code == "header.no_colon")
    return header.name == header.name.strip() and all(stray > header.start for stray in strays)


def _difference(name: str, value: str, message: Message) -> str:
    number = len(message.root.fields(name.lower()))
    if number != 1:
        return f"{name} is missing" if not number else f"{name} stands {number} times"
    return f"{name} is {value[:80]}, which is not ours" if value else f"{name} is not written plainly"
