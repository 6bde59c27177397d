"""Codes that stand in a filter's source and not in its `codes`: such a finding would have no clause and no action.

The module reads sources, which takes time. So `check` runs it, and the start does not.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gateway.contract import Filter
from gateway.settings.chain.filter_classes import CODE
from gateway.settings.yaml.problems import Mark, Problem, nearest

#: Calls whose arguments have the form of a code and are none: they name files ("personal.yaml") and operations.
_OTHERS = ("YamlFile", "TextFile", "operation")

#: Sources whose texts are kept: a filter's files are looked at for each of its instances.
KEPT_SOURCES = 256


def check_emitted(filters: Mapping[str, type[Filter]], clauses: Collection[str]) -> list[Problem]:
    """Return a problem for each text of a code's form that begins, or nearly, as the filter's codes, and is none.

    Clauses of the policy and other filters' codes have the same form.
    """
    known = {*clauses, *(code for cls in filters.values() for code in cls.codes)}
    return [
        Problem(Mark(file, line, column), "", f"{code} is not in {cls.__name__}.codes", nearest(code, cls.codes))
        for cls in filters.values()
        for file in _sources(cls)
        for code, line, column in _read(file).texts
        if _is_mistyped(code, cls.codes, clauses, known)
    ]


def _is_mistyped(text: str, codes: Collection[str], clauses: Collection[str], known: Collection[str]) -> bool:
    area, areas = text.partition(".")[0], {code.partition(".")[0] for code in codes}
    if area in areas:
        return text not in codes and text not in clauses
    return bool(nearest(area, areas)) and text not in known


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
        new = {name for name in _read(file).imported if folder and name.startswith(f"{folder}.")} - seen
        seen |= new
        waiting += sorted(new)


@dataclass(frozen=True, slots=True)
class _Source:
    """A source: the modules that it imports from, and its texts that may be codes, each with its line and column."""

    imported: frozenset[str]
    texts: tuple[tuple[str, int, int], ...]


def _read(file: Path) -> _Source:
    status = file.stat()
    return _parsed(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=KEPT_SOURCES)
def _parsed(file: Path, *_: int) -> _Source:
    """Read a source of this time and size. Keys of dicts are no codes: they map other codes to the filter's."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"), str(file))))
    others = {key for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    others |= {one for node in nodes if isinstance(node, ast.Call) and _names_others(node) for one in node.args}
    texts = (
        (node.value, node.lineno, node.col_offset + 1)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
        if node not in others
    )
    imported = (node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module)
    return _Source(frozenset(imported), tuple(texts))


def _names_others(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in _OTHERS
