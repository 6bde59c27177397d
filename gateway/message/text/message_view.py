"""The reader of a message as a person reads it: the texts that it shows, in order, each once.

Pure, total and linear. The text that the sandbox read of a part is taken as it is; the other texts are read when the
view is first asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.message.folding.folding import fold
from gateway.message.folding.layers import Folded
from gateway.message.part import Part
from gateway.message.passage import Passage, PassageKind
from gateway.message.text.part_reader import UNREAD, Piece, is_body, read_part, reads
from gateway.message.text.senders import display_names
from gateway.message.text.view import TextView

#: Codes of defects with which a part's text may be missing; it may be with any limit, too.
_UNREAD_CODES = frozenset({UNREAD, "container.encrypted", "container.unreadable", "message.partial"})

#: Characters, blanks left out, up to which the text of a message is no more than a line beside its picture.
LINE_CHARACTERS: Final = 60

MESSAGE_TYPES = frozenset({"message/rfc822", "message/global"})
#: Types without text for a reader, except in their picture or sound.
_WITHOUT_TEXT = ("image/", "audio/", "video/", "font/")
_PICTURE = re.compile(r"<img(?=[\s/])(?![^<>]*?\b(?:width|height)\s*=\s*[\"']?[012](?:px)?[\"'\s/>])", re.IGNORECASE)

#: A kind, a text, and the text folded, if it is folded already; _Found has the path of the part in front.
_Read = tuple[PassageKind, str, Folded | None]
_Found = tuple[str, PassageKind, str, Folded | None]


def view_of(root: Part, parts: Sequence[Part]) -> TextView:
    """Return all text that a person reads of a message; a text that is shown in two places is read once."""
    found: list[_Found] = []
    complete = True
    for part, is_nested in _parts(root):
        texts, is_whole = _read(part)
        complete = complete and is_whole
        found += (
            (part.path, "attachment" if is_nested else kind, text, folded)
            for kind, text, folded in (*_of_header(part, is_nested), *texts)
        )
    passages = tuple(Passage(kind, path, text, folded or fold(text)) for path, kind, text, folded in _once(found))
    return TextView(passages, complete, _is_image_only(parts, passages))


def _once(found: Sequence[_Found]) -> Iterator[_Found]:
    """Yield the texts without those that are invisible, or shown before in the same kind with any blanks."""
    of_kind = Counter(kind for _, kind, _, _ in found)
    known: set[Piece] = set()
    for one in found:
        _, kind, text, _ = one
        same = (kind, " ".join(text.split()) if of_kind[kind] > 1 else text.strip())
        if same[1] and same not in known:
            known.add(same)
            yield one


def _parts(root: Part) -> Iterator[tuple[Part, bool]]:
    """Yield every part in its order, and whether it stands in a message inside this one."""
    waiting = [(root, False)]
    while waiting:
        part, is_nested = waiting.pop()
        yield part, is_nested
        inside = is_nested or part.content_type in MESSAGE_TYPES
        waiting += ((one, inside) for one in reversed((*part.children, *part.unpacked)))


def _of_header(part: Part, is_nested: bool) -> Iterator[_Read]:
    for field in part.fields("subject"):
        yield "subject", field.value, None
    for name in ("from", "reply-to") if not is_nested else ():
        for field in part.fields(name):
            yield from (("sender", shown, None) for shown in display_names(field))


def _read(part: Part) -> tuple[Sequence[_Read], bool]:
    """Return the part's own passages, and whether they are all of its text."""
    whole = not any(one.code in _UNREAD_CODES or "limit" in one.code for one in part.defects)
    if part.passages is not None:
        return [(one.kind, one.text, one.folded) for one in part.passages], whole
    if reads(part):
        text = read_part(part)
        return [(kind, shown, None) for kind, shown in text.pieces], whole and text.complete
    is_opened = not part.is_leaf or not part.decoded.strip() or part.content_type.startswith(_WITHOUT_TEXT)
    return (), whole and is_opened


def _is_image_only(parts: Sequence[Part], passages: Sequence[Passage]) -> bool:
    """Return whether a picture is shown, and a line of text at most: in the message itself, or in a page of it."""
    shown = sum(len("".join(one.text.split())) for one in passages if one.kind in ("new", "quoted"))
    return shown <= LINE_CHARACTERS and any(map(_shows_picture, parts))


def _shows_picture(part: Part) -> bool:
    if "/" in part.path or not part.is_leaf:
        return False
    if part.content_type == "text/html" and is_body(part):
        return _PICTURE.search(part.text) is not None
    return part.content_type.startswith("image/") and bool(part.decoded)
