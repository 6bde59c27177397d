"""The visibility of an element's inside: by its name, its `hidden` attribute and its own style.

Style sheets are not read: an element that a <style> element hides is not known here, unless its reader puts the rule
into the style. Where mail programs differ, or where a style needs more to have an effect, the look is in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.message.text.html.declared import COMPUTED, said
from gateway.message.text.html.hiding import (
    BY_DISPLAY,
    MAY_HIDE,
    OUTDONE,
    UNCERTAIN,
    doubts_of,
    hides,
    size_hides,
    tiny_font,
)

#: Elements of which a mail program shows nothing, or nothing as text of the page.
UNSHOWN = frozenset({
    "area", "audio", "base", "canvas", "datalist", "head", "iframe", "link", "meta", "noembed", "noframes",
    "noscript", "object", "optgroup", "option", "param", "script", "select", "source", "style", "template", "textarea",
    "title", "track", "video", "frameset", "progress", "meter", "rp",
})  # fmt: skip

_OWN_LOOK = UNSHOWN | {"details", "dialog"}


class Look(NamedTuple):
    """The visibility of an element's text. Gone is final; a descendant may have another size or be visible again."""

    gone: bool = False
    tiny: bool = False  # font-size: 0
    unseen: bool = False  # visibility: hidden
    doubts: int = 0  # reasons why it may show nothing, from `hiding`

    @property
    def shown(self) -> bool:
        """Return whether every mail program shows the element."""
        return not (self.gone or self.tiny or self.unseen or self.doubts)

    def inside(self, name: str, attributes: Mapping[str, str]) -> Look:
        """Return the look of a child element."""
        if self.gone or (name in UNSHOWN and name not in BY_DISPLAY):
            return GONE
        style = attributes.get("style", "")
        if name in BY_DISPLAY or "hidden" in attributes or (name == "dialog" and "open" not in attributes):
            values = said(style) if style else {}
            is_shown = values.get("display", "none") != "none"
            return _styled(self, name, values).doubted(OUTDONE) if is_shown else GONE
        if name == "details" and "open" not in attributes:
            return GONE
        if not style:
            return self
        return _of_short(self, name, style) if len(style) <= _SHORT_CHARACTERS else _of_style(self, name, style)

    def doubted(self, doubts: int) -> Look:
        return self._replace(doubts=self.doubts | doubts) if doubts else self


SHOWN = Look()
GONE = Look(gone=True)


def is_plain(attributes: Mapping[str, str]) -> bool:
    """Return whether an element with these shows its inside just as the element around it does, if that is SHOWN."""
    if "hidden" in attributes:
        return False
    style = attributes.get("style")
    return not style or not MAY_HIDE.search(style)


def child(above: Look, name: str, attributes: Mapping[str, str], *, plain: bool) -> Look:
    """Return `above.inside(…)`, for attributes of which `is_plain` is known."""
    if plain and above is SHOWN and name not in _OWN_LOOK:
        return SHOWN
    return above.inside(name, attributes)


def _of_style(look: Look, name: str, style: str) -> Look:
    return _styled(look, name, said(style)) if look != SHOWN or MAY_HIDE.search(style) else look


#: Characters of a style that is kept: styles repeat themselves, in one page and from page to page.
_SHORT_CHARACTERS = 200
_of_short = lru_cache(maxsize=1024)(_of_style)


def _styled(look: Look, name: str, values: Mapping[str, str]) -> Look:
    gone, tiny, unseen, doubts = look
    for key, value in values.items():
        if key in ("font-size", "visibility") and COMPUTED.match(value):
            doubts |= UNCERTAIN
        elif key in ("font-size", "font"):
            tiny = tiny_font(key, value, above=tiny)
        elif key == "visibility":
            unseen = unseen if value in ("inherit", "unset", "revert") else value in ("hidden", "collapse")
        elif hides(key, value):
            effect = doubts_of(name, key, value, values)
            gone, doubts = gone or not effect, doubts | effect
    flat = size_hides(name, values)
    if flat is not None:
        gone, doubts = gone or not flat, doubts | flat
    return Look(gone, tiny, unseen, doubts)
