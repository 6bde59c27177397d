"""docs/security.md: its table of roles has every operation for whoever may ask for it."""

from __future__ import annotations

import re

import pytest

from gateway.operations.dispatch import ROLES
from tests.unit.docs.conftest import ROOT

TEXT = (ROOT / "docs/security.md").read_text("utf-8")
#: Operations that are asked for by other words than their own.
BY_OTHER_WORDS = {
    "held": "explain ID",
    "quarantine.explain": "explain ID",
    "report.personal": "report personal",
    "report.mail": "report --mail",
    "quarantine.try": "try",
    "payments.blocked": "payments.list",
    "quarantine.codes": "quarantine.list",
    "quarantine.count": "quarantine.list",
    "quarantine.evidence": "quarantine.export",
    "quarantine.reasons": "quarantine.review",
    "senders.propose": "quarantine.block",
    "senders.add": "quarantine.allow",
    "senders.list": "quarantine.senders",
    "senders.remove": "quarantine.senders",
}


@pytest.mark.parametrize("role", ["reviewer", "approver", "investigator", "administrator", "auditor"])
def test_every_operation_stands_in_the_row_of_its_role(role: str) -> None:
    """The row has the operation by its group and its command, or all of its group."""
    (row,) = re.findall(rf"^\| `{role}` \|(.*)$", TEXT, re.M)
    for name in (name for name, roles in ROLES.items() if role in roles):
        group, _, command = BY_OTHER_WORDS.get(name, name).rpartition(".")
        assert f"`mailwarden {group}" in row, name
        assert re.search(rf"[` ]{command}`", row) or f"all of `mailwarden {group}`" in row, name
