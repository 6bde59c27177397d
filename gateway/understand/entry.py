"""Header fields from outside that only this gateway may set. They are renamed.

These are fields with our own names, and Authentication-Results under our authserv-id. They become `X-Untrusted-…` in
the copies that leave (RFC 8601 5 asks for their removal). The filters still see the message as it came, and no rule
trusts a header. Every change on entry is a finding of the gateway's own: it is on record wherever findings are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator

from gateway.contract import Evidence, Finding, Mail
from gateway.message.edits import RenameHeader
from gateway.message.header.addresses import address_key, domain_key, shown_label
from gateway.message.header.field import Header
from gateway.message.header.fieldblock import HEADER_LIMIT
from gateway.message.model import Message
from gateway.message.sender import MAX_ADDRESSES, MAX_CHARACTERS, sender_of

#: The gateway's codes for its findings on entry (`judge.codes` has them all).
UNTRUSTED = "header.untrusted"
NEWLINES = "newline.normalised"
#: Code of the finding about a sender whom reviewers have blocked.
BLOCKED_SENDER = "gateway.blocked_sender"
#: Code of the finding about a sender whose login may not send from an address in `From:`.
IMPERSONATION = "gateway.impersonation"
#: Code of the finding that adds our Authentication-Results field (`understand.authentication`).
AUTHENTICATION = "gateway.authentication"

#: Fields that name an author or a sender (RFC 5322 3.6.2 and 3.6.6).
_WRITERS = ("From", "Sender", "Resent-From", "Resent-Sender")
_UNREAD = "can't be read whole"
#: Prefix of every header field that the gateway itself adds, in lower case.
OURS = "x-mailwarden-"
PREFIX = "X-Untrusted-"
_RESULTS = "authentication-results"
#: Octets of a field's new name: the most that `RenameHeader` takes.
MAX_NAME_BYTES = 76
#: Empty places in front of an authserv-id that are skipped, as some readers do.
MAX_EMPTY_HEADS = 4

_NO_FIELD_NAME = re.compile(r"[^!-9;-~]+")
#: Characters between the words of an authserv-id; then those that readers leave out when they glue it together.
_NO_NAME = re.compile(r"[^a-z0-9.-]+")
_BLANKS = re.compile(r'[\s"]+')
_GLUED_OVER = re.compile(r'[\s"\\]|[^\x21-\x7e]')
_NAME = re.compile(r"\w\.\w")
#: Characters that IDNA takes for a dot (RFC 3490 3.1) and NFKC leaves.
_DOTS = str.maketrans({"\N{IDEOGRAPHIC FULL STOP}": ".", "\N{HALFWIDTH IDEOGRAPHIC FULL STOP}": "."})
_COMMENT_MARK = re.compile(r"\\.|[()]", re.S)


def findings_on_entry(message: Message, authserv_id: str, *, newlines_made_crlf: bool = False) -> tuple[Finding, ...]:
    """Return the changes that the gateway makes whatever the filters say."""
    found = []
    if newlines_made_crlf:
        found.append(Finding(NEWLINES, "Line breaks that were a CR or LF alone have been made CRLF."))
    edits = _renamings(message, authserv_id)
    if edits:
        evidence = tuple(Evidence("header field", edit.name) for edit in edits)
        summary = "Header fields that only this gateway may set came from outside."
        found.append(Finding(UNTRUSTED, summary, evidence, edits=edits))
    return tuple(found)


def blocked_sender(mail: Mail, blocked: Container[str]) -> tuple[Finding, ...]:
    """Return a finding for our recipients of mail from outside whose reverse-path or author is blocked.

    `blocked` has addresses by `address_key`, and whole domains as `@domain`.
    """
    ours = frozenset(r.address for r in mail.envelope.recipients if r.direction == "inbound")
    senders = dict.fromkeys(map(address_key, (*mail.sender.addresses, mail.envelope.mail_from)))
    found = [one for one in senders if one and (one in blocked or one[one.rfind("@") :] in blocked)]
    if not ours or not found:
        return ()
    evidence = tuple(Evidence("sender", one) for one in found)
    return (Finding(BLOCKED_SENDER, "Reviewers have blocked its sender.", evidence, recipients=ours),)


def impersonation(mail: Mail, may_send_as: Callable[[str, str], bool]) -> tuple[Finding, ...]:
    """Return a finding for mail of a client that has logged in, with an author or sender that is not its own.

    `may_send_as` is asked with the login and each address that a reader may show. A field that can't be read whole
    counts too: a reader may show what we don't see.
    """
    login = mail.client.login
    written = dict.fromkeys(_writers(mail.message)) if login else {}
    others = [one for one in written if one.endswith(_UNREAD) or not may_send_as(login, one)]
    if not others:
        return ()
    evidence = tuple(Evidence("author", one) for one in others)
    summary = "Its From: or Sender: has an address that the login of its sender may not send from, or can't be read."
    return (Finding(IMPERSONATION, summary, evidence),)


def _writers(message: Message) -> Iterator[str]:
    """Yield the addresses of the fields that name an author or a sender, and a sentence for what can't be read."""
    if any(defect.code == HEADER_LIMIT for defect in message.defects):
        yield f"The header {_UNREAD}"
    for name in _WRITERS:
        fields = [header for header in message.headers if _bare(header.name).lower() == name.lower()]
        addresses = sender_of(fields).addresses
        yield from addresses
        characters = sum(len(field.text.strip()) for field in fields)
        if characters > MAX_CHARACTERS or len(addresses) >= MAX_ADDRESSES or (characters and not addresses):
            yield f"{name}: {_UNREAD}"


def _renamings(message: Message, authserv_id: str) -> tuple[RenameHeader, ...]:
    return tuple(
        RenameHeader(header.name, (PREFIX + name)[:MAX_NAME_BYTES], at=header.start)
        for header in message.headers
        if _is_ours((name := _bare(header.name)).lower(), header, authserv_id)
    )


def _bare(name: str) -> str:
    """Return a field's name without the characters that some readers skip.

    These are folds, blanks, controls, octets outside ASCII, and comments.
    """
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
    together over blanks, comments, quotes, backslashes and NULs, or take the first word that looks like a name. Some
    fold it as domains are folded (NFKC, IDNA), and some skip places in front of it that name nothing.
    """
    folded = unicodedata.normalize("NFKC", value).translate(_DOTS)
    ours = domain_key(authserv_id)
    return any(_is_name(head.lower(), ours) for head in _heads(_without_comments(folded)))


def _heads(value: str) -> Iterator[str]:
    """Yield the text before the first semicolon, and the next ones while none so far names a server or a method."""
    for head in value.split(";", MAX_EMPTY_HEADS)[:MAX_EMPTY_HEADS]:
        yield head
        if "=" in head or _NAME.search(head):
            return


def _is_name(head: str, ours: str) -> bool:
    glued = _GLUED_OVER.sub("", head)
    words = {word.strip(".") for word in (*_NO_NAME.split(head), *_BLANKS.split(head))}
    return not words.isdisjoint((ours, *_shown(ours))) or re.fullmatch(re.escape(ours) + r"\.?\d*", glued) is not None


def _shown(domain: str) -> tuple[str, ...]:
    """Return an internationalised domain in its displayed form, which readers may compare."""
    if "xn--" not in domain:
        return ()
    return (".".join(map(shown_label, domain.split("."))),)


def _without_comments(text: str) -> str:
    """Remove comments; a comment that isn't closed stays."""
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
    """Return the place behind a comment; None where it isn't closed.

    Comments nest, and a backslash makes a bracket plain text (RFC 5322 3.2.2).
    """
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return None
