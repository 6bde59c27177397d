"""The composition root: it reads the settings and builds the gateway from them. It reads top to bottom.

`assemble` builds the parts of each step, and this module puts them together. It is the only one that imports `filters`.
Both hand out settings; everything below them gets plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from filters.registry import FILTERS
from gateway.act.deliver import Deliver
from gateway.act.keeper import Keeper, Retention
from gateway.act.notices.lapsed_approvals import LapsedApprovals
from gateway.act.notices.notices import Notices
from gateway.act.notices.undelivered import Undelivered
from gateway.act.relay.relay import Relay
from gateway.act.relay.routes import Routes
from gateway.act.release.agreement_replies import AgreementReplies
from gateway.act.release.confirmations import Confirmations
from gateway.act.release.held_mail import HeldMail
from gateway.act.release.payment_accounts import PaymentAccounts
from gateway.act.release.recheck import Recheck
from gateway.act.release.release import Release, ReleaseWhenNeeded
from gateway.act.release.requests import Requests
from gateway.act.release.trial import Trial
from gateway.act.reports.weekly import WeeklyReport
from gateway.act.rules.confirmation import ConfirmationRules
from gateway.act.rules.requests import RequestRules
from gateway.act.signing.signer import Signer
from gateway.assemble.act import (
    build_agreement_control,
    build_confirmation_rules,
    build_digests,
    build_entry_notices,
    build_manager_notices,
    build_notices,
    build_receipt_reminders,
    build_relay,
    build_release_rules,
    build_reminders,
    build_reports,
    build_request_rules,
    build_signer,
    build_undelivered,
    template_kinds,
    template_mistakes,
    template_remarks,
)
from gateway.assemble.journal import build_journal, build_journalling
from gateway.assemble.judge import build_judge
from gateway.assemble.services import (
    build_confirmed,
    build_counterparties,
    build_language_model,
    build_ledger_keys,
    build_organisation,
    build_services_on,
)
from gateway.assemble.understand import build_examiner, build_pool, build_tenants
from gateway.contract import Clock, Operates, able
from gateway.directory.lookup import KnownDirectory
from gateway.directory.sources import read_files
from gateway.journey import Journey
from gateway.judge.codes import GATEWAY_CODES
from gateway.judge.judgement import Judge
from gateway.language_model.process_model import ProcessModel
from gateway.matching.counterparties import Counterparties
from gateway.remember.in_flight import InFlight
from gateway.remember.ledger_keys import LedgerKeys
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.remember.message_log import MessageLog
from gateway.remember.store import Store
from gateway.services.clock import SystemClock
from gateway.services.message_ids import new_id
from gateway.settings.known_addresses import KnownAddresses
from gateway.settings.loading import load
from gateway.settings.loading import look_over as settings_and_remarks
from gateway.settings.models import Settings
from gateway.settings.senders import allowable
from gateway.settings.yaml.problems import Problem
from gateway.understand.authentication.tenants import TenantProof
from gateway.understand.examiner import Examiner
from gateway.understand.sandbox.pool import Pool

#: Runs a task that follows the reply to a message.
Spawn = Callable[[Coroutine[Any, Any, None]], object]


def read_settings(path: Path, *, without: Collection[str] = (), senders: Path | None = None) -> Settings:
    """Read the configuration without the top-level keys in `without`. Raises ConfigurationError with every problem.

    `senders` is read in place of `sender_rules_file`, to try it.
    """
    return load(path, FILTERS, without=without, senders=senders, check_templates=_template_problems)


def known_codes() -> frozenset[str]:
    """Return the codes that a finding can have, those of filters outside the chain too."""
    return frozenset(GATEWAY_CODES).union(*(cls.codes for cls in FILTERS.values()))


def codes_reviewers_allow() -> frozenset[str]:
    """Return the codes that reviewers may waive for a sender."""
    return allowable(FILTERS.values())


def operation_classes() -> tuple[type, ...]:
    """Return the classes whose methods are the filters' operations, those of filters outside the chain too."""
    return tuple(dict.fromkeys(cls.operations for cls in able(FILTERS.values(), Operates)))


