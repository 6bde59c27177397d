"""docs/confidential.md: its configuration is taken, its findings and limits are those of the filter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from filters.confidential.filter import Confidential
from filters.confidential.identifiers import MAX_CANDIDATES
from filters.confidential.passages import MAX_ALL_CHARACTERS
from filters.confidential.people import MAX_HEADS
from filters.registry import FILTERS
from gateway.matching import MAX_CHARACTERS
from gateway.settings.loading import load
from tests.unit.docs.conftest import blocks

PAGE = Path(__file__).resolve().parents[3] / "docs/confidential.md"
TEXT = PAGE.read_text("utf-8")
REST = """
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:2526"}]
"""


@pytest.mark.parametrize("block", blocks(PAGE, "yaml"))
def test_every_block_is_taken(block: str, tmp_path: Path) -> None:
    """Each block loads with the keys that it leaves out."""
    (tmp_path / "gateway.yaml").write_text(block + REST)
    loaded = load(tmp_path / "gateway.yaml", FILTERS)
    assert loaded.filters or loaded.routes


def test_every_finding_is_explained() -> None:
    """The table has every finding, and no other; the page has their clauses."""
    assert set(re.findall(r"^\| `(confidential\.\w+)` \|", TEXT, re.MULTILINE)) == set(Confidential.codes)
    assert {one.clause for one in Confidential.codes.values()} <= set(re.findall(r"`([\w.-]+)`", TEXT))


def test_the_limits_are_those_of_the_search() -> None:
    words = " ".join(TEXT.split())
    assert f"are looked for in {MAX_CHARACTERS:,} characters of a message" in words
    assert f"Markings are looked for in {MAX_ALL_CHARACTERS:,}, of one text in {MAX_CHARACTERS:,}" in words
    assert f"the first {MAX_CANDIDATES} numbers of one kind in a text" in words
    assert f"{MAX_HEADS} lines of a message may be the head of a table" in words
