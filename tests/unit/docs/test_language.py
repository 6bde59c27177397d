"""docs/language.md: its configuration is taken, its findings and defaults are those of the filter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from filters.language.filter import FEW, Language
from filters.language.settings import LanguageSettings
from filters.registry import FILTERS
from gateway.settings.loading import load
from tests.unit.docs.conftest import blocks

PAGE = Path(__file__).resolve().parents[3] / "docs/language.md"
TEXT = PAGE.read_text("utf-8")
REST = """
organisation: {name: Example Ltd, domains: [example.co.uk]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:2526"}]
"""


@pytest.mark.parametrize("block", blocks(PAGE, "yaml"))
def test_every_block_is_taken(block: str, tmp_path: Path) -> None:
    """Each block loads with the keys that it leaves out."""
    (tmp_path / "gateway.yaml").write_text(block + REST)
    settings = load(tmp_path / "gateway.yaml", FILTERS)
    assert settings.filters or settings.directory.groups


def test_the_example_tells_of_a_threat_those_who_can_help() -> None:
    """A notice to whoever threatens would be a warning to be quick."""
    (example,) = (block for block in blocks(PAGE, "yaml") if "language.threat" in block)
    (told,) = (one["language"]["actions"]["language.threat"] for one in yaml.safe_load(example)["filters"])
    assert {one["do"] for one in told.values()} == {"quarantine"}
    assert {direction: set(one["notify"]) for direction, one in told.items()} == {
        "inbound": {"reviewers", "recipient"},
        "internal": {"reviewers", "recipient"},
        "outbound": {"reviewers"},
    }


def test_every_finding_is_explained() -> None:
    """The table has every finding, and no other."""
    assert set(re.findall(r"^\| `(language\.\w+)` \|", TEXT, re.MULTILINE)) == set(Language.codes)
    assert {one.clause for one in Language.codes.values()} <= set(re.findall(r"`([\w.-]+)`", TEXT))


def test_numbers_are_those_shipped() -> None:
    chain = load(PAGE.parent.parent / "config/gateway.yaml", FILTERS).filters
    (settings,) = (entry.settings for entry in chain if entry.kind == "language")
    assert isinstance(settings, LanguageSettings)
    assert f"`threshold` ({settings.rules.threshold:g})" in TEXT
    assert f"`report_people` people ({settings.report_people})" in TEXT
    assert (FEW, settings.harassment_messages, settings.harassment_days) == (5, 3, 30)
    assert "The third within 30 days" in TEXT
    assert "more than five recipients" in TEXT
