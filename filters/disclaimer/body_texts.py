"""Text parts of a message, and reasons not to edit them: signed, encrypted or broken parts.

The search follows mail programs: every alternative, the root of a multipart/related, the first text of a
multipart/mixed. Attachments, calendars and messages inside the message are not its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.message import STRUCTURE_DEFECTS, Message, NamedPlace, Part, has_place, what_was_written

TEXTS = frozenset({"text/plain", "text/html"})
_SEALED = frozenset(
    {
        *("multipart/signed", "multipart/encrypted"),  # RFC 1847
        *("application/pkcs7-mime", "application/x-pkcs7-mime"),  # RFC 8551
        *("application/pgp", "application/pgp-encrypted"),
    }
)
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})

#: An armoured message or signature that is not quoted (RFC 9580 6.2).
_ARMOUR = re.compile(r"^-----BEGIN (?:PGP (?:SIGNED )?MESSAGE|PKCS7)-----", re.MULTILINE)
_ARMOUR_IN_HTML = re.compile(r"(?<!&gt; )(?<!> )-----BEGIN PGP (?:SIGNED )?MESSAGE-----")

#: Pieces of a mixed message that are searched for the end of the text. Apple Mail puts text around pictures.
MAX_PIECES = 20

#: text: a text was found; none: a text part can be added; other: no text belongs into the message; sealed, broken: the
#: message must not be edited.
Kind = Literal["text", "none", "other", "sealed", "broken"]


@dataclass(frozen=True, slots=True)
class Body:
    """The texts that get a disclaimer (one for each alternative), or the reason why there are none."""

    kind: Kind
    parts: tuple[Part, ...] = ()
    why: str = ""


NOTHING = Body("none")


def body_of(message: Message) -> Body:
    """Return the message's text; `why` is the end of a sentence that gives the reason."""
    root = message.root
    if root.content_type == "multipart/report":
        return Body("other", why="it is a report about another message")
    found = _found(root)
    if found.kind == "text":
        return _editable(message, found)
    if found.kind == "none":
        return _broken([root]) or _placeless(root) or found
    return found


def _found(part: Part) -> Body:
    """Return the text below a part. Recursive: the parser has bounded the depth."""
    if part.content_type in _SEALED or _is_pkcs7(part):
        return Body("sealed", (part,), "it is signed or encrypted")
    if part.is_multipart:
        return _in_multipart(part)
    return Body("text", (part,)) if _is_text(part, file_names_count=True) else NOTHING


def _alternative(part: Part) -> Body:
    """Return the text of one alternative, which mail programs show whatever name it carries."""
    return Body("text", (part,)) if _is_text(part, file_names_count=False) else _found(part)


def _in_multipart(part: Part) -> Body:
    if part.is_leaf:
        return Body("broken", (part,), "its parts can't be told apart")
    if part.content_type == "multipart/alternative":
        return _joined(map(_alternative, part.children))
    if part.content_type == "multipart/related":
        return _alternative(_root_of(part))
    if part.content_type in ("multipart/digest", "multipart/appledouble", "multipart/report"):
        return NOTHING
    return _in_mixed(part)


def _joined(found: Iterable[Body]) -> Body:
    """Return all texts, or the first sealed or broken body if there is one."""
    bodies = list(found)
    firm = next((one for one in bodies if one.kind in ("sealed", "broken")), None)
    texts = tuple(part for one in bodies for part in one.parts)
    return firm or (Body("text", texts) if texts else NOTHING)


def _root_of(related: Part) -> Part:
    """Return the root of a multipart/related: the part that `start` names, else the first (RFC 2387 3.2)."""
    start = related.params.get("start", "").strip()
    return next((one for one in related.children if start and one.header("content-id") == start), related.children[0])


def _in_mixed(part: Part) -> Body:
    """Return the first text; among several of its type, the text in which the sender's own words end."""
    kinds = {child.content_type for child in part.children}
    if kinds & _SIGNATURES and kinds & TEXTS and kinds <= _SIGNATURES | TEXTS:
        return Body("sealed", part.children, "it is signed")
    found = [one for child in part.children if (one := _found(child)).kind != "none"]
    if not found or found[0].kind != "text" or len(found[0].parts) != 1:
        return found[0] if found else NOTHING
    first = found[0].parts[0].content_type
    pieces = [one.parts[0] for one in found[:MAX_PIECES] if one.kind == "text" and len(one.parts) == 1]
    return Body("text", (_last_of([one for one in pieces if one.content_type == first]),))


def _last_of(pieces: Sequence[Part]) -> Part:
    """Return the first piece that quotes, else the last that shows something."""
    if len(pieces) == 1:
        return pieces[0]
    last = pieces[0]
    for piece in pieces:
        segments = what_was_written(piece).segments
        if any(one.kind == "quoted" for one in segments):
            return piece
        last = piece if any(one.text.strip() for one in segments) else last
    return last


def _is_text(part: Part, *, file_names_count: bool) -> bool:
    """Return whether a part is shown as text of the message, and not kept as a file."""
    if part.content_type not in TEXTS or not part.is_leaf or part.disposition == "attachment":
        return False
    return not (file_names_count and _has_file_name(part)) or part.path == "1"


def _has_file_name(part: Part) -> bool:
    dispositions = part.fields("content-disposition")
    return "name" in part.params or (bool(dispositions) and "filename" in dispositions[0].params)


def _is_pkcs7(part: Part) -> bool:
    """Return whether a part is PKCS #7 by its name alone, as an opaque part may be (RFC 8551 3.9)."""
    return part.is_leaf and "p7m" in part.extensions and part.path == "1"


# --- what must not be edited -----------------------------------------------------------------------------------------


def _editable(message: Message, found: Body) -> Body:
    for part in found.parts:
        if _is_armoured(part):
            return Body("sealed", (part,), "it holds a PGP message")
    around = [message.part(path) for part in found.parts for path in _paths(part.path)]
    return _broken([part for part in around if part]) or found


def _is_armoured(part: Part) -> bool:
    pattern = _ARMOUR_IN_HTML if part.content_type == "text/html" else _ARMOUR
    return "-----BEGIN P" in part.text and pattern.search(part.text) is not None


def _paths(path: str) -> list[str]:
    """Return the part's own path, and the paths of all parts around it."""
    pieces = path.split(".")
    return [".".join(pieces[:count]) for count in range(1, len(pieces) + 1)]


def _broken(parts: Sequence[Part]) -> Body | None:
    """Return a broken body if a part is ambiguous, incomplete or unreadable.

    Where mail programs already disagree about the content of a message, an edit would make them disagree about more.
    """
    for part in parts:
        for defect in part.defects:
            if STRUCTURE_DEFECTS.get(defect.code) in ("ambiguous", "limit"):
                return Body("broken", (part,), f"it is broken ({defect.code})")
        if part.content_type in TEXTS and part.reading.problem and "\x1b" in part.text:
            return Body("broken", (part,), "its charset switches, and can't be read")
    return None


def _placeless(root: Part) -> Body | None:
    """Return a body without a place if an added part would break the root: an invitation, or a piece of a message."""
    if root.content_type in ("text/calendar", "message/partial", "message/external-body"):
        return Body("other", (root,), f"it consists only of {root.content_type}")
    return None


def unseen(found: Body, place: NamedPlace) -> Body | None:
    """Return a broken body if no reader would see an addition to one of its texts."""
    for part in found.parts:
        if not has_place(part, place):
            return Body("broken", (part,), "nothing that is added to its HTML would be seen")
    return None
