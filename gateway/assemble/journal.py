"""The parts of the journal of relayed mail: its plan, from the settings, and its two sides."""

from __future__ import annotations

from gateway.remember.mail_journal.journal_keys import JournalKeys
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_writer import JournalPlan
from gateway.settings import Settings

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
