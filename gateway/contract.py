"""All that a filter's author reads: the facts about a message, what a filter answers, and the services it may be given.

A filter is told facts (`Mail`) and answers with findings (`Finding`). It knows no SMTP codes, no actions and no other
filter. Settings and services come in at construction, facts at the call. Filters import this module alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from gateway.matching.accounts import IBAN_CHARACTERS, is_iban, is_routing_number, is_wallet, recognise
from gateway.matching.lexicon import Lexicon, Match, PatternError, Patterns, quoted
from gateway.matching.lookalike import Forms, compared_forms, domain_of, kept_forms, organisation, warm, words_of
from gateway.matching.resemblance import Likeness, Ours, counterparts
from gateway.matching.word_lines import GREETINGS, Marked, WordLines, folded_words, word_lines
from gateway.matching.word_rules import Phrases, Place, WordRules, mistake
from gateway.message.defect import Defect
from gateway.message.defects import STRUCTURE_DEFECTS
from gateway.message.edits import (
    AddHeader,
    AddText,
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
from gateway.message.edits.insertion_points import has_place, what_is_surely_seen, what_was_written
from gateway.message.edits.types import NamedPlace
from gateway.message.folding.folding import fold
from gateway.message.folding.layers import Folded
from gateway.message.header.addresses import address_key, address_pattern, ascii_form, domain_key, shown_label
from gateway.message.header.field import Header
from gateway.message.header.name_forms import extension_of
from gateway.message.labels import LABELS, PERSONAL_WORDS
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.passage import Passage, PassageKind
from gateway.message.sender import Sender, sender_of
from gateway.message.spells import Spells
from gateway.message.text.html.tokens import Tokens as HtmlTokens
from gateway.message.text.mail_signatures import is_closing
from gateway.message.text.saved import saved_texts
from gateway.message.text.shield import shielded as shielded_html
from gateway.message.text.view import TextView
from gateway.message.text.written import Segment, Written, written_html
from gateway.message.visible import visible_addresses

__all__ = [
    "ANYONE",
    "BESIDE_ENCRYPTED",
    "DIRECTIONS",
    "GREETINGS",
    "IBAN_CHARACTERS",
    "LABELS",
    "ON_ERROR",
    "PERSONAL_WORDS",
    "STRUCTURE_DEFECTS",
    "Account",
    "AccountKind",
    "AddHeader",
    "AddText",
    "Arc",
    "Audience",
    "AuthResult",
    "Authentication",
    "Author",
    "Client",
    "Clock",
    "Codes",
    "Correspondence",
    "Correspondents",
    "Counters",
    "Defect",
    "Direction",
    "Directory",
    "DistributionList",
    "Dmarc",
    "Edit",
    "Envelope",
    "Evidence",
    "Filter",
    "Finding",
    "Folded",
    "Forms",
    "Header",
    "HtmlTokens",
    "InsertText",
    "Ledger",
    "Lexicon",
    "Likeness",
    "Mail",
    "Marked",
    "Marks",
    "Match",
    "Message",
    "Mode",
    "NamedPlace",
    "NamesUnavailable",
    "Organisation",
    "Ours",
    "Outcome",
    "Pair",
    "Part",
    "Passage",
    "PassageKind",
    "PatternError",
    "Patterns",
    "Payee",
    "Person",
    "Phrases",
    "Place",
    "Recipient",
    "RecordKind",
    "Records",
    "RemoveHeader",
    "RemovePart",
    "RemoveText",
    "RenameHeader",
    "ReplacePart",
    "Resolver",
    "Scan",
    "Scanner",
    "ScannerTooLarge",
    "ScannerUnavailable",
    "Seen",
    "Segment",
    "Sender",
    "SetSubject",
    "Settings",
    "Signature",
    "Spells",
    "Spf",
    "Standing",
    "TextFile",
    "TextView",
    "Way",
    "WordLines",
    "WordRules",
    "Wrap",
    "Written",
    "YamlFile",
    "address_key",
    "address_pattern",
    "ascii_form",
    "compared_forms",
    "counterparts",
    "domain_key",
    "domain_of",
    "extension_of",
    "fold",
    "folded_words",
    "has_place",
    "is_closing",
    "is_iban",
    "is_routing_number",
    "is_wallet",
    "kept_forms",
    "mistake",
    "organisation",
    "parse_account",
    "quoted",
    "saved_texts",
    "sender_of",
    "shielded_html",
    "shown_label",
    "visible_addresses",
    "warm",
    "what_is_surely_seen",
    "what_was_written",
    "word_lines",
    "words_of",
    "written_html",
]

Direction = Literal["inbound", "outbound", "internal"]
DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound", "internal")

Mode = Literal["enforce", "monitor", "off"]

#: The shipped action of a code that a retry can cure: the instance's `on_error` decides.
ON_ERROR = "on_error"

#: As `reads_text` of a filter: the text of attachments is wanted where another attachment is encrypted.
BESIDE_ENCRYPTED: Literal["beside encrypted"] = "beside encrypted"

#: code -> (clause of the policy, shipped action: one, or one for each direction).
Codes = Mapping[str, tuple[str, str | Mapping[Direction, str]]]


#: IP version -> the bits that the addresses of one customer have in common.
_NEIGHBOURS = {4: 24, 6: 64}


# --- facts -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _network(address: str, *, trusted: bool) -> str:
    """See `Client.network`, which each scan of a message asks for."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    ip = (isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip
    if trusted:
        return str(ip)
    return str(ipaddress.ip_network(f"{ip}/{_NEIGHBOURS[ip.version]}", strict=False))


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

    @property
    def network(self) -> str:
        """Name under which the client's mail takes its turns where many wait; "" for a client that nobody knows.

        A stranger has its neighbours' addresses for little money: an IPv4 /24, an IPv6 /64 (RFC 6177). Our own hosts
        are told apart.
        """
        return _network(self.address, trusted=self.trusted)


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


