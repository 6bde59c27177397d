"""Sample facts: the shipped templates can be filled in with every one (`conftest` compares them with real facts)."""

from __future__ import annotations

import pytest

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.template_samples import HELD, RECEIPT, REMINDER, samples_of
from gateway.settings.chain.entries import OWN_NOTICES
from gateway.settings.yaml.file_search import SHIPPED
from tests.unit.act.notices.conftest import WORDS

KINDS = {
    **dict.fromkeys(("held", "payment_change", "impersonation", "confidential"), HELD),
    **dict.fromkeys(("personal", "commitment", "language", "broadcast"), REMINDER),
    "receipt": RECEIPT,
    **{name: name for name in OWN_NOTICES},
}


@pytest.mark.parametrize("name", KINDS)
def test_a_shipped_template_has_no_mistakes(name: str) -> None:
    file = SHIPPED / "notices" / f"{name}.txt"
    assert NoticeTemplates({name: file}).mistakes(name, "held_notices", samples_of(KINDS[name], WORDS)) == []
