"""The parts of a style that hide an element: hiding values, and the conditions under which they have an effect.

A doubt says why text may be shown after all. Code that puts text into a page takes each doubt for hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gateway.message.text.html.declared import COMPUTED

#: Doubt: only Word hides it, with which Outlook shows its mail.
BY_WORD: Final = 1
#: Doubt: a browser would have to compute it, or the page around it brings it back.
UNCERTAIN: Final = 2
#: Doubt: it has no effect on an element like this, unless a style sheet says more.
WITHOUT_EFFECT: Final = 4
#: Doubt: the style shows an element that the browser hides by itself.
OUTDONE: Final = 8
#: Doubt: the colours decide, for readers that look at them.
OF_PRINT: Final = 16

#: Elements that a browser hides by a style of its own, which the page's style outdoes.
BY_DISPLAY: Final = frozenset({"datalist", "rp"})

#: Blocks, and below them the elements with a height and a width of their own.
BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "listing", "main",
    "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "ul", "dd", "dt", "table", "xmp", "plaintext",
})  # fmt: skip
_SIZED: Final = (BLOCKS - {"table"}) | {"li", "button", "body", "html", "marquee", "img", "iframe", "object", "legend"}
_INDENTED: Final = _SIZED | {"td", "th", "caption"}

#: Pieces of a style that may hide its element; without them, no declaration needs to be read.
MAY_HIDE: Final = re.compile(
    r"\\|/\*|display\s*:|visib|hide|transparent|clip|transform|opacity|overflow|:\s*-[0-9]{3}|(?:left|right|top|bottom|inset)\s*:[^;]{0,60}[0-9]{4}"
    r"|(?:var|calc|min|max|clamp)\(|font(?:-size)?\s*:[^;]{0,60}(?<![0-9.])[+-]?\.?0",
    re.IGNORECASE,
)

_ZERO: Final = re.compile(r"[+-]?(?:0++(?:\.0*+)?|\.0++)(?:e[+-]?\d+)?(?:%|[a-z]{1,5})?+(?=\s|\Z)")
#: Sizes of zero, or so small that a line of text doesn't show.
_SLIGHT: Final = re.compile(rf"{_ZERO.pattern}|[01]?(?:\.\d+)?(?:px|pt)|0?\.0\d*r?em")
_RELATIVE: Final = re.compile(r"[0-9.]++(?:%|em|ex|ch)|inherit|unset|revert|smaller|larger")
_TINY_FONT: Final = re.compile(r"(?:^|\s)0*+(?:\.0*+)?(?:%|px|pt|em|rem)?(?:/|\s)")
_FAR_OFF: Final = re.compile(r"-[0-9]{4,}(?:\.\d*)?[a-z%]|-[0-9]{3,}(?:\.\d*)?(?:r?em|ex|ch|cm|in|pc)")
_BACK: Final = re.compile(r"[0-9]{3,}")
_RECTANGLE: Final = re.compile(r"rect\(\s*([^\s,)]+)[\s,]+([^\s,)]+)[\s,]+([^\s,)]+)[\s,]+([^\s,)]+)\s*\)")
_PIXELS: Final = re.compile(r"-?\d{1,9}(?:\.\d*)?")
_INKS: Final = frozenset({"color", "-webkit-text-fill-color"})
_OFFSETS: Final = frozenset({"left", "top", "right", "bottom", "inset"})
_INDENTS: Final = frozenset({"text-indent", "margin-left", "margin-top"})
_PATTERNS: Final = {
    "display": re.compile(rf"none\Z|{COMPUTED.pattern}"),
    "mso-hide": re.compile(r"all\Z"),
    "content-visibility": re.compile(r"hidden\Z"),
    "opacity": re.compile(rf"-|(?:0++(?:\.0*+)?|\.0++)(?:e[+-]?\d+)?%?\Z|{COMPUTED.pattern}"),
    **dict.fromkeys(_INKS, re.compile(r"transparent\Z")),
    **dict.fromkeys(_OFFSETS | _INDENTS, re.compile(r"-[0-9]{3,}|[0-9]{4,}")),
    "inset": re.compile(r".{0,60}-?[0-9]{4,}"),
    "clip-path": re.compile(
        r"inset\(\s*(?:\d{3,}%[^)]*|(?:[5-9]\d|\d{3,})%(?:\s+(?:[5-9]\d|\d{3,})%){0,3})\s*\)"
        r"|(?:circle|ellipse)\(\s*0*(?:\.0*)?(?:px|%|em)?[\s)]"
    ),
    "transform": re.compile(
        r".*(?:scale(?:x|y|3d)?\((?:[^()]*,)?\s*0*(?:\.0\d*)?\s*[,)]|translate(?:x|y|3d)?\([^()]*-?[0-9]{4,})",
        re.DOTALL,
    ),
    "filter": re.compile(r".*opacity\(\s*0*(?:\.0*)?%?\s*\)", re.DOTALL),
}
_OVERFLOWS: Final = ("overflow", "overflow-x", "overflow-y")
_PLACED: Final = frozenset({"absolute", "fixed"})
_MOVED: Final = _PLACED | {"relative"}
_OF_BOXES: Final = frozenset({"transform", "text-indent", "content-visibility"})
_MARGINS: Final = ("padding", "margin")


def tiny_font(key: str, value: str, *, above: bool) -> bool:
    """Return whether the letters have no height; `above`: whether the letters around them have none."""
    if key == "font":
        return above if value in ("inherit", "unset", "revert") else _TINY_FONT.search(value) is not None
    return _ZERO.match(value) is not None or (above and _RELATIVE.match(value) is not None)


def hides(key: str, value: str) -> bool:
    """Return whether a value is one that hides, or may hide."""
    if key == "clip":
        return _is_empty(value)
    pattern = _PATTERNS.get(key)
    return pattern is not None and pattern.match(value) is not None


def doubts_of(name: str, key: str, value: str, values: Mapping[str, str]) -> int:
    """Return the doubts about a hiding value of an element of this name, with these values beside it; 0: it hides."""
    placed = values.get("position", "")
    if key == "mso-hide":
        return BY_WORD
    if key == "color":
        return OF_PRINT
    if (
        (key == "clip" and placed not in _PLACED)
        or (key in _OFFSETS and placed not in _MOVED)
        or (key in _OF_BOXES and not _is_box(name, values, _INDENTED))
    ):
        return WITHOUT_EFFECT
    if key in _OFFSETS or key in _INDENTS:
        sideways = key not in ("top", "bottom", "margin-top")
        comes_back = sideways and any(_BACK.search(values[one]) for one in values if one.startswith(_MARGINS))
        return 0 if _FAR_OFF.match(value) and not comes_back else UNCERTAIN
    return UNCERTAIN if key in _INKS or COMPUTED.match(value) else 0


def size_hides(name: str, values: Mapping[str, str]) -> int | None:
    """Return the doubts of an element that has no size and shows nothing beyond it; None for any other element."""
    overflows = [values[key] for key in _OVERFLOWS if key in values]
    if not any("hidden" in one or "clip" in one for one in overflows):
        return None
    if not (_is_flat("height", values, _SLIGHT) or _is_flat("width", values, _SLIGHT)):
        return None
    if not _is_box(name, values, _SIZED):
        return WITHOUT_EFFECT
    if not (_is_flat("height", values, _ZERO) or _is_flat("width", values, _ZERO)):
        return UNCERTAIN
    paddings = (value.split(None, 4) for key, value in values.items() if key.startswith("padding"))
    return UNCERTAIN if any(not _ZERO.match(one) for padding in paddings for one in padding) else 0


def _is_flat(side: str, values: Mapping[str, str], size: re.Pattern[str]) -> bool:
    none = any(size.match(values.get(key, "auto")) for key in (side, f"max-{side}"))
    return none and size.match(values.get(f"min-{side}", "0")) is not None


def _is_box(name: str, values: Mapping[str, str], boxes: frozenset[str]) -> bool:
    """Return whether the element has a box of its own.

    Inline elements have no height, and can't be indented or scaled.
    """
    if values.get("position") in _PLACED or values.get("float", "none") != "none":
        return True
    display = values.get("display")
    if display is None:
        return name in boxes
    return display not in ("inline", "contents") and not (display.startswith("table") and boxes is _SIZED)


def _is_empty(rectangle: str) -> bool:
    """Return whether a clipped element has a pixel left at most, in one direction (CSS 2.1, 11.1.2)."""
    sides = _RECTANGLE.match(rectangle)
    found = [_PIXELS.match(one) for one in sides.groups()] if sides else []
    if None in found or not found:
        return False
    top, right, bottom, left = (float(one[0]) for one in found if one)
    return bottom - top <= 1 or right - left <= 1
