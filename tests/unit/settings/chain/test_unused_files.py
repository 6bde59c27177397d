"""Files beside gateway.yaml that have a shipped name, were changed, and aren't used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from filters.registry import FILTERS
from gateway.settings.loading import load
from gateway.settings.yaml.file_search import SHIPPED, shipped_names
from gateway.settings.yaml.problems import ConfigurationError
from tests.unit.settings.conftest import MINIMAL

Problems = Callable[..., list[str]]
CHAIN = "filters:\n  - virus: {clamd: '127.0.0.1:9'}\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Return the mistakes of a configuration beside which the files lie that the test has written."""
    monkeypatch.chdir(tmp_path)

    def told(more: str) -> list[str]:
        (tmp_path / "gateway.yaml").write_text(MINIMAL + more)
        try:
            load(tmp_path / "gateway.yaml", FILTERS)
        except ConfigurationError as error:
            return [str(problem) for problem in error.problems]
        return []

    return told


def changed(name: str) -> None:
    """Lay a changed copy of a shipped file beside gateway.yaml."""
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes((SHIPPED / name).read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        (
            "attachments.yaml",
            "filters:\n  - attachments:\n      categories: mine.yaml\n",
            "another file is named at gateway.yaml:5; write `categories: attachments.yaml` there",
        ),
        (
            "attachments.yaml",
            CHAIN,
            "no filter `attachments` is in the chain; write `- attachments: {categories: attachments.yaml}` below "
            "`filters`",
        ),
        (
            "notices/held.txt",
            "held_notice: mine.txt\n",
            "another file is named at gateway.yaml:3; write `held_notice: notices/held.txt` there",
        ),
        (
            "notices/confirm.txt",
            "held_notices: {confirm: mine.txt}\n",
            "another file is named at gateway.yaml:3; write `held_notices: {confirm: notices/confirm.txt}` there",
        ),
        ("policy.yaml", "", "write `include: [policy.yaml]` in gateway.yaml"),
        (
            "policy.yaml",
            "include: [directory.yaml]\n",
            "write `include: [directory.yaml, policy.yaml]` in gateway.yaml",
        ),
    ],
)
def test_a_changed_file_that_is_not_used_is_a_mistake(
    told: Callable[[str], list[str]], name: str, more: str, sentence: str
) -> None:
    """The sentence has the line to write. An unchanged copy makes no difference, and is no mistake."""
    shutil.copy(SHIPPED / "attachments.yaml", "mine.yaml")
    shutil.copy(SHIPPED / "notices/held.txt", "mine.txt")
    changed(name)
    assert told(more) == [f"{name}: isn't used: {sentence}; or move the file away"]
    shutil.copy(SHIPPED / name, name)
    assert told(more) == []


def test_files_that_are_used_are_no_mistakes(told: Callable[[str], list[str]]) -> None:
    """The whole of the shipped configuration, each file changed."""
    for name in shipped_names(SHIPPED):
        if not name.endswith(".json"):
            changed(name)
    assert told("include: [filters.yaml, directory.yaml, policy.yaml]\n") == []


def test_every_shipped_file_has_a_line(told: Callable[[str], list[str]]) -> None:
    """With nothing but listeners each is unused, or the gateway's own: a notice, or the shared networks."""
    names = shipped_names(SHIPPED)
    for name in names:
        if name.startswith("notices/") or name == "shared_networks.yaml":
            continue
        changed(name)
        (line,) = told("")
        assert line.startswith(f"{name}: isn't used: ")
        assert (" include: " not in line) or name in ("filters.yaml", "directory.yaml", "policy.yaml")
        Path(name).unlink()


def test_the_mistake_waits_for_others(told: Callable[[str], list[str]]) -> None:
    """A chain that can't be read names no files: other mistakes come first."""
    changed("attachments.yaml")
    (line,) = told("filters: [atachments]\n")
    assert "did you mean attachments?" in line
