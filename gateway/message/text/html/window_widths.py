"""The style sheets of a page for a window of one width: `@media (max-width: 600px)` holds there, or it doesn't.

Newsletters have tables for telephones and others for wide windows, and hide one kind by such rules. A query that asks
for anything else than a width is left as it is, and stays in doubt.
"""

from __future__ import annotations

import re

from gateway.message.text.html.tokens import Tokens

#: Pixels of an em in a query, whatever the page's letters (Media Queries 4, 1.3).
EM_PIXELS = 16

_MEDIA = re.compile(r"@media\b([^{}\"'\\;]{1,200})(?=\{)", re.IGNORECASE)
_CONDITION = re.compile(
    r"\(\s*(min|max)-(?:device-)?width\s*:\s*([0-9]{1,5}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})\s*(px|em|rem)\s*\)",
    re.IGNORECASE,
)
_TYPE = re.compile(r"(?:only\s+)?(?:all|screen)", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+|(?<=\))\s*and\s+|\s+and\s*(?=\()", re.IGNORECASE)


def in_window(html: str, pixels: int) -> str:
    """Return the page with its queries for widths alone turned into `@media all` and `@media print`."""
    pieces: list[str] = []
    done = 0
    for token in Tokens(html):
        if token.kind == "raw" and token.name == "style":
            sheet = html[token.start : token.end]
            pieces += html[done : token.start], _MEDIA.sub(lambda query: _decided(query, pixels), sheet)
            done = token.end
    return "".join((*pieces, html[done:]))


def _decided(query: re.Match[str], pixels: int) -> str:
    found = [_holds(one, pixels) for one in query[1].split(",")]
    if None in found:
        return query[0]
    return "@media all " if True in found else "@media print "


def _holds(query: str, pixels: int) -> bool | None:
    """Return whether a query for widths alone holds in a window of this width; None for any other query."""
    conditions = _AND.split(query.strip())
    if _TYPE.fullmatch(conditions[0]):
        conditions = conditions[1:]
    found = [_CONDITION.fullmatch(one.strip()) for one in conditions]
    if not found or None in found:
        return None
    return all(_is_met(one, pixels) for one in found if one)


def _is_met(condition: re.Match[str], pixels: int) -> bool:
    side, number, unit = condition.groups()
    bound = float(number) * (1 if unit.lower() == "px" else EM_PIXELS)
    return pixels >= bound if side.lower() == "min" else pixels <= bound
