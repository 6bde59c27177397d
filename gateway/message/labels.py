"""The labels that a sender puts on a message: `personal`, by the subject or by `Sensitivity: Personal`. Pure.

Conservative: the word must stand as a label, so that a "Personal injury claim" is no personal message.
"""

from __future__ import annotations

import re

from gateway.message.model import Message

PERSONAL = "personal"

#: All that a message can be labelled.
LABELS = frozenset({PERSONAL})

#: Characters of a subject that are read, and reply prefixes that are looked behind.
_SUBJECT_CHARS = 500
_MAX_PREFIXES = 20

#: What mail programs put before a subject when they answer or forward: English, German, French, Spanish, Italian,
#: Dutch, Polish, Portuguese, Swedish.
_PREFIX = re.compile(
    r"\s*+(?:re|fwd?|aw|antw|antwort|wg|tr|rép|rv|enc|res|i|r|rif|doorst|odp|pd|sv|vs|vb)(?:\[\d{1,3}+\]|\^\d{1,3}+)?+\s?+:",
    re.IGNORECASE,
)
_IN_BRACKETS = r"(?:\[\s*+personal\s*+\]|\(\s*+personal\s*+\))"
_AT_START = re.compile(
    rf"\s*+(?:{_IN_BRACKETS}|personal\s?+:|personal\s++[-\u2013\u2014]\s|personal\s*+$)", re.IGNORECASE
)
_AT_END = re.compile(rf"(?:^|\s){_IN_BRACKETS}$", re.IGNORECASE)


def labels_of(message: Message) -> frozenset[str]:
    """The labels of a message; so far `personal` alone."""
    return frozenset({PERSONAL}) if is_personal(message) else frozenset()


def is_personal(message: Message) -> bool:
    """Whether the sender labelled it personal: any Subject or Sensitivity (RFC 4021 2.1.55) that says so counts."""
    if any(value.strip().lower() == PERSONAL for value in message.all("sensitivity")):
        return True
    return any(subject_is_personal(subject) for subject in message.all("subject"))


def subject_is_personal(subject: str) -> bool:
    """`Personal: …`, `[PERSONAL] …`, `(personal) …`, `Personal - …`, `Personal`, behind Re: and Fwd: too.

    At the end in brackets: `… [personal]`, `… (personal)`.
    """
    subject = subject[:_SUBJECT_CHARS].strip()
    at = 0
    for _ in range(_MAX_PREFIXES):
        if _AT_START.match(subject, at):
            return True
        prefix = _PREFIX.match(subject, at)
        if not prefix:
            break
        at = prefix.end()
    return bool(_AT_END.search(subject[-40:]))
