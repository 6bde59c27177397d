"""Lines of a body that could divide it, whatever boundary is declared; and a body divided at them.

This is another reading of a multipart whose boundary programs understand differently. Bounded: a few delimiters for
each body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Delimiters that are tried for one body. A sender who needs more to hide something has made the body more than
#: suspicious.
MAX_DELIMITERS = 4

#: Lines that are searched for delimiters.
MAX_LINES = 10_000

#: Octets of a body in which the first delimiter of an undeclared multipart is looked for: a quotation begins soon.
DIVIDED_BYTES = 1024 * 1024

#: Octets in front of a delimiter that may be blanks.
_BLANKS_BEFORE = 80

#: Octets of a delimiter at most; a longer one is skipped.
_MOST_BYTES = 256

#: A line of two dashes and more, above a field or an empty line.
_DELIMITER = re.compile(
    rb"(?:\A|[\r\n])[ \t]*+--([^\r\n]*+)(?>\r\n?|\n)(?=[ \t]*+[a-z][a-z-]*+[ \t]*+:|\r|\n)", re.IGNORECASE
)
_CONTENT = re.compile(rb"[\r\n][ \t]*+content-[a-z-]++[ \t]*+:", re.IGNORECASE)

#: A line of two dashes and more with a Content field among the first few fields below it.
_DIVIDED = re.compile(
    rb"[\r\n]--[^\r\n]*+(?>\r\n?|\n)"
    rb"(?:(?!--)[!-9;-~]++[ \t]*+:[^\r\n]*+(?>\r\n?|\n)){0,8}?[ \t]*+content-[a-z-]++[ \t]*+:",
    re.IGNORECASE,
)

#: Octets behind a delimiter in which a Content field must stand.
_FIELDS_BYTES = 4096

#: The boundary of bodies that are divided here. A body that holds it already is divided into one part more.
BOUNDARY = b"=_another-reading"


def delimiters(body: bytes) -> list[bytes]:
    """Return the text behind the dashes of lines above Content fields: each once, in order."""
    found: dict[bytes, None] = {}
    for number, match in enumerate(_DELIMITER.finditer(body)):
        if number >= MAX_LINES or len(found) >= MAX_DELIMITERS:
            break
        written = match[1].strip(b" \t")
        if len(written) > _MOST_BYTES or written in found:
            continue
        if _CONTENT.search(body, match.end() - 1, match.end() + _FIELDS_BYTES):
            found[written] = None
    return list(found)


def first_delimiter(raw: bytes, start: int, end: int) -> int:
    """Return the offset of a delimiter line above Content fields, whatever boundary it has; -1 = nowhere."""
    end = min(end, start + DIVIDED_BYTES)
    at = raw.find(b"\n--", max(0, start - 1), end)
    found = _DIVIDED.search(raw, at, end) if at >= 0 else None
    return found.start() + 1 if found else -1


def divides(raw: bytes, start: int, end: int, boundaries: Iterable[bytes]) -> bool:
    """Return whether a line begins with a delimiter of one of these boundaries, behind blanks or not.

    Also True where more places hold a delimiter than are looked at.
    """
    return any(_occurs(raw, start, end, b"--" + boundary) for boundary in boundaries)


def _occurs(raw: bytes, start: int, end: int, delimiter: bytes) -> bool:
    at = raw.find(delimiter, start, end)
    for _ in range(MAX_LINES):
        if at < 0:
            return False
        before = raw[max(start, at - _BLANKS_BEFORE) : at].rstrip(b" \t")
        if not before or before[-1] in b"\r\n":
            return True
        at = raw.find(delimiter, at + 1, end)
    return True


def divided(body: bytes, at: bytes) -> bytes:
    """Return an entity: the body as a multipart, divided at every line that begins with this delimiter.

    Text before a delimiter or behind it on its line, and the dashes of a close delimiter, make no difference: every
    part is shown, and so are those behind the last one.
    """
    line = re.compile(rb"(?<![^\r\n])(?:[ \t]*+|[^\r\n]{0,8}?)--" + re.escape(at) + rb"(?![0-9A-Za-z])[^\r\n]*+")
    header = b'Content-Type: multipart/mixed; boundary="' + BOUNDARY + b'"\r\n\r\n'
    return header + line.sub(b"--" + BOUNDARY, body) + b"\r\n--" + BOUNDARY + b"--\r\n"
