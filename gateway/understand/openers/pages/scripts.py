"""The scripts of a page or an SVG: elements, event handlers, javascript: links, and pages inside attributes.

Only cut out and freed of what hides letters; nothing is run. Prose and code shown as text are none of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

_SCRIPT = re.compile(rb"<(?:[\w-]{1,32}:)?script\b", re.I)
_SCRIPT_END = re.compile(rb"</(?:[\w-]{1,32}:)?script", re.I)
_HANDLER = re.compile(rb"[\s\"'/]on[a-z]{3,30}+\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.I)
_LINK = re.compile(rb"[\"'=\s(](?:javascript|vbscript)\s*+:([^\"'>]*+)", re.I)
_INNER_PAGE = re.compile(rb"\bsrcdoc\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')", re.I)

_ESCAPE = re.compile(
    rb"\\(?:x([0-9A-Fa-f]{2})|u(?:00([0-9A-Fa-f]{2})|\{0{0,20}([0-9A-Fa-f]{2})\})|([0-3][0-7]{2})|(\r\n|[\r\n]))"
)
_CONCATENATION = re.compile(rb"[\"'`]\s*+\)?\s*+\+\s*+\(?\s*+[\"'`]|[\"'`]\s*+\.\s*+concat\s*+\(\s*+[\"'`]")
_LIST_OF_STRINGS = re.compile(rb"[\"'`]\s*+,\s*+[\"'`]")


def scripts(text: bytes) -> Iterator[bytes]:
    """Each script; those inside of a `srcdoc` page as well."""
    pages = [text, *(html_text(_first(found)) for found in _INNER_PAGE.finditer(text))]
    for page in pages:
        yield from _elements(page)
        for found in _HANDLER.finditer(page):
            yield html_text(_first(found))
        for found in _LINK.finditer(page):
            yield unquote_to_bytes(html_text(found[1]))


def html_text(octets: bytes) -> bytes:
    """With its character references resolved."""
    if b"&" not in octets:
        return octets
    return html.unescape(octets.decode("latin-1")).encode("latin-1", "replace")


def joined(program: bytes) -> bytes:
    """Escapes undone, and strings that are added to one another made one: "Bl" + "\\x6fb" is "Blob"."""
    plain = _ESCAPE.sub(_letter, program) if b"\\" in program else program
    return _CONCATENATION.sub(b"", plain)


def listed(program: bytes) -> bytes:
    """Lists of strings made one string, as `[…].join("")` does."""
    return _LIST_OF_STRINGS.sub(b"", program)


def _elements(page: bytes) -> Iterator[bytes]:
    at = 0
    while opening := _SCRIPT.search(page, at):
        at = page.find(b">", opening.end()) + 1
        if not at:
            return
        closing = _SCRIPT_END.search(page, at)
        yield page[at : closing.start() if closing else len(page)]
        at = closing.end() if closing else len(page)


def _first(found: re.Match[bytes]) -> bytes:
    return next((one for one in found.groups() if one), b"")


def _letter(found: re.Match[bytes]) -> bytes:
    if found[5]:
        return b""
    return bytes([int(found[4], 8) if found[4] else int(found[1] or found[2] or found[3], 16)])
