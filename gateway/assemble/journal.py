"""The parts of the journal of relayed mail: its plan, from the settings, its two sides, and its place in the path."""

from __future__ import annotations

from gateway.act.journalling import Journalling
from gateway.contract import Clock
from gateway.message.labels import Labeller
from gateway.remember.mail_journal.journal_files import JournalPlan
from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_writer import MailJournal
from gateway.services.message_ids import new_id
from gateway.settings.models import Settings

#: The journal's folder in `data_dir`.
FOLDER = "journal"


def build_journal_plan(settings: Settings) -> JournalPlan | None:
    """Build the plan of the journal; None where it is off."""
    journal = settings.journal
    if journal is None:
        return None
    keys = JournalKeys(journal.key_file.keys)
    return JournalPlan(settings.data_dir / FOLDER, keys, journal.days, journal.max_bytes)


def build_journal_reader(settings: Settings) -> JournalReader | None:
    """Build the reading side of the journal; None where it is off."""
    plan = build_journal_plan(settings)
    return JournalReader(plan.folder, plan.keys) if plan else None


def build_journal(settings: Settings) -> MailJournal:
    return MailJournal(build_journal_plan(settings), new_id)


def build_journalling(settings: Settings, journal: MailJournal, clock: Clock) -> Journalling:
    """Build the step that keeps mail; behind the tags that the chain puts before subjects it still sees a label."""
    specs = (spec for entry in settings.filters for ways in entry.actions.values() for spec in ways.values())
    tags = {spec.label for spec in specs if spec.label}
    return Journalling(journal, Labeller(settings.labels.personal, tags), clock)
