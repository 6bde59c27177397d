"""At which offsets of an HTML document text can be put so that it is seen, by the elements that are open there."""

from __future__ import annotations

from itertools import pairwise

from gateway.message.text.html.elements import Element, Holds, OpenElements

#: Elements that begin together and are looked at for the outermost place.
_CLIMB = 64


def outermost(elements: OpenElements, start: int) -> int:
    """Where the outermost element begins that began behind what was seen last; else `start`."""
    stack, old = elements.stack, elements.old
    return stack[old].start if old < len(stack) else start


def climbed(elements: OpenElements, start: int, parent: Element) -> int | None:
    """Before the outermost of the elements that begin here, where text can be put; else `start`, if `parent` can.

    None where no place is known.
    """
    if elements.certain_to is not None:
        return None
    stack, old = elements.stack, elements.old
    for at in range(old, min(len(stack), old + _CLIMB)):
        if stack[at - 1].holds is Holds.TEXT:
            return stack[at].start
    return start if parent.holds is Holds.TEXT else None


def end_place(elements: OpenElements, at: int) -> tuple[int, str]:
    """`at`, and what closes the elements that are open there; or before the element that shows nothing."""
    if elements.certain_to is not None:
        return elements.certain_to, ""
    place = 0
    if not elements.top.look.shown or elements.top.holds is Holds.NEVER:
        for above, element in pairwise(elements.stack):
            place = element.start if above.holds is Holds.TEXT else place
            if not element.look.shown or element.name in ("svg", "math"):
                return place, ""
    return at, elements.left_open()
