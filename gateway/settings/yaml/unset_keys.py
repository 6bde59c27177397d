"""Keys without a value that no model knows. A key set to null counts as unset; a misspelt one must not pass for it."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from gateway.settings.yaml.problems import Location


def unknown_unset_keys(annotation: Any, data: Any) -> Iterator[tuple[Location, tuple[str, ...]]]:
    """Yield the location of each key that is null and unknown, with the keys that are known beside it.

    Where a value may be of several types, a key that one of them takes is known.
    """
    yield from _found(_alternatives(annotation), data, ())


def _found(alternatives: Collection[Any], data: Any, at: Location) -> Iterator[tuple[Location, tuple[str, ...]]]:
    if isinstance(data, Mapping):
        models = [one for one in alternatives if isinstance(one, type) and issubclass(one, BaseModel)]
        others = [one for one in alternatives if _is_mapping(one)]
        known = tuple(name for model in models for name in model.model_fields)
        for key, value in data.items():
            if value is None and models and not others and key not in known:
                yield (*at, key), known
            fields = [model.model_fields[key].annotation for model in models if key in model.model_fields]
            inner = [*fields, *(typing.get_args(one)[-1] for one in others if typing.get_args(one))]
            yield from _found(_all_of(inner), value, (*at, key))
    elif isinstance(data, list):
        items = [typing.get_args(one)[0] for one in alternatives if typing.get_args(one) and not _is_mapping(one)]
        for number, value in enumerate(data):
            yield from _found(_all_of(items), value, (*at, number))


def _is_mapping(one: Any) -> bool:
    found = typing.get_origin(one) or one
    return found is Any or (isinstance(found, type) and issubclass(found, Mapping))


def _all_of(annotations: Collection[Any]) -> list[Any]:
    return [one for annotation in annotations for one in _alternatives(annotation)]


def _alternatives(annotation: Any) -> list[Any]:
    """Return the types that a value may have, without `Annotated`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _alternatives(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _all_of(typing.get_args(annotation))
    return [annotation]
