"""What only we may say: header names of ours, and Authentication-Results under our authserv-id, that came from outside.

They are renamed `X-Untrusted-…` in what leaves (RFC 8601 5 asks for their removal). The filters still see the message
as it came, and no rule trusts a header. Every change on entry is a finding of the gateway's own: it is on record
wherever findings are.
"""

from __future__ import annotations

import re

from gateway.contract import Evidence, Finding, Message, RenameHeader

#: The gateway's codes for what is found here (`judge.codes` has them all).
UNTRUSTED = "header.untrusted"
NEWLINES = "newline.normalised"
#: What was verified about where it comes from, added as a field (`understand.authentication`).
AUTHENTICATION = "gateway.authentication"

#: Every header field that the gateway itself adds begins so.
OURS = "x-mailwarden-"
PREFIX = "X-Untrusted-"
#: Between the words of an authserv-id; and what readers leave out when they glue it together.
_NO_NAME = re.compile(r"[^a-z0-9.-]+")
_GLUED_OVER = re.compile(r'[\s"\\]|[^\x21-\x7e]')
_COMMENT_MARK = re.compile(r"\\.|[()]", re.S)


def findings_on_entry(message: Message, authserv_id: str, *, newlines_made_crlf: bool = False) -> tuple[Finding, ...]:
    """What the gateway changes whatever the filters say."""
    found = []
    if newlines_made_crlf:
        found.append(Finding(NEWLINES, "Line breaks that were a CR or LF alone have been made CRLF."))
    edits = _renamings(message, authserv_id)
    if edits:
        evidence = tuple(Evidence("header field", edit.name) for edit in edits)
        summary = "Header fields that only this gateway may set came from outside."
        found.append(Finding(UNTRUSTED, summary, evidence, edits=edits))
    return tuple(found)


def _renamings(message: Message, authserv_id: str) -> tuple[RenameHeader, ...]:
    return tuple(
        RenameHeader(header.name, PREFIX + header.name.strip(), at=header.start)
        for header in message.headers
        if _is_ours(header.key, header.value, authserv_id)
    )


def _is_ours(key: str, value: str, authserv_id: str) -> bool:
    if key.startswith(OURS):
        return True
    if key != "authentication-results":
        return False
    return _names(value, authserv_id.lower())


def _names(value: str, authserv_id: str) -> bool:
    """Whether any reader could take it for ours.

    RFC 8601 2.2 wants one word there, or a quoted string, perhaps with a version behind it. Readers in use glue words
    together over blanks, comments, quotes and backslashes, or take the first that looks like a name.
    """
    head = _without_comments(value).partition(";")[0].lower()
    glued = _GLUED_OVER.sub("", head)
    words = (word.rstrip(".") for word in _NO_NAME.split(head))
    return authserv_id in words or re.fullmatch(re.escape(authserv_id) + r"\.?\d*", glued) is not None


def _without_comments(text: str) -> str:
    """One that isn't closed stays."""
    kept = []
    while "(" in text:
        before, _, rest = text.partition("(")
        kept.append(before)
        behind = _behind_comment("(" + rest)
        if behind is None:
            return "".join((*kept, "(" + rest))
        text = behind
    return "".join((*kept, text))


def _behind_comment(text: str) -> str | None:
    """Comments nest, and a backslash takes a bracket its meaning (RFC 5322 3.2.2). None where it isn't closed."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return text[mark.end() :]
    return None
