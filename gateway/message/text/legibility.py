"""The possible colours and sizes of text, from the body inwards, and the check that each of them is legible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from gateway.message.text.harmless import OPAQUE, pixels, share
from gateway.message.text.html.colours import BLACK, CLEAR, WHITE, Colour, colour

#: The least contrast of foreground and background (WCAG 2.2, 1.4.3 asks for 4.5); light grey on white has 2.3.
LEAST_CONTRAST: Final = 2.0
#: Pixels of letters: the smallest that are legible, and the largest that are letters still.
LEAST_SIZE, MOST_SIZE = 7.0, 100.0
#: Colours of one text that are compared; a text with more isn't known to be read.
MAX_COLOURS: Final = 16

LINK: Final[Colour] = (0, 0, 238)
_UNKNOWN: Final[Colour] = (-2, -2, -2)
_INHERITED: Final = frozenset({"inherit", "unset", "revert", "currentcolor", "initial"})
_SIZES: Final = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
    "xxx-large": 48.0, "initial": 16.0,
}  # fmt: skip
_RELATIVE_SIZES: Final = {"smaller": 0.83, "larger": 1.2}
#: Factors of the elements that browsers print smaller or larger.
_OF_TAG: Final = {"small": 0.83, "sub": 0.83, "sup": 0.83, "h5": 0.83, "h6": 0.67, "big": 1.2}
_OF_FONT: Final = (10.0, 13.0, 16.0, 18.0, 24.0, 32.0, 48.0)
_FONT_SIZE: Final = re.compile(r"(?:^|\s)((?:\d{1,4}(?:\.\d{1,6})?|\.\d{1,6})(?:[a-z]{2,3}|%))(?:/\S+)?\s")
_NUMBERS: Final = re.compile(r"[\d.]+%?")
_PLACING: Final = frozenset({
    "repeat", "no-repeat", "repeat-x", "repeat-y", "scroll", "fixed", "local", "left", "right", "top", "bottom",
    "center", "cover", "contain", "auto", "border-box", "padding-box", "content-box", "none",
})  # fmt: skip
_PAPERS: Final = frozenset({"background", "background-color"})


class Legibility(NamedTuple):
    """Sets of possible values: one of each set holds."""

    foregrounds: frozenset[Colour] = frozenset({BLACK})
    backgrounds: frozenset[Colour] = frozenset({WHITE})
    least: float = 16.0
    most: float = 16.0
    visible: bool = True

    @property
    def is_read(self) -> bool:
        """Return whether each foreground can be told from each background, and the letters have a size."""
        if (
            not self.visible
            or not LEAST_SIZE <= self.least <= self.most <= MOST_SIZE
            or len(self.foregrounds | self.backgrounds) > MAX_COLOURS
        ):
            return False
        known = _UNKNOWN not in self.foregrounds | self.backgrounds
        return known and all(
            contrast(foreground, background) >= LEAST_CONTRAST
            for foreground in self.foregrounds
            for background in self.backgrounds
        )

    def inside(
        self, tag: str, told: Mapping[str, str], own: Mapping[str, str], others: Iterable[tuple[str, str]]
    ) -> Legibility:
        """Return the legibility in an element with these attributes, its own style, and the possible rules for it."""
        others = list(others)
        if own.get("all") == "initial":
            return Legibility(backgrounds=self.backgrounds).inside(
                tag, told, {k: v for k, v in own.items() if k != "all"}, others
            )
        foregrounds = _foregrounds(
            self.foregrounds, tag, told, own, [value for name, value in others if name == "color"]
        )
        backgrounds = _backgrounds(
            self.backgrounds, told, own, [value for name, value in others if name.startswith("background")]
        )
        if any(name == "color-scheme" and "dark" in value for name, value in (*own.items(), *others)):
            foregrounds, backgrounds = foregrounds | {WHITE}, backgrounds | {BLACK}
        least, most = self._sizes(tag, told, own, others)
        shown = own.get("visibility", "inherit")
        visible = shown == "visible" or (self.visible and shown in ("inherit", "unset", "revert"))
        visible = visible and all(value == "visible" for name, value in others if name == "visibility")
        return Legibility(foregrounds, backgrounds, least, most, visible)

    def _sizes(
        self, tag: str, told: Mapping[str, str], own: Mapping[str, str], others: Iterable[tuple[str, str]]
    ) -> tuple[float, float]:
        factor = _OF_TAG.get(tag, 1.0)
        inherited = [(self.least * factor, self.most * factor)]
        if tag == "font" and "size" in told:
            inherited = [_of_font(told["size"])]
        possible = [self._size(value) for name, value in others if name in ("font-size", "font")]
        named = [self._size(own[name]) for name in ("font", "font-size") if name in own]
        sizes = [*named[-1:], *possible] if named else [*inherited, *possible]
        return min(low for low, _ in sizes), max(high for _, high in sizes)

    def _size(self, value: str) -> tuple[float, float]:
        """Return the least and the greatest size that a value gives; 0 where the size isn't known."""
        found = _FONT_SIZE.search(f"{value} ") if " " in value else None
        value = found[1] if found else value
        factor = _RELATIVE_SIZES.get(value) or share(value)
        if value.endswith("em") and not value.endswith("rem"):
            factor = (pixels(value) or 0) / 16
        if value in ("inherit", "unset", "revert") or factor is not None:
            return self.least * (factor or 1.0 if factor is None else factor), self.most * (
                1.0 if factor is None else factor
            )
        size = _SIZES.get(value) or pixels(value)
        return (0.0, 0.0) if size is None else (size, size)


