"""Lines of text as format=flowed (RFC 3676) wants them: stuffed, and long ones broken softly."""

from __future__ import annotations

import re
import textwrap

from gateway.message.part import Part

#: Characters of a line with its soft break (RFC 3676 4.2 asks for 78 at most).
LINE_CHARACTERS = 76

#: Beginnings of lines that get a blank in front (RFC 3676 4.4).
_STUFFED = re.compile(r"[ >]|From ")


def is_flowed(part: Part) -> bool:
    return part.params.get("format", "").strip().lower() == "flowed"


def flowed(text: str, *, delsp: bool) -> str:
    """Return the text in flowed lines.

    With `delsp` (DelSp=yes) the blank of a soft break is no blank of the text, so there are two.
    """
    return "\n".join(_line(line, "  " if delsp else " ") for line in text.split("\n"))


def _line(line: str, soft: str) -> str:
    """Return one line, stuffed and softly broken, without a blank at its end, which would join it to the next one."""
    bare = line.rstrip(" ")
    pieces = textwrap.wrap(bare, LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False) or [""]
    if len(bare) <= LINE_CHARACTERS:
        pieces = [bare]
    return f"{soft}\n".join(f" {piece}" if _STUFFED.match(piece) else piece for piece in pieces)


def ends_softly(text: str) -> bool:
    """Return whether a following line would be joined to the last one.

    The line "-- " before a signature is an exception (4.3).
    """
    last = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
    return last.endswith(" ") and last != "-- "
