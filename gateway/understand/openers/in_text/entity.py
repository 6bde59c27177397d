"""Whether octets look like a message or a MIME entity: a header block (RFC 5322 2.2) with fields that mail has."""

from __future__ import annotations

import re

#: Octets in which the header block must end. Real ones have a few thousand.
MAX_HEADER_BYTES = 64 * 1024

#: Octets of line breaks and blanks that may stand before it.
_LEADING = b"\xef\xbb\xbf\r\n\t "
_FIELD = re.compile(rb"([!-9;-~]{1,76})[ \t]*+:[^\r\n]*+(?:(?:\r\n?|\n)[ \t]++[^\r\n]*+)*+(?:\r\n?|\n|\Z)")
_EMPTY_LINE = re.compile(rb"(?>\r\n|\r|\n){2}")
_ENTITY_FIELDS = frozenset({b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition"})
#: What a mail has and a plain text with "From:" and "To:" at its start has not.
_TRACE_FIELDS = frozenset({b"received", b"return-path", b"message-id", b"dkim-signature", b"x-mailer", b"delivered-to"})
_WRITTEN_FIELDS = frozenset({b"from", b"to", b"cc", b"subject", b"date", b"reply-to", b"sender", b"newsgroups"})
#: HTTP has none of these.
_MAIL_ONLY = frozenset({b"from", b"received", b"message-id", b"mime-version", b"return-path"})


def header_names(octets: bytes) -> list[bytes]:
    """The names of the fields of the block that the octets begin with, in lower case; empty where it is none."""
    start = octets[:MAX_HEADER_BYTES].lstrip(_LEADING)
    names, at = [], 0
    while found := _FIELD.match(start, at):
        names.append(found[1].lower())
        at = found.end()
    is_whole = at >= len(start) or start[at : at + 1] in (b"\r", b"\n")
    return names if is_whole else []


def has_body(octets: bytes) -> bool:
    """Whether anything but blanks stands behind the first empty line."""
    found = _EMPTY_LINE.search(octets)
    return found is not None and bool(octets[found.end() :].strip())


def looks_like_entity(octets: bytes) -> bool:
    """A MIME entity: its block has nothing before a Content-Type, a Content-Transfer-Encoding or a MIME-Version."""
    names = header_names(octets)
    return bool(names) and (names[0] in _ENTITY_FIELDS or (not _ENTITY_FIELDS.isdisjoint(names) and is_mail(names)))


def is_mail(names: list[bytes]) -> bool:
    """Fields of a message: of MIME or of transport, and three known ones in all, or MIME-Version with Content-Type."""
    found = set(names)
    marks = found & (_ENTITY_FIELDS | _TRACE_FIELDS)
    if {b"mime-version", b"content-type"} <= found:
        return True
    return bool(marks) and not _MAIL_ONLY.isdisjoint(found) and len(marks | found & _WRITTEN_FIELDS) >= 3
