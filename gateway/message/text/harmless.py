"""Effects of style declarations: leave text readable, may hide it, or may lay something else over it.

The lists name harmless properties and values: an unlisted one may hide text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final


class Effect(IntEnum):
    """The worst that a declaration may do."""

    NONE = 0
    HIDES = 1  # the text of its element
    COVERS = 2  # also text elsewhere in the document


#: Pixels of a CSS unit; units that depend on letters or the window have their usual sizes.
_UNITS: Final = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945, "em": 16.0,
    "rem": 16.0, "ex": 8.0, "ch": 8.0, "vw": 8.0, "vh": 6.0, "lh": 18.0,
}  # fmt: skip
_LENGTH: Final = re.compile(r"([+-]?(?:\d{1,7}(?:\.\d{0,9})?|\.\d{1,9}))(%|[a-z]{0,3})")

_FUNCTION: Final = re.compile(r"(?:rgb|hsl)a?\([^()]*\)")

_OF_PRINT: Final = frozenset({"color", "font-size", "font", "color-scheme", "visibility", "all"})

#: Pixels by which mail programs move text to the left (a list's mark, a table's edge), and to the right.
_LEAST_SHIFT, _MOST_SHIFT = -60.0, 300.0
#: Pixels of a box that holds a word, and of one that cuts no line of text off.
_WORD_WIDTH, _TEXT_WIDTH = 40.0, 200.0
#: Pixels of a box that is too low for a line of text, which then lies over the text below.
_LINE_HEIGHT = 12.0
#: Pixels of a line that is drawn around or through something.
_STROKE = 12.0
#: Height of a line, in sizes of its letters, from which on lines of text don't lie over each other.
_LEAST_LEADING = 0.8
#: Opacity from which on text is read; 1 is opaque.
OPAQUE: Final = 0.6

_ANY: Final = frozenset({
    "font-family", "font-weight", "font-style", "font-variant", "font-stretch", "font-kerning", "text-align",
    "text-align-last", "text-decoration-color", "text-decoration-style", "text-decoration-line", "text-transform",
    "text-rendering", "text-justify", "text-autospace", "text-size-adjust", "text-wrap", "white-space", "word-wrap",
    "word-break", "overflow-wrap", "hyphens", "line-break", "orphans", "widows", "page-break-before",
    "page-break-after", "page-break-inside", "break-before", "break-after", "break-inside", "list-style",
    "list-style-type", "list-style-position", "list-style-image", "border-radius", "border-collapse",
    "border-spacing", "table-layout", "caption-side", "direction", "clear", "box-sizing", "cursor",
    "pointer-events", "user-select", "resize", "tab-size", "page", "size", "tab-interval", "tab-stops",
    "layout-grid-mode", "punctuation-wrap", "text-underline", "caret-color", "min-height", "font-variant-ligatures",
    "font-variant-caps", "font-variant-numeric", "font-variant-east-asian", "font-variant-alternates",
    "font-variant-position", "word-spacing-rule", "src-family", "text-decoration-skip-ink", "text-size",
    "isolation", "z-index", "quotes", "interpolation-mode", "behavior-none",
})  # fmt: skip
_ANY_BEGINNING: Final = (
    "--", "mso-", "border", "-webkit-text-size-adjust", "-ms-text-size-adjust", "-moz-text-size-adjust",
    "-webkit-font-smoothing", "-moz-osx-font-smoothing", "-webkit-line-break", "-webkit-nbsp-mode", "-premailer-",
    "-ms-interpolation-mode", "-webkit-user-select", "-webkit-tap-highlight-color", "-ms-word-", "-webkit-hyphens",
    "layout-grid", "scrollbar-", "flex", "justify-", "align-", "gap", "order", "will-change", "touch-action",
    "scroll-behavior", "font-smoothing", "font-feature-settings", "-webkit-box-", "-ms-overflow-style",
    "text-size-adjust",
)  # fmt: skip
_DANGEROUS_BEGINNING: Final = ("mso-hide", "border-image")

#: Values that switch a property off, or leave it as it is around the element.
_OFF: Final = frozenset({"none", "auto", "normal", "visible", "inherit", "initial", "unset", "revert", "static"})
_SHOWN_DISPLAYS: Final = frozenset({
    "block", "inline", "inline-block", "list-item", "table", "inline-table", "table-row", "table-cell",
    "table-row-group", "table-header-group", "table-footer-group", "table-caption", "initial", "inherit", "unset",
    "revert", "flow-root", "flex", "inline-flex",
})  # fmt: skip
#: Properties that draw over an element's neighbours.
_COVERING: Final = frozenset({
    "position", "transform", "translate", "rotate", "scale", "zoom", "animation", "animation-name", "transition",
    "filter", "offset", "offset-path", "offset-position", "text-shadow", "-webkit-text-stroke",
    "-webkit-text-stroke-width", "text-decoration-thickness", "text-underline-offset", "outline", "outline-width",
    "outline-offset", "-webkit-transform", "-webkit-animation", "-webkit-filter", "-moz-transform", "-ms-transform",
    "inset", "inset-block", "inset-inline", "paint-order", "-webkit-box-reflect", "text-emphasis", "top", "left",
    "right", "bottom", "margin-block", "margin-inline", "margin-trim", "inset-block-start", "inset-block-end",
    "anchor-name", "position-anchor", "margin-block-start", "margin-block-end", "margin-inline-start",
    "margin-inline-end", "border-image-outset", "border-image",
})  # fmt: skip
_TABLES: Final = frozenset({"table", "tr", "td", "th", "tbody", "thead", "tfoot"})


def pixels(value: str) -> float | None:
    """Return the length in pixels; None for a percentage, and for a value that is no plain length."""
    found = _LENGTH.fullmatch(value)
    if found is None or found[2] not in _UNITS:
        return None
    return float(found[1]) * _UNITS[found[2]]


def share(value: str) -> float | None:
    """Return a percentage as a number, 1 for 100 %; None for any other value."""
    found = _LENGTH.fullmatch(value)
    return float(found[1]) / 100 if found and found[2] == "%" else None


def effect(tag: str, name: str, value: str, others: Mapping[str, str]) -> Effect:
    """Return the effect of a declaration on an element, `others` being its other declarations.

    Colours and sizes have no effect here: see `of_print`.
    """
    if of_print(name):
        return Effect.NONE
    check = _CHECKS.get(name)
    if check is not None:
        return check(tag, value, others)
    if name.startswith(_DANGEROUS_BEGINNING) and value not in _OFF:
        return Effect.COVERS if name in _COVERING else Effect.HIDES
    if value in _OFF:
        return Effect.NONE
    if name in _ANY or name.startswith(_ANY_BEGINNING):
        return Effect.HIDES if "(" in value and name in ("font-family", "quotes") else Effect.NONE
    return Effect.COVERS if name in _COVERING else Effect.HIDES


def of_print(name: str) -> bool:
    """Return whether an element inside may outdo it: colour, size of letters, visibility. `legibility` judges these."""
    return name in _OF_PRINT or name.startswith("background")


def _display(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.NONE if value in _SHOWN_DISPLAYS else Effect.HIDES


def _opacity(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    part = share(value) if value.endswith("%") else pixels(value)
    return Effect.NONE if value in _OFF or (part is not None and part >= OPAQUE) else Effect.HIDES


def _position(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.NONE if value in _OFF or value == "relative" else Effect.COVERS


def _offset(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.NONE if value in _OFF or pixels(value) == 0 or share(value) == 0 else Effect.COVERS


def _margins(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return max((_margin(one) for one in value.split(None, 4)), default=Effect.NONE)


def _margin(value: str) -> Effect:
    if value in _OFF:
        return Effect.NONE
    length, part = pixels(value), share(value)
    if length is not None:
        inside = _LEAST_SHIFT / 2 <= length <= _MOST_SHIFT
        return Effect.NONE if inside else Effect.COVERS if length < 0 else Effect.HIDES
    return Effect.COVERS if part is None or part < 0 else Effect.NONE if part <= 0.5 else Effect.HIDES


def _padding(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    lengths = [(pixels(one), share(one)) for one in value.split(None, 4) if one not in _OFF]
    fine = all(
        (length is not None and length <= _MOST_SHIFT) or (part is not None and part <= 0.5) for length, part in lengths
    )
    return Effect.NONE if fine else Effect.HIDES


def _indent(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    length = pixels(value)
    return (
        Effect.NONE if value in _OFF or (length is not None and _LEAST_SHIFT <= length <= _MOST_SHIFT) else Effect.HIDES
    )


def _spacing(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    length = pixels(value)
    return Effect.NONE if value in _OFF or (length is not None and -1.5 <= length <= 8) else Effect.HIDES


def _leading(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    number = _LENGTH.fullmatch(value)
    if value in _OFF:
        return Effect.NONE
    if number is None:
        return Effect.HIDES
    amount, unit = float(number[1]), number[2]
    least = {"": _LEAST_LEADING, "em": _LEAST_LEADING, "%": 100 * _LEAST_LEADING}.get(unit, 0.0)
    fine = amount >= least if least else (pixels(value) or 0) >= _LINE_HEIGHT - 2
    return Effect.NONE if fine and (pixels(value) or 0) <= _MOST_SHIFT else Effect.HIDES


def _width(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    length, part = pixels(value), share(value)
    wide = (length is not None and length >= _WORD_WIDTH) or (part is not None and part >= 0.05)
    return Effect.NONE if value in _OFF or wide or _tag in _TABLES or value.endswith("-content") else Effect.HIDES


def _height(tag: str, value: str, others: Mapping[str, str]) -> Effect:
    part, length = share(value), pixels(value)
    if value in _OFF or tag in _TABLES or (part is not None and part >= 1):
        return Effect.NONE
    cut = any(one.startswith("overflow") and held in ("hidden", "clip") for one, held in others.items())
    return Effect.COVERS if length is not None and length < _LINE_HEIGHT and not cut else Effect.HIDES


def _most_height(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.NONE if value in _OFF else Effect.HIDES


def _overflow(_tag: str, value: str, others: Mapping[str, str]) -> Effect:
    if value in ("visible", "initial", "unset", "revert"):
        return Effect.NONE
    bounded = any(others.get(name, "auto") not in _OFF for name in ("height", "max-height"))
    narrow = any((pixels(others.get(name, "auto")) or _TEXT_WIDTH) < _TEXT_WIDTH for name in ("width", "max-width"))
    cut = others.get("white-space", "").startswith(("nowrap", "pre")) and not others["white-space"].startswith("pre-")
    return Effect.HIDES if bounded or narrow or cut else Effect.NONE


def _stroke(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    lengths = [pixels(one) for one in _FUNCTION.sub("", value).split(None, 12)]
    thick = any(one is not None and abs(one) > _STROKE for one in lengths) or "(" in _FUNCTION.sub("", value)
    return Effect.COVERS if thick else Effect.NONE


def _aligned(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    length = pixels(value)
    words = value.isascii() and value.replace("-", "").isalpha()
    return Effect.NONE if words or (length is not None and abs(length) <= _LINE_HEIGHT) else Effect.COVERS


def _decoration(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.COVERS if any(pixels(one) is not None for one in value.split(None, 6)) else Effect.NONE


def _zoom(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.NONE if value in _OFF or value in ("1", "100%", "1.0") else Effect.COVERS


def _float(_tag: str, value: str, _others: Mapping[str, str]) -> Effect:
    return Effect.NONE if value in ("left", "right") or value in _OFF else Effect.HIDES


Check = Callable[[str, str, Mapping[str, str]], Effect]
_CHECKS: Final[Mapping[str, Check]] = {
    "display": _display,
    "opacity": _opacity,
    "position": _position,
    **dict.fromkeys(("top", "left", "right", "bottom"), _offset),
    **dict.fromkeys(("margin", "margin-top", "margin-left", "margin-right", "margin-bottom"), _margins),
    **dict.fromkeys(("padding", "padding-top", "padding-left", "padding-right", "padding-bottom"), _padding),
    "text-indent": _indent,
    **dict.fromkeys(("letter-spacing", "word-spacing"), _spacing),
    "line-height": _leading,
    **dict.fromkeys(("width", "max-width", "min-width"), _width),
    "height": _height,
    "max-height": _most_height,
    **dict.fromkeys(("overflow", "overflow-x", "overflow-y"), _overflow),
    **dict.fromkeys(("outline", "box-shadow", "-webkit-box-shadow"), _stroke),
    "vertical-align": _aligned,
    "text-decoration": _decoration,
    "zoom": _zoom,
    "float": _float,
}
