"""The parts that act: the relay, signatures, notices, and the rules of a release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.act.notices.agreement_requests import AgreementRequests
from gateway.act.notices.digests import DigestHours, Digests
from gateway.act.notices.entry_notices import EntryNotices
from gateway.act.notices.letter_limit import LetterLimit
from gateway.act.notices.manager_notices import ManagerNotices
from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import Notices as HeldNotices
from gateway.act.notices.notices import Wording
from gateway.act.notices.receipt_reminders import ReceiptNotice, ReceiptReminders
from gateway.act.notices.reminders import Reminders
from gateway.act.notices.template_samples import HELD, RECEIPT, REMINDER, samples_of
from gateway.act.notices.undelivered import Undelivered
from gateway.act.relay.relay import Relay
from gateway.act.reports.figures import Reporter
from gateway.act.reports.weekly import ReportMail, WeeklyReport
from gateway.act.rules.confirmation import ConfirmationRules
from gateway.act.rules.control_address import ControlAddress
from gateway.act.rules.release_rules import ReleaseRules
from gateway.act.rules.requests import RequestRules
from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.signer import Signer
from gateway.assemble.routes import build_routes
from gateway.assemble.services import derived_key
from gateway.contract import AwaitsReceipts, Clock, Filter, Notices, Reminds, able
from gateway.directory.lookup import KnownDirectory
from gateway.remember.store import Store
from gateway.services.message_ids import new_id
from gateway.settings.chain.entries import AGREEMENT_NOTICE, ALWAYS_NOTICES, MANAGER_NOTICE, OWN_NOTICES, FilterEntry
from gateway.settings.models import Settings
from gateway.settings.yaml.file_search import SHIPPED
from gateway.settings.yaml.problems import Mark, Problem, shown_location
from gateway.settings.yaml.values import address_in

#: The values of `report_day`, in the order of `datetime.weekday`.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def build_relay(settings: Settings) -> Relay:
    return Relay(settings.hostname)


def build_signer(settings: Settings, clock: Clock) -> Signer:
    keys = [SigningKey(one.domain, one.selector, one.key.key) for one in settings.dkim]
    arc = settings.arc
    seal = SigningKey(arc.domain, arc.selector, arc.key.key) if arc else None
    return Signer(clock, keys, seal, settings.hostname)


def build_confirmation_rules(settings: Settings, ours: KnownDirectory, *, quiet: bool) -> ConfirmationRules | None:
    """Build the confirmation by senders; None without a control address, and where `quiet` finds no secret.key."""
    key = derived_key(settings, "confirm", quiet=quiet) if settings.control_address else None
    if key is None:
        return None
    control = ControlAddress(settings.control_address, key)
    return ConfirmationRules(control, build_release_rules(settings), settings.confirm_limit, ours.domains)


def build_request_rules(settings: Settings, ours: KnownDirectory, *, quiet: bool) -> RequestRules | None:
    """Build the requests by our people; None under the same conditions as the confirmation."""
    key = derived_key(settings, "request", quiet=quiet) if settings.control_address else None
    if key is None:
        return None
    control = ControlAddress(settings.control_address, key)
    return RequestRules(control, build_release_rules(settings), ours.domains)


def build_agreement_control(settings: Settings, *, quiet: bool) -> ControlAddress | None:
    """Build the address for answers about agreements; None under the same conditions as the confirmation."""
    key = derived_key(settings, "agreement", quiet=quiet) if settings.control_address else None
    return ControlAddress(settings.control_address, key) if key else None


def build_agreement_requests(
    settings: Settings, store: Store, ours: KnownDirectory, signer: Signer, clock: Clock, *, quiet: bool
) -> AgreementRequests | None:
    control = build_agreement_control(settings, quiet=quiet)
    if control is None:
        return None
    outwards = [s.name for s in settings.listeners if s.direction != "inbound"] or [settings.listeners[0].name]
    routes = build_routes(settings, ours)
    wording = replace(_wording(settings), templates=_templates(settings, [AGREEMENT_NOTICE]))
    return AgreementRequests(
        control,
        store.agreements,
        wording,
        signer.signed,
        ours,
        outwards[0],
        lambda address: any(routes.require_tls(address, listener) for listener in outwards),
        clock,
        new_id,
    )


def build_entry_notices(settings: Settings) -> EntryNotices:
    organisation = settings.organisation
    return EntryNotices(
        build_release_rules(settings),
        ZoneInfo(organisation.timezone),
        address_in(organisation.contact),
        settings.reviewer_addresses,
        [name for name, roles in settings.reviewers.items() if {"reviewer", "approver"} & {*roles}],
    )


def build_letter_limit(settings: Settings, store: Store) -> LetterLimit:
    return LetterLimit(store.counters, settings.digest.notices_a_day, len(settings.digest.recipients))


def build_digests(
    settings: Settings,
    store: Store,
    ours: KnownDirectory,
    clock: Clock,
    asking: RequestRules | None,
    templates: NoticeTemplates,
) -> Digests:
    hours = DigestHours(settings.digest.recipients, settings.digest.reviewers)
    wording, limit, notices = _wording(settings), build_letter_limit(settings, store), build_entry_notices(settings)
    return Digests(store, hours, wording, notices, limit, _zone_of(ours), clock, new_id, asking, templates)


def build_release_rules(settings: Settings) -> ReleaseRules:
    approvers = tuple(name for name, roles in settings.reviewers.items() if "approver" in roles)
    return ReleaseRules(settings.filters, approvers, settings.approval_limit)


def build_notices(
    settings: Settings,
    store: Store,
    ours: KnownDirectory,
    clock: Clock,
    confirming: ConfirmationRules | None,
    asking: RequestRules | None,
) -> HeldNotices:
    contact, limit = address_in(settings.organisation.contact), build_letter_limit(settings, store)
    reviewers_at = build_entry_notices(settings).reviewers or tuple(filter(None, [contact]))
    is_list, managers = _is_list(ours), build_manager_notices(settings, ours)
    return HeldNotices(
        store,
        _wording(settings),
        ours.domains,
        is_list,
        reviewers_at,
        clock,
        new_id,
        limit,
        managers,
        confirming,
        asking,
    )


def build_manager_notices(settings: Settings, ours: KnownDirectory) -> ManagerNotices:
    zone = ZoneInfo(settings.organisation.timezone)
    return ManagerNotices(ours.person, ours.domains, _is_list(ours), build_release_rules(settings), zone)


def _wording(settings: Settings) -> Wording:
    organisation = settings.organisation
    return Wording(
        templates={"": settings.held_notice or SHIPPED / "notices/held.txt", **own_notices(settings)},
        organisation=organisation.name,
        contact=organisation.contact,
        contact_at=address_in(organisation.contact),
        notices_from=settings.notices_from,
        hostname=settings.hostname,
        timezone=ZoneInfo(organisation.timezone),
        clauses=settings.clauses,
        policy=settings.policy.model_dump(),
        quarantine_days=settings.retention.quarantine_days,
        record_days=settings.retention.audit_days,
        journal_days=settings.journal.days if settings.journal else 0,
    )


def build_undelivered(settings: Settings, ours: KnownDirectory, clock: Clock) -> Undelivered:
    return Undelivered(ours.domains, settings.notices_from, settings.hostname, clock, new_id)


def build_reminders(settings: Settings, store: Store, ours: KnownDirectory, clock: Clock) -> Reminders | None:
    """Build the reminders; None where no filter of the chain has any, and none notifies managers."""
    classes = (entry.cls for entry in settings.filters)
    names = {name for cls in able(classes, Reminds) for name in cls.reminders.values()}
    names |= {MANAGER_NOTICE} if any(_notifies_managers(entry) for entry in settings.filters) else set()
    templates = _templates(settings, names)
    wording = replace(_wording(settings), templates=templates)
    managers = build_manager_notices(settings, ours)
    return Reminders(store, wording, ours.domains, _is_list(ours), clock, new_id, managers) if templates else None


def _notifies_managers(entry: FilterEntry) -> bool:
    return any("manager" in (spec.notify or ()) for specs in entry.actions.values() for spec in specs.values())


def build_receipt_reminders(
    settings: Settings, store: Store, ours: KnownDirectory, clock: Clock
) -> ReceiptReminders | None:
    """Build the reminders of unanswered mail; None where no enforced filter of the chain waits for answers."""
    notices = [
        ReceiptNotice(template, entry.cls.codes[code].clause)
        for entry in settings.filters
        if entry.mode == "enforce"
        for cls in able([entry.cls], AwaitsReceipts)
        for code, template in cls.receipt_reminders.items()
    ]
    if not notices:
        return None
    wording = replace(_wording(settings), templates=_templates(settings, [notices[0].template]))
    return ReceiptReminders(store, notices[0], wording, ours.domains, _is_list(ours), _zone_of(ours), clock, new_id)


def _zone_of(ours: KnownDirectory) -> Callable[[str], str]:
    def zone_of(address: str) -> str:
        person = ours.person(address)
        return person.timezone if person else ""

    return zone_of


def build_reports(settings: Settings, store: Store, ours: KnownDirectory, clock: Clock) -> WeeklyReport:
    """Build the report; it goes by mail where `reports_to` names somebody."""
    organisation, zone = settings.organisation, ZoneInfo(settings.organisation.timezone)
    kept_days = settings.retention.quarantine_days
    reporter = Reporter(store, settings.filters, ours, clock, zone, organisation.name, kept_days)
    mail = ReportMail(
        to=settings.reports_to,
        weekday=WEEKDAYS.index(settings.report_day),
        hour=settings.report_hour,
        timezone=zone,
        organisation=organisation.name,
        notices_from=settings.notices_from,
        hostname=settings.hostname,
    )
    return WeeklyReport(store, reporter, mail, clock, new_id)


def own_notices(settings: Settings) -> dict[str, Path]:
    """Return the templates by name, as shipped or as configured: the filters' own, of a release by two, and digests.

    With a control address, the question to a sender and the answer to a request are among them.
    """
    classes = (entry.cls for entry in settings.filters)
    names = {name for cls in able(classes, Notices) for name in cls.notices.values()}
    return _templates(settings, names | set(OWN_NOTICES if settings.control_address else ALWAYS_NOTICES))


def template_kinds(classes: Iterable[type[Filter]]) -> dict[str, str]:
    """Return the kinds of the filters' templates that are no notices about held messages, by name."""
    classes = tuple(classes)
    reminders = {name: REMINDER for cls in able(classes, Reminds) for name in cls.reminders.values()}
    receipts = {name: RECEIPT for cls in able(classes, AwaitsReceipts) for name in cls.receipt_reminders.values()}
    return reminders | receipts


