"""The offsets of an HTML document at which inserted text is seen, by the elements that are open there."""

from __future__ import annotations

from itertools import pairwise

from gateway.message.text.html.elements import Element, OpenElements, TextPermission

#: Elements that begin together and are looked at for the outermost place.
_CLIMB = 64


def outermost(elements: OpenElements, start: int) -> int:
    """Return the start of the outermost element that began behind the last seen text; else `start`."""
    stack, old = elements.stack, elements.old
    return stack[old].start if old < len(stack) else start


def climbed(elements: OpenElements, start: int, parent: Element) -> int | None:
    """Return the place before the outermost element that begins here and can take text; else `start`, if `parent` can.

    None where no place is known.
    """
    if elements.certain_to is not None:
        return None
    stack, old = elements.stack, elements.old
    for at in range(old, min(len(stack), old + _CLIMB)):
        if stack[at - 1].holds is TextPermission.TEXT:
            return stack[at].start
    return start if parent.holds is TextPermission.TEXT else None


def end_place(elements: OpenElements, at: int) -> tuple[int, str]:
    """Return `at` and the end tags of elements open there; or the place before the element that shows nothing."""
    if elements.certain_to is not None:
        return elements.certain_to, ""
    place = 0
    if not elements.top.look.shown or elements.top.holds is TextPermission.NEVER:
        for above, element in pairwise(elements.stack):
            place = element.start if above.holds is TextPermission.TEXT else place
            if not element.look.shown or element.name in ("svg", "math"):
                return place, ""
    return at, elements.left_open()
