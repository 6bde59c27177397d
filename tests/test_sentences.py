"""Docstrings say what the thing does or holds: none begins with a relative word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = ("gateway", "filters", "tools", "benchmarks", "training", "tests")

#: First words of a riddle.
RELATIVE = re.compile(r"(?:What|Whether|Whom|Who|Whose|Which|Of|That)\b")


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_docstring_begins_with_a_relative_word(folder: str) -> None:
    found = [
        f"{path.relative_to(PROJECT)}:{getattr(node, 'lineno', 1)}: {text.splitlines()[0]}"
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if (text := ast.get_docstring(node)) and RELATIVE.match(text)
    ]
    assert found == [], "say what it does or holds: subject, verb, object"
