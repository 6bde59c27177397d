"""A text part before all content of a message: first in its multipart/mixed, or in a new multipart/mixed around it.

Only the message's own content fields move, into the part that its former content becomes. Its body stays octet for
octet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.message.edits.compose import text_entity
from gateway.message.edits.contentfields import is_content_field
from gateway.message.edits.wrapping import multipart_fields, new_boundary
from gateway.message.header.field import Header
from gateway.message.mime.boundaries import boundaries
from gateway.message.part import Part


@dataclass(frozen=True, slots=True)
class PrependedText:
    """Octets to put at `at`, and at the end of the message.

    `fields` is the new header of the whole; the fields in `moved` leave the message's header.
    """

    at: int
    before: bytes
    after: bytes = b""
    fields: bytes = b""
    moved: tuple[Header, ...] = ()


def prepended(root: Part, text: str) -> PrependedText:
    """Return the octets that make the text the first part of the message with this root."""
    if root.content_type == "multipart/mixed" and root.children:
        return _first_part(root, text)
    boundary = new_boundary(root.raw, b"mixed")
    moved = tuple(h for h in root.headers if is_content_field(h) and h.key != "mime-version")
    delimiter = b"--" + boundary + b"\r\n"
    return PrependedText(
        at=root.body_start,
        before=delimiter + _entity(text, ()) + b"\r\n" + delimiter + _fields(root, moved) + b"\r\n",
        after=b"\r\n--" + boundary + b"--\r\n",
        fields=multipart_fields(b"mixed", boundary, b"7bit" if root.body.isascii() else b"8bit"),
        moved=moved,
    )


def _first_part(root: Part, text: str) -> PrependedText:
    """Put the text behind the first delimiter line, which is then repeated as it is written."""
    raw, at = root.raw, root.children[0].header_start
    delimiter = raw[max(root.body_start, raw.rfind(b"\n", root.body_start, at - 1) + 1) : at]
    forbidden = boundaries(next(iter(root.fields("content-type")), None))
    return PrependedText(at, _entity(text, forbidden) + b"\r\n" + delimiter)


def _entity(text: str, forbidden: Sequence[bytes]) -> bytes:
    fields, body = text_entity(text, forbidden=forbidden)
    return fields + b"\r\n" + body


def _fields(root: Part, moved: Sequence[Header]) -> bytes:
    """Return the fields as they are written, each with a line break."""
    written = (root.raw[header.start : header.end] for header in moved)
    return b"".join(field if field.endswith((b"\r", b"\n")) else field + b"\r\n" for field in written)
