"""The scripts of a page or an SVG: elements, event handlers, javascript: links, and pages inside attributes.

They are only cut out, and freed of escapes that hide letters; nothing is run. Prose and code shown as text are no
scripts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from gateway.understand.member import Unreadable

#: Scripts of one page that may end in two places. Pages of the nineties have a comment in each script, which ends in it
#: as well.
MAX_LONGER = 20

_PREFIX = rb"(?:[^\s<>/:\"'=]{1,200}+:)?+"
_SCRIPT = re.compile(rb"<" + _PREFIX + rb"script\b", re.I)
_SCRIPT_END = re.compile(rb"</" + _PREFIX + rb"script", re.I)
_HANDLER = re.compile(rb"[\s\"'/]on[a-z]{3,60}+\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.I)
_SCHEME = rb"[\x00-\x20]*+(?:java|vb|j|live)script\s*+:"
_LINK = re.compile(
    rb"\"%b([^\"]*+)|'%b([^']*+)|[=\s(;,]%b([^\s\"'>]*+)" % (_SCHEME, _SCHEME, _SCHEME), re.I
)  # `;`, `,`: a list of values of an animation
_INNER_PAGE = re.compile(rb"\bsrcdoc\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.I)

_ESCAPE = re.compile(
    rb"\\(?:x([0-9A-Fa-f]{2})|u(?:00([0-9A-Fa-f]{2})|\{0{0,20}([0-9A-Fa-f]{2})\})|([0-3][0-7]{2})|(\r\n|[\r\n]))"
)
_ESCAPED_SIGN = re.compile(rb"\\([\"'`\\/])")
_CONCATENATION = re.compile(rb"[\"'`]\s*+\)?\s*+\+\s*+\(?\s*+[\"'`]|[\"'`]\s*+\.\s*+concat\s*+\(\s*+[\"'`]")
_IN_TEMPLATE = re.compile(rb"\$\{\s*+(?:\"([^\"]*+)\"|'([^']*+)'|`([^`]*+)`)\s*+\}")
_LIST_OF_STRINGS = re.compile(rb"[\"'`]\s*+,\s*+[\"'`]")
#: Markup inside the script of an XML page that is no part of its text: CDATA's marks, comments, elements.
_MARKUP = re.compile(rb"<!\[CDATA\[|\]\]>|<!--(?s:.*?)-->|<\?(?s:.*?)\?>|</?[A-Za-z][^<>]*+>")
_SECTIONS = ((b"<![CDATA[", b"]]>"), (b"<!--", b"-->"))
#: What ends a script in HTML, or doesn't (HTML 13.2.5.15 to 31): behind `<!--<script>` an end tag ends no script.
_SCRIPT_DATA = re.compile(rb"(?P<opens><!--)|(?P<closes>-->)|<(?P<end>/?)script(?=[\s/>])", re.I)
_LINE_BREAKS = b"\t\r\n"
_QUOTES = re.compile(rb"&(?:quot|QUOT|#0{0,8}34|#[xX]0{0,8}22);?|(&(?:apos|#0{0,8}39|#[xX]0{0,8}27);?)")
_DOUBLE, _SINGLE = b"\x01\xfe\xff", b"\x02\xfe\xff"  # for quotes that a reference spells: those end no value


def scripts(text: bytes) -> Iterator[bytes]:
    """Yield each script of the page itself; where XML reads it in another way, that reading too."""
    for written in _elements(text):
        yield written
        if b"<" in written or b"&" in written:
            yield html_text(_MARKUP.sub(b"", written))
    for found in _HANDLER.finditer(text):
        yield html_text(_first(found))
    flat = resolved(text)
    if b"script" in flat.lower():
        for found in _LINK.finditer(flat):
            yield unquote_to_bytes(restored(_first(found)))


def inner_pages(text: bytes) -> Iterator[bytes]:
    """Return each page that an attribute holds."""
    return (html_text(_first(found)) for found in _INNER_PAGE.finditer(text))


def html_text(octets: bytes) -> bytes:
    """Resolve character references."""
    if b"&" not in octets:
        return octets
    return html.unescape(octets.decode("latin-1")).encode("latin-1", "replace")


def resolved(page: bytes) -> bytes:
    """Remove line breaks and tabs and resolve references; those to quotes become marks, which `restored` replaces."""
    flat = page.translate(None, _LINE_BREAKS)
    if b"&" not in flat:
        return flat
    return html_text(_QUOTES.sub(lambda found: _SINGLE if found[1] else _DOUBLE, flat)).translate(None, _LINE_BREAKS)


def restored(value: bytes) -> bytes:
    """Return a value of a resolved page with its quotes put back."""
    return value.replace(_DOUBLE, b'"').replace(_SINGLE, b"'")


def joined(program: bytes) -> bytes:
    """Undo escapes, and join strings that are added to one another: "Bl" + "\\x6fb" is "Blob"."""
    plain = _ESCAPE.sub(_letter, program) if b"\\" in program else program
    plain = _IN_TEMPLATE.sub(_first, plain) if b"${" in plain else plain
    return _CONCATENATION.sub(b"", plain)


def unescaped(program: bytes) -> bytes:
    """Remove the escapes of quotes: the result shows a script that stands within a string."""
    return _ESCAPED_SIGN.sub(rb"\1", program)


def listed(program: bytes) -> bytes:
    """Join lists of strings into one string, as `[…].join("")` does."""
    return _LIST_OF_STRINGS.sub(b"", program)


def _elements(page: bytes) -> Iterator[bytes]:
    at = longer = 0
    while opening := _SCRIPT.search(page, at):
        at = page.find(b">", opening.end()) + 1
        if not at:
            return
        closing = _SCRIPT_END.search(page, at)
        yield page[at : closing.start() if closing else len(page)]
        for further in _further_ends(page, at, closing.start()) if closing else ():
            longer += 1
            if longer > MAX_LONGER:
                raise Unreadable(f"more than {MAX_LONGER} scripts of the page have their end in a comment")
            yield page[at:further]
        at = closing.end() if closing else len(page)


def _further_ends(page: bytes, start: int, end: int) -> set[int]:
    """Return other ends of a script than its first end tag, in XML and in HTML."""
    return {_end_behind_sections(page, start, end), _end_in_html(page, start, end)} - {0, end}


def _end_in_html(page: bytes, start: int, end: int) -> int:
    """Return the end of a script as browsers find it; 0 where it has no comment before its first end tag."""
    if page.find(b"<!--", start, end) < 0:
        return 0
    is_comment = is_inner = False
    for found in _SCRIPT_DATA.finditer(page, start):
        if found["opens"]:
            is_comment = True
        elif found["closes"]:
            is_comment = is_inner = False
        elif not found["end"]:
            is_inner = is_comment
        elif is_inner:
            is_inner = False
        else:
            return found.start()
    return len(page)


def _end_behind_sections(page: bytes, start: int, end: int) -> int:
    """Return the end of a script whose first end tag stands in a section or a comment; 0 where it doesn't."""
    for opening, closing in _SECTIONS:
        at = page.rfind(opening, start, end)
        behind = page.find(closing, at) if at >= 0 else -1
        if behind > end:
            found = _SCRIPT_END.search(page, behind)
            return found.start() if found else len(page)
    return 0


def _first(found: re.Match[bytes]) -> bytes:
    return next((one for one in found.groups() if one), b"")


def _letter(found: re.Match[bytes]) -> bytes:
    if found[5]:
        return b""
    return bytes([int(found[4], 8) if found[4] else int(found[1] or found[2] or found[3], 16)])
