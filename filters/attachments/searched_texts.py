"""Texts of a message that are searched for a password: texts as written, texts as read, and file names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from filters.attachments.passwords import visible
from gateway.message import Message


@dataclass(frozen=True, slots=True)
class SearchedText:
    """One text, and its place in the message."""

    where: str  # "subject", "text", "attachment", "file name"
    text: str
    part: str = ""  # path of the part; "" is the message itself
    name: str = ""  # name of the file that holds the text
    is_name: bool = False


def searched_texts(message: Message) -> Iterator[SearchedText]:
    """Yield each text once: the subject, texts as written, all names, and passages as read and folded."""
    seen: set[str] = set()
    for searched in _every(message):
        if searched.text not in seen:
            seen.add(searched.text)
            yield searched


def _every(message: Message) -> Iterator[SearchedText]:
    yield SearchedText("subject", message.subject)
    for part in message.parts:
        if part.is_leaf and part.content_type in ("text/plain", "text/html") and part.path == part.carrier:
            text = visible(part.text) if part.content_type == "text/html" else part.text
            yield SearchedText("text", text, part.path, next(iter(part.names), ""))
    for part in message.parts:
        for name, forms in part.name_forms.items():
            for form in (name, *forms):
                yield SearchedText("file name", form, part.path, is_name=True)
    names = {part.path: next(iter(part.names), "") for part in message.parts}
    for passage in message.view.of():
        where = passage.kind if passage.kind in ("subject", "attachment") else "text"
        name = names.get(passage.part, "") if passage.kind == "attachment" else ""
        yield SearchedText(where, passage.text, passage.part, name)
        yield SearchedText(where, passage.folded.text, passage.part, name)
