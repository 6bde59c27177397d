"""The colours of text: its own and that of its background. White on white is seen by nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.message.text.html.colours import BLACK, CLEAR, WHITE, Colour, colour, is_unknown
from gateway.message.text.html.declared import said

#: Distance of two colours, in each of red, green and blue, up to which nobody can tell them apart.
NEAR = 16

_PICTURE = re.compile(r"url\(|gradient")

_PRINTED = re.compile(r"\\|/\*|color|background|direction|bidi|opacity|font-size", re.IGNORECASE)
_PRINTING = frozenset({"bgcolor", "background", "color", "text", "size", "dir"})
_TINY = re.compile(r"(?:0*\.\d+|[12](?:\.\d*)?)(?:px|pt)|0*\.[0-2]\d*r?em|(?:[1-9]|1\d)%")
_READABLE = re.compile(r"(?:[3-9]|\d\d)|[a-z]")
_INHERITED = frozenset({"inherit", "unset", "revert", "currentcolor"})
_THIN = re.compile(r"0*\.0\d*|[0-9](?:\.\d*)?%")


class TextColours(NamedTuple):
    """Colours of text and background, None where they aren't known.

    `turned`: from right to left, whatever the letters are.
    """

    foreground: Colour | None = BLACK
    background: Colour | None = WHITE
    turned: bool = False
    small: bool = False  # or nearly transparent
    unknown: bool = False  # of a colour that only a browser can compute

    @property
    def faint(self) -> bool:
        """Return whether nobody can tell the text from its background."""
        if self.small or self.unknown or self.foreground == CLEAR:
            return True
        if self.foreground is None or self.background is None:
            return False
        return all(abs(one - other) <= NEAR for one, other in zip(self.foreground, self.background, strict=True))


PLAIN: Final = TextColours()


def background_of(value: str, above: Colour | None) -> Colour | None:
    """Return the background of an element, given that below it; None for a picture, which may be of any colour."""
    if _PICTURE.search(value):
        return None
    if value.startswith(("none", "transparent", "inherit", "initial", "unset")):
        return above
    found = colour(value) or next((one for one in map(colour, value.split(None, 8)[:8]) if one), None)
    return above if found == CLEAR else found


def changes_colours(told: Mapping[str, str]) -> bool:
    """Return whether an element with these may have other colours than the text around it."""
    style = told.get("style")
    return bool(style and _PRINTED.search(style)) or not _PRINTING.isdisjoint(told)


def text_colours(above: TextColours | None, name: str, told: Mapping[str, str]) -> TextColours | None:
    """Return the colours of an element with these attributes; None is black on white."""
    style = told.get("style", "")
    foreground, ground, turned, small, unknown = above or PLAIN
    ground = None if "background" in told else ground
    ground = _of_attribute(told["bgcolor"]) if "bgcolor" in told else ground
    if name in ("font", "basefont") and "color" in told:
        foreground = _of_attribute(told["color"])
    if name == "body" and "text" in told:
        foreground = _of_attribute(told["text"])
    small = small or (name == "font" and told.get("size", "").strip() == "0")
    direction = told.get("dir", "").lower() if name == "bdo" else ""
    override, fill = name == "bdo", ""
    for key, value in said(style).items() if style and _PRINTED.search(style) else ():
        if key == "color":
            if value not in _INHERITED:
                foreground, unknown = colour(value), is_unknown(value)
        elif key == "-webkit-text-fill-color" and value not in _INHERITED:
            fill = value
        elif key in ("background", "background-color", "background-image"):
            ground = background_of(value, ground)
        elif key == "unicode-bidi":
            override = "override" in value
        elif key == "direction":
            direction = value[:3]
        elif (key == "font-size" and _TINY.match(value)) or (key == "opacity" and _THIN.match(value)):
            small = True
        elif key == "font-size" and _READABLE.match(value):
            small = False
    if fill:  # outdoes the colour
        foreground, unknown = colour(fill), is_unknown(fill)
    turned = (turned and direction != "ltr") or (override and direction == "rtl")
    found = TextColours(foreground, ground, turned, small, unknown)
    return None if found == PLAIN else found


def _of_attribute(value: str) -> Colour | None:
    """Return the colour of an attribute, which hides nothing.

    CSS's "transparent" is some colour there (HTML, 2.3.6).
    """
    found = colour(value.lower())
    return None if found == CLEAR else found
