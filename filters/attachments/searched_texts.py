"""Texts of a message in which the sender may tell a password: raw texts, texts as read, and file names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from filters.attachments.passwords import visible
from gateway.message import Message


@dataclass(frozen=True, slots=True)
class Told:
    """One text, and its place in the message."""

    where: str  # "subject", "text", "attachment", "file name"
    text: str
    part: str = ""  # path of the part; "" is the message itself
    name: str = ""  # name of the file that holds the text
    is_name: bool = False


def told_texts(message: Message) -> Iterator[Told]:
    """Yield each text once: the subject, texts as written, all names, and passages as read and folded."""
    seen: set[str] = set()
    for told in _every(message):
        if told.text not in seen:
            seen.add(told.text)
            yield told


def _every(message: Message) -> Iterator[Told]:
    yield Told("subject", message.subject)
    for part in message.parts:
        if part.is_leaf and part.content_type in ("text/plain", "text/html") and part.path == part.carrier:
            text = visible(part.text) if part.content_type == "text/html" else part.text
            yield Told("text", text, part.path, next(iter(part.names), ""))
    for part in message.parts:
        for name, forms in part.name_forms.items():
            for form in (name, *forms):
                yield Told("file name", form, part.path, is_name=True)
    names = {part.path: next(iter(part.names), "") for part in message.parts}
    for passage in message.view.of():
        where = passage.kind if passage.kind in ("subject", "attachment") else "text"
        name = names.get(passage.part, "") if passage.kind == "attachment" else ""
        yield Told(where, passage.text, passage.part, name)
        yield Told(where, passage.folded.text, passage.part, name)
