"""The lines that a person sees, blank ones left out, each with the place in the source where it begins: of plain text.

`html_page` makes the same of HTML; `quotes` and `signatures` read both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

#: What a mail program's markup says of a line: the quoted message begins here and runs to the end; a frame begins whose
#: first line names the writer of what is quoted; the line names that writer; it is of a signature.
Mark = Literal["", "quote", "box", "attribution", "signature"]

#: Lines of one part that are read; the rest counts as what stands above it. One costs about 2 microseconds.
MAX_LINES = 100_000

#: Characters of a line in which a mark of a quotation or signature is looked for: keeps every pattern bounded.
MARK_CHARS = 400

#: What stands in a line and isn't seen.
UNSEEN = " \t\r\n\f\v\u00a0\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|\Z)")


class Quoted(IntEnum):
    """How sure it is that a line is quoted: a bare blockquote may be the writer's own."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(slots=True)
class Line:
    """A line that is seen; `start` is where text can be put so that it stands above it, None = nowhere."""

    begin: int  # offset in the decoded text from which on the source belongs to this line
    start: int | None
    text: str  # without blanks around it
    quoted: Quoted = Quoted.NO
    mark: Mark = ""
    gap: str = "\n"  # what stands between it and the line before: a tab, a line feed, or two of a paragraph

    @property
    def head(self) -> str:
        """As much as is looked through for marks."""
        return self.text[:MARK_CHARS]


def plain_lines(text: str, top: int = 0) -> Iterator[Line]:
    """The lines of a plain text from `top` on. ">" in the first column quotes (RFC 3676 4.5), '>From ' doesn't."""
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
