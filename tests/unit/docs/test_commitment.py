"""docs/commitment.md: its configuration is taken, its findings and threshold are those of the filter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from filters.commitment.filter import Commitment
from filters.commitment.settings import CommitmentSettings
from filters.registry import FILTERS
from gateway.settings.loading import load
from tests.unit.docs.conftest import blocks

PAGE = Path(__file__).resolve().parents[3] / "docs/commitment.md"
TEXT = PAGE.read_text("utf-8")
REST = """
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners: [{name: outbound, address: "127.0.0.1:2587", direction: outbound, trusted_networks: [127.0.0.0/8],
  next_hop: "smtp://127.0.0.1:2526"}]
"""


@pytest.mark.parametrize("block", blocks(PAGE, "yaml"))
def test_every_block_is_taken(block: str, tmp_path: Path) -> None:
    """Each block loads with the keys that it leaves out."""
    (tmp_path / "gateway.yaml").write_text(block + REST)
    assert load(tmp_path / "gateway.yaml", FILTERS).filters


def test_every_finding_is_explained() -> None:
    """The table has every finding, and no other."""
    assert set(re.findall(r"^\| `(commitment\.\w+)` \|", TEXT, re.MULTILINE)) == set(Commitment.codes)
    assert {one.clause for one in Commitment.codes.values()} <= set(re.findall(r"`([\w.-]+)`", TEXT))


def test_the_threshold_is_that_shipped() -> None:
    chain = load(PAGE.parent.parent / "config/gateway.yaml", FILTERS).filters
    (settings,) = (entry.settings for entry in chain if entry.kind == "commitment")
    assert isinstance(settings, CommitmentSettings)
    assert f"`threshold` ({settings.rules.threshold:g})" in TEXT