#: Of SPF, DKIM, DMARC and ARC (RFC 8601 2.7). "none": there was nothing to verify, or nobody verified it.
AuthResult = Literal["none", "pass", "fail", "softfail", "neutral", "policy", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class Spf:
    """Whether the client may send for the domain of the reverse-path; of HELO where that is null (RFC 7208 2.4)."""

    result: AuthResult = "none"
    domain: str = ""
    identity: Literal["mailfrom", "helo"] = "mailfrom"


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature (RFC 6376)."""

    domain: str  # d=, in lower case; "" where it can't be read
    selector: str
    result: AuthResult
    aligned: bool = False  # with an address of `From:`, whatever the result
    reason: str = ""  # why it is no pass
    algorithm: str = ""  # "rsa-sha256", "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class Dmarc:
    """What the domain of `From:` asks for (RFC 7489); of several domains, the worst result."""

    result: AuthResult = "none"
    policy: str = ""  # "none", "quarantine" or "reject", as published; "" without a record
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Arc:
    """The chain of those who handed it on (RFC 8617)."""

    result: AuthResult = "none"
    domain: str = ""  # who sealed it last


@dataclass(frozen=True, slots=True)
class Author:
    """One address of `From:`, and what proves its domain."""

    address: str  # as written
    organisation: str  # organisational domain, by the public suffix list
    aligned: frozenset[Literal["spf", "dkim"]] = frozenset()  # what passed for its domain
    undecided: bool = False  # nothing passed, but an aligned identifier could not be checked now (temperror)


@dataclass(frozen=True, slots=True)
class Authentication:
    """What was verified about where a message comes from, on its octets as received. Inbound mail only."""

    verified: bool = False  # False = nobody looked
    spf: Spf = Spf()
    dkim: tuple[Signature, ...] = ()
    dmarc: Dmarc = Dmarc()
    arc: Arc = Arc()
    authors: tuple[Author, ...] = ()  # empty where `From:` can't be read in one way only

    @property
    def authenticated(self) -> frozenset[str]:
        """Addresses of `From:`, by `address_key`, whose domain a passing DKIM signature or SPF is aligned with."""
        return frozenset(address_key(a.address) for a in self.authors if a.aligned)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message on its way, as frozen facts: no services, no settings, no logger."""

    id: str  # UUIDv7, in the reply, the log, the notices and the store
    received_at: datetime  # aware, UTC
    listener: str
    client: Client
    envelope: Envelope
    message: Message
    key: str = ""  # the same for a client's retry: for `Counters.add(once=…)`
    authentication: Authentication = Authentication()
    labels: frozenset[str] = frozenset()

    @property
    def directions(self) -> frozenset[Direction]:
        return frozenset(r.direction for r in self.envelope.recipients)

    @property
    def sender(self) -> Sender:
        """By `From:`, whatever the envelope says: lists and forwarders have their own reverse-paths (VERP, SRS).

        Where the gateway has verified the message, its reading of the addresses is taken.
        """
        proven = tuple(author.address for author in self.authentication.authors)
        return sender_of(self.message.root.fields("from"), proven)

    @property
    def proven_senders(self) -> frozenset[str]:
        """Addresses, by `address_key`, that it is proven to come from.

        The reverse-path, where SPF passed for it or it is an authenticated address of `From:`; and the addresses of
        `From:`, where all are authenticated.
        """
        proven, path = self.authentication.authenticated, address_key(self.envelope.mail_from)
        spf = self.authentication.spf
        by_spf = bool(path) and spf.result == "pass" and spf.identity == "mailfrom"
        senders = {path} if by_spf or path in proven else set()
        return frozenset(senders | proven) if len(proven) == len(self.authentication.authors) else frozenset(senders)


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
    temporary: bool = False  # a look-up behind it failed for now: a `reject` or `discard` becomes a `defer`


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
    """Like `YamlFile`, for a UTF-8 text file such as a template: the field gets its text. `default` "" = none."""

    default: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a filter's settings that is no mistake and still can't do what it says."""

    at: tuple[str | int, ...]  # where, from the settings down: ("rules", 2, "valid_until")
    sentence: str


class Away(str):
    """A warning of `Filter.start`: what the filter stands on gives no answer. Any other says that it is doubtful."""

    __slots__ = ()


@runtime_checkable
class Filter(Protocol):
    """One file under `filters/`, listed by hand in `filters.FILTERS`.

    `__init__(self, settings, …)` takes the settings first and then services by the names in `app.py`. A filter may
    have `async def learn(self, mail, outcome)`: called after the reply, never after a 4xx, never in `explain`; and
    `async def start(self)`, called in each process before the first message and again and again; what it returns is a
    warning (`Away`: nobody answers), None = all is well. `amend_breaks_signatures` may name codes whose `amend` of
    inbound mail is a mistake in the configuration unless the next hop trusts us. A static method
    `remarks(settings, domains, today) -> Iterable[Remark]` says what `check` shows as worth a look; it reads nothing.

    `reads_text` is True for a filter that wants to know what attachments say: their text is read for such alone; with
    BESIDE_ENCRYPTED it is read in messages in which something is encrypted, if no other filter asks for more. The
    message's own text is in `mail.message.view` for every filter.

    `release_needs_verification` may name codes: what they hold is released only by a person who says who has verified
    it and how, and by two people once two approvers are configured. A filter that has it has `async def payee(self,
    mail) -> Payee` too. `notices` may name, for codes, another template of the notice about what they hold (`config/
    notices/<name>.txt`); it tells our own recipient, masks long numbers, and leaves the evidence out as every notice.

    `async def confirmations(self, mail: Mail) -> Collection[str]` names, as keys of the filter's own, what the sender
    of held mail answers for by confirming it: this thread, this pair of addresses. The gateway remembers them
    (`Confirmed.add`) with the release, and the filter, which asks `Confirmed.known` in its `check`, finds nothing there
    again. It is asked only about mail of our own senders that one of its codes has held with `release: sender`.
    `release_by_sender` may name codes whose release that is, unless configured otherwise, once there is a
    `control_address`.

    `groups` names the groups of the directory that the filter itself asks about.

    `asides` may name, for codes, the template of a notice to our own sender about mail that went its way: where
    `notify` asks for it, once a week at most, with nothing of the mail in it.
    """

    name: ClassVar[str]  # as in the YAML list
    Settings: ClassVar[type[Settings]]
    codes: ClassVar[Codes]
    shipped_mode: ClassVar[Mode]
    shipped_directions: ClassVar[tuple[Direction, ...]]

    def check(self, mail: Mail) -> Awaitable[Sequence[Finding]]: ...


# --- services --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose mail it is, as configured; "" where nothing is."""

    name: str = ""
    registered_name: str = ""  # the name, where no other is configured
    company_number: str = ""
    registered_office: str = ""
    place_of_registration: str = ""
    contact: str = ""  # whom to ask: "IT Service Desk <it@example.co.uk>"
    timezone: str = "UTC"  # name in the IANA database
    holidays: str = ""  # whose public holidays: "GB-ENG"; "" = nobody's


class Marks(Protocol):
    def mark(self, what: str) -> str:
        """20 hexadecimal digits that only this gateway gives these words, always the same."""


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
    manager: str = ""  # an address
    delegates: tuple[str, ...] = ()  # addresses of those who may send on their behalf
    private_addresses: tuple[str, ...] = ()  # outside; known as theirs
    timezone: str = ""  # name in the IANA database; "" = the organisation's
    holidays: str = ""  # "GB-SCT"; "" = the organisation's


@dataclass(frozen=True, slots=True)
class DistributionList:
    """An address that a mail server expands to many."""

    address: str
    name: str = ""
    members: tuple[str, ...] = ()  # addresses of people and of other lists
    size: int = 0  # people, where it is known but not who they are; members that are named come on top
    owners: tuple[str, ...] = ()  # addresses
    writers: tuple[str, ...] | None = None  # addresses, or `group:NAME`; None = all of ours may write to it
    reply_all: int | None = None  # people from which on a reply to all is crowded; None = as the filter says


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom addresses reach, with every list expanded, each person once whatever address or list names them."""

    people: frozenset[str]  # one address key for each; a person's first address
    unnamed: int = 0  # members of lists of which only the size is known
    lists: tuple[DistributionList, ...] = ()  # those that were expanded, nested ones too

    @property
    def size(self) -> int:
        return len(self.people) + self.unnamed


class Directory(Protocol):
    @property
    def people(self) -> Sequence[Person]:
        """All that are configured."""

    @property
    def domain_names(self) -> Sequence[str]:
        """The organisation's domains, in lower case and ASCII; `.example.com` means its subdomains."""

    def person(self, address: str) -> Person | None: ...

    def private_owner(self, address: str) -> Person | None:
        """Whose private account outside this is known to be; of several, the first."""

    def groups(self, address: str) -> frozenset[str]:
        """Groups of an address: its own and its person's."""

    def is_ours(self, address: str) -> bool:
        """Whether the address's domain is one of the organisation's."""

    def list_at(self, address: str) -> DistributionList | None: ...

    def expand(self, addresses: Collection[str]) -> Audience:
        """Whom these addresses reach; lists within lists too, a circle among them once."""

    def named(self, words: frozenset[str]) -> str:
        """The full name of one of our people that has these words (`words_of`), in any order; "" = nobody's."""


class ScannerUnavailable(ConnectionError):
    """The scanner is away, too slow, or answered what can't be understood: a retry may cure it."""


class ScannerTooLarge(ValueError):
    """More octets than the scanner takes: no retry cures it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The scanner's answer: the names of the signatures that matched; empty = nothing found."""

    names: tuple[str, ...] = ()


class Scanner(Protocol):
    async def scan(self, content: bytes, *, client: str = "") -> Scan:
        """Scan the octets, in turns by client (`Client.network`).

        Raises ScannerUnavailable or ScannerTooLarge; never "clean" for want of an answer.
        """

    async def scan_leaf(self, content: bytes, *, client: str = "") -> Scan:
        """The same for one part of a message: a clean verdict may be a little older, of the same signatures."""

    async def blind(self) -> str | None:
        """One sentence when the scanner passes in silence what it did not look at; None when it reports it."""

    async def unarmed(self) -> str | None:
        """One sentence when the scanner is known to have no signatures of real viruses."""


class NamesUnavailable(ConnectionError):
    """The DNS is away, too slow, or has no usable answer: a retry may cure it."""


RecordKind = Literal["A", "AAAA", "MX", "PTR", "TXT"]


@dataclass(frozen=True, slots=True)
class Records:
    """The DNS's answer: addresses, "10 mx.example.com", names, or TXT joined, each octet a character (latin-1)."""

    values: tuple[str, ...] = ()
    exists: bool = True  # False: there is no such name (NXDOMAIN)


class Resolver(Protocol):
    async def look_up(self, name: str, kind: RecordKind) -> Records:
        """The records of a name, CNAMEs followed. Raises NamesUnavailable; a name that can't be one doesn't exist."""

    def for_message(self) -> Resolver:
        """The same, for many look-ups of one message: beyond its share of the queries they wait for each other."""


class Counters(Protocol):
    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        """Add to a counter and return its total `since` then (None: all that is kept), in one atomic step. It counts by
        minutes: the one that `since` lies in counts whole.

        The same `once` counts a single time.
        """

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        """The sum over [since, until), each edge moved outwards to a full minute."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Something that nothing passes to for a while."""

    key: str
    until: datetime
    at: datetime  # since when
    reason: str


class Pauses(Protocol):
    """What is paused, for all workers alike: a thread that has become a storm."""

    async def pause(self, key: str, until: datetime, at: datetime, reason: str) -> bool:
        """True when it was not paused at that time; a pause that lasts longer stays."""

    async def until(self, key: str, now: datetime) -> datetime | None:
        """When the pause ends; None when it is not paused now."""

    async def list(self, now: datetime) -> Sequence[Pause]:
        """What is paused now, newest first."""

    async def lift(self, key: str) -> bool:
        """End a pause; False when there is none."""


class Confirmed(Protocol):
    """What senders have confirmed for good or for a thread, by keys of the filter's own; kept as keyed hashes."""

    async def known(self, keys: Collection[str]) -> set[str]:
        """Those of the keys that were confirmed, in one look-up."""

    async def add(self, keys: Collection[str], at: datetime) -> None: ...


#: One of our addresses and one outside. ANYONE stands for all of ours together, `@domain` for all addresses there.
Pair = tuple[str, str]
ANYONE = ""

Way = Literal["received", "sent"]


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What is remembered of the mail between a pair: when the first and the last message went, and how many each way.

    A message that its client sent twice counts twice.
    """

    first: datetime
    last: datetime
    received: int  # from them
    sent: int  # to them


class Correspondents(Protocol):
    """Who of ours has exchanged mail with whom outside; kept for 400 days, as keyed hashes."""

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        """What is remembered of these pairs, in one look-up; of strangers nothing. Letter case makes no difference."""

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        """Count one message for each of these pairs; for `learn`, after the reply."""


AccountKind = Literal["iban", "uk", "us", "bic", "wallet", "other"]


@dataclass(frozen=True, slots=True)
class Account:
    """One account identifier, normalised: upper case, no blanks or dashes."""

    kind: AccountKind
    number: str  # "uk": sort code + account number, 14 digits; "us": routing + account number


def parse_account(text: str) -> Account | None:
    """The account that a text names which is nothing but its identifier, checksum and all; None where it names none."""
    found = recognise(text)
    return Account(*found) if found else None


#: What makes an account that was only seen in mail a steady one: a first forged invoice must not.
STEADY_DATES = 3
STEADY_DAYS = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ledger knows of one account of a counterparty."""

    first: datetime
    last: datetime
    dates: int  # on so many dates (UTC)
    verified: bool  # imported, or verified by a person who released a message with it

    @property
    def steady(self) -> bool:
        """Whether it may calm: verified, or seen on three dates over thirty days or more."""
        seen_long_enough = (self.last - self.first).days >= STEADY_DAYS
        return self.verified or (self.dates >= STEADY_DATES and seen_long_enough)


@dataclass(frozen=True, slots=True)
class Standing:
    """How accounts stand to a counterparty."""

    known: Mapping[Account, Seen]  # of the accounts asked about those known from this counterparty
    steady: int  # how many steady accounts it has
    others: int  # how many accounts in all


class Ledger(Protocol):
    """Which accounts which counterparty has named, as keyed hashes; and what was reported as fraud.

    A counterparty is the organisational domain of an authenticated `From:`; of free mail, the full address.
    """

    async def standing(self, counterparty: str, accounts: Collection[Account]) -> Standing: ...

    async def blocked(self, accounts: Collection[Account], senders: Collection[str]) -> Collection[Account | str]:
        """Those of the accounts and the senders' addresses that are blocked, an address also by its domain."""

    async def add(self, counterparty: str, accounts: Collection[Account], at: datetime) -> None:
        """Enter accounts as seen in mail at this time; for `learn`, after the reply."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a held message wants to be paid, and where: what a person verifies, or reports as fraud."""

    counterparty: str  # whose accounts they are once they are verified; "" = nobody's that the ledger keeps
    accounts: frozenset[Account]  # that it names as places to pay, known ones too
    senders: frozenset[str]  # the addresses that it names as its senders; a report of a fraud blocks the proven of them
