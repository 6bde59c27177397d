"""The filter `audience` over services that remember in this process alone, and mail to many recipients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from unittest.mock import patch

from filters.audience.filter import Audience
from filters.audience.settings import AudienceSettings, Rules
from filters.audience.wording import Wordings
from gateway.contract import Correspondence, DistributionList, Mail, Organisation, Outcome, Pair, Pause, Person, Way
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.header.addresses import address_key
from gateway.services.keyed_hash import HmacHash
from gateway.settings.yaml.document import read_document
from tests.support.builders.judgement import NOW, mail

ROOT = Path(__file__).resolve().parents[3]
RULES = Rules(**read_document(ROOT / "config/audience.yaml").data)
#: Compiled once: it takes longer than a test.
WORDINGS = Wordings(RULES)

ANN = Person("Ann Archer", ("ann@example.co.uk", "a.archer@example.com"), groups=frozenset({"executives"}))
TOM = Person("Tom Barrow", ("tom@example.co.uk",))
PEOPLE = tuple(Person(f"Person {n}", (f"p{n}@example.co.uk",)) for n in range(60))
MEMBERS = tuple(one.addresses[0] for one in PEOPLE)


@dataclass
class FakeCounters:
    """`Counters` in memory, with a resolution of a second."""

    rows: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    once: set[tuple[str, str]] = field(default_factory=set)

    async def add(
        self, key: str, amount: int, at: datetime, once: str | None = None, since: datetime | None = None
    ) -> int:
        rows = self.rows.setdefault(key, [])
        if once is None or (key, once) not in self.once:
            rows.append((at, amount))
        if once is not None:
            self.once.add((key, once))
        return sum(amount for when, amount in rows if since is None or when >= since)

    async def total(self, key: str, since: datetime, until: datetime) -> int:
        return sum(amount for when, amount in self.rows.get(key, ()) if since <= when < until)


@dataclass
class FakePauses:
    """`Pauses` in memory."""

    rows: dict[str, Pause] = field(default_factory=dict)

    async def pause(self, key: str, until: datetime, at: datetime, reason: str) -> bool:
        new = await self.until(key, at) is None
        if new:
            self.rows[key] = Pause(key, until, at, reason)
        return new

    async def until(self, key: str, now: datetime) -> datetime | None:
        found = self.rows.get(key)
        return found.until if found and found.until > now else None

    async def list(self, now: datetime) -> Sequence[Pause]:
        return [one for one in self.rows.values() if one.until > now]

    async def lift(self, key: str) -> bool:
        return self.rows.pop(key, None) is not None


@dataclass
class FakeConfirmed:
    """`Confirmed` in memory."""

    keys: set[str] = field(default_factory=set)

    async def known(self, keys: Collection[str]) -> set[str]:
        return self.keys & set(keys)

    async def add(self, keys: Collection[str], at: datetime) -> None:
        self.keys.update(keys)


@dataclass
class FakeCorrespondents:
    """`Correspondents` in memory."""

    sent: dict[Pair, int] = field(default_factory=dict)

    async def known(self, pairs: Collection[Pair]) -> Mapping[Pair, Correspondence]:
        return {p: Correspondence(NOW, NOW, 0, n) for p in pairs if (n := self.sent.get((p[0], address_key(p[1]))))}

    async def add(self, pairs: Collection[Pair], way: Way, at: datetime) -> None:
        for ours, theirs in pairs:
            self.sent[ours, address_key(theirs)] = self.sent.get((ours, address_key(theirs)), 0) + (way == "sent")


@dataclass
class AudienceBench:
    """The filter with its services: `await bench.codes(bench.reply("Thanks!"))`."""

    lists: Sequence[DistributionList] = (
        DistributionList("all@example.co.uk", "All", MEMBERS[:30]),
        DistributionList("few@example.co.uk", "Few", MEMBERS[:24]),
    )
    people: Sequence[Person] = (ANN, TOM, *PEOPLE)
    settings: dict[str, Any] = field(default_factory=dict)
    counters: FakeCounters = field(default_factory=FakeCounters)
    pauses: FakePauses = field(default_factory=FakePauses)
    confirmed: FakeConfirmed = field(default_factory=FakeConfirmed)
    correspondents: FakeCorrespondents = field(default_factory=FakeCorrespondents)
    at: datetime = NOW
    number: int = 0

    def __post_init__(self) -> None:
        groups = {"writers": ["tom@example.co.uk"]}
        directory = ConfiguredDirectory(self.people, groups, ["example.co.uk", "example.com"], self.lists)
        with patch("filters.audience.filter.Wordings", return_value=WORDINGS):
            self.filter = self._filter(directory)

    def _filter(self, directory: ConfiguredDirectory) -> Audience:
        return Audience(
            AudienceSettings(rules=RULES, **self.settings),
            directory,
            self.counters,
            self.correspondents,
            self.pauses,
            self.confirmed,
            HmacHash(bytes(32)),
            Organisation(timezone="Europe/London"),
        )

    def mail(
        self,
        to: Sequence[str] = ("all@example.co.uk",),
        *,
        cc: Sequence[str] = (),
        sender: str = "ann@example.co.uk",
        rcpt: Sequence[str] | None = None,
        subject: str = "Plans",
        text: str = "Hello, here are the plans.",
        attach: int = 0,
        way: str = "",
        labels: frozenset[str] = frozenset(),
        **fields: str,
    ) -> Mail:
        """Each is another one, by its Message-ID; `way` of all recipients, else by where their address is."""
        self.number += 1
        message = EmailMessage(policy=SMTP)
        given = {"From": sender, "To": ", ".join(to), "Cc": ", ".join(cc), "Subject": subject}
        given |= {"Message-ID": f"<{self.number}@example.co.uk>", "Date": "Mon, 02 Mar 2026 09:30:00 +0000"}
        for name, value in (given | {name.replace("_", "-"): value for name, value in fields.items()}).items():
            if value:
                message[name] = value
        message.set_content(text, cte="8bit")
        if attach:
            message.add_attachment(bytes(attach), maintype="application", subtype="pdf", filename="plans.pdf")
        recipients = [self._recipient(one, way) for one in (rcpt if rcpt is not None else (*to, *cc))]
        return mail(*recipients, raw=message.as_bytes(), sender=sender, received_at=self.at, labels=labels)

    def reply(self, text: str = "Thanks!", to: Sequence[str] = ("all@example.co.uk",), **more: Any) -> Mail:
        given = {"subject": "Re: Plans", "References": "<root@example.co.uk>"}
        return self.mail(to, text=text, **given | more)

    @staticmethod
    def _recipient(address: str, way: str) -> str:
        ours = address.rpartition("@")[2] in ("example.co.uk", "example.com")
        return f"{way or ('us' if ours else 'out')}:{address}"

    async def codes(self, about: Mail) -> list[str]:
        """Return the codes of the findings, without the filter's name."""
        return [one.code.removeprefix("audience.") for one in await self.filter.check(about)]

    async def relayed(self, about: Mail, action: str = "relay") -> None:
        await self.filter.learn(about, Outcome({one.address: action for one in about.envelope.recipients}))

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)


def outside(people: int, domains: int = 2) -> list[str]:
    """Return addresses of outside people, spread over several organisations."""
    return [f"c{n}@firm{n % domains}.example" for n in range(people)]
