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

from filters.registry import FILTERS
from gateway.assemble.judge import build_judge
from gateway.assemble.services import Services, build_services
from gateway.contract import Filter
from gateway.judge.judgement import Judge
from gateway.services.clock import SystemClock
from gateway.settings.loading import load
from gateway.settings.models import Settings
from tests.support.builders.judgement import CONFIGURATION, mail
from tests.unit.docs.conftest import ROOT, blocks

DOCUMENT = ROOT / "docs/writing-a-filter.md"
FILTER, TEST = blocks(DOCUMENT, "python")
(YAML,) = blocks(DOCUMENT, "yaml")
#: Puts the filter where the document says that it is, for the document's own test.
PLACED = """\
import importlib.util, sys
spec = importlib.util.spec_from_file_location("filters.greeting", {path!r})
module = sys.modules["filters.greeting"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
"""
#: The filter's file isn't there, so ruff must be told that it is ours.
OURS = "lint.isort.known-first-party = ['filters', 'gateway', 'tests']"


@pytest.fixture(scope="module")
def greeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Return the document's filter as the module that it would be."""
    path = tmp_path_factory.mktemp("filters") / "greeting.py"
    path.write_text(FILTER)
    specification = importlib.util.spec_from_file_location("filters.greeting", path)
    assert specification
    assert specification.loader
    module = sys.modules["filters.greeting"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    yield module
    del sys.modules["filters.greeting"]


def chained(greeting: ModuleType, folder: Path) -> tuple[Settings, Judge]:
    """Return the settings with the document's YAML, and the judge that the gateway would build of them."""
    path = folder / "gateway.yaml"
    path.write_text(CONFIGURATION + YAML)
    known: dict[str, type[Filter]] = {**FILTERS, "greeting": greeting.Greeting}
    settings = load(path, known)
    return settings, build_judge(settings, build_services(settings, SystemClock()))


GREETS = b"Content-Type: text/plain\r\n\r\nDear Sir,\r\nplease find enclosed\r\n"


@pytest.mark.parametrize(
    ("raw", "sender", "disposition"),
    [(GREETS, "ann", "quarantine"), (GREETS, "board", "relay"), (GREETS.replace(b"Sir", b"Ann"), "ann", "relay")],
)
async def test_the_filter_in_the_real_chain(
    greeting: ModuleType, tmp_path: Path, raw: bytes, sender: str, disposition: str
) -> None:
    """Mail with the greeting is held, that of an exempt sender isn't."""
    _, judge = chained(greeting, tmp_path)
    judgement = await judge.judge(mail("out:bob@other.example", raw=raw, sender=f"{sender}@example.co.uk"))
    assert {decision.disposition for decision in judgement.verdict.decisions} == {disposition}


async def test_its_finding_names_clause_and_line(greeting: ModuleType, tmp_path: Path) -> None:
    """`explain` shows the finding so; the clause is one of the policy's."""
    settings, judge = chained(greeting, tmp_path)
    about = mail("out:bob@other.example", raw=GREETS, sender="ann@example.co.uk")
    (judged,) = (await judge.judge(about)).verdict.judged
    assert (judged.code, judged.clause) == ("greeting.found", "email.professional")
    assert settings.filters[0].mode == "enforce"
    assert "email.professional:" in (ROOT / "config/policy.yaml").read_text()


def test_as_shipped_it_only_watches(greeting: ModuleType) -> None:
    """A new filter disturbs nobody until the administrator says so."""
    assert (greeting.Greeting.shipped_mode, isinstance(greeting.Greeting, Filter)) == ("monitor", True)


def test_its_own_test_passes(tmp_path: Path) -> None:
    """All four cases of it."""
    (tmp_path / "greeting.py").write_text(FILTER)
    (tmp_path / "conftest.py").write_text(PLACED.format(path=str(tmp_path / "greeting.py")))
    (tmp_path / "test_greeting.py").write_text(TEST)
    command: list[Any] = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml"]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", tmp_path / "test_greeting.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("code", [FILTER, TEST], ids=["filter", "test"])
def test_the_code_is_in_the_style_of_the_house(code: str) -> None:
    """The code passes ruff's check and ruff's format."""
    for arguments in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        command: list[Any] = [sys.executable, "-m", "ruff", *arguments, "--config", ROOT / "pyproject.toml"]
        command += ["--config", OURS]
        command += ["--stdin-filename", ROOT / "tests/unit/filters/test_greeting.py", "-"]
        done = subprocess.run(command, input=code, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_it_says_about_services_and_edits_is_so() -> None:
    """Every service of the table is handed out, every edit exists, and none is left out."""
    from dataclasses import fields

    from gateway import contract, message
    from gateway.message import edits

    text = DOCUMENT.read_text("utf-8")
    services = {field.name for field in fields(Services)} | {"scanner", "amended"}
    assert {name for name in services if f"`{name}`" not in text} == set()
    all_edits = {name for name in edits.__all__ if isinstance(getattr(edits, name), type)} - {"Edit"}
    assert {name for name in all_edits if name in message.__all__ and f"`{name}`" not in text} == set()
    assert {one.__name__ for one in contract.ABILITIES if f"`{one.__name__}`" not in text} == set()


def test_it_is_a_page() -> None:
    assert len(DOCUMENT.read_text("utf-8").splitlines()) <= 126
