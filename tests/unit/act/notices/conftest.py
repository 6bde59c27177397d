"""Compares the facts of every notice that these tests make with the sample facts of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import RECORD
from gateway.act.notices.template_samples import HELD, RECEIPT, REMINDER, samples_of
from gateway.settings.chain.entries import CONFIRM_NOTICE, OWN_NOTICES
from gateway.settings.models import PolicySettings

WORDS = {
    "organisation": "",
    "contact": "",
    "policy": PolicySettings().model_dump(),
    "days": 30,
    "record": RECORD,
    "record_days": 180,
    "journal_days": 0,
}


@pytest.fixture(autouse=True)
def facts_are_those_of_the_samples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample with other placeholders than the notice would let a wrong template pass, or refuse a right one."""
    if request.module.__name__.endswith("test_notice_templates"):
        return  # its facts are no notice's
    fill = NoticeTemplates.fill

    def compared(templates: NoticeTemplates, name: str, facts: Mapping[str, Any]) -> str:
        other = REMINDER if "findings" in facts else RECEIPT if "messages" in facts else HELD
        kind = name if name in OWN_NOTICES else other
        known, given = placeholders(*samples_of(kind, WORDS)), placeholders(facts)
        if any(one.get("template") == CONFIRM_NOTICE for one in facts.get("notices", ())) and kind == HELD:
            given["notices"] &= known["notices"]  # a question in the words of the common notice has more
        assert {part: known[part] for part in given} == given
        return fill(templates, name, facts)

    monkeypatch.setattr(NoticeTemplates, "fill", compared)


def placeholders(*several: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the names of the facts: at the top as "", and those of the mappings in lists."""
    found: dict[str, set[str]] = {}
    for facts in several:
        found.setdefault("", set()).update(facts)
        for name, value in facts.items():
            for item in value if isinstance(value, list) else ():
                found.setdefault(name, set()).update(item)
    return found
