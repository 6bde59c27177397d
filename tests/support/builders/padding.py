"""Text with 35,000 harmless characters around it, of which a text filter reads both ends."""

from __future__ import annotations

LINE = "The train leaves at ten.\r\n"
ABOVE, BELOW = LINE * 975, LINE * 375


def in_the_middle(text: str) -> str:
    """Return the text where no filter reads it."""
    return f"{ABOVE}{text}\r\n{BELOW}"
