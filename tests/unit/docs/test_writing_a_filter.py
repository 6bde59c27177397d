"""docs/writing-a-filter.md: its filter runs in the real chain, its YAML loads, its test passes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from filters import FILTERS
from gateway import app
from gateway.contract import Filter
from gateway.judge.judgement import Judge
from gateway.services.clock import SystemClock
from gateway.settings import Settings, load
from tests.support.builders.judgement import CONFIGURATION, mail
from tests.unit.docs.conftest import ROOT, blocks

DOCUMENT = ROOT / "docs/writing-a-filter.md"
FILTER, READING, TEST = blocks(DOCUMENT, "python")
(YAML,) = blocks(DOCUMENT, "yaml")
#: Puts the filter where the document says that it is, for the document's own test.
PLACED = """\
import importlib.util, sys
spec = importlib.util.spec_from_file_location("filters.crowd", {path!r})
module = sys.modules["filters.crowd"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
"""
#: The filter's file isn't there, so ruff must be told that it is ours.
OURS = "lint.isort.known-first-party = ['filters', 'gateway', 'tests']"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The document's filter as the module that it would be."""
    path = tmp_path_factory.mktemp("filters") / "crowd.py"
    path.write_text(FILTER)
    specification = importlib.util.spec_from_file_location("filters.crowd", path)
    assert specification
    assert specification.loader
    module = sys.modules["filters.crowd"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    yield module
    del sys.modules["filters.crowd"]


def chained(crowd: ModuleType, folder: Path) -> tuple[Settings, Judge]:
    """The settings with the document's YAML, and the judge that the gateway would build of them."""
    path = folder / "gateway.yaml"
    path.write_text(CONFIGURATION + YAML)
    known: dict[str, type[Filter]] = {**FILTERS, "crowd": crowd.Crowd}
    settings = load(path, known)
    return settings, app.build_judge(settings, app.services(settings, SystemClock()))


def to(count: int) -> list[str]:
    return [f"us:p{number}@example.co.uk" for number in range(count)]


@pytest.mark.parametrize(
    ("count", "sender", "disposition"),
    [(3, "ann", "relay"), (4, "ann", "quarantine"), (4, "board", "relay")],
)
async def test_the_filter_in_the_real_chain(
    crowd: ModuleType, tmp_path: Path, count: int, sender: str, disposition: str
) -> None:
    """At the limit, past it, and exempt."""
    _, judge = chained(crowd, tmp_path)
    judgement = await judge.judge(mail(*to(count), sender=f"{sender}@example.co.uk"))
    assert {decision.disposition for decision in judgement.verdict.decisions} == {disposition}


async def test_its_finding_names_clause_and_line(crowd: ModuleType, tmp_path: Path) -> None:
    """As `explain` shows it; the clause is one of the policy's."""
    settings, judge = chained(crowd, tmp_path)
    (judged,) = (await judge.judge(mail(*to(4), sender="ann@example.co.uk"))).verdict.judged
    assert (judged.code, judged.clause) == ("crowd.too_many", "email.lists")
    assert settings.filters[0].mode == "enforce"
    assert "email.lists:" in (ROOT / "config/policy.yaml").read_text()


def test_as_shipped_it_only_watches(crowd: ModuleType) -> None:
    """A new filter disturbs nobody until the administrator says so."""
    assert (crowd.Crowd.shipped_mode, isinstance(crowd.Crowd, Filter)) == ("monitor", True)


def test_its_own_test_passes(tmp_path: Path) -> None:
    """All four cases of it."""
    (tmp_path / "crowd.py").write_text(FILTER)
    (tmp_path / "conftest.py").write_text(PLACED.format(path=str(tmp_path / "crowd.py")))
    (tmp_path / "test_crowd.py").write_text(TEST)
    command: list[Any] = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml"]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", tmp_path / "test_crowd.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Please confirm your password.", ["confirm your password"]),
        ("Please c\u200bonfirm your p4ssword.", ["c\u200bonfirm your p4ssword"]),
        ("See below.\r\n\r\n> Please confirm your password.", []),
        ("Never tell anybody your password.", []),
    ],
)
def test_how_it_reads_text(text: str, quotes: list[str]) -> None:
    """Its function finds the words however they are disguised, quotes what was seen, and passes over quotations."""
    example: dict[str, Any] = {}
    exec(READING, example)
    raw = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()
    assert [(one.quote, one.part) for one in example["asks"](mail(raw=raw))] == [(quote, "1") for quote in quotes]


@pytest.mark.parametrize("code", [FILTER, READING, TEST], ids=["filter", "reading", "test"])
def test_the_code_is_in_the_style_of_the_house(code: str) -> None:
    """ruff has nothing to say, and would lay it out the same."""
    for arguments in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        command: list[Any] = [sys.executable, "-m", "ruff", *arguments, "--config", ROOT / "pyproject.toml"]
        command += ["--config", OURS]
        command += ["--stdin-filename", ROOT / "tests/unit/filters/test_crowd.py", "-"]
        done = subprocess.run(command, input=code, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_it_says_about_services_and_edits_is_so() -> None:
    """Every service of the table is handed out, every edit exists, and none is left out."""
    from dataclasses import fields

    from gateway import contract
    from gateway.message import edits

    text = DOCUMENT.read_text("utf-8")
    named = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert named == {field.name for field in fields(app.Services)} | {"scanner", "amended"}
    all_edits = {name for name in contract.__all__ if hasattr(edits, name) and name != "Edit"}
    assert {name for name in all_edits if f"`{name}`" not in text} == set()
