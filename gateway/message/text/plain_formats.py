"""The readable text of formats that are text with commands or fields around it: calendars, cards, enriched text."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

_FOLD = re.compile(r"(?:\r\n?|\n)[ \t]")
_PROPERTY = re.compile(
    r"^(?:[A-Za-z0-9-]+\.)?(SUMMARY|DESCRIPTION|X-ALT-DESC|LOCATION|COMMENT|CONTACT|CATEGORIES|FN|NOTE|TITLE|ORG|ROLE|LABEL)"
    r"((?:;[^:;\"\r\n]*+(?:\"[^\"\r\n]*+\"[^:;\"\r\n]*+)*+)*+):([^\r\n]*+)",
    re.IGNORECASE | re.MULTILINE,
)
#: A line of such a file: a property's name, its parameters or its value.
_CONTENT_LINE = re.compile(r"(?:[A-Za-z0-9-]++\.)?[A-Za-z0-9-]++(?:;[A-Za-z0-9-]++(?:=[^\r\n:]*+)?+)*+:")
_BEGIN = re.compile(r"^\s*+BEGIN:V", re.IGNORECASE | re.MULTILINE)
_SOFT_BREAK = re.compile(r"=(?:\r\n?|\n)")
_ESCAPED = re.compile(r"\\([nN\\;,:])")

_COMMAND = re.compile(r"</?([A-Za-z0-9-]{1,60})>")
_PARAMETER = re.compile(r"<param>", re.IGNORECASE)
_PARAMETER_END = re.compile(r"</param>", re.IGNORECASE)
_LINE_COMMANDS = frozenset({"nl", "paragraph", "np", "center", "flushleft", "flushright", "excerpt"})


def calendar_values(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the values in words of an iCalendar or vCard file, each with whether it is HTML.

    RFC 5545 3.3.11, RFC 6350 3.4.
    """
    unfolded = _unfolded(text)
    for match in _PROPERTY.finditer(unfolded):
        parameters, value = match[2].upper(), match[3]
        if "QUOTED-PRINTABLE" in parameters:
            value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
        yield "HTML" in parameters, _ESCAPED.sub(lambda one: "\n" if one[1] in "nN" else one[1], value)


def other_lines(text: str) -> str:
    """Return the lines of an iCalendar or vCard file that are no property: all of a text that begins no calendar."""
    if not _BEGIN.search(text):
        return text
    return "\n".join(line for line in _unfolded(text).splitlines() if not _CONTENT_LINE.match(line)).strip()


def _unfolded(text: str) -> str:
    return _FOLD.sub("", _SOFT_BREAK.sub("", text) if "QUOTED-PRINTABLE" in text.upper() else text)


def without_commands(text: str) -> str:
    """Return the plain text of text/enriched (RFC 1896) and text/richtext (RFC 1341 7.1.3)."""
    first, *others = _PARAMETER.split(text.replace("<<", "&lt;").replace("<lt>", "&lt;"))
    plain = first + "".join(_PARAMETER_END.split(other, 1)[-1] for other in others)
    plain = _COMMAND.sub(lambda one: "\n" if one[1].lower() in _LINE_COMMANDS else "", plain)
    return plain.replace("&lt;", "<")
