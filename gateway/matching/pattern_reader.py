"""Reads a pattern that an administrator wrote: words, alternatives, named lists, nearness.

    change* [of] <account>       a stem, an optional word, a list of words by its name
    (use | pay to) ..4.. below   one of these, then at most four words, then this; `...` is `..5..`
    <new> ~3~ <account>          near each other in either order, at most three words between
    in the *                     any one word
    ^ if   instead $             at the beginning and at the end of a sentence

No pattern reaches beyond a sentence. A pattern becomes an expression of RE2, which never goes back, so that no text
makes it slow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.matching.pattern_index import Needs, all_of, one_of
from gateway.message.folding.word_lines import folded_words

#: Words that `..N..` and `~N~` may skip: a sentence seldom has more, and each is a state of the machine.
MAX_GAP = 20
#: Words and patterns whose expressions are kept: the shipped rules have fifteen thousand words and twelve thousand
#: patterns, which are read to be checked and again to be used.
WORDS_KEPT = PATTERNS_KEPT = 32_768

#: Words that stand for something else, and an apostrophe's `s`.
MARKS = ("@account", "@masked", "@money", "'s")

_GAP = 5
_ITEM = re.compile(
    r"\s*(?:(?P<open>[(\[])|(?P<close>[)\]])|(?P<bar>\|)|<(?P<list>[a-z_]+)>|\.\.(?P<gap>[0-9]+)\.\.|(?P<dots>\.\.\.)"
    r"|(?P<edge>[\^$](?=\s|$))|(?P<word>[^\s()\[\]|<>~^$]+))"
)
_SEPARATOR = r'(?: [,"])* '
_NEAR = re.compile(r"~([0-9]+)~")
#: A list in a template. No word has such brackets, nor does an expression made of a word.
_NAMED = re.compile(r"<([a-z_]+)>")

#: Characters of a pattern that a mistake quotes; enough to recognise it.
QUOTED = 60


class PatternError(ValueError):
    """A pattern or a list that can't be used; the text says why."""


