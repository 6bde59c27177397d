"""Property lists of macOS, binary or XML, with the files in them: above all Safari's web archives (.webarchive).

A web archive holds the page, its frames and its pictures as values of octets, each with its type and its address.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit
from xml.parsers.expat import ExpatError

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener, Unreadable

#: Values of one list that are looked at. A saved page has some ten for each picture.
MAX_VALUES = 100_000

#: Octets of a value below which it is no file, unless a web archive names it as one: a colour, a checksum.
MIN_VALUE_BYTES = 64

_BINARY = b"bplist"
_LOOK_BYTES = 4096
_XML = re.compile(rb"<!DOCTYPE\s++plist\b|<plist\b", re.I)
#: Byte-order marks and white space.
_BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\t\n\r "
_DATA, _TYPE, _ADDRESS = "WebResourceData", "WebResourceMIMEType", "WebResourceURL"


def _fits(content: bytes, declared: Declared) -> bool:
    """Return whether a property list begins here.

    No program reads a list in XML behind other octets: printers' settings in documents made on a Macintosh don't count.
    """
    if content.startswith(_BINARY):
        return True
    head = content[:_LOOK_BYTES].replace(b"\0", b"").lstrip(_BEFORE_XML)
    return head.startswith(b"<") and _XML.search(head) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    try:
        whole = plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError, ValueError, OverflowError, LookupError) as error:
        raise Unreadable(f"the property list can't be read: {error}") from error
    waiting, seen = [whole], {id(whole)}
    while waiting:
        budget.check_time()
        value = waiting.pop()
        yield from _members(value, budget)
        for inner in _inner(value):
            if id(inner) not in seen:  # a binary list may hold itself
                seen.add(id(inner))
                waiting.append(inner)
        if len(seen) > MAX_VALUES:
            raise Unreadable(f"the property list has more than {MAX_VALUES} values")


def _inner(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _members(value: object, budget: Budget) -> Iterator[Member]:
    if isinstance(value, dict) and isinstance(value.get(_DATA), bytes):
        name = unquote(urlsplit(_text(value.get(_ADDRESS))).path).rpartition("/")[2]
        yield _member((name,) if name else (), value[_DATA], _text(value.get(_TYPE)).lower(), budget)
    for octets in _inner(value):
        is_told = isinstance(value, dict) and octets is value.get(_DATA)
        if isinstance(octets, bytes) and len(octets) >= MIN_VALUE_BYTES and not is_told:
            yield _member((), octets, "", budget)


def _member(names: tuple[str, ...], octets: bytes, media_type: str, budget: Budget) -> Member:
    budget.take_entry()
    budget.take(len(octets))
    return Member(names, octets, media_type)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


PROPERTY_LIST = Opener("property list", _fits, _open)
