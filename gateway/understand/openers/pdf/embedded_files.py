"""The files in a PDF: those that a file specification names (ISO 32000-2 7.11), and embedded ones without a name."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Member
from gateway.understand.openers.pdf.body import Body, Stream, decoded_data
from gateway.understand.openers.pdf.filters import Undecodable
from gateway.understand.openers.pdf.syntax import Name, Ref, Value, dictionaries, text_of

#: The keys of a name in a file specification; readers show the first.
_NAME_KEYS = ("UF", "F", "DOS", "Mac", "Unix")


def embedded_files(content: bytes, body: Body, budget: Budget) -> Iterator[Member]:
    """Yield every embedded file, in every revision. Raises Exhausted."""
    for number, names in _named(body).items():
        streams = body.streams.get(number, [])
        if not streams:
            yield _unread(names, "A file in the PDF can't be found")
        for stream in streams:
            budget.take_entry()
            yield _member(names, content, stream, body, budget)


def file_names(specification: dict[str, Value], body: Body) -> tuple[str, ...]:
    """Return each name that a file specification gives."""
    found = (body.resolved(specification.get(key)) for key in _NAME_KEYS)
    return tuple(dict.fromkeys(text_of(one) for one in found if isinstance(one, bytes)))


def _named(body: Body) -> dict[int, tuple[str, ...]]:
    """Return the number of each file's stream -> the names of all specifications that refer to it."""
    found: dict[int, tuple[str, ...]] = {}
    for values in body.values.values():
        for value in values:
            for one in dictionaries(value):
                for number in _embedded(one, body):
                    found[number] = tuple(dict.fromkeys((*found.get(number, ()), *file_names(one, body))))
    for number, streams in body.streams.items():
        if any(stream.dictionary.get("Type") == Name("EmbeddedFile") for stream in streams):
            found.setdefault(number, ())
    return found


def _embedded(specification: dict[str, Value], body: Body) -> set[int]:
    streams = body.resolved(specification.get("EF"))
    if not isinstance(streams, dict):
        return set()
    return {one.number for one in streams.values() if isinstance(one, Ref)}


def _member(names: tuple[str, ...], content: bytes, stream: Stream, body: Body, budget: Budget) -> Member:
    try:
        octets = decoded_data(content, stream, body, budget)
    except Undecodable as error:
        return _unread(names, str(error))
    subtype = body.resolved(stream.dictionary.get("Subtype"))
    return Member(names, octets, subtype.text.lower() if isinstance(subtype, Name) else "")


def _unread(names: tuple[str, ...], what: str) -> Member:
    return Member(names, None, defects=(Defect("container.unreadable", what, 0),))
