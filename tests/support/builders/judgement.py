"""A filter that finds what a test tells it to, mail, a clock, and a chain from YAML."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from gateway.contract import (
    DIRECTIONS,
    ON_ERROR,
    Client,
    Code,
    Codes,
    Direction,
    Envelope,
    Filter,
    Finding,
    Mail,
    Mode,
    Payee,
    Recipient,
    Settings,
)
from gateway.judge.chain import Chain, Found, Link
from gateway.judge.judgement import Judge
from gateway.judge.policy import Terms, Verdict, decide
from gateway.message.mime.parse import parse
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.loading import load
from gateway.settings.models import Settings as GatewaySettings

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

PLAIN = (
    b"From: Eve <eve@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: Hello\r\n"
    b"Message-ID: <1@outside.example>\r\n\r\nHello Bob\r\n"
)

DIRECTION_OF: Mapping[str, Direction] = {"in": "inbound", "out": "outbound", "us": "internal"}

CONFIGURATION = """\
organisation:
  name: Example Ltd
  domains: [example.co.uk]
  contact: IT Service Desk <it@example.co.uk>
  timezone: Europe/London
hostname: gw.example.co.uk
listeners:
  - {name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:2526"}
  - {name: outbound, address: "127.0.0.1:2587", direction: outbound, trusted_networks: [127.0.0.0/8],
     next_hop: "smtp://127.0.0.1:2526"}
directory:
  groups: {lab: [lab@example.co.uk, friend@outside.example], staff: ["*@example.co.uk"]}
"""


class ProbeSettings(Settings):
    """None of its own."""


class Probe:
    """Finds what `finds` says; one code for each shipped action."""

    name: ClassVar[str] = "probe"
    Settings: ClassVar[type[Settings]] = ProbeSettings
    codes: ClassVar[Codes] = {
        "probe.log": Code("monitoring.automated", "log", "It has probe.log."),
        "probe.tag": Code("email.conduct", "tag", "It has probe.tag."),
        "probe.amend": Code("email.disclaimer", "amend", "It has probe.amend."),
        "probe.hold": Code("security.phishing", "quarantine", "It has probe.hold."),
        "probe.reject": Code("email.misdirected", "reject", "It has probe.reject."),
        "probe.discard": Code("email.receipt", "discard", "It has probe.discard."),
        "probe.away": Code("email.lists", ON_ERROR, "It has probe.away."),
        "virus.found": Code("security.viruses", "quarantine", "It has virus.found."),
        "probe.payment": Code("payments.changes", "quarantine", "It has probe.payment."),
        "probe.account": Code("payments.changes", "quarantine", "It has probe.account."),
        "probe.danger": Code("email.conduct", "quarantine", "It has probe.danger."),
        "probe.blocked": Code("payments.changes", "quarantine", "It has probe.blocked."),
    }
    amends: ClassVar[frozenset[str]] = frozenset({"probe.amend", "probe.tag", "probe.hold"})
    release_needs_verification: ClassVar[frozenset[str]] = frozenset(
        {"probe.payment", "probe.account", "probe.blocked"}
    )
    answered_by_verification: ClassVar[frozenset[str]] = frozenset({"probe.payment", "probe.account"})
    release_by_sender: ClassVar[frozenset[str]] = frozenset()
    notices: ClassVar[Mapping[str, str]] = {"probe.payment": "payment_change", "probe.danger": "threat"}
    at_once: ClassVar[frozenset[str]] = frozenset({"probe.danger"})
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = DIRECTIONS

    def __init__(self, settings: ProbeSettings, finds: Sequence[Finding] = ()) -> None:
        self.finds: Sequence[Finding] = finds
        self.pays: Payee = Payee("", frozenset(), frozenset())
        self.covers: Sequence[str] = ()
        self.seen: list[Mail] = []

    async def check(self, mail: Mail) -> Sequence[Finding]:
        self.seen.append(mail)
        return self.finds

    async def confirmations(self, mail: Mail) -> Collection[str]:
        return self.covers

    async def payee(self, mail: Mail) -> Payee:
        return self.pays


FILTERS: Mapping[str, type[Filter]] = {"probe": Probe}


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    at: datetime = NOW
    ticks: float = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)
        self.ticks += timedelta(**span).total_seconds()


def finding(code: str, **parts: Any) -> Finding:
    return Finding(code, parts.pop("summary", f"It has {code}."), **parts)


def recipient(text: str) -> Recipient:
    """`in:bob@example.co.uk`, `out:ann@outside.example`, `us:…`; NOTIFY may follow behind a blank."""
    kind, _, rest = text.partition(":")
    address, _, notify = rest.partition(" ")
    return Recipient(address, DIRECTION_OF[kind], notify or None)


def mail(*recipients: str, raw: bytes = PLAIN, sender: str = "eve@outside.example", **parts: Any) -> Mail:
    """Return mail, inbound to Bob unless the arguments say otherwise."""
    to = tuple(map(recipient, recipients or ("in:bob@example.co.uk",)))
    envelope = Envelope(sender, to, **parts.pop("envelope", {}))
    client = parts.pop("client", Client(address="192.0.2.7", helo="mx.outside.example"))
    facts: dict[str, Any] = {"id": "m1", "received_at": NOW, "listener": "inbound"} | parts
    return Mail(client=client, envelope=envelope, message=parse(raw), **facts)


def settings(
    folder: Path, filters: str, filters_known: Mapping[str, type[Filter]] = FILTERS, *, more: str = ""
) -> GatewaySettings:
    """Load the configuration with this list of filters; `more` YAML stands at its top."""
    path = folder / "gateway.yaml"
    path.write_text(CONFIGURATION + more + "filters:\n" + textwrap.indent(textwrap.dedent(filters), "  "))
    return load(path, dict(filters_known))


@dataclass
class Policy:
    """A chain's configuration, and what it decides about findings."""

    entries: tuple[FilterEntry, ...]
    groups_of: Callable[[str], frozenset[str]] = lambda _: frozenset()

    def decide(self, about: Mail, *findings: Finding | tuple[int, Finding], **terms: Any) -> Verdict:
        """Decide about findings; each is the first filter's, or that of the numbered one."""
        numbered = [f if isinstance(f, tuple) else (0, f) for f in findings]
        found = [Found(one, self.entries[number]) for number, one in numbered]
        return decide(about, found, Terms(self.groups_of, **terms))


@dataclass
class Bench:
    """A judge over probes: `bench.probes[0].finds = […]`, then `await bench.judge.judge(mail())`."""

    entries: tuple[FilterEntry, ...]
    clock: FakeClock = field(default_factory=FakeClock)
    defer_limit_seconds: float = 4 * 3600

    def __post_init__(self) -> None:
        self.probes = [Probe(ProbeSettings()) for _ in self.entries]
        links = [Link(entry, probe) for entry, probe in zip(self.entries, self.probes, strict=True)]
        self.judge = Judge(Chain(links, self.clock), self.clock, lambda _: frozenset(), 60, self.defer_limit_seconds)