def template_mistakes(settings: Settings, kinds: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with the organisation's own templates, each tried with sample facts.

    `kinds` are those of the filters' templates that are no notices about held messages.
    """
    words = _wording(settings).facts
    return [
        mistake
        for key, kind, file in _own_templates(settings, kinds)
        for mistake in NoticeTemplates({key: file}).mistakes(key, key, samples_of(kind, words))
    ]


def template_remarks(settings: Settings, kinds: Mapping[str, str]) -> list[Problem]:
    """Return the organisation's own templates about held messages that don't say which message is held."""
    sentence = "the notice doesn't say which message is held: write {{ n.id }}, by which people ask for it"
    return [
        Problem(Mark(file), key, sentence)
        for key, kind, file in _own_templates(settings, kinds)
        if kind == HELD and not NoticeTemplates({key: file}).names(key, "id")
    ]


def _own_templates(settings: Settings, kinds: Mapping[str, str]) -> Iterator[tuple[str, str, Path]]:
    """Yield the place in the configuration, the kind and the file of each template of the organisation's own."""
    if settings.held_notice:
        yield "held_notice", HELD, settings.held_notice
    for name, file in settings.held_notices.items():
        kind = kinds.get(name) or (name if name in OWN_NOTICES else HELD)
        yield shown_location(("held_notices", name)), kind, file


def _templates(settings: Settings, names: Iterable[str]) -> dict[str, Path]:
    return {name: settings.held_notices.get(name, SHIPPED / f"notices/{name}.txt") for name in names}


def _is_list(ours: KnownDirectory) -> Callable[[str], bool]:
    return lambda address: ours.list_at(address) is not None
