"""The visible texts of an HTML document, in the tree that a browser makes of it (lexbor, by selectolax).

Style sheets, colours and covered elements are not judged.
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.message.text.html.look import SHOWN, Look
from gateway.message.text.html.page import read_page

#: So few tags cost lexbor little time, however deep they stand (0.1 s at worst).
_FEW_TAGS = 10_000


def is_visible_child_of_body(html: str, marker: str) -> bool:
    """Tell whether `marker` is seen inside the body; blanks don't count.

    A blank marker never is, and nothing in a document that is deeper or longer than is read (`html_page.MAX_DEPTH`).
    """
    return times_visible(html, marker) > 0


def times_visible(html: str, marker: str) -> int:
    """Count how often `marker` is seen inside the body, for a caller who knows how often it was before."""
    wanted = _squeezed(marker)
    body = LexborHTMLParser(html).body if wanted and not _too_deep(html) else None
    return _squeezed("".join(_seen(body))).count(wanted) if body is not None else 0


def _too_deep(html: str) -> bool:
    """Tell whether elements are nested deeper than is read: nothing is known to be seen there."""
    return html.count("<") > _FEW_TAGS and not read_page(html).complete


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _seen(body: LexborNode) -> list[str]:
    """Return the texts that are shown, in order, without recursion: documents may be deep."""
    root = _look(SHOWN, body)
    parent = body.parent
    looks = [_look(_look(SHOWN, parent), body) if parent is not None else root]
    found: list[str] = []
    node = body.first_child
    while node is not None:
        if node.is_text_node and looks[-1].shown:
            found.append(node.text_content or "")
        child = None
        if node.is_element_node:
            look = _look(looks[-1], node)
            child = None if look.gone else node.first_child
            if child is not None:
                looks.append(look)
        node = child if child is not None else _after(node, looks)
    return found


def _after(node: LexborNode, looks: list[Look]) -> LexborNode | None:
    """Return the next node in the order of the document, outside of this one."""
    while node.next is None:
        looks.pop()
        parent = node.parent
        if not looks or parent is None:
            return None
        node = parent
    return node.next


def _look(above: Look, node: LexborNode) -> Look:
    attributes = node.attributes
    told = {name: value or "" for name, value in attributes.items()} if attributes else {}
    return above.inside(node.tag or "", told)
