"""docs/flow.md: the modules and steps that it names exist."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.unit.docs.conftest import ROOT, blocks, prose

DOCUMENT = ROOT / "docs/flow.md"
MODULES = sorted(set(re.findall(r"`([\w/]+\.py)`", prose(DOCUMENT))))
STEPS = re.findall(r"^ *([\w.]+\.\w+) ", blocks(DOCUMENT, "")[0], re.M)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_that_is_named_exists(name: str) -> None:
    """Somewhere in the gateway, by its name or its path."""
    assert [path for path in (ROOT / "gateway").rglob("*.py") if f"/{path.relative_to(ROOT)}".endswith(f"/{name}")]


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_there(step: str) -> None:
    """Module, class and function of the last block."""
    words = step.split(".")
    at = next(
        n for n in range(len(words), 0, -1) if (ROOT / "gateway" / "/".join(words[:n])).with_suffix(".py").exists()
    )
    found = importlib.import_module(f"gateway.{'.'.join(words[:at])}")
    for word in words[at:]:
        found = getattr(found, word)
    assert callable(found)


def test_the_journey_is_whole() -> None:
    """The tests above look at something."""
    assert len(STEPS) == 11
    assert len(MODULES) > 15