def contrast(one: Colour, other: Colour) -> float:
    """Return the ratio of the colours' luminances (WCAG 2.2), 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(found: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (one / 255 for one in found)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _foregrounds(
    above: frozenset[Colour], tag: str, told: Mapping[str, str], own: Mapping[str, str], others: list[str]
) -> frozenset[Colour]:
    if tag == "a" and "href" in told:
        above = frozenset({LINK})
    attribute = told.get("color" if tag == "font" else "text" if tag == "body" else "")
    if attribute is not None:
        above = frozenset({colour(attribute.strip().lower()) or _UNKNOWN})
    if "color" in own and own["color"] not in _INHERITED:
        above = frozenset({_solid(own["color"])})
    return above.union(_solid(one) for one in others if one not in _INHERITED)


def _backgrounds(
    above: frozenset[Colour], told: Mapping[str, str], own: Mapping[str, str], others: list[str]
) -> frozenset[Colour]:
    if "background" in told:
        above = frozenset({_UNKNOWN})
    elif "bgcolor" in told:
        above = frozenset({colour(told["bgcolor"].strip().lower()) or _UNKNOWN})
    for name, value in own.items():
        if name in _PAPERS:
            found = _paper(value)
            above = above if found == CLEAR else frozenset({found})
        elif name.startswith("background-image") and value not in _INHERITED | {"none"}:
            above = frozenset({_UNKNOWN})
    return above.union(one for one in map(_paper, others) if one != CLEAR)


def _paper(value: str) -> Colour:
    """Return the colour that a background paints; CLEAR: none."""
    if value in _INHERITED or value in ("none", "transparent"):
        return CLEAR
    if "url(" in value or "gradient" in value or "image" in value:
        return _UNKNOWN
    found = [one for one in map(colour, _values(value)) if one is not None]
    if not found:
        return CLEAR if not re.search(r"[#(]", value) and _is_placing(value) else _UNKNOWN
    return CLEAR if found[0] == CLEAR and _alpha(value) < 0.02 else _solid(_values(value)[_at(value)])


def _values(value: str) -> list[str]:
    """Return the values of a shorthand; text in brackets is part of one value."""
    return re.findall(r"[^\s()]*\([^()]*\)|[^\s()]+", value)[:16]


def _at(value: str) -> int:
    return next((at for at, one in enumerate(_values(value)) if colour(one) is not None), 0)


def _is_placing(value: str) -> bool:
    """Return whether the value says where and how a background is repeated, and nothing of colours."""
    return all(one in _PLACING or pixels(one) is not None or share(one) is not None for one in _values(value))


def _solid(value: str) -> Colour:
    """Return a colour that is opaque enough to be seen as it is; else _UNKNOWN."""
    found = colour(value)
    return _UNKNOWN if found is None or found == CLEAR or _alpha(value) < OPAQUE else found


def _alpha(value: str) -> float:
    if value == "transparent":
        return 0.0
    if value.startswith("#"):
        digits = value[1:]
        if len(digits) in (4, 8):
            piece = digits[-(len(digits) // 4) :]
            return int(piece * (3 - len(piece)), 16) / 255
        return 1.0
    numbers = _NUMBERS.findall(value)
    if "(" not in value or len(numbers) < 4:
        return 1.0
    last = numbers[3]
    return float(last.rstrip("%").strip(".") or 0) / 100 if last.endswith("%") else min(1.0, _decimal(last))


def _decimal(number: str) -> float:
    return float(number) if number.count(".") <= 1 and number != "." else 0.0


def _of_font(size: str) -> tuple[float, float]:
    """Return the size that `<font size>` gives (HTML, 15.3.4)."""
    digits = re.match(r"\s*([+-]?)(\d{1,3})", size)
    if digits is None:
        return 16.0, 16.0
    number = int(digits[2]) * (-1 if digits[1] == "-" else 1) + (3 if digits[1] else 0)
    found = _OF_FONT[min(max(number, 1), 7) - 1]
    return found, found
