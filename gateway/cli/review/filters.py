"""The filter that a reviewer types: `code:virus.* from:*@acme.example since:7d invoice`."""

from __future__ import annotations

from typing import Any, get_args

from gateway.cli.since import TimeError, read_since
from gateway.control.vocabulary import RequestState

#: Word before the colon -> field of the choice; the words without one are the subject's.
FIELDS = {
    "code": "code",
    "from": "sender",
    "to": "recipient",
    "since": "since",
    "until": "until",
    "assigned": "assigned_to",
    "request": "request",
}


class FilterError(ValueError):
    """A filter that makes no sense, with a sentence that says why."""


def as_filters(text: str) -> dict[str, Any]:
    """Return the fields of a typed filter as `quarantine.list` takes them. Raises FilterError."""
    found: dict[str, Any] = {}
    words = []
    for word in text.split():
        name, colon, value = word.partition(":")
        if not colon:
            words.append(word)
            continue
        if name not in FIELDS or not value:
            raise FilterError(
                f"{word}: a filter is one of {', '.join(f'{one}:' for one in FIELDS)} or a word of the subject"
            )
        if name == "request" and value not in get_args(RequestState):
            raise FilterError(f"{word}: a request is {', '.join(get_args(RequestState))}")
        try:
            found[FIELDS[name]] = read_since(value) if name in ("since", "until") else value
        except TimeError as error:
            raise FilterError(f"{word}: {error}") from error
    if found.get("assigned_to") == "nobody":
        found["assigned_to"] = ""
    return found | ({"subject": " ".join(words)} if words else {})


def as_text(filters: dict[str, Any]) -> str:
    """Return the filter as a person types it."""
    names = {field: name for name, field in FIELDS.items()}
    typed = [f"{names[field]}:{_written(field, value)}" for field, value in filters.items() if field in names]
    return " ".join([*typed, filters.get("subject", "")]).strip()


def _written(field: str, value: str) -> str:
    return value[:16] if field in ("since", "until") else value or "nobody"
