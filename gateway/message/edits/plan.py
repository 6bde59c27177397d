"""The edits of a message, gathered by place: fields, texts of parts, whole parts, the whole message.

Two edits that want different things of one place are an EditConflict, never a silent winner. An edit that names a part
or field that isn't there is a ValueError: its author had another message in mind.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from gateway.message.edits.compose import field_octets
from gateway.message.edits.splices import Splice
from gateway.message.edits.textedits import TextEdit
from gateway.message.edits.types import (
    AddHeader,
    AddText,
    Edit,
    EditConflict,
    EditInsideSealed,
    InsertText,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
)
from gateway.message.header.field import Header
from gateway.message.model import Message
from gateway.message.part import Part

#: Types of signed or encrypted entities (RFC 1847, RFC 8551): the parts inside stay as their author made them.
SEALED = frozenset({"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


class Plan:
    """The edits of one rendering, sorted; `claim` takes more fields while they are put into octets."""

    def __init__(self, message: Message, edits: Sequence[Edit]) -> None:
        self.message = message
        self.fields: dict[int, Splice] = {}  # whole fields, by their offset
        self.added: list[AddHeader] = []  # in order: the last one stands on top
        self.subject: SetSubject | None = None  # only where the message has no Subject to replace
        self.first: list[AddText] = []  # in order
        self.texts: dict[str, list[TextEdit]] = {}  # by the part's path, as in the next two
        self.replaced: dict[str, ReplacePart | RemovePart] = {}
        self.removed: dict[str, RemovePart] = {}
        self.wraps: list[Wrap] = []
        for edit in edits:
            self._gather(edit)
        self._settle_nesting()
        self._settle_wraps()

    def claim(self, header: Header, octets: bytes, edit: Edit) -> None:
        """Replace the whole field by these octets. Raise EditConflict if another edit wants other octets for it."""
        held = self.fields.setdefault(header.start, Splice(header.start, header.end, octets, edit))
        if held.octets != octets:
            raise EditConflict(held.edit, edit)

    def part(self, path: str) -> Part:
        part = self.message.part(path)
        if part is None:
            raise ValueError(f"the message has no part {path!r}")
        return part

    def parent_of(self, path: str) -> Part | None:
        return self.message.part(path.rpartition(".")[0])

    def is_message(self, part: Part) -> bool:
        """Return whether the part is a message, the outermost or one inside, and not a piece of a multipart."""
        parent = self.parent_of(part.path)
        return parent is None or not parent.is_multipart

    @property
    def first_text(self) -> str:
        """The texts to put before all content of the message."""
        return "\r\n".join(edit.text.rstrip("\r\n") + "\r\n" for edit in self.first if edit.text)

    # --- gathering ---------------------------------------------------------------------------------------------------

    def _gather(self, edit: Edit) -> None:
        match edit:
            case AddHeader():
                self.added.append(edit)
            case RemoveHeader() | RenameHeader():
                self._gather_field(edit)
            case SetSubject():
                self._gather_subject(edit)
            case AddText():
                self.first.append(edit)
            case InsertText() | RemoveText():
                self.texts.setdefault(self._open_part(edit).path, []).append(edit)
            case ReplacePart():
                self._gather_replacement(edit)
            case RemovePart():
                self._gather_removal(edit)
            case Wrap():
                self.wraps.append(edit)

    def _open_part(self, edit: InsertText | RemoveText | ReplacePart | RemovePart) -> Part:
        """Return the part that the edit names.

        The part may be sealed itself, and be replaced or removed as a whole, but it may not stand inside a sealed one.
        """
        part = self.part(edit.part)
        self._refuse_sealed(part, edit)
        return part

    def _refuse_sealed(self, part: Part, edit: Edit) -> None:
        for path in _paths_up(part.path):
            kind = self.part(path).content_type
            if path != part.path and kind in SEALED:
                raise EditInsideSealed(edit, kind)

    def _gather_field(self, edit: RemoveHeader | RenameHeader) -> None:
        for header in self._named(edit):
            rest = self.message.raw[header.start + len(header.name) : header.end]
            self.claim(header, edit.to.encode("ascii") + rest if isinstance(edit, RenameHeader) else b"", edit)

    def _named(self, edit: RemoveHeader | RenameHeader) -> Sequence[Header]:
        key, at = edit.name.strip().lower(), edit.at
        if at is None:
            return self.message.root.fields(key)
        for part in self.message.parts:
            if part.header_start <= at < part.body_start:
                found = part.headers[bisect_left(part.headers, at, key=lambda header: header.start) :][:1]
                if found and found[0].start == at and found[0].key == key:
                    self._refuse_sealed(part, edit)
                    return found
        raise ValueError(f"no field {key!r} starts at octet {at}")

    def _gather_subject(self, edit: SetSubject) -> None:
        fields = self.message.root.fields("subject")
        for number, header in enumerate(fields):
            self.claim(header, b"" if number else field_octets("Subject", edit.subject), edit)
        if not fields:
            if self.subject is not None and self.subject != edit:
                raise EditConflict(self.subject, edit)
            self.subject = edit

    def _gather_replacement(self, edit: ReplacePart) -> None:
        path = self._open_part(edit).path
        other = self.replaced.get(path) or self.removed.get(path)
        if other is not None:
            raise EditConflict(other, edit)
        self.replaced[path] = edit

    def _gather_removal(self, edit: RemovePart) -> None:
        """Note a removal; a message can't be removed from its container, so it becomes an empty one."""
        part = self._open_part(edit)
        other = self.replaced.get(part.path)
        if isinstance(other, ReplacePart):
            raise EditConflict(other, edit)
        if self.is_message(part):
            self.replaced[part.path] = edit
        else:
            self.removed[part.path] = edit

    # --- where edits meet --------------------------------------------------------------------------------------------

    def _settle_nesting(self) -> None:
        """Refuse edits inside a part that is replaced or removed; removals inside a removed part are dropped.

        Raises EditConflict.
        """
        whole: dict[str, ReplacePart | RemovePart] = {**self.replaced, **self.removed}
        for path, edits in self.texts.items():
            for above in _paths_up(path):
                if above in whole:
                    raise EditConflict(whole[above], edits[0])
        for path, edit in whole.items():
            for outer in (whole[above] for above in _paths_up(path) if above != path and above in whole):
                if not (isinstance(outer, RemovePart) and isinstance(edit, RemovePart)):
                    raise EditConflict(outer, edit)
                self.replaced.pop(path, None)
                self.removed.pop(path, None)

    def _settle_wraps(self) -> None:
        """Refuse edits inside a wrapped original, which stays untouched; raise EditConflict.

        Only fields of the new outer message can be edited beside a wrap.
        """
        if not self.wraps:
            return
        inside: list[Edit] = [*self.first, *self.replaced.values(), *self.removed.values()]
        inside += [edit for edits in self.texts.values() for edit in edits]
        own = {header.start for header in self.message.headers}
        inside += [claimed.edit for start, claimed in self.fields.items() if start not in own]
        if inside:
            raise EditConflict(inside[0], self.wraps[0])


def _paths_up(path: str) -> Iterator[str]:
    """Yield the path itself, then those of the parts around it."""
    while path:
        yield path
        path = path.rpartition(".")[0]
