"""An HTML document as mail programs show it, in each of the possible ways.

Where programs differ, or a rule may not be for everybody, the document is read in more than one way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from gateway.message.text.html.flow import GAPS
from gateway.message.text.html.style_sheet import StyleSheet
from gateway.message.text.html.viewer import ViewedPage, Viewer

_CONDITIONAL = re.compile(r"<!--\[if[^\]>]{0,200}\]>")
_CONDITIONAL_END = "<![endif]-->"


_ANY_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]{0,60}+)[^<>]*+>")


def readings_of_html(html: str) -> Iterator[ViewedPage]:
    """Yield the document as it is shown, and in the other ways in which it may be shown."""
    differs = False
    for seen in _readings(html):
        differs = differs or seen.for_word
        yield seen
    outlook = _for_outlook(html)
    if outlook is not None or differs:
        yield from _readings(html if outlook is None else outlook, word=True)


def text_of_rest(html: str) -> str:
    """Return the rest of a document without its tags: hidden text too, since nothing may be left out."""
    return unescape(_ANY_TAG.sub(lambda tag: "\n" if tag[1].lower() in GAPS else "", html))


def _readings(html: str, *, word: bool = False) -> Iterator[ViewedPage]:
    """Yield four readings at most: each kind of doubt is read with the other kind and without it."""
    seen = Viewer(html, word=word).see()
    sheet = StyleSheet(seen.sheets)
    if seen.is_late and sheet:
        seen = Viewer(html, sheet, word=word).see()
    yield seen
    rules, looks = seen.doubtful_rules, seen.doubtful_looks
    if rules:
        other = Viewer(html, sheet, rules=False, word=word).see()
        looks = looks or other.doubtful_looks
        yield other
    if looks:
        yield Viewer(html, sheet, looks=False, word=word).see()
    if rules and looks:
        yield Viewer(html, sheet, rules=False, looks=False, word=word).see()


def _for_outlook(html: str) -> str | None:
    """Return the document with the content of its conditional comments; None if there is no text in them."""
    pieces: list[str] = []
    done, found = 0, False
    for start in _CONDITIONAL.finditer(html):
        if start.start() < done:
            continue
        end = html.find(_CONDITIONAL_END, start.end())
        if end < 0:
            break
        inside = html[start.end() : end]
        found = found or _has_text(inside)
        pieces += (html[done : start.start()], inside)
        done = end + len(_CONDITIONAL_END)
    return "".join((*pieces, html[done:])) if found else None


def _has_text(inside: str) -> bool:
    """Return whether the comment holds text besides Outlook's own settings, which are in nearly every page."""
    for start, end in (("<xml>", "</xml>"), ("<style", "</style>")):
        first, *others = inside.split(start)
        inside = first + "".join(other.partition(end)[2] for other in others)
    return bool(_ANY_TAG.sub("", inside).strip())
