"""Marks of mail that was handed on again and again: nested forwards, and the addresses of those who had it before.

Pure; it reads the text as a person sees it. A reply that quotes a thread is no forward.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.matching import MAX_CHARACTERS, WRITTEN, within_limit
from gateway.message import Message, PassageKind

#: Characters of a line that are read.
MAX_LINE = 1_000
#: Lines over which the addresses of one field may go on.
MAX_FIELD_LINES = 40
PLAIN = "text/plain"

_REPLY = r"re|aw|sv|antw|odp|r\u00e9f?|rif|res|vs"
_FORWARD = r"fwd?|wg|tr|rv|i|inoltro|doorst|pd|enc|vb"
_PREFIX = re.compile(rf"\s*(?:(?P<forward>{_FORWARD})|(?:{_REPLY}))\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
#: Signs of a quotation in front of a line.
_SIGNS = re.compile(r"(?:[ \t]?>)+")
_ANNOUNCED = re.compile(
    r"[-\s]*(?:forwarded message|begin forwarded message|weitergeleitete nachricht"
    r"|message (?:transf\u00e9r\u00e9|r\u00e9exp\u00e9di\u00e9)|mensaje reenviado"
    r"|messaggio inoltrato|doorgestuurd bericht|przekazana wiadomo\u015b\u0107)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\*?(?:subject|betreff|objet|asunto|oggetto|onderwerp|temat)\*?\s?:", re.IGNORECASE)
_RECIPIENTS = re.compile(r"\*?(?:to|cc|an|kopie|\u00e0|para|a|aan|do|dw)\*?\s?:", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>@,;:()\"']{1,64}@[^\s<>@,;:()\"']{1,255}")


@dataclass(frozen=True, slots=True)
class Forwards:
    """Marks of forwarding in a message."""

    times: int  # how often it was forwarded; 0 = it is no forward
    addresses: int  # different addresses of earlier recipients


def forwards_of(message: Message) -> Forwards:
    """Return how often a message was forwarded, and how many had it before."""
    outer, is_reply = _prefixes(message.subject)
    lines = list(_lines(message))
    announced = sum(1 for line in lines if _ANNOUNCED.match(line))
    if not outer and not announced:
        return Forwards(0, 0)
    inner = sum(1 for line in lines if (found := _SUBJECT.match(line)) and _prefixes(line[found.end() :])[0])
    depth = 0 if is_reply else _depth(message)
    return Forwards(max(outer, announced, inner + 1, depth), len(_earlier(lines)))


def _prefixes(subject: str) -> tuple[int, bool]:
    """Return the number of forward prefixes in front of a subject, and whether a reply prefix is among them."""
    forwards, is_reply, at = 0, False, 0
    while found := _PREFIX.match(subject, at):
        forwards += bool(found["forward"])
        is_reply = is_reply or not found["forward"]
        at = found.end()
    return forwards, is_reply


def _lines(message: Message) -> Iterator[str]:
    """Yield the lines of the text, new or quoted, without the signs of a quotation."""
    read: tuple[PassageKind, ...] = (*WRITTEN, "quoted")  # like the words, to share the passage that is cut
    for passage in within_limit(message.view.of(*read)):
        for line in passage.text.split("\n") if passage.kind != "subject" else ():
            yield line[:MAX_LINE].strip(" \t>|")


def _depth(message: Message) -> int:
    """Return the number of signs in front of the most deeply quoted line of the plain text."""
    texts = (one.text for one in message.leaves if one.is_body_text and one.content_type == PLAIN)
    signs = (_SIGNS.match(line[:MAX_LINE]) for line in "\n".join(texts)[:MAX_CHARACTERS].split("\n"))
    return max((one[0].count(">") for one in signs if one), default=0)


def _earlier(lines: list[str]) -> frozenset[str]:
    """Return the addresses in To and Cc of forwarded messages."""
    found: set[str] = set()
    left = 0
    for line in lines:
        if _RECIPIENTS.match(line):
            left = MAX_FIELD_LINES
        elif "@" not in line:
            left = 0
        if left:
            found.update(one.casefold() for one in _ADDRESS.findall(line))
            left -= 1
    return frozenset(found)
