"""docs/payments.md: its table of accounts is imported, and its configuration is taken, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from filters.payment_change.arguments import PaymentNames, read_account
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching.counterparties import Counterparties
from gateway.settings.loading import load
from tests.support.builders.judgement import CONFIGURATION, FILTERS
from tests.unit.docs.conftest import blocks

PAGE = "docs/payments.md"


def test_every_row_of_the_table_is_read(root: Path) -> None:
    """The table has one row of each kind."""
    (table,) = blocks(root / PAGE, "csv")
    columns, *rows = [line.split(",") for line in table.splitlines()]
    assert columns == ["counterparty", "account"]
    kinds = [read_account(account).kind for _, account in rows]
    assert kinds == ["iban", "uk", "us", "iban", "other"]
    names = PaymentNames(Counterparties(["freemail.example"]), ConfiguredDirectory((), {}, ()))
    assert [names.new_counterparty(name) for name, _ in rows] == [name for name, _ in rows]


@pytest.mark.parametrize("number", [0, 1])
def test_the_configuration_on_the_page_is_taken(root: Path, tmp_path: Path, number: int) -> None:
    """Reviewers, and a template of one's own."""
    block = blocks(root / PAGE, "yaml")[number]
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "our_own.txt").write_text("x\n")
    (tmp_path / "gateway.yaml").write_text(f"{CONFIGURATION}{block}filters: [probe]\n")
    settings = load(tmp_path / "gateway.yaml", dict(FILTERS))
    for key in yaml.safe_load(block):
        assert getattr(settings, key)
    (entry,) = settings.filters
    two = entry.action_for("probe.payment", "inbound").release == "two_people"
    assert two is ("reviewers" in block)
