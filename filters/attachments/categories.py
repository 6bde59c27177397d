"""Kinds of files in the policy, and the kinds that a file name or a media type belongs to.

`config/attachments.yaml` holds the kinds as data; this module compares with them. The module knows nothing of messages.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, field_validator

from filters.attachments.codes import CODES, OF_CATEGORIES
from gateway.message import extension_of

_INSIDE = "An attachment contains {}: a name inside it ends in .{}."
_ITSELF = "An attachment is {}: its name ends in .{}."


class Category(BaseModel):
    """One kind of file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Code of the category's findings, which decides action and clause.
    code: str
    #: Words for such a file in notices, with the article.
    called: str = Field(min_length=1)
    #: Extensions of file names, in lower case without the dot.
    extensions: tuple[str, ...] = ()
    #: Extensions that don't count inside archives.
    except_in_archives: tuple[str, ...] = ()
    #: Extensions of folder names inside archives (macOS applications are folders).
    folders: tuple[str, ...] = ()
    #: Media types, declared or true; "audio/*" for all types of a kind.
    types: tuple[str, ...] = ()
    #: Media types that count only when Content-Type declares them: libmagic guesses them in text that quotes code.
    declared_types: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        """Return whether the category is quarantined as shipped; then it is looked for only if `block` names it."""
        return CODES[self.code].action == "quarantine"

    @field_validator("code")
    @classmethod
    def _known_code(cls, code: str) -> str:
        if code not in OF_CATEGORIES:
            raise ValueError(f"no category can have the code {code!r}{suggestion(code, OF_CATEGORIES)}")
        return code

    @field_validator("extensions", "except_in_archives", "folders")
    @classmethod
    def _without_dot(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        cleaned = tuple(value.strip().lower().removeprefix(".") for value in values)
        for written, value in zip(values, cleaned, strict=True):
            if not value or "." in value:
                raise ValueError(f"{written!r} can't be the end of a file name: only what follows the last dot counts")
        return cleaned

    @field_validator("types", "declared_types")
    @classmethod
    def _media_types(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value.count("/") != 1 or value.startswith("*"):
                raise ValueError(f"{value!r} is no media type such as application/x-msdownload or audio/*")
        return tuple(value.lower() for value in values)


@dataclass(frozen=True, slots=True)
class Hit:
    """One reason for a finding: the code, the sentence for the sender, and the quote for the reviewer."""

    code: str
    summary: str
    what: str
    quote: str


class Index:
    """Index of the categories: extension, folder or type -> the categories that list it.

    Sentences for the sender quote the category's own words and never the message's.
    """

    def __init__(self, categories: Sequence[Category]) -> None:
        self._extensions = _inverted((category, category.extensions) for category in categories)
        self._folders = _inverted((category, category.folders) for category in categories)
        self._true = _inverted((category, category.types) for category in categories)
        self._declared = _inverted((category, category.types + category.declared_types) for category in categories)

    def of_name(self, name: str, forms: Iterable[str]) -> Iterator[Hit]:
        """Yield hits for a part's file name, in any of its forms."""
        for end in dict.fromkeys(map(extension_of, forms)):
            for category in self._extensions.get(end, ()):
                yield Hit(category.code, _ITSELF.format(category.called, end), "file name", name)

    def of_member(self, name: str, forms: Iterable[str], *, is_folder: bool) -> Iterator[Hit]:
        """Yield hits for a name inside an archive, and for the folders around it."""
        ends = dict.fromkeys(() if is_folder else map(extension_of, forms))
        found = [
            (one, end) for end in ends for one in self._extensions.get(end, ()) if end not in one.except_in_archives
        ]
        folders = dict.fromkeys(end for form in forms for end in _folders(form, is_folder))
        found += [(category, end) for end in folders for category in self._folders.get(end, ())]
        for category, end in found:
            yield Hit(category.code, _INSIDE.format(category.called, end), "name in an archive", name)

    def of_declared(self, media_type: str) -> Iterator[Hit]:
        """Yield hits for the type that Content-Type declares."""
        for category in _of_type(self._declared, media_type):
            yield Hit(category.code, f"An attachment is sent as {category.called}.", "declared type", media_type)

    def of_true(self, media_type: str, *, inside: bool = False) -> Iterator[Hit]:
        """Yield hits for the true type, by the octets of an attachment, or of something inside it."""
        verb = "contains" if inside else "is"
        for category in _of_type(self._true, media_type):
            summary = f"An attachment {verb} {category.called}: its content shows it, whatever its name says."
            yield Hit(category.code, summary, "true type", media_type)


def _folders(form: str, is_folder: bool) -> Iterator[str]:
    if "/" in form or is_folder:
        names = form.split("/")
        yield from map(extension_of, names if is_folder else names[:-1])


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the sentence's end " (did you mean 'scripts'?)", or nothing."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _inverted(lists: Iterable[tuple[Category, Iterable[str]]]) -> dict[str, tuple[Category, ...]]:
    index: dict[str, tuple[Category, ...]] = {}
    for category, values in lists:
        for value in dict.fromkeys(values):
            index[value] = (*index.get(value, ()), category)
    return index


def _of_type(index: Mapping[str, tuple[Category, ...]], media_type: str) -> tuple[Category, ...]:
    kind = media_type.partition("/")[0]
    return index.get(media_type, ()) + index.get(f"{kind}/*", ())
