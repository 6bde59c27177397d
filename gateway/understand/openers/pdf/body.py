"""A PDF's objects found by search, not by its cross-reference table: every object counts, whoever refers to it.

A broken or lying table hides nothing, and old revisions are read too. Streams are decoded when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.understand.budget import Budget
from gateway.understand.member import Unreadable
from gateway.understand.openers.pdf.filters import Undecodable, decode_stream
from gateway.understand.openers.pdf.syntax import Ref, Value, read_values

#: Octets of one object that are read, its stream apart. Real ones have a few thousand; large name trees more.
MAX_DICTIONARY_BYTES = 1024 * 1024

#: Octets of an object stream that are read. Real ones hold a hundred or two small objects.
MAX_OBJECT_STREAM_BYTES = 4 * 1024 * 1024

#: Times that the whole file is read at most: an object without an end is read up to the end of another.
MAX_READINGS = 2

#: Octets before the last word of an object's head that are looked at, where comments stand in the head.
MAX_HEAD_BYTES = 128

#: References followed from one to the next.
MAX_REFERENCES = 8

_BLANK = rb"[\0\t\n\f\r ]"
_OBJECT = re.compile(rb"(\d{1,10}+)" + _BLANK + rb"++\d{1,5}+" + _BLANK + rb"++obj\b")
#: The end of an object's head on a line of its own, where comments between its words put it.
_HEAD_END = re.compile(rb"(?<![^\r\n])[\0\t\f ]*+(?:\d{1,5}+[\0\t\f ]++)?+obj\b")
_COMMENT = re.compile(rb"%[^\r\n]*+")
_HEAD = re.compile(rb"(\d{1,10}+)" + _BLANK + rb"++\d{1,5}+" + _BLANK + rb"++obj\Z")
_OBJECT_END = re.compile(rb"\bendobj\b|\bstream[\t ]*+(\r\n|\n|\r)")
_NUMBERS = re.compile(rb"\d++")

_OVERLAP = "The PDF's objects lie in one another"


@dataclass(frozen=True, slots=True)
class Stream:
    """An object with a stream: its dictionary, and where its data starts."""

    number: int
    at: int  # where the object starts
    dictionary: Mapping[str, Value]
    data_start: int
    data: bytes | None = None  # of a stream that was encrypted: the decrypted octets, with their filters


@dataclass(slots=True)
class Body:
    """Objects by number, in every revision that was found."""

    values: dict[int, list[Value]] = field(default_factory=dict)
    streams: dict[int, list[Stream]] = field(default_factory=dict)

    def add(self, number: int, value: Value) -> None:
        self.values.setdefault(number, []).append(value)

    def resolved(self, value: Value) -> Value:
        """Return the object to which a reference leads, in its newest revision."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(value, Ref):
                return value
            value = self.values.get(value.number, [None])[-1]
        return None


def read_body(content: bytes, budget: Budget) -> Body:
    """Read all objects outside of object streams. Raises Unreadable and Exhausted."""
    body = Body()
    left = MAX_READINGS * len(content) + MAX_DICTIONARY_BYTES
    for number, at, start in _heads(content):
        budget.check_time()
        limit = min(len(content), start + MAX_DICTIONARY_BYTES)
        end = _OBJECT_END.search(content, start, limit)
        left -= (end.start() if end else limit) - start
        if left < 0:
            raise Unreadable(_OVERLAP)
        values = read_values(content[start : end.start() if end else limit])
        value = values[0] if values else None
        body.add(number, value)
        if end and end[1]:
            dictionary = value if isinstance(value, dict) else {}
            body.streams.setdefault(number, []).append(Stream(number, at, dictionary, end.end()))
    return body


def _heads(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield number, beginning and end of each object's head ("3 0 obj").

    The number is -1 where comments hide it too well.
    """
    ends = set()
    for found in _OBJECT.finditer(content):
        ends.add(found.end())
        yield int(found[1]), found.start(), found.end()
    for found in _HEAD_END.finditer(content):
        if found.end() not in ends:
            before = content[max(0, found.start() - MAX_HEAD_BYTES) : found.end()]
            head = _HEAD.search(_COMMENT.sub(b" ", before))
            yield int(head[1]) if head else -1, found.start(), found.end()


def add_object_stream(body: Body, dictionary: Mapping[str, Value], text: bytes, budget: Budget) -> None:
    """Add the objects of an object stream (7.5.7): pairs of number and offset, then the objects. Raises Exhausted."""
    first = body.resolved(dictionary.get("First"))
    if not isinstance(first, int):
        body.add(-1, read_values(text))
        return
    numbers = [int(one[:10]) for one in _NUMBERS.findall(text[:first])]
    places = sorted(zip(numbers[1::2], numbers[::2], strict=False))
    for index, (offset, number) in enumerate(places):
        budget.check_time()
        behind = first + places[index + 1][0] if index + 1 < len(places) else len(text)
        values = read_values(text[first + offset : behind])
        body.add(number, values[0] if values else None)


def raw_data(content: bytes, stream: Stream, body: Body) -> bytes:
    """Return the stream with its filters.

    It ends at its declared length if `endstream` follows there, else at the first `endstream`.
    """
    if stream.data is not None:
        return stream.data
    length = body.resolved(stream.dictionary.get("Length"))
    if isinstance(length, int):
        behind = stream.data_start + length
        if content[behind : behind + 16].lstrip(b"\r\n\t ").startswith(b"endstream"):
            return content[stream.data_start : behind]
    end = content.find(b"endstream", stream.data_start)
    return content[stream.data_start : end if end >= 0 else len(content)]


def decoded_data(content: bytes, stream: Stream, body: Body, budget: Budget) -> bytes:
    """Return the stream without its filters. Raises Undecodable and Exhausted."""
    dictionary = {key: _deep(body, value) for key, value in stream.dictionary.items()}
    data = raw_data(content, stream, body)
    budget.take(len(data))  # streams without an end overlap
    return decode_stream(data, dictionary, budget)


def _deep(body: Body, value: Value) -> Value:
    value = body.resolved(value)
    if isinstance(value, list):
        return [body.resolved(one) for one in value]
    return value


def object_streams(body: Body) -> Iterator[Stream]:
    """Yield the streams that hold objects: by their type, or by the two keys that no other stream has."""
    for streams in body.streams.values():
        for stream in streams:
            kind = stream.dictionary.get("Type")
            if getattr(kind, "text", "") == "ObjStm" or {"N", "First"} <= stream.dictionary.keys():
                yield stream


def read_object_streams(content: bytes, body: Body, budget: Budget) -> list[str]:
    """Add the objects of object streams; return one sentence for each stream that can't be decoded.

    Raises Unreadable and Exhausted.
    """
    broken = []
    left = MAX_READINGS * len(content)
    for stream in list(object_streams(body)):
        budget.take_entry()
        left -= len(raw_data(content, stream, body))
        if left < 0:
            raise Unreadable(_OVERLAP)
        try:
            text = decoded_data(content, stream, body, budget)
        except Undecodable as error:
            broken.append(str(error))
            continue
        if len(text) > MAX_OBJECT_STREAM_BYTES:
            broken.append(f"An object stream has more than {MAX_OBJECT_STREAM_BYTES} octets")
        add_object_stream(body, stream.dictionary, text[:MAX_OBJECT_STREAM_BYTES], budget)
    return broken
