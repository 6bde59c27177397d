"""Recognition of a disclaimer, also in quotations: by our mark in HTML, and by its words.

Only this gateway can make the mark. Text with a copied mark must show the words beside it. Invisible text doesn't
count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from filters.disclaimer.templates import ANYBODY, DIFFERS, NOBODY, Sender
from gateway.message import Part, Segment, normal_form, shielded_html, what_is_surely_seen, written_html

#: Prefix of the mark's name. Gmail puts "m_-123" before names that it quotes, Outlook on the web "x_". Word keeps names
#: of at most 40 characters that begin with a letter.
_PREFIX = "mw_"
_MARK = re.compile(_PREFIX + r"([0-9a-f]{20})(?![0-9a-f])")

#: Letters and digits that a paragraph needs to be told from others by its words.
_TELLING_CHARACTERS = 20

#: Long words that are looked for before whole paragraphs are: most mail has few of them. Half of them suffice, since
#: mail programs put markup amid words.
_SIGNS = 5

#: Characters of a text that are searched for the words. A disclaimer further behind is not recognised, and is added
#: again.
MAX_CHARACTERS = 1_000_000

_NO_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"\n[ \t]*\n")

#: Kinds of segments that the sender wrote.
OWN = ("new", "signature", "footer")


def marked(html: str, mark: str) -> str:
    """Return the disclaimer's HTML, with the mark in the places of which mail programs keep at least one."""
    return shielded_html(html, f"{_PREFIX}{mark}")


@dataclass(frozen=True, slots=True)
class DisclaimerSigns:
    """The signs of one disclaimer; the words are those that don't depend on the sender."""

    mark: str
    text: tuple[str, ...]
    html: tuple[str, ...]
    signs: frozenset[tuple[str, ...]]  # of the longest paragraph of each form: long words in lower case

    def is_in(self, part: Part, *, quoted: bool) -> bool:
        """Return whether every reader sees the disclaimer in the sender's own text; `quoted` includes quotations."""
        if not self._may_be_in(part.text):
            return False
        segments = [one for one in what_is_surely_seen(part).segments if quoted or one.kind in OWN]
        seen = _words("\n".join(one.text for one in segments)[:MAX_CHARACTERS])
        if part.content_type != "text/html":
            return _all(self.text, seen)
        if _all(self.html, seen) or _all(self.text, seen):
            return True
        return any(words in seen for words in self.html) and self._is_marked(part.text, segments)

    def _may_be_in(self, source: str) -> bool:
        """Return whether the source has our mark, or half of the signs of a form. Most mail fails this cheap test."""
        if self.mark in source:
            return True
        lower = source.lower()
        return any(2 * sum(sign in lower for sign in signs) >= len(signs) for signs in self.signs)

    def _is_marked(self, html: str, segments: Sequence[Segment]) -> bool:
        if self.mark not in html:
            return False
        return any(one.start <= at < one.end for at in _marks(html, self.mark) for one in segments)


def disclaimer_signs(mark: str, filled: Callable[[Sender], tuple[str, str]]) -> DisclaimerSigns:
    """Return the signs of a disclaimer; `filled` gives its text and HTML for a sender."""
    (text, html), (any_text, any_html) = filled(NOBODY), filled(ANYBODY)
    texts = _same_for_all(_BETWEEN.split(any_text), text)
    pages = _same_for_all(_shown(any_html).split("\n"), _shown(html))
    signs = frozenset(_signs(pieces) for pieces in (texts, pages) if pieces)
    return DisclaimerSigns(mark, tuple(map(_words, texts)), tuple(map(_words, pages)), signs)


def _shown(html: str) -> str:
    return written_html(html).text_of("new", "quoted", "signature", "footer")


def _same_for_all(paragraphs: Sequence[str], text: str) -> list[str]:
    """Return the pieces that identify the disclaimer and depend on no sender.

    These are the pieces between the sender's fields that also occur in `text`, the disclaimer for a sender without
    fields. If there are none, return all pieces between the fields.
    """
    words, pieces = _words(text), [piece for paragraph in paragraphs for piece in paragraph.split(DIFFERS)]
    found = [one for piece in pieces for one in ([piece] if _words(piece) in words else piece.split("\n"))]
    return [one for one in found if _tells(one) and _words(one) in words] or list(filter(_tells, pieces))


def _tells(piece: str) -> bool:
    return len(_words(piece)) >= _TELLING_CHARACTERS


def _signs(pieces: Sequence[str]) -> tuple[str, ...]:
    """Return long ASCII words of the longest piece; no program writes ASCII words as character references."""
    words = dict.fromkeys(filter(str.isascii, _WORD.findall(max(pieces, key=len).lower())))
    return tuple(sorted(words, key=len, reverse=True)[:_SIGNS])


def _marks(html: str, mark: str) -> Iterator[int]:
    return (match.start() for match in _MARK.finditer(html) if match[1] == mark)


def _all(paragraphs: Sequence[str], seen: str) -> bool:
    return bool(paragraphs) and all(words in seen for words in paragraphs)


def _words(text: str) -> str:
    """Return the letters and digits alone, so that wrapping, quotation marks and layout make no difference."""
    return _NO_WORD.sub("", normal_form("NFKC", text)).casefold()
