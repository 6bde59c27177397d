"""docs/broadcast.md: its configuration is taken, its findings and defaults are those of the filter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from filters.broadcast.filter import LONG, MANY_ADDRESSES, VERY_LONG, Broadcast
from filters.broadcast.settings import BroadcastSettings
from filters.registry import FILTERS
from gateway.settings.loading import load
from tests.unit.docs.conftest import blocks

PAGE = Path(__file__).resolve().parents[3] / "docs/broadcast.md"
TEXT = PAGE.read_text("utf-8")
REST = """
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:2526"}]
"""


@pytest.mark.parametrize("block", blocks(PAGE, "yaml"))
def test_every_block_is_taken(block: str, tmp_path: Path) -> None:
    """Each block loads with the keys that it leaves out."""
    (tmp_path / "gateway.yaml").write_text(block + REST)
    assert load(tmp_path / "gateway.yaml", FILTERS).filters


def test_every_finding_is_explained() -> None:
    """The table has every finding with its clause, and no other."""
    table = dict(re.findall(r"^\| `(broadcast\.\w+)` \| `([\w.-]+)` \|", TEXT, re.MULTILINE))
    assert table == {code: one.clause for code, one in Broadcast.codes.items()}


def test_the_numbers_are_those_shipped() -> None:
    """The page has the shipped numbers of people, the threshold and the limits."""
    chain = load(PAGE.parent.parent / "config/gateway.yaml", FILTERS).filters
    (settings,) = (entry.settings for entry in chain if entry.kind == "broadcast")
    assert isinstance(settings, BroadcastSettings)
    assert f"fewer than `few_people` ({settings.few_people})" in TEXT
    assert f"`people` ({settings.people}) or more" in TEXT
    assert f"`threshold` ({settings.rules.threshold:g})" in TEXT
    assert f"from {LONG:,} to {VERY_LONG:,} characters" in TEXT
    assert MANY_ADDRESSES == 10
    assert "carries ten addresses" in TEXT
