"""Quotations of earlier messages: the quoted lines, by their sign, by a mail program's markup, or by their words.

A reply that quotes line by line goes on below its quotations. One with the old message below a header, or behind
"original message", has no text of its own from there on.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from gateway.message.text.lines import Line, Quoted
from gateway.message.text.phrases import (
    ADDRESS_OR_TIME,
    DATE_FIELD,
    DAY_AND_TIME,
    FORWARDED,
    FROM_FIELD,
    NOTES,
    ON_A_DAY,
    ORIGINAL,
    OTHER_FIELD,
    RULE,
    SUBJECT_ALONE,
    TO_ALONE,
    WROTE,
    WROTE_BY,
    WROTE_THEN,
)

#: Lines over which mail programs and wrapping spread "On … wrote:".
_ATTRIBUTION_LINES = 3

#: Lines in which the other fields stand below "From:"; a table spreads each over two.
_HEADER_LINES = 10

#: Characters of "To" on a line of its own, in any language.
_LONGEST_TO = max(map(len, TO_ALONE))


def mark_quoted(lines: Sequence[Line]) -> int:
    """Mark the quoted lines; return the number of the first line from which on all are, or the number of lines."""
    near = {at - back for at, line in enumerate(lines) if line.text.endswith(":") for back in range(_ATTRIBUTION_LINES)}
    introduced = False  # by "On … wrote:": a bare blockquote is a quotation from then on
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.quoted is Quoted.MAYBE and introduced:
            line.quoted = Quoted.YES
        if line.quoted is Quoted.YES:
            at += 1
            continue
        if at not in near and _says_nothing(line):
            at += 1
            continue
        rest = _rest_begins(lines, at)
        if rest is None:
            count, strong = _attribution(lines, at) if at in near or line.mark == "attribution" else (0, False)
            followed = at + count < len(lines) and lines[at + count].quoted is not Quoted.NO
            if count and (followed or not strong):
                introduced = introduced or followed
                if followed:
                    _quote(lines[at : at + count])
            elif count:
                rest = at
            at += count or 1
        if rest is not None:
            _quote(lines[rest:])
            return rest
    return len(lines)


def _says_nothing(line: Line) -> bool:
    """Return whether a glance tells that `_rest_begins` finds no quotation at the line, as with most lines."""
    text = line.text
    return not line.mark and len(text) > _LONGEST_TO and ":" not in text and "--" not in text


def _quote(lines: Sequence[Line]) -> None:
    for line in lines:
        line.quoted = Quoted.YES


# --- what runs to the end --------------------------------------------------------------------------------------------


def _rest_begins(lines: Sequence[Line], at: int) -> int | None:
    """Return the line with which a whole quoted message begins, if the line at `at` shows one; else None."""
    line, head = lines[at], lines[at].head
    if line.mark == "quote":
        return at
    if ":" not in head and "--" not in head:
        return _old_notes(lines, at)
    if _announced(line, head):
        return at
    if FROM_FIELD.match(head) and _is_header(lines, at):
        above = lines[at - 1].head if at else ""
        return at - 1 if RULE.match(above) or DATE_FIELD.match(above) else at
    return _old_notes(lines, at)


def _announced(line: Line, head: str) -> bool:
    """Return whether a line says "original message" or "forwarded", or names the writer of text on the line itself."""
    if head.endswith(":"):
        return bool(FORWARDED.match(head))
    if "@" in head and ON_A_DAY.match(head):
        said = WROTE_THEN.search(head)
        return bool(said and ADDRESS_OR_TIME.search(head[: said.end()]))
    if "--" not in head:
        return False
    framed = line.mark == "attribution" and head.startswith("--") and head.endswith("--")
    return framed or bool(ORIGINAL.match(head) or NOTES.match(head))


def _is_header(lines: Sequence[Line], at: int) -> bool:
    """Return whether "From:" is followed by other fields, among them a date, or holds an address itself."""
    heads = [line.head for line in lines[at + 1 : at + 1 + _HEADER_LINES]]
    dated = any(map(DATE_FIELD.match, heads))
    others = sum(1 for head in heads if OTHER_FIELD.match(head))
    return others + dated >= 2 and (dated or "@" in lines[at].head)


def _old_notes(lines: Sequence[Line], at: int) -> int | None:
    """Return the line of name and time, above "To" and "Subject" on lines of their own; None for any other line."""
    if at == 0 or len(lines[at].text) > _LONGEST_TO or lines[at].text.lower() not in TO_ALONE:
        return None
    below = lines[at + 1 : at + 1 + _HEADER_LINES]
    if not DAY_AND_TIME.search(lines[at - 1].head) or not any(one.text.lower() in SUBJECT_ALONE for one in below):
        return None
    return at - 2 if at > 1 and lines[at - 2].quoted is Quoted.NO else at - 1


# --- "On … wrote:" ---------------------------------------------------------------------------------------------------


def _attribution(lines: Sequence[Line], at: int) -> tuple[int, bool]:
    """Return the number of lines from `at` on that name a writer, and whether they do so without a quotation below."""
    if lines[at].mark == "attribution":
        marked = takewhile(lambda line: line.mark == "attribution" and not line.quoted, lines[at:])
        return sum(1 for _ in marked), True
    head = lines[at].head
    for count in range(1, _ATTRIBUTION_LINES + 1):
        last = lines[at + count - 1] if at + count <= len(lines) else None
        if last is None or last.quoted is not lines[at].quoted:
            break
        if not last.text.endswith(":"):
            continue
        starts = bool(ON_A_DAY.match(head))
        if count > 1 and not starts and not _names_someone(head):
            break
        said = " ".join(line.head for line in lines[at : at + count])
        if WROTE.search(said) or WROTE_BY.search(said):
            return count, starts and bool(ADDRESS_OR_TIME.search(said))
    return 0, False


def _names_someone(head: str) -> bool:
    return "@" in head or bool(DAY_AND_TIME.search(head))