def quoted(text: str) -> str:
    """Return the text between quotation marks, without control characters, and not too long."""
    return repr(text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…")


@dataclass(frozen=True, slots=True)
class Piece:
    """A pattern or a piece of one: its expression, and the words that it needs."""

    expression: str
    needs: Needs = ()
    begins: bool = False  # it may begin a sentence
    ends: bool = False  # it may end one

    def with_lists(self, lists: Mapping[str, Piece]) -> Piece:
        """Return the piece with lists in place of their names. Raise PatternError for a name that no list has."""
        names = tuple(dict.fromkeys(_NAMED.findall(self.expression)))
        for name in names:
            if name not in lists:
                raise PatternError(f"there is no list <{name[:QUOTED]}>")
        return _with_lists(self, names, tuple(map(lists.__getitem__, names))) if names else self


@lru_cache(PATTERNS_KEPT)
def _with_lists(piece: Piece, names: tuple[str, ...], lists: tuple[Piece, ...]) -> Piece:
    """Return the piece with these lists in place of their names."""
    named = {f"<{name}>": one for name, one in zip(names, lists, strict=True)}
    expression = _NAMED.sub(lambda found: named[found[0]].expression, piece.expression)
    needs = all_of(
        one_of([named[word].needs if word in named else (frozenset({word}),) for word in need]) for need in piece.needs
    )
    return Piece(expression, needs, piece.begins, piece.ends)


def either(pieces: Sequence[Piece]) -> Piece:
    """Return alternatives as one piece."""
    if len(pieces) == 1:
        return pieces[0]
    expression = f"(?:{'|'.join(piece.expression for piece in pieces)})"
    needs = one_of([piece.needs for piece in pieces])
    return Piece(expression, needs, any(piece.begins for piece in pieces), any(piece.ends for piece in pieces))


@lru_cache(PATTERNS_KEPT)
def read(pattern: str) -> Piece:
    """Return a pattern in which lists stand by their names. Raise PatternError for one that can't be used."""
    first, *rest = _NEAR.split(pattern)
    piece = _Reader(first).read()
    for words, other in zip(rest[::2], rest[1::2], strict=True):
        one, gap = _Reader(other).read(), _gap(int(words))
        piece = either([_joined([piece, gap, one]), _joined([one, gap, piece])])
    return piece


def _gap(words: int) -> Piece:
    if words > MAX_GAP:
        raise PatternError(f"at most {MAX_GAP} words can lie between")
    return Piece(rf"(?: [^ \n]+){{0,{words}}}?")


def _joined(pieces: Sequence[Piece]) -> Piece:
    if not pieces:
        raise PatternError("an alternative is empty")
    if len(pieces) == 1:
        return pieces[0]
    if any(piece.begins for piece in pieces[1:]):
        raise PatternError("^ can only stand at its beginning: no pattern reaches beyond a sentence")
    if any(piece.ends for piece in pieces[:-1]):
        raise PatternError("$ can only stand at its end: no pattern reaches beyond a sentence")
    expression = "".join(piece.expression for piece in pieces)
    return Piece(expression, all_of(piece.needs for piece in pieces), pieces[0].begins, pieces[-1].ends)


class _Reader:
    """A reader of one pattern, by recursive descent."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def read(self) -> Piece:
        if not self._pattern.strip():
            raise PatternError("it has no words")
        return self._choice(closing="")

    def _choice(self, closing: str) -> Piece:
        """Read the alternatives up to the closing bracket or the end."""
        found: list[Piece] = []
        pieces: list[Piece] = []
        while item := self._next(closing):
            if item.lastgroup == "bar":
                found.append(_joined(pieces))
                pieces = []
            elif item.lastgroup == "close":
                if item["close"] != closing:
                    raise PatternError(f"a {item['close']} too many")
                return either([*found, _joined(pieces)])
            else:
                pieces.append(self._piece(item))
        return either([*found, _joined(pieces)])

    def _next(self, closing: str) -> re.Match[str] | None:
        item = _ITEM.match(self._pattern, self._at)
        if not item:
            if unread := self._pattern[self._at :].strip():
                raise PatternError(f"{quoted(unread)} can't be read")
            if closing:
                raise PatternError(f"a {closing} is missing")
            return None
        self._at = item.end()
        return item

    def _piece(self, item: re.Match[str]) -> Piece:
        match item.lastgroup:
            case "open":
                inside = self._choice(")" if item["open"] == "(" else "]")
                if item["open"] == "(":
                    return inside
                return Piece(f"(?:{inside.expression})?", (), inside.begins, inside.ends)
            case "list":
                name = f"<{item['list']}>"
                return Piece(name, (frozenset({name}),))
            case "gap" | "dots":
                return _gap(int(item["gap"] or _GAP))
            case "edge":
                return Piece(r"\n", begins=True) if item["edge"] == "^" else Piece(r" \n", ends=True)
            case _:
                return _word(item["word"])


@lru_cache(WORDS_KEPT)
def _word(word: str) -> Piece:
    """Return the piece of a word, with `*` for any letters; two words of a text (`don't`) are two here."""
    if word in MARKS:
        return Piece(f"{_SEPARATOR}{re.escape(word)}", (frozenset({word}),))
    if word in (",", '"'):
        return Piece(f" {word}", (frozenset({word}),))
    if word == "*":
        return Piece(rf"{_SEPARATOR}[^ \n]+")
    head, tail = word.startswith("*"), word.endswith("*")
    words = folded_words(folded(word.strip("*")))
    if "*" in word.strip("*") or '"' in word or not words:
        raise PatternError(f"{quoted(word)} is no word: letters, and * at an end")
    escaped = [re.escape(one) for one in words]
    escaped[0] = (r"[^ \n]*" if head else "") + escaped[0]
    escaped[-1] += r"[^ \n]*" if tail else ""
    words[0] = f"*{words[0]}" if head else words[0]
    words[-1] = f"{words[-1]}*" if tail else words[-1]
    return Piece("".join(_SEPARATOR + one for one in escaped), all_of([(frozenset({one}),) for one in words]))


def folded(word: str) -> str:
    """Return the word as the matched text has it: no capitals, no accents."""
    if word.isascii():
        return word.lower()
    bare = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))
