"""Needless replies to many people, and private mail to a large list, by the words of `audience.yaml`.

In doubt a text is neither. A reply is needless if some pattern covers every word of it, or if it is short and asks to
be taken off the list. Quotations, signatures and footers don't count as their sender's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from filters.audience.settings import Rules, Statement
from gateway.contract import Evidence
from gateway.matching import Lexicon, Patterns, WordLines, word_lines
from gateway.message import Message, Part, Passage, fold

#: Characters of a reply up to which it is read; sixty long words have fewer.
MAX_CHARACTERS = 2_000
#: Characters of a letter up to which it is read for private matters: a newsletter has a word about anything. For a
#: longer letter only the subject is read.
MAX_LETTER = 3_000
#: Characters that are read of a field that names people.
MAX_NAMES = 4_000
#: Characters of a quote for the reviewer.
MAX_QUOTE = 200

#: Types of parts that add no content to a text.
_SILENT = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_NAMING = ("from", "reply-to", "to", "cc")
#: Mask for the letters of words that a pattern covers.
MASK = "@"
#: Passes over a text: in a chain of words that each touch the next, each pass finds every other one.
MAX_PASSES = 6

_LETTER = re.compile(r"[^ \n]")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^ \n]+")
_TOKEN = re.compile(r"\s*+([A-Za-z-]+)")
#: Marks that programs put before a quoted line.
_MARKS = (">", "|", "#")
_LINK = re.compile(r"(?i)\bhttps?://|\bwww\.")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    first: bool  # the first word of its line
    covered: bool


class Wordings:
    """Compiled rules of `audience.yaml`."""

    def __init__(self, rules: Rules) -> None:
        lexicon = Lexicon(rules.lists)
        self._rules = rules
        # Compiled one by one: of several patterns in one machine only the first that fits would cover a word.
        self._filler = [lexicon.compile([one]) for one in rules.filler]
        self._trivial = {name: [lexicon.compile([each]) for each in one.any] for name, one in rules.trivial.items()}
        self._besides = {name: lexicon.compile(one.any) for name, one in rules.besides.items()}
        self._private = {name: lexicon.compile(one.any) for name, one in rules.private.items()}
        self._business = lexicon.compile(rules.business) if rules.business else None
        lexicon.build_index()
        signs = "|".join(re.escape(fold(one).text) for one in sorted(rules.signs, key=len, reverse=True))
        self._signs = re.compile(rf"(?<!\w)(?:{signs})(?!\w)") if signs else None
        self._no_names = frozenset(fold(one).text for one in rules.no_names)

    # --- a reply -----------------------------------------------------------------------------------------------------

    def needless(self, message: Message) -> Evidence | None:
        """Return evidence that the reply need not have gone to everybody, or None if it says, or may say, something."""
        if _is_automatic(message):
            return Evidence("needless", "It is an automatic reply")
        passages = [one for one in message.view.of("new") if one.text.strip()]
        if _has_content(message, passages):
            return None
        if sum(len(one.text) for one in passages) > MAX_CHARACTERS * max(len(passages), 1):
            return None
        if not passages:
            read = message.view.complete and not _writes_in_quotation(message)
            return Evidence("needless", "It has no text of its own") if read else None
        names = _names(message)
        found = [self._says(one, names) for one in passages]
        return found[0] if all(found) else None

    def _says(self, passage: Passage, names: frozenset[str]) -> Evidence | None:
        if len(passage.text) > MAX_CHARACTERS or _LINK.search(passage.text):
            return None
        text = passage.folded.text
        lines = word_lines(self._signs.sub(lambda sign: " " * len(sign[0]), text) if self._signs else text)
        words = [match for match in _WORD.finditer(lines.text) if match[0] not in (",", '"')]
        if len(words) > self._rules.short_words:
            return None
        if not words:
            return Evidence("needless", _quoted("It has no words", passage), passage.part)
        if said := self._first(self._besides, self._rules.besides, lines, asks="?" in text):
            return Evidence("needless", _quoted(said, passage), passage.part)
        return self._covered(passage, lines, words, names)

    def _covered(
        self, passage: Passage, lines: WordLines, words: Sequence[re.Match[str]], names: frozenset[str]
    ) -> Evidence | None:
        covered, said = self._spans(lines)
        if not covered:
            return None
        marked = [
            _Word(word[0], *word.span(), first=lines.text[word.start() - 2] == "\n", covered=word.start() in covered)
            for word in words
        ]
        if not self._only_names(marked, lines, passage, names):
            return None
        return Evidence("needless", _quoted(said or "It only greets", passage), passage.part)

    def _spans(self, lines: WordLines) -> tuple[frozenset[int], str]:
        """Return the starts of the words that some pattern covers, and the statement of the first pattern.

        A pattern takes the blank on either side of its match, so that a match beside it needs another pass.
        """
        covered: set[int] = set()
        said, text, passes = "", lines.text, 0
        while passes < MAX_PASSES:
            found = [match for one in self._filler for match in one.find(replace(lines, text=text))]
            for name, patterns in self._trivial.items():
                if here := [match for one in patterns for match in one.find(replace(lines, text=text))]:
                    said = said or self._rules.trivial[name].says
                    found += here
            if not found:
                break
            for match in found:
                covered.update(word.start() for word in _WORD.finditer(lines.text, match.start, match.end))
                text = text[: match.start] + _LETTER.sub(MASK, text[match.start : match.end]) + text[match.end :]
            passes += 1
        return frozenset(covered), said

    def _only_names(self, words: Sequence[_Word], lines: WordLines, passage: Passage, names: frozenset[str]) -> bool:
        """Return whether all words left are names: known ones, or words with a capital where a person is called."""
        run = 0
        for word in words:
            run = 0 if word.covered or word.first else run
            if word.covered:
                continue
            run += 1
            if run > self._rules.max_names or word.text in self._no_names or word.text.isdigit():
                return False
            if word.text not in names and not _has_capital(word, lines, passage):
                return False
        return True

    # --- a letter to a list ------------------------------------------------------------------------------------------

    def private(self, message: Message) -> Evidence | None:
        """Return evidence that the letter is not the business of a large list, or None if it is or may be."""
        letter = [one for one in message.view.of("new") if len(one.text) <= MAX_LETTER]
        read = [(one, one.folded.lines) for one in (*message.view.of("subject"), *letter)]
        if self._business and any(next(self._business.find(lines), None) for _, lines in read):
            return None
        for passage, lines in read:
            if said := self._first(self._private, self._rules.private, lines, asks="?" in passage.folded.text):
                return Evidence("private", _quoted(said, passage), passage.part)
        return None

    @staticmethod
    def _first(patterns: Mapping[str, Patterns], said: Mapping[str, Statement], lines: WordLines, *, asks: bool) -> str:
        for name, one in patterns.items():
            if not (asks and said[name].unless_asks) and next(one.find(lines), None):
                return said[name].says
        return ""


def _is_automatic(message: Message) -> bool:
    """Return whether the message is an automatic reply (RFC 3834 5)."""
    said = _TOKEN.match(message.header("auto-submitted") or "")
    return said is not None and said[1].lower() == "auto-replied"


def _has_content(message: Message, passages: Sequence[Passage]) -> bool:
    """Return whether there is more than the text: a file, a picture in the text's place, or unreadable content."""
    return any(_is_content(part, with_text=bool(passages)) for part in message.parts)


