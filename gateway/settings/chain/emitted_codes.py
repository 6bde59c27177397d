"""Codes that stand in a filter's source and not in its `codes`: such a finding would have no clause and no action.

The module reads sources, which takes time. So `check` runs it, and the start does not.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from gateway.contract import Filter
from gateway.settings.chain.filter_classes import CODE
from gateway.settings.yaml.problems import Mark, Problem, nearest

#: Calls whose arguments have the form of a code and are none: they name files ("personal.yaml") and operations.
_OTHERS = ("YamlFile", "TextFile", "operation")


def check_emitted(filters: Mapping[str, type[Filter]], clauses: Collection[str]) -> list[Problem]:
    """Return a problem for each text of a code's form that begins as the filter's codes do, and is none of them.

    Clauses of the policy have the same form.
    """
    return [
        Problem(Mark(file, line, column), "", f"{code} is not in {cls.__name__}.codes", nearest(code, cls.codes))
        for cls in filters.values()
        for file in _sources(cls)
        for code, line, column in _texts(file)
        if _begins_as(code, cls.codes) and code not in (*cls.codes, *clauses)
    ]


def _begins_as(text: str, codes: Collection[str]) -> bool:
    return CODE.fullmatch(text) is not None and text.partition(".")[0] in {code.partition(".")[0] for code in codes}


def _sources(cls: type) -> Iterator[Path]:
    """Yield the file of a class, and the files of its folder that it imports, directly or through others."""
    waiting, seen = [cls.__module__], {cls.__module__}
    folder = cls.__module__.rpartition(".")[0]
    while waiting:
        module = sys.modules.get(waiting.pop())
        try:
            file = Path(inspect.getsourcefile(module) or "") if module else Path()
        except TypeError:
            continue
        if not file.is_file():
            continue
        yield file
        named = {node.module for node in ast.walk(_tree(file)) if isinstance(node, ast.ImportFrom) and node.module}
        new = {name for name in named if folder and name.startswith(f"{folder}.")} - seen
        seen |= new
        waiting += sorted(new)


def _texts(file: Path) -> Iterator[tuple[str, int, int]]:
    """Yield the texts in a source that may be codes of findings, each with its line and column.

    Keys of dicts are left out: they map other codes to the filter's.
    """
    nodes = list(ast.walk(_tree(file)))
    others = {key for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    others |= {one for node in nodes if isinstance(node, ast.Call) and _names_others(node) for one in node.args}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in others:
            yield node.value, node.lineno, node.col_offset + 1


def _names_others(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in _OTHERS


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))