def look_over(path: Path) -> tuple[Settings, Sequence[Problem]]:
    """Read the configuration and the directory's CSV files; return remarks besides, which are no mistakes.

    The filters' sources are read too, for codes that they don't declare. Raises ConfigurationError with every problem.
    """
    settings, found = settings_and_remarks(
        path, FILTERS, sources=True, check_templates=_template_problems, addresses=_known_addresses
    )
    return settings, [*found, *template_remarks(settings, template_kinds(FILTERS.values()))]


def _known_addresses(settings: Settings) -> KnownAddresses | None:
    """Read the directory's files; return all addresses in it, or None where a server has more of them."""
    gathered = read_files(settings)
    if settings.directory.ldap:
        return None
    people = tuple(address for one in gathered.people for address in one.entry.addresses)
    lists = tuple(one.entry.address for one in gathered.lists)
    return KnownAddresses(people, (*lists, *(member for members in gathered.groups.values() for member in members)))


def read_with_remarks(path: Path) -> tuple[Settings, Sequence[Problem]]:
    """Read the configuration, as `read_settings`; return remarks besides, which are no mistakes."""
    return settings_and_remarks(path, FILTERS, check_templates=_template_problems)


def _template_problems(settings: Settings) -> list[Problem]:
    """Return what is wrong with the templates of notices."""
    return template_mistakes(settings, template_kinds(FILTERS.values()))


@dataclass(frozen=True, slots=True)
class Components:
    """Everything built from one reading of the configuration, on one store."""

    settings: Settings
    store: Store
    clock: Clock
    pool: Pool
    language_model: ProcessModel
    examiner: Examiner
    tenants: Mapping[str, TenantProof]
    judge: Judge
    relay: Relay
    routes: Routes
    notices: Notices
    undelivered: Undelivered
    reports: WeeklyReport
    ours: KnownDirectory
    signer: Signer
    ledger_keys: LedgerKeys | None
    counterparties: Counterparties
    confirming: ConfirmationRules | None
    journal: MailJournal
    asking: RequestRules | None


def build(
    settings: Settings,
    store: Store,
    *,
    before: Components | None = None,
    quiet: bool = False,
    clock: Clock | None = None,
) -> Components:
    """Build all components on a store.

    `before` is for a reload: its relay keeps its connections, its sandbox and its language model their processes, and
    its journal its files. With `quiet` nothing is counted, and a new sandbox has one process, since little is opened
    (release). `clock` gives a test its own time.
    """
    clock = clock or SystemClock()
    keys = build_ledger_keys(settings, quiet=quiet)
    model = before.language_model if before else build_language_model(settings, quiet=quiet)
    services = build_services_on(store, settings, clock, keys, quiet=quiet, language_model=model)
    ours = services.directory
    pool = before.pool if before else build_pool(settings, processes=1 if quiet else None)
    confirming = build_confirmation_rules(settings, ours, quiet=quiet)
    asking = build_request_rules(settings, ours, quiet=quiet)
    return Components(
        settings=settings,
        store=store,
        clock=clock,
        pool=pool,
        language_model=model,
        examiner=build_examiner(settings, pool, services.resolver, directory=ours),
        tenants=build_tenants(settings, services.resolver),
        judge=build_judge(settings, services),
        relay=before.relay if before else build_relay(settings),
        routes=services.routes,
        notices=build_notices(settings, store, ours, clock, confirming, asking),
        undelivered=build_undelivered(settings, ours, clock),
        reports=build_reports(settings, store, ours, clock),
        ours=ours,
        signer=build_signer(settings, clock),
        ledger_keys=keys,
        counterparties=build_counterparties(settings),
        confirming=confirming,
        journal=before.journal if before else build_journal(settings),
        asking=asking,
    )


