"""Mistakes in filter classes: missing or unknown attributes, odd clauses, actions, modes, services; operations twice.

They are errors at start-up and in `check`, as mistakes in the YAML files are: a filter whose `notises` nobody asks for
would be silently without its notices.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import get_args

from gateway.contract import (
    ABILITIES,
    DIRECTIONS,
    ON_ERROR,
    SERVICES,
    Amends,
    Filter,
    Mode,
    Operates,
    able,
    operations_of,
)
from gateway.settings.chain.entries import Action
from gateway.settings.yaml.problems import Mark, Problem, nearest

_ACTIONS: tuple[str, ...] = get_args(Action)
_MODES: tuple[str, ...] = get_args(Mode)

#: Form of a code: what it is about, a dot, what was found.
CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def check_classes(filters: Mapping[str, type[Filter]], clauses: Collection[str] | None) -> list[Problem]:
    """Return the mistakes in the classes. `clauses` are the ids of the policy's clauses; None: they can't be read."""
    found = [
        Problem(_place(cls), "", sentence, suggestion)
        for kind, cls in filters.items()
        for sentence, suggestion in (*_declared(cls), *(() if lacking(cls) else _codes(kind, cls, clauses)))
    ]
    return [*found, *_operations(able(filters.values(), Operates))]


def lacking(cls: type[Filter]) -> list[str]:
    """Return what every filter has and this class lacks: it can't be used with any configuration."""
    return [name for name in _public(Filter) if not hasattr(cls, name)]


@lru_cache(maxsize=64)
def _declared(cls: type[Filter]) -> tuple[tuple[str, str], ...]:
    """Return the mistakes that a class has under any configuration: it is looked at once."""
    if missing := lacking(cls):
        return (*_hooks(cls), *((f"{cls.__name__} has no {name}, which every filter has", "") for name in missing))
    return (*_hooks(cls), *_shipped(cls), *_services(cls))


@cache
def hooks() -> frozenset[str]:
    """Return the names of all attributes and methods that the gateway asks filters for."""
    return frozenset(name for protocol in (Filter, *ABILITIES) for name in _public(protocol))


def _hooks(cls: type[Filter]) -> Iterator[tuple[str, str]]:
    known = hooks()
    for name in dict.fromkeys(name for base in cls.__mro__[:-1] for name in _public(base)):
        if name not in known:
            meant = nearest(name, known)
            yield f"{cls.__name__}.{name} is no hook{'' if meant else ': begin names of your own with _'}", meant
    for ability in ABILITIES:
        wanted = set(_public(ability))
        has = {name for name in wanted if hasattr(cls, name)}
        if has and has != wanted:
            missing = ", ".join(sorted(wanted - has))
            yield f"{cls.__name__} has {', '.join(sorted(has))} and lacks {missing}, which belong together", ""


def _codes(kind: str, cls: type[Filter], clauses: Collection[str] | None) -> Iterator[tuple[str, str]]:
    if cls.name != kind:
        yield f"{cls.__name__}.name is {cls.name!r}, and the registry has the filter as {kind!r}", ""
    amends: Collection[str] = cls.amends if isinstance(cls, Amends) else ()
    for code in amends:
        if code not in cls.codes:
            yield f"{cls.__name__}.amends: there is no code {code}", nearest(code, cls.codes)
    for code, (clause, action, *sentence) in cls.codes.items():
        for way, one in action.items() if isinstance(action, Mapping) else [("", action)]:
            if one not in (*_ACTIONS, ON_ERROR):
                yield f"{cls.__name__}.codes: {code}: {one!r} is no action", nearest(one, _ACTIONS)
            if way and way not in DIRECTIONS:
                yield f"{cls.__name__}.codes: {code}: {way!r} is no direction", nearest(way, DIRECTIONS)
        if "amend" in (action.values() if isinstance(action, Mapping) else [action]) and code not in amends:
            yield f"{cls.__name__}.codes: {code}: amend needs edits, and `amends` doesn't name the code", ""
        if not "".join(sentence).strip():
            yield f"{cls.__name__}.codes: {code} is not documented: a sentence must say what it means", ""
        if not CODE.fullmatch(code):
            yield f"{cls.__name__}.codes: {code!r} is no code: it is like `{kind}.found`", ""
        if clauses is not None and clause not in clauses:
            yield f"{cls.__name__}.codes: {code}: the policy has no clause {clause!r}", nearest(clause, clauses)


def _shipped(cls: type[Filter]) -> Iterator[tuple[str, str]]:
    if cls.shipped_mode not in _MODES:
        yield f"{cls.__name__}.shipped_mode: {cls.shipped_mode!r} is no mode", nearest(cls.shipped_mode, _MODES)
    if not isinstance(cls.shipped_directions, tuple):
        yield f"{cls.__name__}.shipped_directions is no tuple: write ({cls.shipped_directions!r},)", ""
        return
    for way in cls.shipped_directions:
        if way not in DIRECTIONS:
            yield f"{cls.__name__}.shipped_directions: {way!r} is no direction", nearest(way, DIRECTIONS)


def _services(cls: type[Filter]) -> Iterator[tuple[str, str]]:
    for one in list(inspect.signature(cls).parameters.values())[1:]:
        if one.name not in SERVICES and one.default is one.empty:
            yield f"{cls.__name__}.__init__: there is no service {one.name}", nearest(one.name, SERVICES)


def _operations(owners: Iterable[Operates]) -> Iterator[Problem]:
    """Yield a problem for each class without operations, and for each operation that two classes declare."""
    declared: dict[str, type] = {}
    for cls in dict.fromkeys(owner.operations for owner in owners):
        found = list(operations_of(cls))
        if not found:
            yield Problem(_place(cls), "", f"{cls.__name__} declares no @operation")
        for one in found:
            first = declared.setdefault(one.name, cls)
            if first is not cls:
                yield Problem(_place(cls), "", f"{cls.__name__}: {one.name} is already declared by {first.__name__}")


def _public(cls: type) -> list[str]:
    """Return the names that a class itself declares without an underscore."""
    return [name for name in {**inspect.get_annotations(cls), **vars(cls)} if not name.startswith("_")]


def _place(cls: type) -> Mark:
    """Return where a class is written; its module where the source is not at hand."""
    try:
        file = inspect.getsourcefile(cls)
        return Mark(Path(file or cls.__module__), inspect.getsourcelines(cls)[1])
    except (OSError, TypeError):
        return Mark(Path(cls.__module__))
