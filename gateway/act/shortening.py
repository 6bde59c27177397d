"""Text from outside, cut to a number of visible characters, however many combining marks stand on them."""

from __future__ import annotations

import unicodedata

#: Combining marks kept on one character: Vietnamese has two on a vowel, pointed Hebrew three. Hundreds cover the lines
#: around.
MARKS_OF_A_CHARACTER = 3
CUT = "…"


def shortened(text: str, characters: int) -> str:
    """Return the text with at most so many visible characters; the last is an ellipsis where anything was cut."""
    if len(text) <= characters and text.isascii():
        return text
    kept: list[str] = []
    visible = marks = 0
    for character in text:
        if unicodedata.category(character).startswith("M"):
            marks += 1
            if marks > MARKS_OF_A_CHARACTER:
                continue
        elif visible == characters:
            return "".join(kept[: _last_visible(kept)]) + CUT
        else:
            visible, marks = visible + 1, 0
        kept.append(character)
    return "".join(kept)


def _last_visible(kept: list[str]) -> int:
    """Return the position of the last character that is no mark."""
    at = len(kept) - 1
    while unicodedata.category(kept[at]).startswith("M"):
        at -= 1
    return at
