"""Services that filters may ask for in their constructors, and the values that services answer with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gateway.matching.accounts import recognise


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation whose mail passes the gateway, as configured; "" where nothing is."""

    name: str = ""
    registered_name: str = ""  # the name, where no other is configured
    company_number: str = ""
    registered_office: str = ""
    place_of_registration: str = ""
    contact: str = ""  # mailbox for questions: "IT Service Desk <it@example.co.uk>"
    timezone: str = "UTC"  # name in the IANA database
    holidays: str = ""  # region of the public holidays: "GB-ENG"; "" = none


class KeyedHash(Protocol):
    def digest(self, text: str) -> str:
        """Return 20 hexadecimal digits for a text: always the same ones, which only this gateway can give."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return the seconds of a monotonic clock, for time-outs and durations."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of our people, as `directory.yaml` describes them."""

    name: str
    addresses: tuple[str, ...]
    title: str = ""
    department: str = ""
    phone: str = ""
    groups: frozenset[str] = frozenset()
    manager: str = ""  # an address
    delegates: tuple[str, ...] = ()  # addresses of those who may send on their behalf
    private_addresses: tuple[str, ...] = ()  # addresses outside that are known as theirs
    timezone: str = ""  # name in the IANA database; "" = the organisation's
    holidays: str = ""  # "GB-SCT"; "" = the organisation's
    login: str = ""  # login of AUTH, where it is none of the addresses


@dataclass(frozen=True, slots=True)
class DistributionList:
    """An address that a mail server expands to many addresses."""

    address: str
    name: str = ""
    members: tuple[str, ...] = ()  # addresses of people and of other lists
    size: int = 0  # number of members, where their names are not known; named members come on top
    owners: tuple[str, ...] = ()  # addresses
    writers: tuple[str, ...] | None = None  # addresses, or `group:NAME`; None = all of our people may write to it
    reply_all: int | None = None  # number of people from which on a reply to all is crowded; None = the filter's


@dataclass(frozen=True, slots=True)
class Audience:
    """People whom addresses reach, with every list expanded; each once, whatever address or list names them."""

    people: frozenset[str]  # one address key for each person: that of the first address
    unnamed: int = 0  # number of members of lists of which only the size is known
    lists: tuple[DistributionList, ...] = ()  # the expanded lists, nested ones too

    @property
    def size(self) -> int:
        return len(self.people) + self.unnamed


class Directory(Protocol):
    @property
    def people(self) -> Sequence[Person]:
        """All people of the organisation that are configured."""

    @property
    def domain_names(self) -> Sequence[str]:
        """The organisation's domains, in lower case and ASCII; `.example.com` means its subdomains."""

    def person(self, address: str) -> Person | None: ...

    def private_owner(self, address: str) -> Person | None:
        """Return the person who is known to own this private account outside; of several, the first."""

    def groups(self, address: str) -> frozenset[str]:
        """Return the groups of an address: its own and its person's."""

    def is_ours(self, address: str) -> bool:
        """Return whether the address's domain is one of the organisation's."""

    def list_at(self, address: str) -> DistributionList | None: ...

    def expand(self, addresses: Collection[str]) -> Audience:
        """Return the people whom these addresses reach, also by lists within lists; a circle of lists counts once."""

    def named(self, words: frozenset[str]) -> str:
        """Return the full name of one of our people that has these words (`words_of`), in any order; "" = none."""


class SendingRights(Protocol):
    """The addresses that a client's login may send from."""

    def own(self, login: str) -> frozenset[str]:
        """Return the login's own addresses, by `address_key`: its person's, or else itself; empty if it is unknown."""

    def is_shared(self, address: str) -> bool:
        """Return whether several people may send from this address, as configured."""

    def may_send_as(self, login: str, address: str) -> bool:
        """Return whether the address is the login's own, shared with it, or of somebody whose delegate it is."""


