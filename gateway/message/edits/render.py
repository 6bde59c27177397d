"""Rendering of a message with its edits: every edit becomes splices over the original; the rest stays byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.message.edits.compose import field_octets, text_entity
from gateway.message.edits.contentfields import content_type_octets, is_content_field
from gateway.message.edits.plan import Plan
from gateway.message.edits.prepend_text import prepended
from gateway.message.edits.splices import Splice, splice
from gateway.message.edits.textedits import Recoded, edited_text, recode
from gateway.message.edits.types import Edit, ReplacePart
from gateway.message.edits.wrapping import wrapped
from gateway.message.header.field import Header
from gateway.message.mime.boundaries import boundaries
from gateway.message.model import Message
from gateway.message.part import Part

_MIME_VERSION = b"MIME-Version: 1.0\r\n"
_EMPTY_TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"


def render(message: Message, edits: Sequence[Edit]) -> bytes:
    """Return the amended message; `message.raw` itself where there is no edit.

    Raises EditConflict for edits that can't be combined, ValueError for one that doesn't fit this message.
    """
    return _Rendering(Plan(message, edits)).octets() if edits else message.raw


@dataclass(slots=True)
class _NewEntity:
    """New content of a part: fields behind its own, and a body; None = the body that it has."""

    edit: Edit
    fields: list[bytes] = field(default_factory=list)
    body: bytes | None = None


class _Rendering:
    """The rendering of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._raw = plan.message.raw
        self._entities: dict[str, _NewEntity] = {}  # by the part's path
        self._splices: list[Splice] = []

    def octets(self) -> bytes:
        if self._plan.wraps:
            return wrapped(self._raw, [*self._top(), *self._outer_fields()], self._plan.wraps)
        self._add_texts()
        self._add_first_text()
        self._add_replacements()
        self._add_top()
        self._add_removals()
        for path, entity in self._entities.items():
            self._add_entity(self._plan.part(path), entity)
        return splice(self._raw, [*self._plan.fields.values(), *self._splices])

    def _splice(self, start: int, end: int, octets: bytes, edit: Edit) -> None:
        self._splices.append(Splice(start, end, octets, edit))

    def _entity(self, path: str, edit: Edit) -> _NewEntity:
        return self._entities.setdefault(path, _NewEntity(edit))

    # --- fields ------------------------------------------------------------------------------------------------------

    def _top(self) -> list[bytes]:
        subject = self._plan.subject
        added = [field_octets(edit.name, edit.value) for edit in reversed(self._plan.added)]
        return added + ([field_octets("Subject", subject.subject)] if subject else [])

    def _add_top(self) -> None:
        edits: list[Edit] = [*self._plan.added, *([self._plan.subject] if self._plan.subject else [])]
        root = self._plan.message.root
        if not edits:
            return
        if not root.headers:
            self._entity(root.path, edits[0]).fields[:0] = self._top()
        elif self._raw[:1] in (b" ", b"\t"):  # above it, that line would become a fold of the new field
            first = root.headers[0]
            self._splice(first.end, first.end, self._line_break_behind(first) + b"".join(self._top()), edits[0])
        else:
            self._splice(0, 0, b"".join(self._top()), edits[0])

    def _field(self, header: Header) -> bytes:
        claimed = self._plan.fields.get(header.start)
        return self._raw[header.start : header.end] if claimed is None else claimed.octets

    def _line_break_behind(self, header: Header) -> bytes:
        octets = self._field(header)
        return b"" if not octets or octets.endswith((b"\r", b"\n")) else b"\r\n"

    def _outer_fields(self) -> Iterator[bytes]:
        for header in self._plan.message.headers:
            if not is_content_field(header) and not header.name.startswith((" ", "\t")):
                yield self._field(header) + self._line_break_behind(header)

    # --- parts -------------------------------------------------------------------------------------------------------

    def _add_texts(self) -> None:
        for path, edits in self._plan.texts.items():
            part = self._plan.part(path)
            text = edited_text(part, edits)
            if text != part.text:
                self._add_text(part, recode(part, text, self._around(part)), edits[0])

    def _add_first_text(self) -> None:
        """Put the first text in front; where the whole message is replaced, its replacement carries the text."""
        text, root = self._plan.first_text, self._plan.message.root
        if not text or root.path in self._plan.replaced:
            return
        edit = self._plan.first[0]
        new = prepended(root, text)
        declared = [header for header in new.moved if header.key == "content-type"]
        for header in new.moved:
            self._plan.claim(header, new.fields if header in declared[:1] else b"", edit)
        entity = self._entity(root.path, edit)
        entity.fields += [new.fields] if new.fields and not declared else []
        entity.fields += self._mime_version(root) if new.fields else []
        if _has_blank_line(self._raw[self._header_end(root) : root.body_start]):
            self._splice(new.at, new.at, new.before, edit)
            self._splice(root.end, root.end, new.after, edit)
        else:
            entity.body = new.before + new.after

    def _around(self, part: Part) -> list[bytes]:
        """Return the boundaries of the multiparts around the part."""
        found: list[bytes] = []
        above = self._plan.parent_of(part.path)
        while above is not None:
            found += boundaries(next(iter(above.fields("content-type")), None)) if above.is_multipart else []
            above = self._plan.parent_of(above.path)
        return found

    def _add_text(self, part: Part, new: Recoded, edit: Edit) -> None:
        entity = self._entity(part.path, edit)
        entity.body = new.body
        if new.charset:
            self._set_field(part, "content-type", content_type_octets(part, new.charset), edit)
        if new.encoding:
            octets = f"Content-Transfer-Encoding: {new.encoding}\r\n".encode("ascii")
            self._set_field(part, "content-transfer-encoding", octets, edit)
        if entity.fields:
            entity.fields += self._mime_version(part)

    def _set_field(self, part: Part, key: str, octets: bytes, edit: Edit) -> None:
        declared = part.fields(key)
        if declared:
            self._plan.claim(declared[0], octets, edit)
        else:
            self._entity(part.path, edit).fields.append(octets)

    def _mime_version(self, part: Part) -> list[bytes]:
        return [_MIME_VERSION] if self._plan.is_message(part) and not part.fields("mime-version") else []

    def _add_replacements(self) -> None:
        for path, edit in self._plan.replaced.items():
            part = self._plan.part(path)
            text, name = (edit.text, edit.name) if isinstance(edit, ReplacePart) else ("", None)
            if path == self._plan.message.root.path:
                text = "\r\n".join(filter(None, (self._plan.first_text, text)))
            fields, body = text_entity(text, name=name, forbidden=self._around(part))
            if not self._plan.is_message(part):
                self._splice(part.header_start, part.end, fields + b"\r\n" + body, edit)
                continue
            entity = self._entity(path, edit)
            entity.fields += self._mime_version(part)
            entity.body = body
            described = [h for h in part.headers if is_content_field(h) and h.key != "mime-version"]
            # A first field is replaced on the spot: otherwise the header might begin with a line that is no field, and
            # every reader takes such a header for body.
            first = described[:1] if described[:1] == list(part.headers[:1]) else []
            for header in described:
                self._plan.claim(header, fields if header in first else b"", edit)
            entity.fields += [] if first else [fields]

    def _add_removals(self) -> None:
        parents = {parent.path: parent for path in self._plan.removed if (parent := self._plan.parent_of(path))}
        for parent in parents.values():
            self._add_removals_in(parent)

    def _add_removals_in(self, parent: Part) -> None:
        """Remove each part with the delimiter behind it, the last ones with the delimiter before them."""
        children, removed = parent.children, self._plan.removed
        kept = [number for number, child in enumerate(children) if child.path not in removed]
        last_kept = kept[-1] if kept else -1
        for number, child in enumerate(children[: last_kept + 1]):
            if child.path in removed:
                self._splice(child.header_start, children[number + 1].header_start, b"", removed[child.path])
        gone = children[last_kept + 1 :]
        if gone and kept:
            self._splice(children[last_kept].end, gone[-1].end, b"", removed[gone[0].path])
        elif gone:  # a multipart needs one part
            self._splice(gone[0].header_start, gone[-1].end, _EMPTY_TEXT, removed[gone[0].path])

    def _add_entity(self, part: Part, new: _NewEntity) -> None:
        """Put new fields at the end of the part's header, and its new body.

        A blank line is added between them where there is none.
        """
        at = self._header_end(part)
        fields = b"".join(new.fields)
        if part.headers and (fields or part.body_start == at):
            fields = self._line_break_behind(part.headers[-1]) + fields
        if _has_blank_line(self._raw[at : part.body_start]):
            self._splice(at, at, fields, new.edit)
            if new.body is not None:
                self._splice(part.body_start, part.end, new.body, new.edit)
            return
        body = self._raw[part.body_start : part.end] if new.body is None else new.body
        blank = b"\r\n" if fields or part.headers else b""
        self._splice(at, part.end, fields + blank + body, new.edit)

    def _header_end(self, part: Part) -> int:
        return part.headers[-1].end if part.headers else part.header_start


def _has_blank_line(block: bytes) -> bool:
    return block.splitlines()[-1:] == [b""]
