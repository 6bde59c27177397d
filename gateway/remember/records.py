"""The records that the store takes in and hands out: frozen, plain, all times aware and in UTC.

They know nothing of tables. Dictionaries in them hold only what JSON can hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, Literal

from gateway.contract import HistoryRow, Recipient
from gateway.control.vocabulary import RequestState

CopyState = Literal["held", "released", "deleted"]
NoticeRole = Literal["recipient", "sender", "reviewer", "manager"]
#: Ways to read a held message, as the history names them.
Reading = Literal["show", "read", "explain", "export", "try"]
#: `journal`: a message that was relayed, and is still to be kept in the journal.
OutboxKind = Literal["relay", "notice", "report", "journal"]

#: The most characters of a kept subject or Message-ID: one line (RFC 5322 2.1.1). A sender may make either as long as a
#: message.
KEPT_CHARACTERS = 998
#: The most octets of the same as the store writes them: PostgreSQL's index on Message-IDs takes no row of more than
#: 2,704.
KEPT_OCTETS = 2_600
#: The most characters of a reply in the audit trail, which is searched by an index: the octets of a line of SMTP.
REPLY_CHARACTERS = 512


def kept(text: str) -> str:
    """Return the part of a text that the store, the audit trail and the log keep."""
    line = text[:KEPT_CHARACTERS]
    if line.isascii() and "\0" not in line:
        return line
    octets = accumulate(len(written_out(character).encode()) for character in line)
    return line[: sum(so_far <= KEPT_OCTETS for so_far in octets)]


def written_out(text: str) -> str:
    r"""Return the text with what UTF-8 or PostgreSQL lacks escaped: lone surrogates as `\udcff`, NUL as `\x00`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """One recipient's copy of a held message."""

    address: str
    direction: str
    state: CopyState = "held"
    key: bytes = b""  # retry key (SHA-256); b"" means none: the copy is never taken for a retry
    notify: str | None = None  # NOTIFY= as the client sent it
    orcpt: str | None = None  # ORCPT= as the client sent it
    codes: tuple[str, ...] = ()  # the finding codes that held this copy
    changed_at: datetime | None = None  # last change of state
    changed_by: str = ""
    reason: str = ""
    signature: Signature | None = None  # the first of two people's, while the copy waits for the second


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """One entry of the quarantine, without its content."""

    id: str  # new for each entry
    received_at: datetime
    listener: str
    direction: str
    mail_from: str  # reverse-path without brackets
    subject: str  # cut by `kept`
    message_id: str  # cut by `kept`
    codes: tuple[str, ...]
    bytes: int  # octets of the raw message
    client: dict[str, Any]
    envelope: dict[str, Any]
    findings: list[dict[str, Any]]
    edits: list[dict[str, Any]]
    copies: tuple[HeldCopy, ...]
    author: str = ""  # the field `From:` on one line, cut by `kept`; "" in entries of older versions
    author_addresses: tuple[str, ...] = ()  # the addresses that a reader may show of it
    labels: tuple[str, ...] = ()  # as `Mail.labels`: a subject that is labelled personal isn't searched
    authentication: str = ""  # the results of SPF, DKIM, DMARC and ARC as at arrival; "" where nobody verified
    assigned_to: str = ""  # the reviewer who has it in hand; "" = nobody
    keep_until: datetime | None = None  # a later end of its retention, which a reviewer asked for
    deleted_at: datetime | None = None  # in the bin since then; its content is still there
    requests: tuple[ReleaseRequest, ...] = ()  # of our people for its release; filled by the store, oldest first

    @property
    def in_bin(self) -> bool:
        return self.deleted_at is not None


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A request of one of our people for the release of copies of a held message."""

    person: str  # the address, in lower case
    asked_at: datetime
    addresses: tuple[str, ...]  # the recipients of the copies
    text: str = ""  # the person's own words
    notice: Mapping[str, Any] = field(default_factory=dict)  # payload of the notice that will tell the answer
    state: RequestState = "open"
    answered_at: datetime | None = None
    answered_by: str = ""
    answer: str = ""  # the sentence that the person got


How = Literal["in-person", "telephone"]


@dataclass(frozen=True, slots=True)
class Verification:
    """A check, before its release, whether a message is true: who asked whom, and how."""

    by: str
    how: How
    contact: str  # the person, or the number that was called
    accounts: tuple[str, ...] = ()  # handles of the accounts asked about; () means the only new one


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of the first of two people who release a copy."""

    address: str  # the copy's recipient
    at: datetime
    uid: int  # from the kernel: the second person must have another
    actor: str
    reason: str
    infected: bool = False
    verification: Verification | None = None


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """A person still to be told of a held message."""

    person: str  # the address of the person
    filter: str  # the filter's name, or one of another kind of notice (`NoticeKind`)
    quarantine_id: str
    role: NoticeRole
    payload: dict[str, Any]
    number: int = 0  # given by the store; 0 = not stored yet
    last_sent_at: datetime | None = None  # time of this person's last notice of this filter; given by the store


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A message that is held for a person, as a digest tells it."""

    notice: PendingNotice
    received_at: datetime
    keep_until: datetime | None
    labels: tuple[str, ...]
    request: RequestState | None  # the state of the person's request for it; None = no request


@dataclass(frozen=True, slots=True)
class AuditRow:
    """The record of one message: codes and actions only, no subject, no text, no evidence."""

    id: str  # our message id; (id, at) is unique
    at: datetime
    listener: str
    client: str  # IP address
    message_id: str  # cut by `kept`
    mail_from: str
    recipients: tuple[tuple[str, str, str], ...]  # (address, direction, action)
    bytes: int
    codes: tuple[str, ...]
    reply: str
    ms: Mapping[str, float]  # milliseconds by stage
    monitored: Mapping[str, str] = field(default_factory=dict)  # code -> what a filter in monitor would have done
    login: str = ""  # the login that the client had proven, in lower case
    history: tuple[HistoryRow, ...] = ()  # filled by `trace`, never written with the row


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One message to be relayed to a next hop, for some recipients. Its content is stored separately."""

    id: str
    mail_id: str
    kind: OutboxKind
    mail_from: str
    recipients: tuple[Recipient, ...]
    route: str
    queued_at: datetime
    next_attempt_at: datetime
    expires_at: datetime
    body: str | None = None
    smtputf8: bool = False
    ret: str | None = None
    envid: str | None = None
    auth: str | None = None
    client: dict[str, Any] | None = None
    attempts: int = 0
    last_reply: str = ""


