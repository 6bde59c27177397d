"""The scripts and data: URIs of a page, and of the pages inside it: in attributes, in URIs, and inside those.

Each page and URI is gathered once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gateway.understand.budget import Budget
from gateway.understand.member import Unreadable
from gateway.understand.openers.pages.data_uris import DataUri, data_uris
from gateway.understand.openers.pages.entities import expanded
from gateway.understand.openers.pages.magic_numbers import is_picture
from gateway.understand.openers.pages.page_octets import readings
from gateway.understand.openers.pages.scripts import inner_pages, joined, resolved, restored, scripts

#: Different data: URIs of a page. Real ones have a few hundred icons.
MAX_URIS = 10_000

#: Pages inside a page, at any depth. Players and maps have one or two.
MAX_INNER_PAGES = 100

_NOT_SCRIPTS = re.compile(r"text/css|image/(?!svg)|font/|audio/|video/|application/(?:json|pdf|zip|wasm|x?-?font)")
_REFERENCE = b"&"
_LINE_BREAKS = b"\t\r\n"


@dataclass(slots=True)
class Gathered:
    """Scripts and URIs in a page and in the pages inside it."""

    programs: list[bytes] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)  # contents of URIs, which may be scripts
    uris: list[DataUri] = field(default_factory=list)


def gathered(page: bytes, budget: Budget) -> Gathered:
    """Gather all scripts and URIs, each page and URI once. Raises Unreadable and Exhausted."""
    found = Gathered()
    waiting, pages = [page], {page}
    uris: set[bytes] = set()
    while waiting:
        budget.check_time()
        text = expanded(waiting.pop())
        own = list(scripts(text))
        found.programs += own
        inner = list(inner_pages(text))
        for uri in _uris(text, b"\n".join(own)):
            if uri.content in uris:
                continue
            if len(uris) == MAX_URIS:
                raise Unreadable(f"The page has more than {MAX_URIS} data: URIs")
            budget.check_time()
            uris.add(uri.content)
            found.uris.append(uri)
            inner += _texts(uri, found)
        for one in dict.fromkeys(inner):
            if one in pages:
                continue
            if len(pages) > MAX_INNER_PAGES:
                raise Unreadable(f"The page has more than {MAX_INNER_PAGES} pages inside of it")
            budget.take(len(one))
            pages.add(one)
            waiting.append(one)
    return found


def _texts(uri: DataUri, found: Gathered) -> list[bytes]:
    """Return a URI's content as pages, where it may be one; note content that may be a script."""
    if _NOT_SCRIPTS.match(uri.media_type) or is_picture(uri.content):
        return []
    texts = readings(uri.content)
    pages = [one for one in texts if b"<" in one]
    if "script" in uri.media_type:
        found.programs += texts
    elif uri.media_type in ("", "text/plain"):
        found.texts += (one for one in texts if b"\0" not in one)
    return pages


def _uris(text: bytes, program: bytes) -> Iterator[DataUri]:
    """Yield URIs as written, as hidden by character references, and as made by scripts."""
    flat = text.translate(None, _LINE_BREAKS)
    yield from data_uris(flat)
    yield from data_uris(joined(program).translate(None, _LINE_BREAKS))
    if _REFERENCE in flat:
        for uri in data_uris(resolved(text)):
            yield replace(uri, content=restored(uri.content))
