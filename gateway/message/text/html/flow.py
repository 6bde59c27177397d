"""The elements of an HTML document that end a line, by their names and styles."""

from __future__ import annotations

import re
from typing import Final

from gateway.message.text.html.declared import said
from gateway.message.text.html.seen_lines import BLOCK, CELL, LINE_FEED

#: Elements that end the line before them, and the gap that they leave; other elements stand in the line.
GAPS: Final = {
    **dict.fromkeys((
        "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
        "hr", "li", "listing", "main", "menu", "nav", "ol", "optgroup", "p", "plaintext", "pre", "search", "section",
        "summary", "table", "ul", "xmp", "body", "html", "frameset", "title", "marquee",
    ), BLOCK),
    **dict.fromkeys(("br", "tr", "caption", "option", "thead", "tbody", "tfoot", "text", "mtr"), LINE_FEED),
    **dict.fromkeys(("td", "th", "textarea", "button", "select", "mtd"), CELL),
}  # fmt: skip

_FLOWS = re.compile(r"\\|display|float", re.IGNORECASE)
_BLOCK_DISPLAY = re.compile(r"block|list-item|table(?!-)|flex|grid|flow-root")


def gap_of(name: str, style: str) -> int:
    """Return the gap that an element leaves before it."""
    gap = GAPS.get(name, 0)
    if not style or not _FLOWS.search(style):
        return gap
    values = said(style)
    display = values.get("display", "")
    if display.startswith(("inline", "contents", "table-cell")) or values.get("float") in ("left", "right"):
        return 0
    return BLOCK if not gap and _BLOCK_DISPLAY.match(display) else gap
