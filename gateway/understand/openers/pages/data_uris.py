"""data: URIs (RFC 2397) in pages, pictures and calendars: their octets, and the name under which they are saved."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_to_bytes

_SCHEME = b"data:"
#: The head of a URI. In a quoted value a browser reads any text up to the comma; elsewhere prose must not be taken for
#: a URI.
_QUOTED_HEAD = re.compile(rb"data:[ ]*+(?P<type>[^,;]{0,2048}+)(?P<params>(?:;[^,]{0,2048}+)?+),", re.I)
_BARE_HEAD = re.compile(rb"data:[ ]*+(?P<type>[^,;\"'<>() ]{0,200}+)(?P<params>(?:;[^,;\"'<>()]{0,200}+){0,8}+),", re.I)
_TYPE = re.compile(rb"[\w.+-]{1,80}/[\w.+-]{1,100}\Z")
_BASE64 = re.compile(rb";[ ]*+base64[ ]*+\Z", re.I)
_PARAM_NAME = re.compile(rb";[ ]*+(?:file)?name=([^;]++)", re.I)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_UNQUOTED_END = re.compile(rb"[ \"'<>)`]")
_CLOSING = {b'"': b'"', b"'": b"'", b"`": b"`", b"(": b")"}

#: Octets of a tag before and behind the URI in which the name is looked for.
MAX_TAG_BYTES = 2048

_DOWNLOAD = re.compile(rb"\bdownload[ ]*+=[ ]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^ >\"']++))", re.I)


@dataclass(frozen=True, slots=True)
class DataUri:
    content: bytes = field(repr=False)
    media_type: str  # lower case; "" where none is given
    names: tuple[str, ...] = ()


def data_uri(written: bytes) -> DataUri | None:
    """Read a value that is one data: URI as a whole; return None for any other."""
    head = _QUOTED_HEAD.match(written)
    return _decoded(head, written[head.end() :], ()) if head else None


def data_uris(flat: bytes) -> Iterator[DataUri]:
    """Yield each URI of a text without line breaks and tabs, which browsers remove from URIs."""
    lower, at = flat.lower(), 0
    while (start := lower.find(_SCHEME, at)) >= 0:
        head = _head(flat, start)
        if head is None:
            at = start + len(_SCHEME)
            continue
        at = _end(flat, start, head.end())
        yield _decoded(head, flat[head.end() : at], _saved_as(flat, start, at))


def _head(flat: bytes, start: int) -> re.Match[bytes] | None:
    closing = _CLOSING.get(flat[max(0, start - 1) : start])
    if closing and (head := _QUOTED_HEAD.match(flat, start)) and closing not in head[0]:
        return head
    return _BARE_HEAD.match(flat, start)


def from_base64(written: bytes) -> bytes:
    """Decode base64 more leniently than browsers: the URL alphabet counts too, and all other octets are skipped."""
    letters = _NOT_BASE64.sub(b"", written.replace(b"-", b"+").replace(b"_", b"/"))
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))


def _end(flat: bytes, start: int, behind_head: int) -> int:
    closing = _CLOSING.get(flat[max(0, start - 1) : start])
    if closing:
        end = flat.find(closing, behind_head)
    else:
        found = _UNQUOTED_END.search(flat, behind_head)
        end = found.start() if found else -1
    return end if end >= 0 else len(flat)


def _decoded(head: re.Match[bytes], written: bytes, names: tuple[str, ...]) -> DataUri:
    octets = unquote_to_bytes(written) if b"%" in written else written
    if _BASE64.search(head["params"]):
        octets = from_base64(octets)
    named = tuple(unquote(found[1].decode("utf-8", "replace")) for found in _PARAM_NAME.finditer(head["params"]))
    media_type = head["type"].decode("latin-1").lower() if _TYPE.match(head["type"]) else ""
    return DataUri(octets, media_type, (*names, *named))


def _saved_as(flat: bytes, start: int, end: int) -> tuple[str, ...]:
    """Return the `download` attribute of the tag in which the URI stands."""
    opening = flat.rfind(b"<", max(0, start - MAX_TAG_BYTES), start)
    closing = flat.find(b">", end, end + MAX_TAG_BYTES)
    if opening < 0 or closing < 0:
        return ()
    found = _DOWNLOAD.search(flat[opening:start]) or _DOWNLOAD.search(flat[end:closing])
    name = next((one for one in found.groups() if one), b"") if found else b""
    return (html.unescape(name.decode("utf-8", "replace")),) if name else ()
