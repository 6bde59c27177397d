"""Messages that are files: .eml, .mht, .emlx, and mailboxes of them; and the two kinds whose content is elsewhere.

They are given out as message/rfc822, for the walker to parse: what is in them is a matter of MIME.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.model import Defect
from gateway.understand.budget import Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.openers.in_text.entity import has_body, header_names, is_mail

#: What the walker itself parses, as it comes.
PARSED_TYPES = frozenset({"message/rfc822", "message/global", "message/entity"})

_MESSAGE = "message/rfc822"
_EXTENSIONS = frozenset(("eml", "mht", "mhtml", "mbox", "mbx", "emlx", "emlxpart", "nws", "mim", "mime"))
#: Types that a mail program shows or saves as a message whatever the name says.
_DECLARED = frozenset({*PARSED_TYPES, "text/rfc822-headers", "text/rfc822", "application/mbox"})
_DECLARED |= {"application/x-mimearchive", "message/news"}
#: A file of these is opened as a text or as code, whatever it begins with.
_TEXT_EXTENSIONS = frozenset(
    (
        *("txt", "log", "csv", "md", "rst", "patch", "diff", "py", "c", "h", "js", "pl", "rb", "sh"),
        *("po", "pot", "yml", "yaml", "conf", "cfg", "ini", "json", "html", "htm", "http"),
    )
)
_FROM_LINE = re.compile(rb"From [^\r\n]{1,512}+(?:\r\n?|\n)")
_NEXT_FROM_LINE = re.compile(rb"(?>\r\n|\r|\n){2}(?=From [^\r\n]{1,512}?\d{4})")
_EMLX_COUNT = re.compile(rb"(\d{1,10})[ \t]*+(?:\r\n?|\n)")
_PARTIAL = {
    "message/partial": ("message.partial", "The message is one piece of several that are put together elsewhere"),
    "message/external-body": ("message.external_body", "The content is to be fetched from elsewhere"),
}


def looks_like_message(octets: bytes, declared: Declared) -> bool:
    """Whether a mail program would open it as a message: so declared or named, or such by its header block."""
    names = header_names(_behind_marks(octets))
    if declared.says(_DECLARED, _EXTENSIONS):
        return bool(names) and has_body(octets)  # a bounce shows the header alone: nothing is in that
    if declared.extensions and declared.extensions <= _TEXT_EXTENSIONS:
        return False
    if declared.media_type.startswith("text/") and not declared.names:
        return False  # a body: what it quotes is shown as text
    return is_mail(names) and has_body(octets)


def _fits(content: bytes, declared: Declared) -> bool:
    return declared.media_type not in PARSED_TYPES and looks_like_message(content, declared)


def _open(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    for octets in _messages(content):
        budget.take_entry()
        budget.check_time()
        yield Member((), octets, _MESSAGE)


MESSAGE = Opener("message", _fits, _open)


def _behind_marks(octets: bytes) -> bytes:
    """The start of the first message: behind a mailbox's From line, or an .emlx file's count."""
    start = octets[: 128 * 1024]
    found = _FROM_LINE.match(start) or _EMLX_COUNT.match(start)
    return start[found.end() :] if found else start


def _messages(content: bytes) -> Iterator[bytes]:
    counted = _EMLX_COUNT.match(content)
    if counted:  # the count's octets are the message, a property list follows
        yield content[counted.end() : counted.end() + int(counted[1])]
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
