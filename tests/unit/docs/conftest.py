"""The documents as text, and their code blocks."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: Folders that hold no documents of ours.
FOREIGN = {".venv", ".git", "var", "node_modules", "build", ".pytest_cache"}

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@cache
def documents() -> list[Path]:
    """Return every Markdown file of the project."""
    found: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = set(folders) - FOREIGN
        found += (Path(folder, name) for name in files if name.endswith(".md"))
    return sorted(found)


def blocks(document: Path, language: str) -> list[str]:
    """Return the code blocks of a language; "" means blocks without one."""
    return [code for found, code in _BLOCK.findall(document.read_text("utf-8")) if found == language]


def prose(document: Path) -> str:
    """Return the text without its code blocks."""
    return _BLOCK.sub("", document.read_text("utf-8"))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
