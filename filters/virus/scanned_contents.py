"""Contents of a message that the scanner is shown: every leaf by itself, decoded, and every message in cut form.

The filter does not rely on the scanner's own reading of mail: a scanner undoes other encodings, and finds other parts,
than the programs of recipients do. The scanner itself opens archives and documents, unless our opener saw something
else in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from filters.virus.clamd_opens import clamd_opens
from gateway.message import Message, Part, saved_texts

#: Octets of text bodies that stay in the copies of one message; they are scanned twice. Bodies that people write are a
#: few kilobytes long. A mail signature that reaches further would be the signature of a file.
KEPT_TEXT_BYTES = 64 * 1024

#: Trace line that is put before a message, as relaying does anyway. clamd recognises mail by its first octets: a
#: message whose first header line is "GIF89a: x" or "MZ: x" would not be scanned as mail.
TRACE_NAME = b"Received: "
TRACE = TRACE_NAME + b"by mailwarden\r\n"

#: First octets by which clamd recognises mail without a trace line (measured on 1.4).
_KNOWN_AS_MAIL = tuple(
    name + b": "
    for name in (
        b"Received",
        b"Return-Path",
        b"From",
        b"Date",
        b"Subject",
        b"Message-ID",
        b"Delivered-To",
        b"MIME-Version",
    )
)

#: Defects of a container in which clamd may see other members than we do. For an encrypted one we may know a password.
_CONFUSED = frozenset({"container.mismatch", "container.unreadable", "container.encrypted"})

#: The defect code of a container that our own budget refused.
_REFUSED = "container.limit"


@dataclass(frozen=True, slots=True)
class Content:
    """Octets that the scanner is shown."""

    octets: bytes = field(repr=False)
    part: str | None  # path; None = the message as a whole
    is_leaf: bool  # False for a copy of a message


@dataclass(frozen=True, slots=True)
class Withheld:
    """A container that our own budget refused; a scanner would be busy with it for even longer."""

    part: str


def contents(message: Message) -> Iterator[Content | Withheld]:
    """Yield all contents to scan, the copy of the message first, and the containers that are withheld."""
    room = _Room(KEPT_TEXT_BYTES)
    any_refused = any(map(_is_refused, message.parts))
    yield Content(_as_mail(_cut(message.root, room)), None, is_leaf=False)
    waiting = [_Step(message.root)]
    while waiting:
        step = waiting.pop()
        part = step.part
        refused = step.refused or _is_refused(part)
        withheld = any_refused and part.is_leaf and _withholds(part, refused)
        if step.is_nested:
            yield from _nested(part, room)
        if part.is_leaf and step.singly and not _is_entity(part):
            yield from _leaf(part, withheld=withheld)
        waiting += [_Step(child, is_nested=not part.is_multipart, refused=refused) for child in reversed(part.children)]
        if not withheld:
            waiting += reversed(_unpacked(part))


@dataclass(frozen=True, slots=True)
class _Step:
    """One part on the way through the tree."""

    part: Part
    singly: bool = True  # the part is shown by itself
    is_nested: bool = False  # the part is the root of a message inside another part
    refused: bool = False  # our budget refused a part around this one


# --- leaves ----------------------------------------------------------------------------------------------------------


def _leaf(part: Part, *, withheld: bool) -> Iterator[Content | Withheld]:
    if withheld:
        yield Withheld(part.path)
        return
    if part.decoded:
        yield Content(part.decoded, part.path, is_leaf=True)
    if part.content_type.startswith("text/"):
        yield from (Content(text, part.path, is_leaf=True) for text in saved_texts(part))


def _withholds(part: Part, refused: bool) -> bool:
    """Return whether a leaf is withheld: our budget refused the leaf itself, a part around it or a part in it."""
    return (refused and not part.is_body_text) or any(_is_refused(one) for one in _inside(part))


def _is_refused(part: Part) -> bool:
    return any(defect.code == _REFUSED for defect in part.structure_defects)


def _inside(part: Part) -> Iterator[Part]:
    """Yield all parts unpacked from a part, at any depth, and the parts of messages among them."""
    waiting = list(part.unpacked)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += (*one.unpacked, *one.children)


# --- messages in cut form --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Room:
    """Octets of text that may still stay in copies."""

    octets: int

    def take(self, wanted: int) -> int:
        taken = min(wanted, self.octets)
        self.octets -= taken
        return taken


def _nested(root: Part, room: _Room) -> Iterator[Content]:
    """Yield a message inside another part: as mail, and as the file that a program would save."""
    copy = _cut(root, room)
    if not copy.startswith(_KNOWN_AS_MAIL):
        yield Content(_as_mail(copy), root.path, is_leaf=False)
    if copy:
        yield Content(copy, root.path, is_leaf=False)


def _as_mail(raw: bytes) -> bytes:
    return raw if raw.startswith(TRACE_NAME) else TRACE + raw


def _cut(root: Part, room: _Room) -> bytes:
    """Return a message without the bodies that are scanned by themselves: non-text leaves and nested messages."""
    pieces, at = [], root.header_start
    for start, end in _bodies(root, room):
        pieces.append(root.raw[at:start])
        at = end
    return b"".join((*pieces, root.raw[at : root.end]))


def _bodies(root: Part, room: _Room) -> Iterator[tuple[int, int]]:
    """Yield start and end of each body that is cut out, in order."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.children and part.is_multipart:
            waiting += reversed(part.children)
            continue
        is_text = part.is_leaf and part.content_type.startswith("text/")
        kept = room.take(part.end - part.body_start) if is_text else 0
        if part.body_start + kept < part.end:
            yield part.body_start + kept, part.end


# --- what was unpacked -----------------------------------------------------------------------------------------------


def _unpacked(part: Part) -> list[_Step]:
    hidden = bool(part.unpacked) and (not clamd_opens(part) or _is_confused(part))
    return [_step_into(one, part, hidden) for one in part.unpacked if hidden or not _is_plain_member(one)]


def _is_plain_member(one: Part) -> bool:
    """Return whether a part is a member from which nothing came out; such a member is not shown by itself.

    A reading has no given names, so it is no member.
    """
    return bool(one.given_names) and not one.unpacked and not one.children


def _step_into(one: Part, container: Part, hidden: bool) -> _Step:
    if one.raw is container.raw:  # the root of an entity
        return _Step(one, is_nested=True)
    is_reading = not one.given_names and one.path.rpartition("/")[2].startswith("(")
    return _Step(one, singly=hidden or is_reading)


def _is_entity(part: Part) -> bool:
    """Return whether a part was unpacked as a message: then the unpacked root shares the part's octets."""
    return any(one.raw is part.raw for one in part.unpacked)


def _is_confused(part: Part) -> bool:
    return any(defect.code in _CONFUSED for one in (part, *_files(part)) for defect in one.structure_defects)


def _files(part: Part) -> Iterator[Part]:
    waiting = list(part.unpacked)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.unpacked
