"""The closed set of edits that a filter may offer, as plain frozen values.

An edit says what should change; `gateway.message.edits` makes octets of it. Offsets and part paths always refer to the
message as it was received. Nothing here reads a message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal

NamedPlace = Literal["top", "above_quote", "end"]
Place = NamedPlace | int

#: Characters of a field name: printable US-ASCII without colon and blank (RFC 5322 2.2).
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")


class EditConflict(ValueError):
    """Two edits that can't be combined: `first` and `second`."""

    def __init__(self, first: Edit, second: Edit) -> None:
        super().__init__(f"{_title(first)} and {_title(second)} can't be combined")
        self.first = first
        self.second = second


class NothingSeen(ValueError):
    """An insertion into a part that would not show the text."""

    def __init__(self, edit: Edit) -> None:
        super().__init__(f"{_title(edit)} would not be seen")
        self.edit = edit


class EditInsideSealed(ValueError):
    """An edit inside signed or encrypted content, which would break the signature or the content."""

    def __init__(self, edit: Edit, seal: str) -> None:
        super().__init__(f"{_title(edit)} would change what is inside {seal}")
        self.edit = edit


def _check_field_name(name: str) -> None:
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a header field (RFC 5322 2.2)")


@dataclass(frozen=True, slots=True)
class AddHeader:
    """A new field that becomes the first line of the message; the next added one stands above it."""

    name: str
    value: str

    def __post_init__(self) -> None:
        _check_field_name(self.name)


@dataclass(frozen=True, slots=True)
class RemoveHeader:
    """Removal of all fields of that name in the message's own header, or of the one that starts at offset `at`."""

    name: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class RenameHeader:
    """Another name for all fields of that name, or for the one that starts at offset `at`; the value stays."""

    name: str
    to: str
    at: int | None = None

    def __post_init__(self) -> None:
        _check_field_name(self.to)


@dataclass(frozen=True, slots=True)
class SetSubject:
    """A new subject, in the message's only Subject field."""

    subject: str


@dataclass(frozen=True, slots=True)
class InsertText:
    """Text for a text/plain part, or HTML for a text/html part.

    "top", "above_quote" and "end" put it on lines of its own where a person sees it (in HTML: in the body element, or
    at another of these places if it would not be seen there). "above_quote" is behind the text that the sender wrote
    and signed, between blank lines. HTML sets its own font-size and visibility: those of the body may hide it. A number
    is an offset into the part's decoded text, and text inserted there stands exactly as given.
    """

    part: str
    place: Place
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class AddText:
    """A text/plain part of its own before all content of the message, which becomes multipart/mixed if it isn't."""

    text: str


@dataclass(frozen=True, slots=True)
class RemoveText:
    """Removal of the characters from `start` up to `end` of the part's decoded text."""

    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReplacePart:
    """Replacement of the part by this text (text/plain, UTF-8, inline), with `name` as its file name."""

    part: str
    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class RemovePart:
    """Removal of the part, with its delimiter line."""

    part: str


@dataclass(frozen=True, slots=True)
class Wrap:
    """A new message with this text, and behind it the untouched original as a message/rfc822 part."""

    text: str
    html: str


Edit = (
    AddHeader
    | RemoveHeader
    | RenameHeader
    | SetSubject
    | InsertText
    | AddText
    | RemoveText
    | ReplacePart
    | RemovePart
    | Wrap
)

_TITLES: dict[type, str] = {
    AddHeader: "add_header",
    RemoveHeader: "remove_header",
    RenameHeader: "rename_header",
    SetSubject: "set_subject",
    InsertText: "insert_text",
    AddText: "add_text",
    RemoveText: "remove_text",
    ReplacePart: "replace_part",
    RemovePart: "remove_part",
    Wrap: "wrap",
}


def _title(edit: Edit) -> str:
    target = getattr(edit, "part", None) or getattr(edit, "name", None)
    return f"{_TITLES[type(edit)]} ({target})" if target else _TITLES[type(edit)]


def describe(edit: Edit) -> dict[str, object]:
    """Return the edit as JSON-able values, for `explain` and the store: its kind under "edit", then its own fields."""
    return {"edit": _TITLES[type(edit)]} | {f.name: getattr(edit, f.name) for f in fields(edit)}
