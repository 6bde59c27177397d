"""The gateway behind the session, in this process: a real store and relay, scripted next hops, a fake clock.

`async with EmbeddedGateway(folder) as gateway`; `await gateway.accept(…)` gives the reply to a message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway.act.deliver import Deliver
from gateway.act.keeper import Keeper, Retention
from gateway.act.notices.lapsed_approvals import LapsedApprovals
from gateway.act.notices.undelivered import Undelivered
from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.relay import Relay
from gateway.act.relay.routes import Routes
from gateway.act.release.agreement_replies import AgreementReplies
from gateway.act.release.confirmations import Confirmations
from gateway.act.release.held_mail import HeldMail
from gateway.act.release.payment_accounts import PaymentAccounts
from gateway.act.release.recheck import Recheck
from gateway.act.release.release import Release
from gateway.act.release.requests import Requests
from gateway.act.rules.confirmation import ConfirmationRules
from gateway.act.rules.control_address import ControlAddress
from gateway.act.rules.requests import RequestRules
from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.signer import Signer
from gateway.assemble.act import (
    build_digests,
    build_entry_notices,
    build_manager_notices,
    build_notices,
    build_release_rules,
)
from gateway.assemble.journal import build_journalling
from gateway.assemble.services import build_organisation
from gateway.assemble.understand import build_pool, build_unfolder
from gateway.contract import Client, DistributionList, Resolver
from gateway.directory.lookup import ConfiguredDirectory
from gateway.journey import Journey
from gateway.matching.counterparties import Counterparties
from gateway.message.labels import SHIPPED
from gateway.receive.transaction import Received
from gateway.remember.in_flight import InFlight, WorkerDeaths
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.remember.message_log import MessageLog
from gateway.remember.records import AuditRow, HeldMessage
from gateway.remember.store import Store
from gateway.smtp.reply import Reply
from gateway.understand.authentication.verify import Authenticator, TrustedHosts
from gateway.understand.examiner import Examiner
from gateway.understand.unfold import Unfolder
from tests.support.builders.judgement import PLAIN, Bench, FakeClock, mail, settings
from tests.support.builders.trial import ScriptedTrial
from tests.support.servers.ports import free_port
from tests.support.servers.prompt_store import answers_at_once
from tests.support.servers.sink import Sink

#: The URL of a store in a folder; the fixture `on_both_databases` puts PostgreSQL in its place.
store_in: Callable[[Path], str] = "sqlite:///{}/store.db".format

LEDGER_KEYS = LedgerKeys(bytes(32))
OUTSIDE = Client(address="192.0.2.7", helo="mx.outside.example")
STAFF = Client(address="127.0.0.1", helo="pc.example.co.uk", trusted=True)


@dataclass
class EmbeddedGateway:
    """`home` is the mail server of example.co.uk, `world` the smarthost, `branch` the route of branch.example."""

    folder: Path
    filters: str = "- probe"
    home: Sink = field(default_factory=Sink)
    world: Sink = field(default_factory=Sink)
    branch: Sink = field(default_factory=Sink)
    home_hops: tuple[NextHop, ...] = ()  # instead of `home`
    reply_seconds: float = 90
    quarantine_max_bytes: int | None = None
    after_queue: frozenset[str] = frozenset()
    keys: tuple[SigningKey, ...] = ()
    seal: SigningKey | None = None
    more: str = ""  # top-level YAML
    lists: tuple[DistributionList, ...] = ()
    journal: MailJournal | None = None
    resolver: Resolver | None = None  # given one, it verifies where inbound mail comes from

    async def __aenter__(self) -> EmbeddedGateway:
        self._open = AsyncExitStack()
        self._open.enter_context(answers_at_once())
        for sink in (self.home, self.world, self.branch):
            await self._open.enter_async_context(sink)
        self.clock = FakeClock()
        self.settings = settings(self.folder, self.filters, more=self.more)
        self.bench = Bench(self.settings.filters, self.clock)
        self.probe = self.bench.probes[0]
        self.store_url = store_in(self.folder)
        self.store = await Store.open(
            self.store_url, create=True, key=bytes(32), quarantine_max_bytes=self.quarantine_max_bytes
        )
        self._open.push_async_callback(self.store.close)
        self.relay = Relay("gw.example.co.uk")
        self._open.push_async_callback(self.relay.close)
        self._build()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def _build(self) -> None:
        s, clock, ids = self.settings, self.clock, count(1)
        ours = ConfiguredDirectory(s.directory.persons, s.directory.groups, s.organisation.domains, self.lists)

        def new_id() -> str:
            return f"new{next(ids)}"

        self.routes = Routes(
            {"branch.example": hops(self.branch)},
            {"inbound": self.home_hops or hops(self.home), "outbound": hops(self.world)},
            self.home_hops or hops(self.home),
            ours.domains,
        )
        rules = build_release_rules(s)
        self.confirming = ConfirmationRules(
            ControlAddress(s.control_address, bytes(32)), rules, s.confirm_limit, ours.domains
        )
        self.asking = RequestRules(ControlAddress(s.control_address, bytes(31) + b"r"), rules, ours.domains)
        self.managers = build_manager_notices(s, ours)
        replies = (self.confirming, self.asking) if s.control_address else (None, None)
        self.notices = build_notices(s, self.store, ours, clock, *replies)
        entry_notices = build_entry_notices(s)
        self.lapsed = LapsedApprovals(self.store, entry_notices, clock)
        self.digests = build_digests(s, self.store, ours, clock, replies[1], self.notices.templates)
        self.undelivered = Undelivered(ours.domains, s.notices_from, s.hostname, clock, new_id)
        journalling = build_journalling(s, self.journal, clock) if self.journal else None
        self.keeper = Keeper(
            self.store,
            self.relay,
            self.routes,
            self.notices,
            self.undelivered,
            clock,
            Retention(30, 180),
            (self.lapsed.tell, self.digests.send_due),
            journalling,
        )
        pool = build_pool(s, processes=1)  # its process starts with the first message that holds something
        self._open.push_async_callback(pool.close)
        self.examiner = self.examiner_with(build_unfolder(s, pool))
        signer = Signer(clock, self.keys, self.seal, s.hostname)
        judge = self.bench.judge
        self.trial = ScriptedTrial()
        held = HeldMail(self.store, self.examiner, self.trial, ZoneInfo(s.organisation.timezone))
        second_run = Recheck(held, judge, signer, clock, new_id, s.hostname)
        payees = PaymentAccounts(
            judge.chain, self.store, LEDGER_KEYS, ours.domains, Counterparties(["freemail.example"])
        )
        self.release = Release(self.store, second_run, self.keeper, rules, payees, clock, entry_notices)
        deliver = Deliver(
            self.relay,
            self.store,
            self.routes,
            self.notices,
            self.undelivered,
            clock,
            new_id,
            self.reply_seconds,
            signer,
            journalling,
        )
        message_log = MessageLog(self.store.audit)
        self.confirmed = self.store.confirmed(bytes(32))
        organisation = build_organisation(s)
        requests = Requests(self.asking, self.store, self._release, entry_notices, clock, organisation)
        confirmations = Confirmations(
            self.confirming,
            self.store,
            self.confirmed,
            self._release,
            message_log,
            clock,
            organisation,
            requests,
            self.managers,
            AgreementReplies(
                ControlAddress(s.control_address, bytes(31) + b"a"), self.store.agreements, clock, organisation
            ),
        )
        self.learning: list[Any] = []
        self.journey = Journey(
            hostname=s.hostname,
            examiner=self.examiner,
            judge=judge,
            deliver=deliver,
            relay=self.relay,
            routes=self.routes,
            store=self.store,
            message_log=message_log,
            clock=clock,
            after_queue=self.after_queue,
            spawn=self.learning.append,
            confirmations=confirmations if s.control_address else None,
            reminders=None,
            in_flight=InFlight(),
        )

    async def _release(self) -> Release:
        return self.release

    def examiner_with(self, unfolder: Unfolder) -> Examiner:
        """Return an examiner that opens messages by this unfolder."""
        hostname = self.settings.hostname
        authenticator = Authenticator(self.resolver, hostname, TrustedHosts(), 5) if self.resolver else None
        return Examiner(unfolder, authenticator, SHIPPED, hostname)

    # --- what a test does --------------------------------------------------------------------------------------------

    async def accept(self, *recipients: str, raw: bytes = PLAIN, id: str = "m1", **parts: Any) -> Reply:
        """Take one message as the session hands it over; recipients as `in:bob@example.co.uk`."""
        about = mail(*recipients, raw=raw, id=id, **parts)
        outward = any(r.direction != "inbound" for r in about.envelope.recipients)
        client = parts.get("client", STAFF if outward else OUTSIDE)
        listener = "outbound" if outward else "inbound"
        received = Received(id, self.clock.now(), listener, client, "ESMTP", about.envelope, raw)
        return await self.journey.accept(received)

    def died(self, times: int) -> None:
        """Note that workers have died so often over whatever comes now."""
        deaths = WorkerDeaths()
        deaths.of = lambda _: times  # type: ignore[method-assign]
        self.journey = replace(self.journey, in_flight=InFlight(deaths=deaths))

    async def tidy(self) -> None:
        """Run one round of the keeper."""
        await self.keeper.work()

    # --- what became of it -------------------------------------------------------------------------------------------

    async def held(self) -> list[HeldMessage]:
        """Return the held messages, oldest first."""
        return (await self.store.quarantine.list(state=None))[::-1]

    async def trace(self, text: str = "m1") -> AuditRow:
        rows = await self.store.audit.trace(text)
        assert len(rows) == 1, rows
        return rows[0]

    async def actions(self, id: str = "m1") -> Mapping[str, str]:
        return {address: action for address, _, action in (await self.trace(id)).recipients}

    async def waiting(self) -> dict[str, Sequence[str]]:
        """Return kind and addresses of each row in the outbox, due or not."""
        async with self.store.database.reading() as connection:
            rows = await connection.exec_driver_sql("select kind, recipients from outbox order by queued_at, id")
            return {kind: [r["address"] for r in json.loads(to)] for kind, to in rows}


def hops(sink: Sink) -> tuple[NextHop, ...]:
    return (NextHop("smtp", "127.0.0.1", sink.port),)


def nobody() -> Sink:
    """Return a next hop at a port where nothing listens."""
    return UnreachableSink(port=free_port())


class UnreachableSink(Sink):
    async def __aenter__(self) -> Sink:
        return self

    async def __aexit__(self, *_: object) -> None:
        return
