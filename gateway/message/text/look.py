"""Whether an element shows what is inside it: by its name, its `hidden` attribute and its own style.

Style sheets are not read: what a <style> element hides is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

#: Elements that a mail program shows nothing of, or not as text of the page.
UNSHOWN = frozenset({
    "area", "audio", "base", "canvas", "datalist", "head", "iframe", "link", "meta", "noembed", "noframes",
    "noscript", "object", "optgroup", "option", "param", "script", "select", "source", "style", "template", "textarea",
    "title", "track", "video", "frameset", "progress", "meter", "rp",
})  # fmt: skip

_OWN_LOOK = UNSHOWN | {"details", "dialog"}

_ZERO = re.compile(r"[+-]?0*+(?:\.0*+)?(?:%|[a-z]{1,5})?+(?:\s|!|$)")
_RELATIVE = re.compile(r"[0-9.]++(?:%|em|ex|ch)|inherit|unset|smaller|larger")
_FAR_OFF = re.compile(r"-[0-9]{3,}")
_TINY_FONT = re.compile(r"(?:^|\s)0*+(?:\.0*+)?(?:%|px|pt|em|rem)?(?:/|\s)")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6}+)[ \t\n\r\f]?+|(.))", re.DOTALL)

#: What a style says that may hide its element; without it, no declaration needs to be read.
_MAY_HIDE = re.compile(
    r"\\|/\*|display\s*:|visib|hide|transparent|clip|transform|opacity|overflow|:\s*-[0-9]{3}|var\(|calc\("
    r"|font(?:-size)?\s*:[^;]{0,60}(?<![0-9.])[+-]?\.?0",
    re.IGNORECASE,
)

_GONE = {
    "display": ("none",),
    "mso-hide": ("all",),
    "content-visibility": ("hidden",),
    "color": ("transparent",),
    "clip-path": ("inset(100%", "circle(0", "inset(50%"),
    "clip": ("rect(0", "rect(1px"),
    "transform": ("scale(0)", "scale(0,", "scale(0.0", "scale(.0", "scalex(0)", "scaley(0)"),
    "filter": ("opacity(0",),
    "-webkit-text-fill-color": ("transparent",),
}
#: What a browser would have to compute: it may hide.
_COMPUTED = ("var(", "calc(", "min(", "max(", "clamp(")
_SIZES = frozenset({"height", "max-height", "width", "max-width"})
_OFFSETS = frozenset({"left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top"})


class Look(NamedTuple):
    """How an element shows its text. What is gone stays so; a descendant may have another size or be visible again."""

    gone: bool = False
    tiny: bool = False  # font-size: 0
    unseen: bool = False  # visibility: hidden

    @property
    def shown(self) -> bool:
        return not (self.gone or self.tiny or self.unseen)

    def inside(self, name: str, attributes: Mapping[str, str]) -> Look:
        """The look of a child element."""
        if self.gone or name in UNSHOWN or "hidden" in attributes:
            return GONE
        if name in ("details", "dialog") and "open" not in attributes:
            return GONE
        style = attributes.get("style", "")
        return _styled(self, style) if style else self


SHOWN = Look()
GONE = Look(gone=True)


def is_plain(attributes: Mapping[str, str]) -> bool:
    """Whether an element with these shows what is inside it just as the element around it does, if that is SHOWN."""
    if "hidden" in attributes:
        return False
    style = attributes.get("style")
    return not style or not _MAY_HIDE.search(style)


def child(above: Look, name: str, attributes: Mapping[str, str], *, plain: bool) -> Look:
    """`above.inside(…)`, for attributes of which `is_plain` is known."""
    if plain and above is SHOWN and name not in _OWN_LOOK:
        return SHOWN
    return above.inside(name, attributes)


def declarations(style: str) -> list[tuple[str, str]]:
    """The declarations of a style attribute, lower case, comments and escapes undone; later ones last."""
    if "\\" in style:
        style = _ESCAPE.sub(_unescaped, style)
    if "/*" in style:
        style = " ".join(
            piece.partition("*/")[2] if number else piece for number, piece in enumerate(style.split("/*"))
        )
    pairs = (one.partition(":") for one in style.lower().split(";"))
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _unescaped(match: re.Match[str]) -> str:
    if not match[1]:
        return match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def _styled(look: Look, style: str) -> Look:
    gone, tiny, unseen = look
    empty = clipped = False
    for name, value in declarations(style):
        if name == "font-size":
            tiny = bool(_ZERO.match(value)) or (tiny and bool(_RELATIVE.match(value)))
        elif name == "font":
            tiny = bool(_TINY_FONT.search(value))
        elif name == "visibility":
            unseen = unseen if value.startswith("inherit") else not value.startswith("visible")
        elif name in _SIZES:
            empty = empty or bool(_ZERO.match(value))
        elif name.startswith("overflow"):
            clipped = clipped or value.startswith(("hidden", "clip"))
        else:
            gone = gone or _hides(name, value)
    return Look(gone or (empty and clipped), tiny, unseen)


def _hides(name: str, value: str) -> bool:
    if name == "opacity":
        return bool(_ZERO.match(value)) or value.startswith(_COMPUTED)
    if name == "display" and value.startswith(_COMPUTED):
        return True
    if name in _OFFSETS:
        return bool(_FAR_OFF.match(value))
    return value.startswith(_GONE.get(name, ("\0",)))
