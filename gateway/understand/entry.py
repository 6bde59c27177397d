"""What only we may say: header names of ours, and Authentication-Results under our authserv-id, that came from outside.

They are renamed `X-Untrusted-…` in what leaves (RFC 8601 5 asks for their removal). The filters still see the message
as it came, and no rule trusts a header. Every change on entry is a finding of the gateway's own: it is on record
wherever findings are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from gateway.contract import Evidence, Finding
from gateway.message.edits import RenameHeader
from gateway.message.header.addresses import domain_key, shown_label
from gateway.message.header.field import Header
from gateway.message.model import Message

#: The gateway's codes for what is found here (`judge.codes` has them all).
UNTRUSTED = "header.untrusted"
NEWLINES = "newline.normalised"
#: What was verified about where it comes from, added as a field (`understand.authentication`).
AUTHENTICATION = "gateway.authentication"

#: Every header field that the gateway itself adds begins so.
OURS = "x-mailwarden-"
PREFIX = "X-Untrusted-"
_RESULTS = "authentication-results"
#: Octets of a field's new name: what `RenameHeader` takes.
MAX_NAME_BYTES = 76
#: Empty places in front of an authserv-id that are passed over, as some readers do.
MAX_EMPTY_HEADS = 4

_NO_FIELD_NAME = re.compile(r"[^!-9;-~]+")
#: Between the words of an authserv-id; and what readers leave out when they glue it together.
_NO_NAME = re.compile(r"[^a-z0-9.-]+")
_BLANKS = re.compile(r'[\s"]+')
_GLUED_OVER = re.compile(r'[\s"\\]|[^\x21-\x7e]')
_NAME = re.compile(r"\w\.\w")
#: What IDNA takes for a dot (RFC 3490 3.1) and NFKC leaves.
_DOTS = str.maketrans({"\N{IDEOGRAPHIC FULL STOP}": ".", "\N{HALFWIDTH IDEOGRAPHIC FULL STOP}": "."})
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
        RenameHeader(header.name, (PREFIX + name)[:MAX_NAME_BYTES], at=header.start)
        for header in message.headers
        if _is_ours((name := _bare(header.name)).lower(), header, authserv_id)
    )


def _bare(name: str) -> str:
    """A field's name without what some readers pass over: folds, blanks, controls, other octets, comments."""
    return _NO_FIELD_NAME.sub("", name.partition("(")[0])


def _is_ours(name: str, header: Header, authserv_id: str) -> bool:
    if name.startswith(OURS):
        return True
    if name != _RESULTS:
        return False
    return any(names_server(value, authserv_id) for value in {header.text, header.value})


def names_server(value: str, authserv_id: str) -> bool:
    """Return whether any reader could take the value of Authentication-Results for one of this server's.

    RFC 8601 2.2 wants one word there, or a quoted string, perhaps with a version behind it. Readers in use glue words
    together over blanks, comments, quotes, backslashes and NULs, or take the first that looks like a name; some fold
    it as domains are (NFKC, IDNA), and some pass over what names nobody in front of it.
    """
    folded = unicodedata.normalize("NFKC", value).translate(_DOTS)
    ours = domain_key(authserv_id)
    return any(_is_name(head.lower(), ours) for head in _heads(_without_comments(folded)))


def _heads(value: str) -> Iterator[str]:
    """Yield what stands before the first semicolon; and behind it, while none before names a server or a method."""
    for head in value.split(";", MAX_EMPTY_HEADS)[:MAX_EMPTY_HEADS]:
        yield head
        if "=" in head or _NAME.search(head):
            return


def _is_name(head: str, ours: str) -> bool:
    glued = _GLUED_OVER.sub("", head)
    words = {word.strip(".") for word in (*_NO_NAME.split(head), *_BLANKS.split(head))}
    return not words.isdisjoint((ours, *_shown(ours))) or re.fullmatch(re.escape(ours) + r"\.?\d*", glued) is not None


def _shown(domain: str) -> tuple[str, ...]:
    """An internationalised domain as it is shown, which readers may compare."""
    if "xn--" not in domain:
        return ()
    return (".".join(map(shown_label, domain.split("."))),)


def _without_comments(text: str) -> str:
    """One that isn't closed stays."""
    kept, at = [], 0
    while (start := text.find("(", at)) >= 0:
        kept.append(text[at:start])
        at = start
        behind = _behind_comment(text, start)
        if behind is None:
            break
        at = behind
    return "".join((*kept, text[at:]))


def _behind_comment(text: str, start: int) -> int | None:
    """Comments nest, and a backslash takes a bracket its meaning (RFC 5322 3.2.2). None where it isn't closed."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return None