@dataclass(frozen=True, slots=True)
class RelayOutcome:
    """The end of the outbox's work on some copies of a message: the next hop took them, or they were given up."""

    mail_id: str
    at: datetime
    outcome: Literal["relayed", "failed"]
    reply: str  # of the next hop
    addresses: tuple[str, ...]
    held_as: str = ""  # the entry that holds the copies that were given up; "" = none


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A notice about a held message, without its words."""

    person: str
    role: NoticeRole
    queued_at: datetime
    sent_at: datetime | None = None  # None: it waits


@dataclass(frozen=True, slots=True)
class QueuedCopies:
    """Copies of a message that the outbox still tries to relay."""

    addresses: tuple[str, ...]
    queued_at: datetime
    next_attempt_at: datetime
    attempts: int
    last_reply: str


@dataclass(frozen=True, slots=True)
class Aftermath:
    """All that the store knows of a message after its arrival, besides the history."""

    held: HeldMessage | None = None
    notices: tuple[NoticeRecord, ...] = ()
    outcomes: tuple[RelayOutcome, ...] = ()
    queued: tuple[QueuedCopies, ...] = ()
    undelivered: tuple[HeldMessage, ...] = ()  # entries that hold copies which were given up
    acts: tuple[HistoryRow, ...] = ()  # the history of these entries
    receipt_due_at: datetime | None = None  # until then an answer is waited for, and then its sender is reminded
