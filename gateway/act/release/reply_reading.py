"""The reader of replies to notices: the person's own words, apart from the signature, and the words below the notice.

A quotation without marks runs to the end of a text, with what somebody has written below it. The notices have a line at
their end (`END_OF_NOTICE`), and the words behind the first such line of a quotation are the person's, or a footer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.act.notices.own_messages import END_OF_NOTICE
from gateway.message.model import Message
from gateway.message.text.part_reader import HTML_TYPES, Piece, is_body, read_part
from gateway.message.text.phrases import DASHES
from gateway.remember.records import kept

#: The most characters that are kept of the person's own words.
TEXT_CHARACTERS = 500
#: The most octets of a reply's text that are read, in the worker itself.
TEXT_BYTES = 64 * 1024

#: The end of a notice: its line, on which a person may write on. A quoted subject may hold the same signs.
_END = re.compile(rf"^[ \t]*{re.escape(END_OF_NOTICE)}", re.MULTILINE)
#: Text that is struck out: its writer has taken it back.
_STRUCK_OUT = re.compile(r"<(?:s|del|strike)[\s/>]|line-through", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The text of a reply, without quotation and footer."""

    words: str  # with a signature that no dashes part from them
    signature: str = ""  # the lines below dashes
    below: str = ""  # the lines below the quoted notice


def read_reply(message: Message) -> ReplyText | None:
    """Return the text of a reply.

    None where a body is too large or has text that is struck out, or where there is none that can be read, such as in
    an encrypted reply.
    """
    pieces = _pieces(message)
    if pieces is None or any(map(_STRUCK_OUT.search, _pages(message))):
        return None
    words, signature, below = list[str](), list[str](), list[str]()
    for kind, text in pieces:
        first, _, rest = text.partition("\n")
        if kind == "signature" and first.strip() in DASHES:
            signature.append(rest)
        elif kind in ("new", "signature"):
            words.append(text)
        elif kind == "quoted":
            below += _END.split(text, maxsplit=1)[1:]
    return ReplyText(_stripped(words), _stripped(signature), _stripped(below))


def own_words(message: Message) -> str:
    """Return the beginning of what the person has written, without the quoted notice; "" where there is too much."""
    return kept(_stripped([text for kind, text in _pieces(message) or () if kind == "new"]))[:TEXT_CHARACTERS]


def _pieces(message: Message) -> list[Piece] | None:
    """Return the pieces of all bodies of the same form as the first one with words of the person."""
    found: list[Piece] = []
    form, readable = "", False
    for part in message.leaves:
        if not is_body(part) or part.content_type != (form or part.content_type):
            continue
        if len(part.body) > TEXT_BYTES:
            return None
        readable = True
        pieces = read_part(part).pieces
        if form or any(kind == "new" and text.strip() for kind, text in pieces):
            form = part.content_type
            found += pieces
    return found if readable else None


def _pages(message: Message) -> list[str]:
    return [part.text for part in message.leaves if is_body(part) and part.content_type in HTML_TYPES]


def _stripped(texts: list[str]) -> str:
    return "\n".join(line.strip() for line in "\n".join(texts).strip().split("\n"))