class Routes(Protocol):
    """The next hops to which the gateway hands mail."""

    def require_tls(self, recipient: str, listener: str) -> bool:
        """Return whether mail from this listener (`Mail.listener`) goes to the recipient by verified TLS or not at all.

        This is about the next hop alone: nothing is known of the way behind it.
        """


class ScannerUnavailable(ConnectionError):
    """The scanner is away or too slow, or its answer can't be understood. A retry may help."""


class ScannerTooLarge(ValueError):
    """The content has more octets than the scanner takes. No retry helps."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The scanner's answer: the names of the signatures that matched; empty = nothing found."""

    names: tuple[str, ...] = ()


class Scanner(Protocol):
    async def scan(self, content: bytes, *, client: str = "") -> Scan:
        """Scan the octets, in turns by client (`Client.network`).

        Raises ScannerUnavailable or ScannerTooLarge. It never returns "clean" for want of an answer.
        """

    async def scan_leaf(self, content: bytes, *, client: str = "") -> Scan:
        """Scan one part of a message, as `scan`. A clean verdict may be a little older, of the same signatures."""

    async def blind(self) -> str | None:
        """Return one sentence if the scanner passes in silence content that it did not scan; None if it reports it."""

    async def unarmed(self) -> str | None:
        """Return one sentence if the scanner is known to have no signatures of real viruses; else None."""


class DnsUnavailable(ConnectionError):
    """The DNS is away or too slow, or has no usable answer. A retry may help."""


RecordKind = Literal["A", "AAAA", "MX", "PTR", "TXT"]


@dataclass(frozen=True, slots=True)
class DnsRecords:
    """The DNS's answer: addresses, "10 mx.example.com", names, or TXT joined, each octet a character (latin-1)."""

    values: tuple[str, ...] = ()
    exists: bool = True  # False: there is no such name (NXDOMAIN)


class Resolver(Protocol):
    async def look_up(self, name: str, kind: RecordKind) -> DnsRecords:
        """Return the records of a name, with CNAMEs followed; a name that can't be one doesn't exist.

        Raises DnsUnavailable.
        """

    def for_message(self) -> Resolver:
        """Return a resolver for the look-ups of one message: beyond their share of the queries they wait in turn."""


class Counters(Protocol):
    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        """Add to a counter and return its total `since` then, in one atomic step.

        The total counts whole minutes, also the one in which `since` lies. With `since` None it counts all that is
        kept. The same `once` counts a single time.
        """

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        """Return the sum over [since, until), each edge moved outwards to a full minute."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A key, such as a thread, that is blocked for some time."""

    key: str
    until: datetime
    at: datetime  # start of the pause
    reason: str


class Pauses(Protocol):
    """Paused keys, shared by all workers, such as a thread that has become a storm of replies."""

    async def pause(self, key: str, until: datetime, at: datetime, reason: str) -> bool:
        """Pause a key and return True if it was not paused at that time. A pause that lasts longer stays."""

    async def until(self, key: str, now: datetime) -> datetime | None:
        """Return the end of a key's pause; None when the key is not paused now."""

    async def list(self, now: datetime) -> Sequence[Pause]:
        """Return the pauses that last now, newest first."""

    async def lift(self, key: str) -> bool:
        """End a pause; return False when there is none."""


class Confirmed(Protocol):
    """Keys of filters that senders have confirmed, for good or for a thread; kept as keyed hashes."""

    async def known(self, keys: Collection[str]) -> set[str]:
        """Return those of the keys that were confirmed, in one look-up."""

    async def add(self, keys: Collection[str], at: datetime) -> None: ...


class Agreements(Protocol):
    """Addresses outside whose owners have agreed, by a reply, to get confidential mail unencrypted."""

    async def agreed(self, addresses: Collection[str]) -> set[str]:
        """Return those of the addresses, as given, in one look-up."""


