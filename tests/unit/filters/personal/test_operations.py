"""`report.personal`: its columns, and the number of people that a count must be about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from filters.personal.codes import CODES
from filters.personal.operations import ReportOperations
from filters.personal.settings import PersonalSettings
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
    (entry,) = (one for one in load(ROOT / "config/gateway.yaml", FILTERS).filters if one.kind == "personal")
    assert isinstance(entry.settings, PersonalSettings)
    settings = [entry.settings.model_copy(update={"report_people": one}) for one in people]
    return ReportOperations(settings, FakeClock(), ConfiguredDirectory([], {}, []), Trail(), 180)


async def test_every_code_has_a_column() -> None:
    report = await made(5)._personal(BOSS, "2026-02")
    assert set(report["departments"][-1]["counts"]) == set(CODES)


async def test_the_strictest_entry_of_the_chain_counts() -> None:
    """Without such a filter it is five people."""
    assert (await made(3, 8)._personal(BOSS, ""))["people"] == 8
    assert (await made()._personal(BOSS, ""))["people"] == 5
