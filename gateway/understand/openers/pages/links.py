"""Links of a page and files that it loads: shares on other hosts, to which Windows logs on, and programs of Windows.

Loading without a click is distinguished from links that a person must click. Nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.openers.pages.scripts import resolved, restored
from gateway.understand.openers.remote import starts_program

#: Addresses of a page that are looked at; long newsletters have some hundred.
MAX_ADDRESSES = 50_000

_ADDRESS = re.compile(
    rb"(?P<name>[a-z:-]{2,24}+)\s*+=\s*+(?:\"(?P<double>[^\"]{1,4096}+)\"|'(?P<single>[^']{1,4096}+)'|(?P<bare>[^\s\"'>]{1,4096}+))"
    rb"|(?:url\(|@import)\s*+[\"']?(?P<style>[^\"')\s;>]{1,4096}+)",
    re.I,
)
_STYLE = re.compile(rb"url\(\s*+[\"']?([^\"')\s;>]{1,4096}+)", re.I)
#: Attributes whose address is fetched when the page is shown; `href` where the element is no link.
_LOADED = frozenset(
    b"src srcset background data poster lowsrc dynsrc code codebase archive classid xlink:href profile manifest".split()
)
_CLICKED = frozenset(b"href action formaction ping cite".split())
_FETCHING = re.compile(rb"<(?:[a-z]{1,32}:)?(?:link|base|image|use|feimage|script|pattern|filter)\b[^<>]*+\Z", re.I)
_REFRESH = re.compile(rb"^[\s\d.;,]*+url\s*+=\s*+[\"']?(.++)", re.I | re.S)
#: Starts of such an address, in small letters: for a first check.
SIGNS = (
    *(
        b"file:/",
        b"file:\\",
        b"file:%",
        b"search-ms:",
        b"search:query",
        b"ms-msdt:",
        b"ms-officecmd:",
        b"ms-appinstaller:",
    ),
    *(quote + begin for quote in (b'"', b"'", b"=") for begin in (b"\\\\", b"ms-", b"search:", b"shell:", b"vnd.")),
    *(b"(\\\\", b"url=ms-", b"url=search:"),
)

_BEGINS = (b"\\\\", b"file:", b"search", b"ms-", b"shell:", b"vnd.")

LOADS = Defect("link.loaded", "The page loads a file from a share on another host, or starts a program, as it opens", 0)
LEADS = Defect("link.program", "A link starts a program of Windows or opens a file on another host", 0)


def may_lead(lower: bytes) -> bool:
    """Return whether a page in small letters may have such an address.

    It costs a few searches, cheap enough for every body.
    """
    return any(begin in lower for begin in _BEGINS) and any(sign in lower for sign in SIGNS)


def links(page: bytes) -> Iterator[Defect]:
    """Yield at most one defect for loading without a click, and one for links to click."""
    flat = resolved(page)
    if not may_lead(flat.lower()):
        return
    seen: set[Defect] = set()
    for number, found in enumerate(_ADDRESS.finditer(flat)):
        if number == MAX_ADDRESSES or len(seen) == 2:
            break
        if (defect := _judged(found, flat)) and defect not in seen:
            seen.add(defect)
            yield defect


def _judged(found: re.Match[bytes], flat: bytes) -> Defect | None:
    value = next((one for one in found.group("double", "single", "bare", "style") if one), b"")
    name = (found["name"] or b"").lower()
    refresh = _REFRESH.match(value) if name == b"content" else None
    if refresh:
        return LOADS if starts_program(_text(refresh[1])) else None
    if name == b"style":
        values = [one[1] for one in _STYLE.finditer(restored(value))]
        return LOADS if any(starts_program(_text(one)) for one in values) else None
    if found["style"] or name in _LOADED:
        values = value.split(b",") if name == b"srcset" else [value]
        return LOADS if any(starts_program(_text(one)) for one in values) else None
    if name not in _CLICKED or not starts_program(_text(value)):
        return None
    fetches = _FETCHING.search(flat, max(0, found.start() - 4096), found.start()) if name == b"href" else None
    return LOADS if fetches else LEADS


def _text(value: bytes) -> str:
    return restored(value).decode("utf-8", "replace").strip()
