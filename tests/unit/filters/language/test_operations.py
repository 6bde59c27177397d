"""`report.conduct`: its columns, and the number of people that a count must be about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from filters.language.codes import BY_KIND
from filters.language.operations import ReportOperations
from filters.language.settings import LanguageSettings
from filters.registry import FILTERS
from gateway.contract import Actor
from gateway.directory.lookup import ConfiguredDirectory
from gateway.settings.loading import load
from tests.support.builders.judgement import FakeClock

ROOT = Path(__file__).resolve().parents[4]
BOSS = Actor("the test", frozenset({"reviewer"}), 0)


class Trail:
    async def by_sender(self, area: str, since: datetime) -> Mapping[tuple[str, str], int]:
        return {}


def made(*people: int) -> ReportOperations:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "language")
    assert isinstance(entry.settings, LanguageSettings)
    settings = [entry.settings.model_copy(update={"report_people": one}) for one in people]
    return ReportOperations(settings, FakeClock(), ConfiguredDirectory([], {}, []), Trail())


async def test_every_kind_has_a_column() -> None:
    """No manager is shown a number of what a model alone suspects."""
    report = await made(5)._conduct(BOSS, "2026-03-01T00:00:00+00:00")
    assert set(report["departments"][-1]["counts"]) == set(BY_KIND.values())


async def test_the_strictest_entry_of_the_chain_counts() -> None:
    """Without such a filter it is five people, and there is no column."""
    since = "2026-03-01T00:00:00+00:00"
    assert (await made(3, 8)._conduct(BOSS, since))["people"] == 8
    none = await made()._conduct(BOSS, since)
    assert (none["people"], none["departments"][-1]["counts"]) == (5, {})