def _is_content(part: Part, *, with_text: bool) -> bool:
    if part.is_multipart or "/" in part.path or part.is_body_text or part.content_type in _SILENT | _CARDS:
        return False
    if not part.decoded.strip():
        return False
    pictured = part.content_type.startswith("image/") and part.disposition != "attachment"
    return not (pictured and with_text)  # a logo below a text


def _writes_in_quotation(message: Message) -> bool:
    """Return whether the quotation holds an answer line by line: unmarked lines below marked ones."""
    quoted = "\n".join(one.text for one in message.view.of("quoted"))
    for part in message.parts:
        if part.content_type != "text/plain" or not part.is_body_text:
            continue
        lines = [line.strip() for line in part.text.splitlines()]
        first = next((at for at, line in enumerate(lines) if line.startswith(_MARKS)), len(lines))
        if any(line and not line.startswith(_MARKS) and line in quoted for line in lines[first:]):
            return True
    return False


def _names(message: Message) -> frozenset[str]:
    """Return the words of all names and addresses in the fields that name people."""
    found: set[str] = set()
    for name in _NAMING:
        for field in message.root.fields(name):
            found.update(_LETTERS.findall(fold(field.value[:MAX_NAMES]).text))
    return frozenset(found)


def _has_capital(word: _Word, lines: WordLines, passage: Passage) -> bool:
    start, end = passage.folded.origin(*lines.origin(word.start - 1, word.end + 1))
    return passage.text[start:end][:1].isupper()


def _quoted(said: str, passage: Passage) -> str:
    text = "".join(c for c in " ".join(passage.text.split()) if c.isprintable())
    return f"{said}: {text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + chr(0x2026)}"


def attachments(message: Message) -> Iterator[Part]:
    """Yield the parts that are carried as files, including pictures in the text."""
    for part in message.leaves:
        if "/" not in part.path and not part.is_body_text:
            yield part
