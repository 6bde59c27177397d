"""Recognition of a message or a MIME entity by its octets: a header block (RFC 5322 2.2) with fields that mail has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: Octets in which the header block must end. Real blocks have a few thousand.
MAX_HEADER_BYTES = 64 * 1024

#: Lines of a block that are neither a field nor a fold of one. With no more of them, octets of an unknown kind are a
#: message: mail programs skip mbox lines and a little text; a list or a page has more.
MAX_STRAYS = 4

#: Line breaks, blanks and byte order marks, which may stand before the block.
_LEADING = re.compile(rb"(?:\xef\xbb\xbf|[\r\n\t ])++")
_LINE = re.compile(rb"([^:\r\n]*+)(:)?[^\r\n]*+(?:\r\n?|\n|\Z)")
_BLANKS = b" \t\r\n"
_FOLDS = (b" ", b"\t")
_NOT_BLANK = re.compile(rb"\S")
_CONTROLS = bytes(octet for octet in range(32) if octet not in b"\t\r\n") + b"\x7f"
#: Octets around a name that some programs skip.
_AROUND_NAMES = b"\t \xa0"
_ENTITY_FIELDS = frozenset({b"mime-version", b"content-type", b"content-transfer-encoding", b"content-disposition"})
#: Fields of a mail that a plain text with "From:" and "To:" at its start doesn't have.
_TRACE_FIELDS = frozenset({b"received", b"return-path", b"message-id", b"dkim-signature", b"x-mailer", b"delivered-to"})
_WRITTEN_FIELDS = frozenset({b"from", b"to", b"cc", b"subject", b"date", b"reply-to", b"sender", b"newsgroups"})
#: Fields that HTTP doesn't have.
_MAIL_ONLY = frozenset({b"from", b"received", b"message-id", b"mime-version", b"return-path"})


@dataclass(frozen=True, slots=True)
class Block:
    """The lines above the first empty one, as the most tolerant program reads them."""

    names: tuple[bytes, ...]  # the text before the first colon of each line that is no fold, in lower case
    strays: int  # lines without a colon that are no fold
    has_nul: bool
    has_rest: bool  # something stands behind the empty line

    @property
    def is_header(self) -> bool:
        """Return whether octets of an unknown kind begin with a header. Those of an archive may hold a mail's lines."""
        return bool(self.names) and self.strays <= MAX_STRAYS and not self.has_nul


def read_block(octets: bytes, most_strays: int = MAX_STRAYS) -> Block:
    """Read a header block leniently: a name may be of any length and hold any octets.

    Reading stops after MAX_HEADER_BYTES, and when there are more strays than `most_strays`.
    """
    names: list[bytes] = []
    leading = _LEADING.match(octets)
    at = leading.end() if leading else 0
    end = min(len(octets), at + MAX_HEADER_BYTES)
    strays = 0
    while at < end and strays <= most_strays and (found := _LINE.match(octets, at)) and found[0].strip(_BLANKS):
        if found[2] is None:
            strays += not found[0].startswith(_FOLDS)
        elif not (names and found[0].startswith(_FOLDS)):
            names.append(_as_name(found[1]))
        at = found.end()
    return Block(tuple(names), strays, octets.find(b"\0", 0, at) >= 0, _NOT_BLANK.search(octets, at) is not None)


def _as_name(written: bytes) -> bytes:
    return written.partition(b"(")[0].translate(None, _CONTROLS).strip(_AROUND_NAMES).lower()


def looks_like_entity(octets: bytes) -> bool:
    """Return whether octets begin with the header of a MIME entity.

    The block's first field is one of MIME, or it has such a field among those of a mail.
    """
    block = read_block(octets)
    if not block.is_header:
        return False
    return block.names[0] in _ENTITY_FIELDS or (not _ENTITY_FIELDS.isdisjoint(block.names) and is_mail(block.names))


def is_mail(names: Iterable[bytes]) -> bool:
    """Return whether these are the fields of a message.

    They are where one is of MIME or of transport, and three known ones are there in all; or where Content-Type stands
    with MIME-Version or Content-Transfer-Encoding. HTTP has a Content-Type and a Content-Disposition, so these two
    alone are not enough.
    """
    found = set(names)
    marks = found & (_ENTITY_FIELDS | _TRACE_FIELDS)
    if b"content-type" in found and not found.isdisjoint((b"mime-version", b"content-transfer-encoding")):
        return True
    return bool(marks) and not _MAIL_ONLY.isdisjoint(found) and len(marks | found & _WRITTEN_FIELDS) >= 3