def compile_rules(settings: Settings, store: Store) -> None:
    """Compile the rules of all filters, so that a later `build` with the same rules finds them compiled.

    What is compiled is kept by its content, in memory that copies of the process share. A thread may call this.
    """
    keys = build_ledger_keys(settings, quiet=True)
    build_judge(settings, build_services_on(store, settings, SystemClock(), keys, quiet=True))


def build_keeper(parts: Components) -> Keeper:
    kept = parts.settings.retention
    retention = Retention(
        kept.quarantine_days, kept.audit_days, kept.correspondents_days, kept.ledger_days, kept.bin_days
    )
    settings, store, clock = parts.settings, parts.store, parts.clock
    lapsed = LapsedApprovals(store, build_entry_notices(settings), clock)
    digests = build_digests(settings, store, parts.ours, clock, parts.asking, parts.notices.templates)
    receipts = build_receipt_reminders(settings, store, parts.ours, clock)
    return Keeper(
        store,
        parts.relay,
        parts.routes,
        parts.notices,
        parts.undelivered,
        clock,
        retention,
        (lapsed.tell, digests.send_due, parts.reports.send_due, *((receipts.send_due,) if receipts else ())),
        build_journalling(settings, parts.journal, clock),
    )


def build_release(parts: Components, keeper: Keeper) -> Release:
    settings, store, judge, clock = parts.settings, parts.store, parts.judge, parts.clock
    held = HeldMail(store, parts.examiner, Trial(settings), ZoneInfo(settings.organisation.timezone))
    second_run = Recheck(held, judge, parts.signer, clock, new_id, settings.hostname)
    payees = PaymentAccounts(judge.chain, store, parts.ledger_keys, parts.ours.domains, parts.counterparties)
    rules, notices = build_release_rules(settings), build_entry_notices(settings)
    return Release(store, second_run, keeper, rules, payees, clock, notices)


def build_journey(parts: Components, message_log: MessageLog, spawn: Spawn, in_flight: InFlight) -> Journey:
    settings = parts.settings
    deliver = Deliver(
        parts.relay,
        parts.store,
        parts.routes,
        parts.notices,
        parts.undelivered,
        parts.clock,
        new_id,
        settings.limits.reply_seconds,
        parts.signer,
        build_journalling(settings, parts.journal, parts.clock),
    )
    return Journey(
        hostname=settings.hostname,
        examiner=parts.examiner,
        judge=parts.judge,
        deliver=deliver,
        relay=parts.relay,
        routes=parts.routes,
        store=parts.store,
        message_log=message_log,
        clock=parts.clock,
        after_queue=frozenset(listener.name for listener in settings.listeners if listener.after_queue),
        spawn=spawn,
        confirmations=build_confirmations(parts, message_log),
        reminders=build_reminders(settings, parts.store, parts.ours, parts.clock),
        in_flight=in_flight,
        tenants=parts.tenants,
    )


def build_confirmations(parts: Components, message_log: MessageLog) -> Confirmations | None:
    """Build the receiver of replies, which confirm or ask for a release; None where there is no control address.

    Its release is its own, with a chain that counts nothing.
    """
    settings, store = parts.settings, parts.store
    control = build_agreement_control(settings, quiet=False)
    if parts.confirming is None or parts.asking is None or control is None:
        return None
    confirmed = build_confirmed(settings, store, quiet=False)
    organisation = build_organisation(settings)
    release = ReleaseWhenNeeded(lambda: _quiet_release(parts))
    requests = Requests(parts.asking, store, release, build_entry_notices(settings), parts.clock, organisation)
    managers = build_manager_notices(settings, parts.ours)
    agreements = AgreementReplies(control, store.agreements, parts.clock, organisation)
    return Confirmations(
        parts.confirming,
        store,
        confirmed,
        release,
        message_log,
        parts.clock,
        organisation,
        requests,
        managers,
        agreements,
    )


def _quiet_release(parts: Components) -> Release:
    quiet = build(parts.settings, parts.store, before=parts, quiet=True, clock=parts.clock)
    return build_release(quiet, build_keeper(quiet))
