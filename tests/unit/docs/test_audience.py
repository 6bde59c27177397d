"""docs/audience.md: its example loads, its table has every finding, and its figures are those of the tests."""

from __future__ import annotations

from pathlib import Path

from filters.audience.filter import Audience
from filters.registry import FILTERS
from tests.support.builders.judgement import settings
from tests.unit.docs.conftest import blocks


def test_the_example_loads(root: Path, tmp_path: Path) -> None:
    """The example loads as part of a configuration."""
    (example,) = blocks(root / "docs/audience.md", "yaml")
    loaded = settings(tmp_path, example.removeprefix("filters:\n"), FILTERS)
    assert [entry.name for entry in loaded.filters] == ["external", "audience"]


def test_every_finding_is_explained(root: Path) -> None:
    """One row each."""
    rows = [line for line in (root / "docs/audience.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(Audience.codes)
