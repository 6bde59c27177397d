"""Whether a message is a reply, to which thread it belongs, and what makes it one mail over many transactions. Pure.

A thread is named by the Message-ID of its first message; where a program names none, by Outlook's Thread-Index or the
subject. What is named here is only ever kept as a keyed mark.
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
#: Prefixes and tags of a subject that are looked behind.
MAX_PREFIXES = 20

#: What the weakest name of a thread begins with.
SUBJECT = "subject:"

#: Octets of a Thread-Index up to which it names the thread itself; each reply adds five ([MS-OXOMSG] 2.2.1.3).
INDEX_BYTES = 22
#: Where in it the GUID of the thread begins.
GUID_AT = 6

_ID = re.compile(r"<[^<>\s]{1,998}>")
#: `[list-name]`, `[EXTERNAL]`: put there on the way.
_TAG = re.compile(r"\s*+\[[^\[\]]{1,60}\](?=\s*+\S)")


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject without what mail programs put before it."""

    rest: str
    prefix: str = ""  # the outermost prefix: "reply", "forward" or none


class Prefixes:
    """What mail programs put before the subject of a reply and of what is handed on."""

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
    """`names` by what it says of itself, the surest first: the first is what counts are kept under."""

    names: tuple[str, ...]
    own: str  # as replies to this very message may name it; "" without a Message-ID
    is_reply: bool

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def sure_names(self) -> frozenset[str]:
        """All that a reply to it may go by, but for its subject, which others have too."""
        names = {*self.names, *([self.own] if self.own else [])}
        return frozenset(one for one in names if not one.startswith(SUBJECT))

    @property
    def sure_name(self) -> str:
        """The surest, unless that is the subject; "" = none."""
        return "" if self.name.startswith(SUBJECT) else self.name


def thread_of(message: Message, prefixes: Prefixes) -> Thread:
    """What is handed on (`Fwd:`) answers nobody, whatever it refers to."""
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
    """The same for every transaction of one mail: sender, Message-ID and Date, or else what a client's retry has."""
    message = mail.message
    if not message.message_id:
        return f"key:{mail.key or mail.id}"
    sender = ",".join(sorted(map(address_key, mail.sender.addresses))) or address_key(mail.envelope.mail_from)
    return "\n".join((sender, message.message_id.strip(), (message.header("date") or "").strip()))
