"""How text is printed: its colour and what it stands on. White on white is seen by nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.message.text.look import declarations

Colour = tuple[int, int, int]

WHITE: Final[Colour] = (255, 255, 255)
BLACK: Final[Colour] = (0, 0, 0)

#: How far apart two colours may be, in each of red, green and blue, to be told apart by nobody.
NEAR = 16

_NAMED: Final = {
    "white": WHITE, "black": BLACK, "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240), "azure": (240, 255, 255),
    "mintcream": (245, 255, 250), "seashell": (255, 245, 238), "red": (255, 0, 0), "green": (0, 128, 0),
    "blue": (0, 0, 255), "yellow": (255, 255, 0), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "silver": (192, 192, 192), "navy": (0, 0, 128), "lightgray": (211, 211, 211), "lightgrey": (211, 211, 211),
    "gainsboro": (220, 220, 220), "beige": (245, 245, 220), "window": WHITE, "windowtext": BLACK,
}  # fmt: skip
_HEXADECIMAL = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})(?:[0-9a-f]{2}|[0-9a-f])?")
_NUMBERS = re.compile(r"rgba?\(\s*(\d{1,3})(%?)[\s,]+(\d{1,3})%?[\s,]+(\d{1,3})%?[^()]{0,40}\)")
_PICTURE = re.compile(r"url\(|gradient")

_PRINTED = re.compile(r"\\|/\*|color|background|direction|bidi|opacity|font-size", re.IGNORECASE)
_PRINTING = frozenset({"bgcolor", "background", "color", "text", "size", "dir"})
_TINY = re.compile(r"(?:0*\.\d+|[12](?:\.\d*)?)(?:px|pt)|0*\.[0-2]\d*r?em|(?:[1-9]|1\d)%")
_READABLE = re.compile(r"(?:[3-9]|\d\d)|[a-z]")
_THIN = re.compile(r"0*\.0\d*|[0-9](?:\.\d*)?%")
_CLEAR = re.compile(r"(?:rgba|hsla)?\([^()]*[,/]\s*0*\.?0*%?\s*\)")


class Print(NamedTuple):
    """Colours are None where they aren't known. `turned`: from right to left, whatever the letters are."""

    ink: Colour | None = BLACK
    paper: Colour | None = WHITE
    turned: bool = False
    small: bool = False  # or nearly transparent

    @property
    def faint(self) -> bool:
        """Whether nobody can tell the text from what it stands on."""
        if self.small or self.ink is None or self.paper is None:
            return self.small
        return all(abs(one - other) <= NEAR for one, other in zip(self.ink, self.paper, strict=True))


PLAIN: Final = Print()


def colour(value: str) -> Colour | None:
    """Of CSS or of an attribute, in lower case; None if it is none that is known."""
    value = value.strip()
    if value in _NAMED:
        return _NAMED[value]
    written = _HEXADECIMAL.fullmatch(value)
    if written:
        digits = written[1] if len(written[1]) == 6 else "".join(one * 2 for one in written[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    numbers = _NUMBERS.fullmatch(value)
    if numbers is None:
        return None
    red, green, blue = (int(numbers[at]) for at in (1, 3, 4))
    return (red * 255 // 100, green * 255 // 100, blue * 255 // 100) if numbers[2] else (red, green, blue)


def paper(value: str, above: Colour | None) -> Colour | None:
    """What a `background` makes of what is below it: a picture may be of any colour."""
    if _PICTURE.search(value):
        return None
    if value.startswith(("none", "transparent", "inherit", "initial", "unset")):
        return above
    whole = colour(value)
    return whole or next((one for one in map(colour, value.split(None, 8)[:8]) if one), None)


def is_printing(told: Mapping[str, str]) -> bool:
    """Whether an element with these may be printed in another way than what is around it."""
    style = told.get("style")
    return bool(style and _PRINTED.search(style)) or not _PRINTING.isdisjoint(told)


def printed(above: Print | None, name: str, told: Mapping[str, str]) -> Print | None:
    """The print of an element with these; None is the plain one."""
    style = told.get("style", "")
    ink, ground, turned, small = above or PLAIN
    ground = None if "background" in told else ground
    ground = colour(told["bgcolor"].lower()) if "bgcolor" in told else ground
    if name in ("font", "basefont") and "color" in told:
        ink = colour(told["color"].lower())
    if name == "body" and "text" in told:
        ink = colour(told["text"].lower())
    small = small or (name == "font" and told.get("size", "").strip() == "0")
    direction = told.get("dir", "").lower() if name == "bdo" else ""
    override = name == "bdo"
    for key, value in declarations(style) if style else ():
        if key == "color":
            ink = ink if value.startswith("inherit") else colour(value.partition("!")[0])
            small = small or bool(_CLEAR.search(value))
        elif key in ("background", "background-color", "background-image"):
            ground = paper(value.partition("!")[0], ground)
        elif key == "unicode-bidi":
            override = "override" in value
        elif key == "direction":
            direction = value[:3]
        elif (key == "font-size" and _TINY.match(value)) or (key == "opacity" and _THIN.match(value)):
            small = True
        elif key == "font-size" and _READABLE.match(value):
            small = False
    printed = Print(ink, ground, (turned and direction != "ltr") or (override and direction == "rtl"), small)
    return None if printed == PLAIN else printed
