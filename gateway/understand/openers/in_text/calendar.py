"""Files in the lines of iCalendar (RFC 5545) and vCard (2.1, RFC 2426, RFC 6350).

Content lines are unfolded as each of the three formats folds them; values in words are left to the readers of text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.pages.data_uris import data_uri
from gateway.understand.openers.remote import is_share

#: Octets of a value below which it is no file: a colour, a flag.
MIN_VALUE_BYTES = 16

_BEGIN = re.compile(rb"\s*+(?:\xef\xbb\xbf)?BEGIN:(?:VCALENDAR|VCARD)\b", re.I)
_TYPES = frozenset({"text/calendar", "text/x-vcalendar", "text/vcard", "text/x-vcard", "text/directory"})
_TYPES |= {"application/ics", "application/calendar"}
_EXTENSIONS = frozenset({"ics", "vcs", "vcf", "ifb", "icalendar", "ical", "vcard"})
#: Folds within a line: by a blank in RFC 5545 3.1, by a `=` at the end in quoted-printable of vCard 2.1.
_FOLD = re.compile(rb"(?:\r\n?|\n)[ \t]")
_LINE_BREAK = re.compile(rb"(?<!=)\r\n?|(?<![=\r])\n|\Z")
_LINE = re.compile(
    rb"^(?:[A-Za-z0-9-]++\.)?(?P<name>[A-Za-z0-9-]++)(?P<params>(?:;[^:;\"\r\n]*+(?:\"[^\"\r\n]*+\"[^:;\"\r\n]*+)*+)*+)"
    rb":(?P<value>[^\r\n]*+)",
    re.M,
)
_PARAM = re.compile(rb";([^=;:\"]++)(?:=((?:\"[^\"]*+\"|[^;\"]++)*+))?")
_BINARY_ENCODINGS = frozenset({"base64", "b"})
#: vCard 2.1 writes the bare value: PHOTO;BASE64;JPEG.
_BARE_ENCODINGS = frozenset({"base64", "quoted-printable", "8bit"})
_FILES = frozenset({"attach", "photo", "logo", "key", "sound", "image", "structured-data"})
_ELSEWHERE = Defect("link.loaded", "A sound, a picture or a file of it is on a share of another host", 0)
_TYPE_WORDS = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "gif": "image/gif", "png": "image/png", "html": "text/html"}


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    params: dict[str, list[str]]
    value: bytes

    def first(self, *names: str) -> str:
        return next((value for name in names for value in self.params.get(name, [])), "")


def _fits(content: bytes, declared: Declared) -> bool:
    return declared.says(_TYPES, _EXTENSIONS) or _BEGIN.match(_octets(content[:256])) is not None


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    for line in _lines(_octets(content), budget):
        if line.name in _FILES and _is_elsewhere(line.value.decode("utf-8", "replace")):
            yield _ELSEWHERE
        member = _member(line) if len(line.value) >= MIN_VALUE_BYTES else None
        if member is not None:
            budget.take_entry()
            budget.take(len(member.content or b""))
            yield member


def _is_elsewhere(value: str) -> bool:
    """Return whether a value leads to a share; also as a text whose backslashes are doubled (RFC 5545 3.3.11)."""
    return is_share(value) or is_share(value.replace("\\\\", "\\"))


CALENDAR = Opener("calendar", _fits, _open)


def _octets(content: bytes) -> bytes:
    """Return the content in an encoding that contains ASCII: unchanged, or UTF-8 made of UTF-16 behind its mark."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content


def _lines(content: bytes, budget: Budget) -> Iterator[_Line]:
    unfolded = _FOLD.sub(b"", content)
    at = 0
    while found := _LINE.search(unfolded, at):
        budget.check_time()
        value = found["value"]
        if value.endswith(b"=") and b"quoted-printable" in found["params"].lower():
            value = _quoted_lines(unfolded, found.start("value"))
        at = found.start("value") + len(value)
        if len(value) >= MIN_VALUE_BYTES or found["name"].lower() in (b"attach", b"photo", b"sound", b"logo", b"image"):
            yield _Line(found["name"].decode("ascii").lower(), _params(found["params"]), value)


def _quoted_lines(unfolded: bytes, start: int) -> bytes:
    """Return the value up to the line break that has no `=` before it."""
    end = _LINE_BREAK.search(unfolded, start)
    return unfolded[start : end.start() if end else len(unfolded)]


def _params(written: bytes) -> dict[str, list[str]]:
    """Read parameters, with names in lower case; a bare word of vCard 2.1 is an encoding or a type."""
    found: dict[str, list[str]] = {}
    for param in _PARAM.finditer(written):
        name = param[1].decode("latin-1").strip().lower()
        value = (param[2] or b"").decode("utf-8", "replace").strip().strip('"')
        if param[2] is None:
            name, value = ("encoding" if name in _BARE_ENCODINGS else "type"), name
        found.setdefault(name, []).append(value)
    return found


def _member(line: _Line) -> Member | None:
    media_type = line.first("fmttype", "mediatype", "type").lower()
    media_type = media_type if "/" in media_type else _TYPE_WORDS.get(media_type, "")
    content = _decoded(line)
    if content is None:
        uri = data_uri(line.value)
        if uri is None:
            return None
        content, media_type = uri.content, uri.media_type or media_type
    return Member(_names(line), content, media_type)


def _names(line: _Line) -> tuple[str, ...]:
    """Return the file names in a line's parameters.

    FILENAME has no one standard: there are X-FILENAME, X-APPLE-FILENAME, X-ORACLE-FILENAME, and RFC 8607's FILENAME.
    """
    keys = [key for key in line.params if key.endswith(("filename", "x-name", "label", "title")) or key == "name"]
    return tuple(dict.fromkeys(unquote(value) for key in keys for value in line.params[key] if value))


def _decoded(line: _Line) -> bytes | None:
    """Return the file in a line as octets; None where its value is a text or a link."""
    encoding = line.first("encoding").lower()
    if encoding in _BINARY_ENCODINGS or line.first("value").lower() == "binary":
        return _base64(line.value)
    if line.name == "x-alt-desc" and line.first("fmttype").lower() == "text/html":
        return line.value.replace(b"\\n", b"\n").replace(b"\\,", b",").replace(b"\\;", b";")
    if encoding == "quoted-printable" and line.name in _FILES:
        return binascii.a2b_qp(line.value)
    return None


def _base64(value: bytes) -> bytes:
    """Decode base64 leniently: octets outside the alphabet are skipped, and so is a lone last character."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", value.replace(b"-", b"+").replace(b"_", b"/"))
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))
