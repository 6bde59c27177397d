"""SMTP replies (RFC 5321 4.2): the value, its form on the wire, and the reader of a peer's replies.

Text from outside is neutralised when it is read and when it is written: a reply never carries a control character, and
never more lines than were meant. The module knows nothing of sessions or next hops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

#: The most octets of a reply line, code and CRLF included (RFC 5321 4.5.3.1.5).
MAX_LINE_BYTES = 512

#: The most octets of a peer's reply. The longest honest one, to EHLO, has about 1 KiB; a peer that sends more is
#: broken.
MAX_REPLY_BYTES = 32 * 1024

_CRLF_BYTES = 2
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?: +|$)")  # RFC 3463 2, RFC 2034 4
_CODE = re.compile(rb"[2-5][0-5]\d")  # RFC 5321 4.2: no other first or second digit exists


class UnreadableReply(ValueError):
    """A peer's answer is no SMTP reply: nothing may be concluded from it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `status` is RFC 3463's, or "" where there is none; `text` may hold several lines, separated by LF."""

    code: int
    status: str
    text: str

    @property
    def ok(self) -> bool:
        return self.code // 100 == 2

    @property
    def temporary(self) -> bool:
        return self.code // 100 == 4

    @property
    def permanent(self) -> bool:
        return self.code // 100 == 5

    def lines(self) -> bytes:
        """Return the reply as it goes over the wire: ASCII, long text split, every line ended by CRLF."""
        return _wire(self)

    def with_status(self) -> Reply:
        """Return the same reply with RFC 3463's status of its class where the peer gave none (RFC 2034 wants one)."""
        return self if self.status else Reply(self.code, f"{self.code // 100}.0.0", self.text)

    def __str__(self) -> str:
        """Return one line, for a log or a person."""
        return " ".join(filter(None, (str(self.code), self.status, printable(self.text.replace("\n", " ")))))


# Sessions give the same few replies for message after message; only the last of each has an id in it.
@lru_cache(maxsize=256)
def _wire(reply: Reply) -> bytes:
    status = f"{reply.status} " if reply.status else ""
    room = MAX_LINE_BYTES - len(f"{reply.code}-{status}") - _CRLF_BYTES
    texts = [piece for line in reply.text.split("\n") for piece in _pieces(printable(line), room)]
    *firsts, last = [f"{status}{text}".rstrip() for text in texts]
    wire = "".join(f"{reply.code}-{text}\r\n" for text in firsts) + f"{reply.code} {last}\r\n"
    return wire.encode("ascii", "replace")


def printable(text: str) -> str:
    """Return the text with "?" for every unprintable character: no line break, no terminal escape is left."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "?" for c in text.replace("\t", " "))


def _pieces(text: str, room: int) -> list[str]:
    """Cut the text into lines that fit, at a blank where there is one."""
    pieces = []
    while len(text) > room:
        cut = text.rfind(" ", 1, room + 1)
        cut = cut if cut > 0 else room
        pieces.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return [*pieces, text]


class ReplyReader:
    """Reader of a peer's octets that gives the complete replies. Its work is linear in the octets."""

    def __init__(self) -> None:
        self._rest = b""  # the line in progress
        self._lines: list[bytes] = []  # complete lines of the reply in progress
        self._held_bytes = 0

    @property
    def pending(self) -> bool:
        """Return whether part of a reply has come."""
        return bool(self._rest or self._lines)

    def feed(self, octets: bytes) -> list[Reply]:
        """Return the replies that these octets complete. Raises UnreadableReply; the reader is of no use after that."""
        self._held_bytes += len(octets)
        *lines, self._rest = (self._rest + octets).split(b"\n")
        replies = []
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-":
                replies.append(_read(tuple(self._lines)))
                self._lines = []
        if replies:
            self._held_bytes = len(self._rest) + sum(map(len, self._lines))
        if self._held_bytes > MAX_REPLY_BYTES:
            raise UnreadableReply(f"a reply of more than {MAX_REPLY_BYTES} octets")
        return replies


def parse_reply(octets: bytes) -> Reply:
    """Read one complete reply with its line ends. Raises UnreadableReply."""
    reader = ReplyReader()
    replies = reader.feed(octets)
    if len(replies) != 1 or reader.pending:
        raise UnreadableReply(f"not one reply: {octets[:60]!r}")
    return replies[0]


# A next hop gives the same few lines for message after message; only the last reply carries a queue id.
@lru_cache(maxsize=256)
def _read(lines: tuple[bytes, ...]) -> Reply:
    codes = {line[:3] for line in lines}
    if len(codes) != 1 or not _CODE.fullmatch(lines[0][:3]) or lines[-1][3:4] not in (b" ", b"", b"\r"):
        raise UnreadableReply(f"not a reply: {b' / '.join(lines)[:60]!r}")
    code = int(lines[0][:3])
    texts = [line[4:].rstrip(b"\r").decode("utf-8", "replace") for line in lines]
    status = _status(code, texts[0])
    return Reply(code, status, "\n".join(printable(_without(text, status)) for text in texts))


def _status(code: int, text: str) -> str:
    """Return the status at the beginning of the text; one that contradicts the code is text (RFC 2034 4)."""
    found = _STATUS.match(text)
    return found[0].strip() if found and int(found[1]) == code // 100 else ""


def _without(text: str, status: str) -> str:
    return text[len(status) :].lstrip(" ") if status and f"{text} ".startswith(f"{status} ") else text
