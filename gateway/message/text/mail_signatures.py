"""The signature and the footer in the sender's own text. In doubt a line is text."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.message.text.lines import Line
from gateway.message.text.phrases import CLOSING, DASHES, DEVICE, FOOTER, RULE

#: Lines of a signature behind its dashes, and behind a closing phrase.
MAX_SIGNATURE_LINES = 30
MAX_CLOSING_LINES = 12

#: Characters of a line in a signature that only a closing phrase announces: a sentence is longer.
_SIGNATURE_CHARS = 100

#: Words of a name below "Sent from my …".
_NAME_WORDS = 3

#: Lines at the end among which a footer begins.
MAX_FOOTER_LINES = 40


def tail(lines: Sequence[Line]) -> tuple[int, int]:
    """Return the numbers of the first lines of signature and footer; the number of lines where there is none."""
    footer = _footer(lines)
    return _signature(lines[:footer]), footer


def _footer(lines: Sequence[Line]) -> int:
    first = max(0, len(lines) - MAX_FOOTER_LINES)
    for number in range(first, len(lines)):
        head = lines[number].head
        if FOOTER.match(head.lstrip("*_ ")):
            return number - 1 if number > first and RULE.match(lines[number - 1].head) else number
        if RULE.match(head) and number + 1 < len(lines) and "mailing list" in lines[number + 1].head:
            return number
    return len(lines)


def _signature(lines: Sequence[Line]) -> int:
    marked = len(lines)
    while marked and lines[marked - 1].mark == "signature":
        marked -= 1
    if marked < len(lines):
        return marked
    first = max(0, len(lines) - MAX_SIGNATURE_LINES - 1)
    for number in range(len(lines) - 1, first - 1, -1):
        if lines[number].text in DASHES:
            return number
    closing = _closing(lines)
    return closing if closing < len(lines) else _device(lines)


def _closing(lines: Sequence[Line]) -> int:
    """Return the number of the line behind "Kind regards", if only a few short lines follow."""
    first = max(0, len(lines) - MAX_CLOSING_LINES - 1)
    for number in range(len(lines) - 1, first - 1, -1):
        if len(lines[number].text) > _SIGNATURE_CHARS:
            break
        if CLOSING.match(lines[number].text):
            return number + 1
    return len(lines)


def is_closing(line: str) -> bool:
    """Return whether a line is nothing but "Kind regards" or the like."""
    return CLOSING.fullmatch(line) is not None


def _device(lines: Sequence[Line]) -> int:
    """Return the number of a line "Sent from my …", if it is the last one or only a name stands behind it."""
    for number in range(max(0, len(lines) - 2), len(lines)):
        if _is_device(lines[number]) and all(_is_device(one) or _may_be_name(one) for one in lines[number + 1 :]):
            return number
    return len(lines)


def _is_device(line: Line) -> bool:
    return len(line.text) < _SIGNATURE_CHARS and DEVICE.match(line.text) is not None


def _may_be_name(line: Line) -> bool:
    words = line.text.split()
    return len(words) <= _NAME_WORDS and all(word[0].isupper() for word in words)
