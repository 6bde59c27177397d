"""The thread of a message, and the name of a mail over many transactions. Pure.

A thread's name is the Message-ID of its first message. If a program gives none, it is Outlook's Thread-Index or the
subject. All these names are kept as keyed hashes only.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass

from gateway.contract import Mail
from gateway.message import Message, address_key, fold

#: Characters of a field that are read: `References` of a long thread has as many.
MAX_FIELD = 8_192
#: Prefixes and tags that are skipped at the beginning of a subject.
MAX_PREFIXES = 20

#: Prefix of a thread's weakest name.
SUBJECT = "subject:"

#: Octets of a Thread-Index that name the thread itself; each reply adds five ([MS-OXOMSG] 2.2.1.3).
INDEX_BYTES = 22
#: Offset of the thread's GUID in a Thread-Index.
GUID_AT = 6

_ID = re.compile(r"<[^<>\s]{1,998}>")
#: Tags such as `[list-name]` and `[EXTERNAL]`, put into the subject on the way.
_TAG = re.compile(r"\s*+\[[^\[\]]{1,60}\](?=\s*+\S)")


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject without the prefixes that mail programs put before it."""

    rest: str
    prefix: str = ""  # the outermost prefix: "reply", "forward" or none


class Prefixes:
    """Prefixes of mail programs for the subject of a reply and of a forwarded message."""

    def __init__(self, replies: Collection[str], forwards: Collection[str]) -> None:
        self._replies = frozenset(one.casefold() for one in replies)
        words = sorted({*self._replies, *(one.casefold() for one in forwards)}, key=len, reverse=True)
        either = "|".join(map(re.escape, words))
        self._pattern = re.compile(rf"\s*+({either})(?:[\[(]\d{{1,3}}[\])]|\^\d{{1,3}})?\s?[:\uff1a]", re.IGNORECASE)

    def read(self, subject: str) -> Subject:
        at, first = 0, ""
        subject = subject[:MAX_FIELD]
        for _ in range(MAX_PREFIXES):
            if found := self._pattern.match(subject, at):
                first = first or ("reply" if found[1].casefold() in self._replies else "forward")
            elif not (found := _TAG.match(subject, at)):
                break
            at = found.end()
        return Subject(subject[at:].strip(), first)


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread of a message; `names` has the surest name first, and counts are kept under the first."""

    names: tuple[str, ...]
    own: str  # the name in replies to this message; "" without a Message-ID
    is_reply: bool

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def sure_names(self) -> frozenset[str]:
        """All names that a reply to the message may go by, except its subject, which other messages share."""
        names = {*self.names, *([self.own] if self.own else [])}
        return frozenset(one for one in names if not one.startswith(SUBJECT))

    @property
    def sure_name(self) -> str:
        """The surest name, unless it is the subject; "" if there is none."""
        return "" if self.name.startswith(SUBJECT) else self.name


def thread_of(message: Message, prefixes: Prefixes) -> Thread:
    """Return the thread of a message. A forwarded message (`Fwd:`) answers nobody, whatever it refers to."""
    subject = prefixes.read(message.subject)
    index = _index(message)
    answered = _ids(message, "references") or _ids(message, "in-reply-to")
    is_reply = subject.prefix != "forward" and bool(answered or subject.prefix or len(index) > INDEX_BYTES)
    rest = " ".join(fold(subject.rest).text.split())
    others = [f"index:{index[GUID_AT:INDEX_BYTES].hex()}"] if len(index) >= INDEX_BYTES else []
    others += [f"{SUBJECT}{rest}"] if rest else []
    own = next((f"id:{one}" for one in _ids(message, "message-id")), "")
    first = [f"id:{one}" for one in answered[:1]] if is_reply else [own] if own else []
    return Thread((*first, *others), own, is_reply)


def _ids(message: Message, name: str) -> list[str]:
    return [one for field in message.root.fields(name) for one in _ID.findall(field.text[:MAX_FIELD])]


def _index(message: Message) -> bytes:
    fields = message.root.fields("thread-index")
    try:
        return base64.b64decode("".join(fields[0].text[:MAX_FIELD].split()), validate=True) if fields else b""
    except ValueError:  # binascii.Error is one
        return b""


def mail_name(mail: Mail) -> str:
    """Return a name that is the same for every transaction of one mail.

    The name is made of sender, Message-ID and Date; without a Message-ID it is the key that a client's retry repeats.
    """
    message = mail.message
    if not message.message_id:
        return f"key:{mail.key or mail.id}"
    sender = ",".join(sorted(map(address_key, mail.sender.addresses))) or address_key(mail.envelope.mail_from)
    return "\n".join((sender, message.message_id.strip(), (message.header("date") or "").strip()))
