"""Messages that are files: .eml, .mht, .emlx, and mailboxes of them; and two kinds whose content is elsewhere.

They are given as message/rfc822, for the walk to parse: their content is a matter of MIME.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.in_text.entity import MAX_HEADER_BYTES, is_mail, read_block

#: Types that the walk itself parses, without an opener.
PARSED_TYPES = frozenset({"message/rfc822", "message/global", "message/entity"})

_MESSAGE = "message/rfc822"
_EXTENSIONS = frozenset(("eml", "mht", "mhtml", "mbox", "mbx", "emlx", "emlxpart", "nws", "mim", "mime"))
#: Types that a mail program shows or saves as a message, whatever the name says.
_DECLARED = frozenset({*PARSED_TYPES, "text/rfc822-headers", "text/rfc822", "application/mbox", "message/news"})
_DECLARED |= {"application/x-mimearchive"}
#: Extensions of files that are opened as text or as code, whatever they begin with.
_TEXT_EXTENSIONS = frozenset(
    (
        *("txt", "log", "csv", "md", "rst", "patch", "diff", "py", "c", "h", "js", "pl", "rb", "sh"),
        *("po", "pot", "yml", "yaml", "conf", "cfg", "ini", "json", "html", "htm", "http"),
    )
)
_CONTROLS = bytes(octet for octet in range(32) if octet not in b"\t\r\n") + b"\x7f"
_FROM_LINE = re.compile(rb"From [^\r\n]{0,512}+(?:\r\n?|\n)")
#: The line break above a From line. The line before must be empty where the From line has a year; it may be any line
#: where a field follows.
_NEXT_FROM_LINE = re.compile(
    rb"(?>\r\n|\r|\n)(?:(?>\r\n|\r|\n)(?=From [^\r\n]{1,512}?\d{4})"
    rb"|(?=From [^\r\n]{0,512}+(?>\r\n?|\n)[!-9;-~]{1,998}+[ \t]*+:))"
)
_PROPERTIES = re.compile(rb"\s*+(?:<\?xml|<!DOCTYPE plist|<plist|bplist|\Z)")
_EMLX_COUNT = re.compile(rb"(\d{1,10})[ \t]*+(?:\r\n?|\n)")
_PARTIAL = {
    "message/partial": ("message.partial", "The message is one piece of several that are put together elsewhere"),
    "message/external-body": ("message.external_body", "The content is to be fetched from elsewhere"),
}


def looks_like_message(octets: bytes, declared: Declared) -> bool:
    """Return whether a mail program would open the content as a message.

    Its type or its name says so, or its header block does.
    """
    if _is_declared(octets, declared):
        block = read_block(_behind_marks(octets), most_strays=MAX_HEADER_BYTES)
        return bool(block.names) and (block.has_rest or block.strays > 0)  # a bounce may show the header alone
    if declared.extensions and declared.extensions <= _TEXT_EXTENSIONS:
        return False
    if declared.media_type.startswith("text/") and not declared.names:
        return False  # a body: its quotations are shown as text
    block = read_block(_behind_marks(octets))
    return block.is_header and block.has_rest and is_mail(block.names)


def _is_declared(octets: bytes, declared: Declared) -> bool:
    """Return whether the content is declared or named as a message.

    Any other message/ type counts too where the content has a Content field, which may name the type of its content:
    reports have no such field.
    """
    if declared.says(_DECLARED, _EXTENSIONS):
        return True
    return declared.media_type.startswith("message/") and b"content-" in octets.translate(None, _CONTROLS).lower()


def _fits(content: bytes, declared: Declared) -> bool:
    if declared.media_type in PARSED_TYPES and not _FROM_LINE.match(content):
        return False
    return looks_like_message(content, declared)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    for octets in _messages(content):
        budget.take_entry()
        budget.check_time()
        yield Member((), octets, _MESSAGE)


MESSAGE = Opener("message", _fits, _open)


def _behind_marks(octets: bytes) -> bytes:
    """Return the start of the first message: behind a mailbox's From line, or an .emlx file's count."""
    found = _FROM_LINE.match(octets) or _EMLX_COUNT.match(octets)
    return octets[found.end() :] if found else octets


def _messages(content: bytes) -> Iterator[bytes]:
    counted = _EMLX_COUNT.match(content)
    if counted:  # the count's octets are the message, and a property list follows
        end = counted.end() + int(counted[1])
        yield content[counted.end() : end]
        if not _PROPERTIES.match(content, end):
            yield content[counted.end() :]  # to a program that skips the count's line
        return
    if not _FROM_LINE.match(content):
        yield content
        return
    start = 0
    for found in _NEXT_FROM_LINE.finditer(content):
        yield _without_from_line(content[start : found.end()])
        start = found.end()
    yield _without_from_line(content[start:])


def _without_from_line(octets: bytes) -> bytes:
    found = _FROM_LINE.match(octets)
    return octets[found.end() :] if found else octets


def _fits_elsewhere(content: bytes, declared: Declared) -> bool:
    return declared.media_type in _PARTIAL


def _open_elsewhere(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    code, what = _PARTIAL[declared.media_type]
    yield Defect(code, what, 0)


ELSEWHERE = Opener("message/partial", _fits_elsewhere, _open_elsewhere)
