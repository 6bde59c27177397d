"""Which parts of a message are its text, and whether they may be edited: not what is signed, encrypted or broken.

It goes down as mail programs do: into alternatives, to the root of what is related, to the first text of what is mixed.
Attachments, calendars and messages inside the message are no text of it.
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

#: An armoured message or signature that nobody quoted (RFC 9580 6.2).
_ARMOUR = re.compile(r"^-----BEGIN (?:PGP (?:SIGNED )?MESSAGE|PKCS7)-----", re.MULTILINE)
_ARMOUR_IN_HTML = re.compile(r"(?<!&gt; )(?<!> )-----BEGIN PGP (?:SIGNED )?MESSAGE-----")

#: Pieces of a mixed message that are looked at for the one where the text ends. Apple Mail puts text around pictures.
MAX_PIECES = 20

#: text: there is one; none: a text part can be added; other: no text belongs into it; sealed, broken: not to be edited.
Kind = Literal["text", "none", "other", "sealed", "broken"]


@dataclass(frozen=True, slots=True)
class Body:
    """What was found: the texts that get a disclaimer (one for each alternative), and why there are none."""

    kind: Kind
    parts: tuple[Part, ...] = ()
    why: str = ""


NOTHING = Body("none")


def body_of(message: Message) -> Body:
    """The message's text; `why` is a sentence's end for whoever wants to know."""
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
    """Recursive: the parser has bounded the depth."""
    if part.content_type in _SEALED or _is_pkcs7(part):
        return Body("sealed", (part,), "it is signed or encrypted")
    if part.is_multipart:
        return _in_multipart(part)
    return Body("text", (part,)) if _is_text(part, file_names_count=True) else NOTHING


def _alternative(part: Part) -> Body:
    """One form of the text: it is shown whatever name it carries."""
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
    """All texts, unless one of them is sealed or broken."""
    bodies = list(found)
    firm = next((one for one in bodies if one.kind in ("sealed", "broken")), None)
    texts = tuple(part for one in bodies for part in one.parts)
    return firm or (Body("text", texts) if texts else NOTHING)


def _root_of(related: Part) -> Part:
    """RFC 2387 3.2: the one that `start` names, else the first."""
    start = related.params.get("start", "").strip()
    return next((one for one in related.children if start and one.header("content-id") == start), related.children[0])


def _in_mixed(part: Part) -> Body:
    """The first that is text; of several plain ones, or several of HTML, the one in which the sender's text ends."""
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
    """The first that quotes, else the last that shows something."""
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
    """Whether it is shown as text of the message, not kept as a file."""
    if part.content_type not in TEXTS or not part.is_leaf or part.disposition == "attachment":
        return False
    return not (file_names_count and _has_file_name(part)) or part.path == "1"


def _has_file_name(part: Part) -> bool:
    dispositions = part.fields("content-disposition")
    return "name" in part.params or (bool(dispositions) and "filename" in dispositions[0].params)


def _is_pkcs7(part: Part) -> bool:
    """RFC 8551 3.9: what is opaque may be known by its name alone."""
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
    """The part's own, and those of all that it stands in."""
    pieces = path.split(".")
    return [".".join(pieces[:count]) for count in range(1, len(pieces) + 1)]


def _broken(parts: Sequence[Part]) -> Body | None:
    """Where mail programs disagree about what the message holds, an edit would have them disagree about more."""
    for part in parts:
        for defect in part.defects:
            if STRUCTURE_DEFECTS.get(defect.code) in ("ambiguous", "limit"):
                return Body("broken", (part,), f"it is broken ({defect.code})")
        if part.content_type in TEXTS and part.reading.problem and "\x1b" in part.text:
            return Body("broken", (part,), "its charset switches, and can't be read")
    return None


def _placeless(root: Part) -> Body | None:
    """What a part beside it would break: a calendar's invitation, and pieces of messages."""
    if root.content_type in ("text/calendar", "message/partial", "message/external-body"):
        return Body("other", (root,), f"it is nothing but {root.content_type}")
    return None


def unseen(found: Body, place: NamedPlace) -> Body | None:
    """Where nothing that is added to a text would be seen."""
    for part in found.parts:
        if not has_place(part, place):
            return Body("broken", (part,), "nothing that is added to its HTML would be seen")
    return None
