"""Plain sentences for pydantic's complaints, with the location and the word that was perhaps meant."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.settings.yaml.problems import Key, Location, harmless, nearest, shown
from gateway.settings.yaml.values import Meant, WrongKey

#: The most known words listed after an unknown one: so many can be read.
LISTED_WORDS = 16

_EXPECTED = {
    "string_type": "text is expected",
    "int_type": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "float_type": "a number is expected",
    "finite_number": "a number is expected",
    "bool_type": "true or false is expected",
    "tuple_type": "a list is expected",
    "list_type": "a list is expected",
    "set_type": "a list is expected",
    "frozen_set_type": "a list is expected",
    "dict_type": "keys and values are expected",
    "mapping_type": "keys and values are expected",
    "model_type": "keys and values are expected",
    "model_attributes_type": "keys and values are expected",
    "date_type": "a date is expected, such as 2026-12-20",
    "date_parsing": "a date is expected, such as 2026-12-20",
    "date_from_datetime_parsing": "a date is expected, such as 2026-12-20",
    "date_from_datetime_inexact": "a date is expected, such as 2026-12-20",
}
_LIMITS = {
    "greater_than": ("gt", "must be more than {}"),
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than": ("lt", "must be less than {}"),
    "less_than_equal": ("le", "must be at most {}"),
}
_SWITCH_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint of a type; `location` is relative to the validated data."""

    location: Location
    sentence: str
    suggestion: str = ""
    about_key: bool = False


def complaints(error: ValidationError, annotation: Any) -> Iterator[Complaint]:
    """Yield all complaints, in the order of the data."""
    found = error.errors(include_url=False)
    for details in found:
        if details["type"] == "too_short" and _has_wrong_items(details["loc"], found):
            continue  # pydantic counts only the valid items
        yield _complaint(details, annotation)


def _has_wrong_items(location: Location, found: Sequence[ErrorDetails]) -> bool:
    return any(len(other["loc"]) > len(location) and other["loc"][: len(location)] == location for other in found)


def _complaint(details: ErrorDetails, annotation: Any) -> Complaint:
    location, kind, value = details["loc"], details["type"], details["input"]
    if location[-1:] == ("[key]",):
        return replace(_complaint({**details, "loc": location[:-1]}, annotation), about_key=True)
    match kind:
        case "extra_forbidden":
            return _unknown_key(location, annotation)
        case "missing" | "missing_argument":
            return Complaint(location, "is missing", about_key=True)
        case "literal_error":
            return _unknown_word(location, value, details["ctx"]["expected"])
        case "value_error":
            return _own_sentence(location, details["ctx"]["error"])
    return Complaint(location, _sentence(details), _switch_meant(kind, value))


def _unknown_key(location: Location, annotation: Any) -> Complaint:
    key = location[-1]
    known = keys_at(annotation, location[:-1])
    suggestion = nearest(key, known)
    return Complaint(location, "unknown key" + ("" if suggestion else listed(known)), suggestion, about_key=True)


def _unknown_word(location: Location, value: object, expected: str) -> Complaint:
    known = re.findall(r"'([^']*)'", expected)
    suggestion = nearest(value, known)
    word = shown(value) if isinstance(value, str) else described(value)
    return Complaint(location, f"{expected.replace(chr(39), '')} is expected, not {word}", suggestion)


def _own_sentence(location: Location, error: Exception) -> Complaint:
    if isinstance(error, WrongKey):
        return Complaint((*location, error.key), str(error), about_key=True)
    return Complaint(location, str(error), error.suggestion if isinstance(error, Meant) else "")


def _sentence(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "string_type" and isinstance(details["input"], int | float):
        return "text is expected: put it in quotes"
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, not {described(details['input'])}"
    if kind in _LIMITS:
        key, sentence = _LIMITS[kind]
        return sentence.format(context[key])
    if kind == "too_short":
        return "must not be empty" if context["min_length"] == 1 else f"needs at least {context['min_length']}"
    if kind == "string_too_short":
        return "must not be empty"
    return harmless(details["msg"][:1].lower() + details["msg"][1:])


def described(value: object) -> str:
    """Return a value with its type, for "…, not the number 5 (…)"."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {shown(value)}" if value else "empty text"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "keys and values"
    return "nothing"


def _switch_meant(kind: str, value: object) -> str:
    return _SWITCH_WORDS.get(str(value).lower(), "") if kind == "bool_type" else ""


def listed(known: Iterable[str]) -> str:
    """Return `: known are a, b` where the list is short enough to read, else ""."""
    words = sorted(known)
    return f": known are {', '.join(words)}" if 0 < len(words) <= LISTED_WORDS else ""


def keys_at(annotation: Any, location: Location) -> tuple[str, ...]:
    """Return the keys of the model at a location of a type; none where no model stands there."""
    for key in location:
        annotation = _inner(annotation, key)
    model = _model(annotation)
    return tuple(model.model_fields) if model else ()


def _inner(annotation: Any, key: Key) -> Any:
    model = _model(annotation)
    if model:
        found = model.model_fields.get(str(key))
        return found.annotation if found else None
    return next(iter(typing.get_args(bare(annotation))[isinstance(key, str) :]), None)


def _model(annotation: Any) -> type[BaseModel] | None:
    found = bare(annotation)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def bare(annotation: Any) -> Any:
    """Return the type without `Annotated` and `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            annotation = next((a for a in typing.get_args(annotation) if a is not type(None)), None)
        else:
            return annotation
