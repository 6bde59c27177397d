"""The fields that a part needs when its text changed charset or transfer encoding, as octets.

The other parameters of its Content-Type (format, name) stay as written.
"""

from __future__ import annotations

import re

from gateway.message.header.encoded_words import field_text
from gateway.message.header.field import Header
from gateway.message.header.params import parse_structured
from gateway.message.part import Part

_CHARSET = re.compile(rb';\s*+charset(?:\*[0-9*]{0,9})?\s*+=\s*+(?:"[^"]*+"|[^\s;]*+)', re.IGNORECASE)


def content_type_octets(part: Part, charset: str) -> bytes:
    """Return the part's Content-Type with this charset."""
    declared = part.fields("content-type")
    if declared:
        value = _CHARSET.sub(b"", declared[0].raw_value).rstrip(b"; \t\r\n") + b"; charset=" + charset.encode("ascii")
        if _reads(value, part.content_type, charset):
            return declared[0].name.encode("latin-1") + b":" + value + b"\r\n"
    return f"Content-Type: {part.content_type}; charset={charset}\r\n".encode("ascii", "replace")


def _reads(value: bytes, content_type: str, charset: str) -> bool:
    """Return whether the changed value is read as intended.

    In a broken value, an appended parameter may land inside a string.
    """
    structured = parse_structured(field_text(value))
    return structured.token == content_type and structured.values("charset") == [charset]


def is_content_field(header: Header) -> bool:
    """Return whether the field describes the body: MIME-Version and Content-anything (RFC 2045 9)."""
    return header.key.startswith("content-") or header.key == "mime-version"
