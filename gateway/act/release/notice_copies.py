"""The copy of a notice in a reply: the lines of a mail program above it, its beginning and its end.

A copy begins as the notice does, with the organisation's name, perhaps below the subject, and ends with the line
`END_OF_NOTICE`. Above it stands what a mail program writes, with the notice's sender: "On … wrote:", or the fields of a
header. Any other line there is the person's own, or somebody's whom they quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from gateway.act.notices.own_messages import END_OF_NOTICE, sender_name
from gateway.act.release.reply_lists import INTRODUCTION, plain
from gateway.message.text.lines import MARK_CHARS, Line
from gateway.message.text.phrases import (
    DATE_FIELD,
    FROM_FIELD,
    ON_A_DAY,
    ORIGINAL,
    OTHER_FIELD,
    WROTE,
    WROTE_BY,
    WROTE_THEN,
)

#: Lines over which mail programs spread "On … wrote:", and the subject as a heading with the line below it.
_SPREAD = 3
_HEADING_LINES = 8
MAX_HEADING_WORDS: Final = 200
#: Lines of a header; a table spreads each field over two.
_HEADER_LINES = 12

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[<(\[]?(?:mailto:)?[\w.+-]{1,64}@[\w.-]{1,253}[>)\]]?")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d[./-]\d{1,2}[./-]\d\d")
_SIGNS = re.compile(r"(?:>[ \t]?)*")


class NoticeCopies:
    """Finder of the copies of a notice to which a mail with this subject replies."""

    def __init__(self, organisation: str, subject: str) -> None:
        self._organisation = _words(organisation)
        self._sender = " ".join(_words(sender_name(organisation)))
        self._subject = _words(subject)[-MAX_HEADING_WORDS:]

    def find(self, lines: Sequence[Line]) -> slice | None:
        """Return the place of the first copy, with the mail program's lines above it; None where there is none.

        All its lines are quoted alike: others would be somebody's words between them.
        """
        end = next((at for at, line in enumerate(lines) if unquoted(line) == END_OF_NOTICE), -1)
        for at in range(_alike_from(lines, end), end):
            if self._begins(lines[at : at + _HEADING_LINES]):
                top = self._introduction(lines, at)
                if top < at or (lines[at].quoted and not (at and lines[at - 1].quoted)):
                    return slice(top, end + 1)
        return None

    def _begins(self, lines: Sequence[Line]) -> bool:
        """Return whether lines begin with the organisation's name, or with the end of the subject and the name."""
        words, length = [word for line in lines for word in _words(_head(line))], len(self._organisation)
        starts = range(min(len(words) - length, len(self._subject)) + 1)
        return any(
            words[at : at + length] == self._organisation and self._subject[len(self._subject) - at :] == words[:at]
            for at in starts
        )

    def _introduction(self, lines: Sequence[Line], at: int) -> int:
        """Return the number of the first of the mail program's lines above a line; its own where there is none."""
        top = self._header(lines, at)
        top = self._attribution(lines, at) if top == at else top
        return top - 1 if 0 < top < at and ORIGINAL.match(_head(lines[top - 1])) else top

    def _header(self, lines: Sequence[Line], at: int) -> int:
        """Return the first line of a header above a line: "From:", or the date above it, where none stands below it."""
        has_date = False
        for top in range(at - 1, max(at - 1 - _HEADER_LINES, -1), -1):
            text, above = _head(lines[top]), _head(lines[top - 1]) if top else ""
            if FROM_FIELD.match(text):
                name = _head(lines[top + 1]) if text.endswith(":") else text
                is_date = DATE_FIELD.match(above) and self._says_when(DATE_FIELD.sub("", above, count=1))
                if not self._names_sender(name):
                    return at
                return top - 1 if is_date and not has_date else top
            has_date = has_date or bool(DATE_FIELD.match(text))
            if not (DATE_FIELD.match(text) or OTHER_FIELD.match(text) or above.endswith(":")):
                return at
        return at

    def _attribution(self, lines: Sequence[Line], at: int) -> int:
        """Return the first line of "On … wrote:" above a line, of the fewest lines that have a date."""
        found = dict[int, str]()
        for top in range(at - 1, max(at - 1 - _SPREAD, -1), -1):
            said = " ".join(_head(line) for line in lines[top:at])
            if (WROTE.search(said) or WROTE_BY.search(said)) and self._names_sender(said) and self._says_when(said):
                found[top] = _ADDRESS.sub("", said)
        return next((top for top, said in found.items() if _DATE.search(said)), next(iter(found), at))

    def _names_sender(self, text: str) -> bool:
        return f" {self._sender} " in f" {' '.join(_words(text))} "

    def _says_when(self, text: str) -> bool:
        """Return whether a text has nothing but the notice's sender and a time."""
        words = " ".join(_words(_ADDRESS.sub(" ", text)))
        return all(map(INTRODUCTION.fullmatch, words.replace(self._sender, " ").split()))


def apart(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines with text, and "On … wrote:" on a line of its own: Yahoo's telephones write on behind it."""
    gap = ""
    for line in lines:
        found = WROTE_THEN.search(line.head) if ON_A_DAY.match(line.head) else None
        if found:
            yield replace(line, text=line.text[: found.end()].strip())
            yield replace(line, text=line.text[found.end() :].strip(), gap="\n")
        elif unquoted(line):
            yield replace(line, gap=gap or line.gap)
        gap = "" if unquoted(line) else "\n\n"


def unquoted(line: Line) -> str:
    """Return the text of a line without the signs of quotation."""
    return _SIGNS.sub("", line.text, count=1).strip() if line.text.startswith(">") else line.text


def _head(line: Line) -> str:
    return unquoted(line)[:MARK_CHARS]


def _alike_from(lines: Sequence[Line], end: int) -> int:
    """Return the first of the lines above `end` that are quoted as it is, with as many signs."""
    quoted = [(bool(line.quoted), found[0].count(">") if (found := _SIGNS.match(line.text)) else 0) for line in lines]
    return next((at + 1 for at in range(end - 1, -1, -1) if quoted[at] != quoted[end]), 0)


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(text))
