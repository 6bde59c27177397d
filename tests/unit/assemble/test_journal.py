"""The plan of the journal, from the settings."""

from __future__ import annotations

from pathlib import Path

from gateway.assemble.journal import build_journal_plan, build_journal_reader
from gateway.remember.mail_journal.journal_keys import name_of_key
from tests.support.builders.judgement import settings


def test_it_is_off_as_shipped(tmp_path: Path) -> None:
    shipped = settings(tmp_path, "- probe")
    assert build_journal_plan(shipped) is None
    assert build_journal_reader(shipped) is None


def test_a_plan(tmp_path: Path) -> None:
    """The first key of the file encrypts; the folder lies in data_dir."""
    key = tmp_path / "journal.key"
    key.write_text("01" * 32 + "\n" + "02" * 32 + "\n")
    key.chmod(0o600)
    plan = build_journal_plan(settings(tmp_path, "- probe", more="journal: {days: 3, key_file: journal.key}\n"))
    assert plan
    assert (plan.folder, plan.days, plan.max_bytes) == (tmp_path / "var" / "journal", 3, 10 * 2**30)
    assert plan.keys.newest == name_of_key(bytes([1]) * 32)
