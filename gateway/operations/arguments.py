"""The arguments of a question at the control socket, checked against the declaration of the operation.

Anybody who may use the socket can send any JSON. What an operation doesn't take, or takes in another type, is refused
here with a sentence, before anything is done.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from gateway.contract import Refused
from gateway.remember.records import written_out
from gateway.settings.yaml.sentences import complaints

#: Most characters of a refusal about an argument, which repeats what was given.
SENTENCE_CHARACTERS = 200
#: Levels of lists and objects in one another that any argument may have: rows of texts have two.
DEEPEST = 8


def check_arguments(name: str, carry_out: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Raise Refused for arguments that the method of an operation doesn't take, with these names or of these types.

    `carry_out` is the method of its owner, whose first argument is the person who asks.
    """
    try:
        bound = inspect.signature(carry_out).bind(None, **arguments)
    except TypeError as error:
        raise Refused(f"{name} takes other arguments: {error}") from error
    types = _types(getattr(carry_out, "__func__", carry_out))
    for argument, value in arguments.items():
        of = argument if argument in bound.arguments else _MORE
        _check(name, argument, value, types.get(of, _ANY))


def as_stored(value: Any, level: int = 0) -> Any:
    """Return a JSON value with its texts as the store has them: lone surrogates and NUL, which it lacks, written out.

    A shell hands on octets that aren't UTF-8 as such surrogates. Raises Refused for a value that is nested too deep.
    """
    if level > DEEPEST:
        raise Refused(f"an argument has more than {DEEPEST} levels of lists")
    if isinstance(value, str):
        return written_out(value)
    if isinstance(value, Mapping):
        return {written_out(key): as_stored(one, level + 1) for key, one in value.items()}
    return [as_stored(one, level + 1) for one in value] if isinstance(value, list | tuple) else value


def texts(value: object) -> Iterator[str]:
    """Yield the texts in a JSON value, the keys of objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from (key, *texts(one))
    elif isinstance(value, Sequence):
        for one in value:
            yield from texts(one)


#: The key of the type of further arguments (`**choice`).
_MORE = "**"
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


@cache
def _types(function: Callable[..., Any]) -> Mapping[str, TypeAdapter[Any]]:
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    return {
        _MORE if one.kind is one.VAR_KEYWORD else one.name: TypeAdapter(hints[one.name])
        for one in parameters
        if one.name in hints
    }


def _check(name: str, argument: str, value: object, wanted: TypeAdapter[Any]) -> None:
    """Compare a value with its type; nothing is converted."""
    try:
        wanted.validate_python(value, strict=True)
    except ValidationError as error:
        sentence = next(iter(complaints(error, None))).sentence
        raise Refused(f"{name}: {argument}: {sentence}"[:SENTENCE_CHARACTERS]) from error
