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
    async def by_sender(self, area: str, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        return {}


def made(*people: int) -> ReportOperations:
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "language")
    assert isinstance(entry.settings, LanguageSettings)
    settings = [entry.settings.model_copy(update={"report_people": one}) for one in people]
    return ReportOperations(settings, FakeClock(), ConfiguredDirectory([], {}, []), Trail(), 180)


async def test_every_kind_has_a_column() -> None:
    """No manager is shown a number of what a model alone suspects."""
    report = await made(5)._conduct(BOSS, "2026-02")
    assert set(report["departments"][-1]["counts"]) == set(BY_KIND.values())


async def test_the_strictest_entry_of_the_chain_counts() -> None:
    """Without such a filter it is five people."""
    assert (await made(3, 8)._conduct(BOSS, ""))["people"] == 8
    assert (await made()._conduct(BOSS, ""))["people"] == 5
