"""The text of a message that the language model reads: the subject, and the sentences that its sender newly wrote.

Training and the gateway both make their input here, of the folded text: in small letters, its disguises undone.
Quotations, signatures and footers are left out. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.message.model import Message
from gateway.message.text.mail_signatures import is_closing

T = TypeVar("T")

#: Characters of a subject, of the new text and of a sentence that are read. A longer sentence is cut into pieces.
MAX_SUBJECT, MAX_TEXT, MAX_SENTENCE = 300, 20_000, 600

#: The end of a sentence: a full stop or the like before a blank, or a line's end.
_END = re.compile(r"(?<=[.!?\u2026])\s+|\s*\n\s*")
_BLANKS = re.compile(r"\s+")
#: About a token of the model: within a tenth for English mail.
_TOKEN = re.compile(r"[A-Za-z0-9]{1,6}|[^\sA-Za-z0-9]")
#: Tokens by which a window goes on.
_STEP = 165


@dataclass(frozen=True, slots=True)
class Written:
    """A subject, and sentences in their order."""

    subject: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A run of sentences that the model reads at once: [first, end) of `Written.sentences`."""

    first: int
    end: int


def written(message: Message) -> Written:
    """Return the text of a message that the model reads."""
    view = message.view
    subject = " ".join(one.folded.text for one in view.of("subject"))
    sentences: list[str] = []
    left = MAX_TEXT
    for passage in view.of("new"):
        text = passage.folded.text[:left]
        left -= len(text)
        sentences += (one for one in _sentences(text) if not is_closing(one))
    return Written(_plain(subject)[:MAX_SUBJECT], tuple(sentences))


def likely_tokens(text: str) -> int:
    """Return about the number of a text's tokens: the model's process alone can count them."""
    return len(_TOKEN.findall(text))


def likely_windows(text: Written) -> int:
    """Return about the number of windows of a text."""
    return max(math.ceil(sum(map(likely_tokens, (text.subject, *text.sentences))) / _STEP), 1)


def windows(sentences: Sequence[T], tokens: Callable[[T], int], most: int) -> Iterator[Window]:
    """Yield windows of at most `most` tokens that cover all sentences; each repeats the last quarter of the one before.

    `tokens` counts the tokens of a sentence, of which each has one at least. One sentence that is longer stands in a
    window alone. Each window holds a sentence that is new, so that no writer can fill the windows with one line.
    """
    counts = [max(tokens(one), 1) for one in sentences]
    first = 0
    while True:
        end, used = first, 0
        while end < len(counts) and (end == first or used + counts[end] <= most):
            used += counts[end]
            end += 1
        yield Window(first, end)
        if end >= len(counts):
            return
        back, kept = end, 0
        room = min(most // 4, most - counts[end])
        while back - 1 > first and kept + counts[back - 1] <= room:
            back -= 1
            kept += counts[back]
        first = back


def _sentences(text: str) -> Iterator[str]:
    for piece in _END.split(text):
        plain = _plain(piece)
        yield from (plain[at : at + MAX_SENTENCE] for at in range(0, len(plain), MAX_SENTENCE))


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip()
