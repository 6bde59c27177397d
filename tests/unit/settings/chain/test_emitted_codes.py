"""Codes in the source of a filter that its `codes` don't have."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from filters.registry import FILTERS
from gateway.settings.chain.emitted_codes import check_emitted
from gateway.settings.loading import load, look_over
from gateway.settings.yaml.problems import ConfigurationError

CLAUSES = {"security.viruses", "welcome.clause"}
SHIPPED = Path(__file__).parents[4] / "config" / "gateway.yaml"

FILTER = """
from welcome.words import FOUND
from gateway.contract import Code, Settings

class Welcome:
    name = "welcome"
    Settings = Settings
    codes = {FOUND: Code("security.viruses", "log", "A greeting was found.")}
    shipped_mode = "monitor"
    shipped_directions = ("inbound",)

    async def check(self, mail):
        return ()
"""
WORDS = "FOUND = 'welcome.found'\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A filter of two modules, and a third that it doesn't import."""
    folder = tmp_path / "welcome"
    folder.mkdir()
    for name, text in (("__init__", ""), ("filter", FILTER), ("words", WORDS), ("other", "X = 'welcome.other'\n")):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "welcome"]:
        del sys.modules[name]


def found(package: Path, *, filter: str = "", words: str = "") -> list[str]:
    """Return the problems of the filter with more lines in its modules, each as file name, line and sentence."""
    (package / "filter.py").write_text(FILTER + filter)
    (package / "words.py").write_text(WORDS + words)
    welcome: Any = importlib.import_module("welcome.filter").Welcome
    return [str(one).rpartition("/")[2] for one in check_emitted({"welcome": welcome}, CLAUSES)]


def test_declared_codes_are_no_mistake(package: Path) -> None:
    assert found(package) == []


def test_names_of_operations_are_no_codes(package: Path) -> None:
    assert found(package, words="from gateway.contract import operation\noperation('welcome.list', 'reviewer')\n") == []


def test_an_undeclared_code_is_told_with_its_place(package: Path) -> None:
    """In the filter's own module, and in those of its folder that it imports."""
    for mistyped in ("welcome.fuond", "wellcome.found"):
        assert found(package, words=f"MISTYPED = '{mistyped}'\n") == [
            f"words.py:2:12: {mistyped} is not in Welcome.codes (did you mean welcome.found?)"
        ]


def test_of_the_filters_own_module(package: Path) -> None:
    """Nothing is suggested where no code is near."""
    assert found(package, filter="\nX = ('welcome.expired_certificate', 1)\n") == [
        "filter.py:15:6: welcome.expired_certificate is not in Welcome.codes"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "X = 'welcome.clause'",
        "X = 'other.found'",
        "X = YamlFile('welcome.yaml')",
        "X = {'welcome.partial': FOUND}",
        "X = 'welcome.found is a code'",
        "X = f'welcome.{FOUND}'",
    ],
    ids=["clause", "other prefix", "file", "key of a dict", "sentence", "f-string"],
)
def test_other_texts_are_no_codes(package: Path, line: str) -> None:
    """Nothing of the filter's can be meant by these, or it can't be told."""
    assert found(package, words=f"YamlFile = str\n{line}\n") == []


def test_shipped_filters_declare_all_their_codes() -> None:
    """`check` reads their sources."""
    look_over(SHIPPED, FILTERS, sources=True)


def test_check_tells_an_undeclared_code_and_the_start_does_not(package: Path) -> None:
    """The start reads no sources."""
    (package / "words.py").write_text(WORDS + "MISTYPED = 'welcome.fuond'\n")
    welcome: Any = importlib.import_module("welcome.filter").Welcome
    filters = {**FILTERS, "welcome": welcome}
    load(SHIPPED, filters)
    with pytest.raises(ConfigurationError, match=r"words\.py:2:12: welcome\.fuond is not in Welcome\.codes"):
        look_over(SHIPPED, filters, sources=True)
