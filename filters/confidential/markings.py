"""Markings of confidential messages and documents: in the subject, in header fields, in first and last lines.

A marking stands alone in its line or between separators. A word in a sentence, a disclaimer or a quotation is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from filters.confidential.quotes import shown
from filters.confidential.replies import Prefixes
from filters.confidential.settings import Rules
from gateway.contract import Evidence
from gateway.matching import MAX_CHARACTERS, Lexicon, WordLines
from gateway.message import Message, Passage, fold

#: Lines at the beginning and at the end of a text in which a marking may stand.
EDGE_LINES = 5
#: Lines of one text that are compared.
MAX_EDGES = 60
#: Characters of a line above which it holds no marking: a marking is short.
MAX_LINE = 140
#: Characters of a text whose words are looked up first; of a longer one the edges alone cost less.
MAX_LOOKED_UP = 10_000
#: Files whose names are compared.
MAX_FILES = 200
#: Pieces of a line that are compared.
MAX_PIECES = 12
#: Header fields that classify a message, beside `Sensitivity`.
FIELDS = ("x-classification", "classification", "x-protective-marking", "x-sensitivity", "x-label", "msip_labels")
#: The value of `Sensitivity` (RFC 2156 5.3.4) that means the organisation's secrets, not a person's.
SENSITIVITY = "company-confidential"

_SEPARATOR = re.compile(r"\s+[\-\u2010-\u2015/]+\s+|[\[\](){}<>:;,|*_#=\u2013\u2014\u2022.!]+|[\-\u2010-\u2015]{2,}")
_BRACKETS = re.compile(r"[\[({<]([^\[\](){}<>]{3,60})[\])}>]")
_CAPITALS = re.compile(r"(?<![^\W_])[^\W\d_a-z](?:[^\W\d_a-z]|[ &/\-]){4,60}(?![^\W_])")
_LABEL_NAME = re.compile(r"_Name=([^;]{1,60})")


class Markings:
    """The compiled words of markings."""

    def __init__(self, rules: Rules, lexicon: Lexicon) -> None:
        self._any = lexicon.compile([f"^ {one} $" for one in rules.markings])
        self._capitals = lexicon.compile([f"^ {one} $" for one in rules.markings_in_capitals])
        self._boilerplate = lexicon.compile(rules.boilerplate)
        self._prefixes = Prefixes(rules.reply_prefixes, rules.forward_prefixes)

    def found(self, message: Message, passages: Sequence[Passage], *, is_answer: bool = False) -> list[Evidence]:
        """Return the markings of a message; the passages are those that are searched.

        `is_answer`: the subject behind "Re:" is somebody else's.
        """
        return [
            *self._of_fields(message),
            *self._of_subject(message, is_answer=is_answer),
            *self._of_files(message),
            *self._of_texts(passages),
        ]

    def _of_fields(self, message: Message) -> Iterator[Evidence]:
        if (message.header("sensitivity") or "").strip().casefold() == SENSITIVITY:
            yield Evidence("marking", "Sensitivity: Company-Confidential")
        for name in FIELDS:
            for value in message.root.all(name):
                texts = _LABEL_NAME.findall(value[:2_000]) if name == "msip_labels" else [value[:MAX_LINE]]
                if any(self._is_marked(text, of_field=True) for text in texts):
                    yield Evidence("marking", f"{name}: {shown(', '.join(texts))}")
                    break

    def _of_subject(self, message: Message, *, is_answer: bool) -> Iterator[Evidence]:
        kind, subject = self._prefixes.read(message.subject[:500])
        if not (kind == "reply" and is_answer) and self._is_marked(subject):
            yield Evidence("marking", f"Subject: {shown(subject)}")

    def _of_files(self, message: Message) -> Iterator[Evidence]:
        for part in message.parts[:MAX_FILES]:
            for name in part.names:
                if self._is_marked(name[:MAX_LINE]):
                    yield Evidence("marking", f"File: {shown(name)}", part.path)
                    break

    def _of_texts(self, passages: Sequence[Passage]) -> Iterator[Evidence]:
        for passage in passages:
            if passage.kind == "subject":
                continue
            if passage.length <= MAX_LOOKED_UP and not self._may_be_in(passage.folded.lines):
                continue
            lines = _edges(passage.text[:MAX_CHARACTERS], is_document=passage.kind == "attachment")
            pieces = dict.fromkeys(piece for line in lines for piece in _pieces(_short(line)))
            if not self._may_be_in(fold("\n\n".join(pieces)).lines):
                continue  # most have a marking's words elsewhere; each line alone would cost as much as all together
            for line in lines:
                if self._is_marked(line):
                    yield Evidence("marking", shown(line), passage.part)
                    break

    def _may_be_in(self, lines: WordLines) -> bool:
        """Return False where a text doesn't have the words of a marking."""
        return self._any.may_be_in(lines) or self._capitals.may_be_in(lines)

    def _is_marked(self, text: str, *, of_field: bool = False) -> bool:
        text = _short(text)
        return self._has_marking(text, of_field=of_field) and not next(self._boilerplate.find(fold(text).lines), None)

    def _has_marking(self, text: str, *, of_field: bool) -> bool:
        for piece, is_bracketed in _pieces(text).items():
            lines = fold(piece).lines
            if next(self._any.find(lines), None):
                return True
            if (piece.isupper() or is_bracketed or of_field) and next(self._capitals.find(lines), None):
                return True
        return False


def _short(line: str) -> str:
    """Return a line; of one that is too long for a marking only what stands in capitals before its first separator."""
    if len(line) <= MAX_LINE:
        return line
    first = _SEPARATOR.split(line[:MAX_LINE], 1)[0].strip()
    return first if first.isupper() else ""


def _pieces(text: str) -> dict[str, bool]:
    """Return the pieces of a line that may be a marking, each with whether it stands in brackets."""
    bracketed = {one.strip() for one in _BRACKETS.findall(text)}
    separate = [one.strip() for one in _SEPARATOR.split(text)[:MAX_PIECES]]
    capitals = [] if text.isupper() else [one.strip(" &/-") for one in _CAPITALS.findall(text)[:MAX_PIECES]]
    pieces = (text.strip(), *separate, *bracketed, *capitals)
    return {one: one in bracketed for one in pieces if 4 <= len(one) <= 80}


def _edges(text: str, *, is_document: bool) -> list[str]:
    """Return the first and last lines of a text, and the lines that every page of a document repeats."""
    lines = [line for line in (raw.strip(" \t>|*") for raw in text.split("\n")) if line]
    edges = [*lines[:EDGE_LINES], *lines[-EDGE_LINES:]]
    if is_document:
        edges += (line for line, count in Counter(lines).items() if count > 1 and len(line) <= MAX_LINE)
    return list(dict.fromkeys(edges))[:MAX_EDGES]
