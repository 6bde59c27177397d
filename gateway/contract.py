"""All that a filter's author reads: the facts about a message, what a filter answers, and the services it may be given.

A filter is told facts (`Mail`) and answers with findings (`Finding`). It knows no SMTP codes, no actions and no other
filter. Settings and services come in at construction, facts at the call. Filters import this module alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from gateway.message.containers import zip_listing
from gateway.message.edits import (
    AddHeader,
    Edit,
    InsertText,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
)
from gateway.message.model import Defect, Header, Message, Part

__all__ = [
    "DIRECTIONS",
    "ON_ERROR",
    "AddHeader",
    "Client",
    "Clock",
    "Codes",
    "Counters",
    "Defect",
    "Direction",
    "Directory",
    "Edit",
    "Envelope",
    "Evidence",
    "Filter",
    "Finding",
    "Header",
    "InsertText",
    "Mail",
    "Message",
    "Mode",
    "Outcome",
    "Part",
    "Person",
    "Recipient",
    "RemoveHeader",
    "RemovePart",
    "RemoveText",
    "RenameHeader",
    "ReplacePart",
    "Scan",
    "Scanner",
    "ScannerTooLarge",
    "ScannerUnavailable",
    "SetSubject",
    "Settings",
    "TextFile",
    "TrueType",
    "Wrap",
    "YamlFile",
    "zip_listing",
]

Direction = Literal["inbound", "outbound", "internal"]
DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound", "internal")

Mode = Literal["enforce", "monitor", "off"]

#: The shipped action of a code that a retry can cure: the instance's `on_error` decides.
ON_ERROR = "on_error"

#: code -> (clause of the policy, shipped action: one, or one for each direction).
Codes = Mapping[str, tuple[str, str | Mapping[Direction, str]]]


# --- facts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Client:
    """The SMTP client that every rule looks at: the connecting host, or the one that a trusted proxy named."""

    address: str  # IP address as text; "" when a proxy said [UNAVAILABLE]
    helo: str = ""  # what EHLO or HELO said
    name: str = ""  # the host name that a proxy gave; never looked up by us
    port: int = 0
    login: str = ""  # SASL login, where a proxy is allowed to pass one on; "" = none
    trusted: bool = False  # inside the listener's trusted_networks
    proxy: str = ""  # the proxy that named this client; "" = it connected itself
    tls: str = ""  # TLS version of the session, "" = plain text


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward-path (RFC 5321 3.3) with what the client asked for it."""

    address: str
    direction: Direction
    notify: str | None = None  # NOTIFY= of RFC 3461 4.1, upper case as sent; None = not given
    orcpt: str | None = None  # ORCPT= of RFC 3461 4.2, xtext as sent


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope: who sent it, to whom, with which parameters."""

    mail_from: str  # reverse-path without brackets; "" is the null sender
    recipients: tuple[Recipient, ...]
    body: str | None = None  # "7BIT" or "8BITMIME" (RFC 6152); None = not given
    smtputf8: bool = False  # RFC 6531
    ret: str | None = None  # RET= of RFC 3461 4.3
    envid: str | None = None  # ENVID= of RFC 3461 4.4, xtext as sent
    auth: str | None = None  # AUTH= of RFC 4954 5, xtext as sent


@dataclass(frozen=True, slots=True)
class Mail:
    """One message on its way, as frozen facts: no services, no settings, no logger."""

    id: str  # UUIDv7, in the reply, the log, the notices and the store
    received_at: datetime  # aware, UTC
    listener: str
    client: Client
    envelope: Envelope
    message: Message
    authentication: str = "none"  # "none" until SPF, DKIM and DMARC are verified
    labels: frozenset[str] = frozenset()

    @property
    def directions(self) -> frozenset[Direction]:
        return frozenset(r.direction for r in self.envelope.recipients)


# --- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reviewer is shown: never the sender, never the log."""

    what: str  # "file name", "true type", "signature"
    quote: str = ""  # as it stands in the message
    part: str | None = None  # path of the part
    span: tuple[int, int] | None = None  # octets in the raw message
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a filter found, where and why; perhaps with the edits that would amend it."""

    code: str  # "attachment.executable": stable, declared in the filter's `codes`
    summary: str  # one sentence fit for the sender
    evidence: tuple[Evidence, ...] = ()
    part: str | None = None
    recipients: frozenset[str] | None = None  # None = all that the filter's directions cover
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, for filters that `learn`: address -> relay, amend, discard, quarantine, reject."""

    actions: Mapping[str, str] = field(default_factory=dict)


class Settings(BaseModel):
    """Base of a filter's own settings: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """Marks a settings field whose YAML value names a YAML file; the field gets that file's content.

    `Annotated[dict[str, Category], YamlFile("attachments.yaml")]`. The path is relative to the file that names it;
    where the key is absent, the shipped file `config/<default>` is read. Errors carry that file's own lines.
    """

    default: str


@dataclass(frozen=True, slots=True)
class TextFile:
    """Like `YamlFile`, for a UTF-8 text file such as a template: the field gets its text."""

    default: str


@runtime_checkable
class Filter(Protocol):
    """One file under `filters/`, listed by hand in `filters.FILTERS`.

    `__init__(self, settings, …)` takes the settings first and then services by the names in `app.py`. A filter may
    have `async def learn(self, mail, outcome)`: called after the reply, never after a 4xx, never in `explain`; and
    `async def start(self)`, called once in each worker before the first message.
    """

    name: ClassVar[str]  # as in the YAML list
    Settings: ClassVar[type[Settings]]
    codes: ClassVar[Codes]
    shipped_mode: ClassVar[Mode]
    shipped_directions: ClassVar[tuple[Direction, ...]]

    def check(self, mail: Mail) -> Awaitable[Sequence[Finding]]: ...


# --- services --------------------------------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""

    def monotonic(self) -> float:
        """Seconds; for time-outs and durations."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of our people, as `directory.yaml` has them."""

    name: str
    addresses: tuple[str, ...]
    title: str = ""
    department: str = ""
    phone: str = ""
    groups: frozenset[str] = frozenset()


class Directory(Protocol):
    def person(self, address: str) -> Person | None: ...

    def groups(self, address: str) -> frozenset[str]:
        """Groups of an address: its own and its person's."""

    def is_ours(self, address: str) -> bool:
        """Whether the address's domain is one of the organisation's."""


class ScannerUnavailable(ConnectionError):
    """The scanner is away, too slow, or answered what can't be understood: a retry may cure it."""


class ScannerTooLarge(ValueError):
    """More octets than the scanner takes: no retry cures it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The scanner's answer: the names of the signatures that matched; empty = nothing found."""

    names: tuple[str, ...] = ()


class Scanner(Protocol):
    async def scan(self, content: bytes) -> Scan:
        """Scan the octets. Raises ScannerUnavailable or ScannerTooLarge; never "clean" for want of an answer."""

    async def blind(self) -> str | None:
        """One sentence when the scanner passes in silence what it did not look at; None when it reports it."""


class TrueType(Protocol):
    async def of(self, content: bytes) -> str:
        """The media type that the octets themselves show ("application/x-dosexec"), whatever a name says."""


class Counters(Protocol):
    async def add(self, key: str, amount: int, at: datetime, once: str | None = None) -> int:
        """Add to a counter and return its total, in one atomic step. The same `once` counts a single time."""

    async def total(self, key: str, since: datetime, until: datetime) -> int: ...