class Receipts(Protocol):
    """Messages of our people that wait for a confirmation of receipt, by their Message-IDs under keyed hashes."""

    async def expect(
        self,
        message_id: str,
        person: str,
        mail_id: str,
        domains: Collection[str],
        sent_at: datetime,
        due_at: datetime,
    ) -> None:
        """Wait for an answer to this message from one of the domains; if none comes, remind the person at `due_at`.

        `mail_id` is `Mail.id`. A message that waits already, since its client sent it twice, is left as it is.
        """

    async def answered(self, message_ids: Collection[str], domains: Collection[str]) -> int:
        """Forget those of these messages that wait for an answer from one of the domains; return their number."""


#: One of our addresses and one outside. ANYONE stands for all of ours together, `@domain` for all addresses there.
Pair = tuple[str, str]


#: In a `Pair`, all of our addresses together.
ANYONE = ""


Way = Literal["received", "sent"]


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The record of the mail between a pair: times of the first and the last message, and the number each way.

    A message that its client sent twice counts twice.
    """

    first: datetime
    last: datetime
    received: int  # from them
    sent: int  # to them


class Correspondents(Protocol):
    """Pairs of our addresses and outside ones that have exchanged mail; kept for 400 days, as keyed hashes."""

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        """Return the records of these pairs in one look-up; strangers have none. Letter case makes no difference."""

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        """Count one message for each of these pairs; for `learn`, after the reply."""


AccountKind = Literal["iban", "uk", "us", "bic", "wallet", "other"]


@dataclass(frozen=True, slots=True)
class Account:
    """One account identifier, normalised: upper case, no blanks or dashes."""

    kind: AccountKind
    number: str  # "uk": sort code + account number, 14 digits; "us": routing + account number


def parse_account(text: str) -> Account | None:
    """Return the account of a text that is nothing but its identifier, checksum and all; None for other texts."""
    found = recognise(text)
    return Account(*found) if found else None


#: Dates (UTC) on which mail must name an account before it is steady: a first forged invoice must not make it so.
STEADY_DATES = 3


#: Days that must lie between the first and the last of these dates.
STEADY_DAYS = 30


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """The ledger's record of one account of a counterparty."""

    first: datetime
    last: datetime
    dates: int  # number of dates (UTC) on which it was seen
    verified: bool  # imported, or verified by a person who released a message with it

    @property
    def steady(self) -> bool:
        """True for an account that may count as usual: verified, or seen on three dates over thirty days or more."""
        seen_long_enough = (self.last - self.first).days >= STEADY_DAYS
        return self.verified or (self.dates >= STEADY_DATES and seen_long_enough)


@dataclass(frozen=True, slots=True)
class Standing:
    """The ledger's records of the accounts asked about, and the number of the counterparty's accounts."""

    known: Mapping[Account, LedgerRecord]  # those of the accounts asked about that are known from this counterparty
    steady: int  # number of the counterparty's steady accounts
    others: int  # number of all its accounts


class Ledger(Protocol):
    """Accounts that each counterparty has named, as keyed hashes; and accounts and senders reported as fraud.

    A counterparty is the organisational domain of an authenticated `From:`; of free mail, the full address.
    """

    async def standing(self, counterparty: str, accounts: Collection[Account]) -> Standing: ...

    async def blocked(self, accounts: Collection[Account], senders: Collection[str]) -> Collection[Account | str]:
        """Return the blocked ones of the accounts and the senders' addresses; a blocked domain blocks its addresses."""

    async def add(self, counterparty: str, accounts: Collection[Account], at: datetime) -> None:
        """Enter accounts as seen in mail at this time; for `learn`, after the reply."""


@dataclass(frozen=True, slots=True)
class Payee:
    """The payee named by a held message, which a person verifies or reports as fraud."""

    counterparty: str  # owner of the accounts once they are verified; "" = none that the ledger keeps
    accounts: frozenset[Account]  # accounts that the message names as places to pay, known ones too
    senders: frozenset[str]  # addresses that it names as its senders; a report of a fraud blocks the proven ones
