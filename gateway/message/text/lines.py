"""The lines of a plain text that a person sees, each with the place in the source where it begins; no blank ones.

`html.page` makes the same lines of HTML; `quotes` and `mail_signatures` read both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

#: Marks that a mail program's markup gives a line. "quote": the quoted message begins here and runs to the end. "box":
#: a frame begins, and its first line names the writer of the quoted text. "attribution": the line names that writer.
#: "signature": the line is part of a signature.
Mark = Literal["", "quote", "box", "attribution", "signature"]

#: Lines of one part that are read; the rest counts like the line above it. One costs about 2 microseconds.
MAX_LINES = 100_000

#: Characters of a line in which a mark of a quotation or signature is looked for: keeps every pattern bounded.
MARK_CHARS = 400

#: Characters in a line that nobody sees.
UNSEEN = " \t\r\n\f\v\u00a0\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|\Z)")


class Quoted(IntEnum):
    """The certainty that a line is quoted: a bare blockquote may be the writer's own."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(slots=True)
class Line:
    """A seen line; `start` is the place for text above it, None = nowhere."""

    begin: int  # offset in the decoded text from which on the source belongs to this line
    start: int | None
    text: str  # without blanks around it
    quoted: Quoted = Quoted.NO
    mark: Mark = ""
    gap: str = "\n"  # the gap to the line before: a tab, a line feed, or two between paragraphs

    @property
    def head(self) -> str:
        """The beginning of the line, in which marks are looked for."""
        return self.text[:MARK_CHARS]


def plain_lines(text: str, top: int = 0) -> Iterator[Line]:
    """Yield the lines of a plain text from `top` on.

    ">" in the first column quotes (RFC 3676 4.5), '>From ' doesn't.
    """
    gap = "\n"
    for match in _LINE.finditer(text, top):
        whole = match[0]
        seen = whole.strip(UNSEEN)
        if seen:
            start = match.start()
            yield Line(start, start, seen, quoted_by_sign(whole) if whole[0] == ">" else Quoted.NO, "", gap)
            gap = "\n"
        else:
            gap = "\n\n"


def quoted_by_sign(line: str) -> Quoted:
    return Quoted.YES if line.startswith(">") and not line.startswith(">From ") else Quoted.NO
