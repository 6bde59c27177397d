"""Services that filters may ask for in their constructors, and the values that services answer with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gateway.matching.accounts import recognise


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
