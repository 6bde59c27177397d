"""Protection of the gateway's HTML from the style sheets of the message around it: each element has a full style.

An element's own important style outdoes every rule of a style sheet (CSS cascade 5, 6.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from gateway.message.text.html.elements import INLINE, VOID
from gateway.message.text.html.tokens import Tokens, attributes

#: The style of the division around the inserted HTML. It has colours of its own, and lies above anything that the
#: message lays over it.
OWN_STYLE: Final = (
    "all:initial!important;display:block!important;visibility:visible!important;opacity:1!important;"
    "position:relative!important;z-index:2147483647!important;clear:both!important;height:auto!important;"
    "max-height:none!important;overflow:visible!important;margin:1em 0 0!important;"
    "font:13px/1.4 Arial,Helvetica,sans-serif!important;color:#333333!important;background:#ffffff!important"
)
#: The style of an element inside. `all` undoes the message's rules where a program knows it; the other properties are
#: for programs that don't.
_INNER: Final = "all:revert!important;display:{}!important;visibility:visible!important;opacity:1!important"
_DISPLAYS: Final = {
    "table": "table", "tr": "table-row", "td": "table-cell", "th": "table-cell", "tbody": "table-row-group",
    "thead": "table-header-group", "tfoot": "table-footer-group", "caption": "table-caption", "li": "list-item",
}  # fmt: skip
#: Elements that keep the size, or the colour, that browsers give them.
_SIZED: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "small", "big", "sub", "sup", "font"})
_COLOURED: Final = frozenset({"a", "font"})
_DECLARATION: Final = re.compile(r"(?:[^;\"'()]++|\"[^\"]*+\"|'[^']*+'|\([^()]*+\)|[\"'()])++")


def shielded(html: str, name: str) -> str:
    """Return the HTML in a division of the gateway's own, with `name` as its class and anchor."""
    inside = "".join(_shielded(html))
    return f'\n<div class="{name}" style="{OWN_STYLE}"><a name="{name}" id="{name}"></a>\n{inside}\n</div>\n'


def _shielded(html: str) -> Iterator[str]:
    for token in Tokens(html):
        if token.kind != "start" or token.name in VOID:
            yield html[token.start : token.end]
        else:
            told = dict(attributes(token.inside))
            told["style"] = _style(token.name, told.get("style", ""))
            yield f"<{token.name}{_written(told)}>"


def _written(told: Mapping[str, str]) -> str:
    return "".join(f' {key}="{escape(value)}"' for key, value in told.items())


def _style(name: str, own: str) -> str:
    """Return the style of an element; the template's own declarations outdo those given here."""
    style = [_INNER.format(_DISPLAYS.get(name, "inline" if name in INLINE else "block"))]
    style += ["color:inherit!important"] if name not in _COLOURED else []
    style += ["font-size:inherit!important"] if name not in _SIZED else []
    said = (one.strip().removesuffix("!important").rstrip() for one in _DECLARATION.findall(own))
    return ";".join((*style, *(f"{one}!important" for one in said if ":" in one)))
