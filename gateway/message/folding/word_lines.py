"""A folded text as patterns see it: one line for each sentence, its words between single blanks; with the way back.

Short forms are written out (`haven't` is `have not`), a place that the caller has marked becomes one word (`@account`),
and misspelt words of a given list are put right. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.message.computed_once import computed_once

#: Tokens: an address, the code of a currency before a sum, a word, an apostrophe's tail, a full stop or the like, a
#: quotation mark, a comma or the like, a line's end, a currency's sign.
_TOKENS = (
    r"(?P<skip>[^\s<>@]{1,64}+@[^\s<>@]{1,255}+|https?://\S{1,2000}+)",
    r"(?P<code>(?:eur|gbp|usd|chf|pln)(?=[ ]?[0-9]))",
    r"(?P<word>[^\W_]+(?:/[^\W_]+)*)",
    r"(?P<tail>(?<=\w)['\u2019`\u00b4][^\W\d_]+)",
    r"(?P<stop>[.!?\u2026;]+(?=\s|$|[\"\u201d')\]])|[!?;])",
    r"(?P<quote>[\"\u201c\u201d\u201e\u00ab\u00bb])",
    r"(?P<open>(?:(?<=[\s(:,])|^)['\u2018](?=\w))",
    r"(?P<close>['\u2019](?!\w))",
    r"(?P<comma>[,:()\[\]|\u2013\u2014]|(?<=\s)-+(?=\s))",
    r"(?P<line>\n+)",
    r"(?P<money>[\u00a3$\u20ac])",
)
_TOKEN = re.compile("|".join(_TOKENS))
#: Words of small letters between single blanks, which are taken together: no address or sum can begin inside.
_RUN = r"(?P<run>(?:[a-z]++ )++(?:[a-z]++(?=[.,;:!?)]?(?:\s|\Z)))?|[a-z]++(?=[.,;:!?)]?(?:\s|\Z)))"
_RUN_OR_TOKEN = re.compile("|".join((_RUN, *_TOKENS)))
#: Words that are a currency's sign behind a sum: codes of ISO 4217, and names.
CURRENCIES = frozenset("eur gbp usd chf pln czk huf sek dkk nok aud cad euro euros zl zloty zlotych".split())  # noqa: SIM905 - readable
#: First words of a greeting, and the most words that one has.
GREETINGS = frozenset(
    """
    dear hi hello hey hiya morning good sehr liebe lieber hallo guten bonjour cher chere madame monsieur estimado
    estimada estimados hola buenos buenas gentile gentili buongiorno ciao egregio beste geachte hoi szanowni
    szanowna szanowny dzien
    """.split()  # noqa: SIM905 - a list of words
)
MAX_GREETING = 6
#: Words from which on a paragraph's end is a sentence's: fewer are cells of a table, or letters set apart.
MIN_PARAGRAPH = 3
#: Words behind which a full stop ends no sentence.
_ABBREVIATIONS = frozenset(
    """
    no nr nos num ltd co mr mrs ms dr st approx ref inc acc acct tel bzw ca evtl ggf inkl usw art sig sra dott attn inv
    vs dept bv messrs prof cf str nrs ul tzn np
    """.split()  # noqa: SIM905 - a list of words
)
_TAILS = {
    "ve": "have",
    "re": "are",
    "ll": "will",
    "m": "am",
    "d": "would",
    "s": "'s",
}
_WRITTEN_OUT: Mapping[str, tuple[str, ...]] = {
    "won": ("will", "not"),
    "can": ("can", "not"),
    "shan": ("shall", "not"),
    "ain": ("is", "not"),
}
_NEGATED = "is are was were have has had do does did could would should need must".split()  # noqa: SIM905 - readable
_WITHOUT_APOSTROPHE: Mapping[str, tuple[str, ...]] = {
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "weve": ("we", "have"),
    "youve": ("you", "have"),
    "theyve": ("they", "have"),
    "ive": ("i", "have"),
    **{f"{verb}nt": (verb, "not") for verb in _NEGATED},
}
#: Words that don't stand in lines as they stand in the text, or don't always.
_CHANGED = CURRENCIES | frozenset(_WITHOUT_APOSTROPHE)
#: Letters that no normal form takes apart.
_LETTERS = str.maketrans({"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe", "\u00df": "ss"})


#: Sentences in `WordLines.octets`, mostly one: from the line end before the first to the blank behind the last.
Stretch = tuple[int, int]
#: Stretches from which on near ones are joined, and octets between near ones. A letter has fewer; a text may have a
#: sentence of two words ten thousand times, and a search costs more than some hundred octets in it do.
MANY, NEAR = 64, 200


@dataclass(frozen=True, slots=True)
class Marked:
    """A place in the text that counts as one word, such as `@account`."""

    start: int
    end: int
    word: str


#: The place in the source of a stretch of the lines. True: it stands there word for word; False: it is one word, made
#: from what stands there.
_Origin = tuple[int, int, bool]


@dataclass(frozen=True)
class WordLines:
    """`text` is matched with patterns: each line is a line end, then a blank and a word, again and again."""

    text: str
    _starts: Sequence[int]  # of each stretch in `text`
    _origins: Sequence[_Origin]  # of each stretch
    words: frozenset[str] = frozenset()  # of the source, before they were put right
    #: By index (`gateway.matching.pattern_index`): the patterns that can match, with the sentences where they can.
    possible: dict[object, Mapping[int, Sequence[Stretch]]] = field(default_factory=dict, repr=False)

    @computed_once
    def octets(self) -> bytes:
        """`text` in UTF-8."""
        return self.text.encode()

    @computed_once
    def vocabulary(self) -> frozenset[str]:
        """The words of the lines."""
        return frozenset(self.text.split())

    @computed_once
    def sentences(self) -> Sequence[tuple[Sequence[str], Sequence[Stretch]]]:
        """The different lines: the words of each, and its places in `octets`, with the line ends around it."""
        places: dict[str, list[Stretch]] = {}
        start = 0
        is_ascii = self.text.isascii()
        for line in self.text.split("\n")[1:-1]:
            end = start + 1 + len(line if is_ascii else line.encode())
            places.setdefault(line, []).append((start, end + 2))
            start = end
        return [(line.split(), several if len(several) < MANY else joined(several)) for line, several in places.items()]

    def around(self, places: Iterable[int], lines: int) -> WordLines:
        """Return only the lines that hold these places of `text`, and `lines` before and after each."""
        ends = [end.start() for end in re.finditer("\n", self.text)]
        kept: set[int] = set()
        for place in places:
            here = bisect_right(ends, place) - 1
            kept.update(range(max(here - lines, 0), min(here + lines + 1, len(ends) - 1)))
        if len(kept) == len(ends) - 1:
            return self
        pieces, length = ["\n"], 1
        starts: list[int] = []
        origins: list[_Origin] = []
        for line in sorted(kept):
            begin, end = ends[line] + 1, ends[line + 1] + 1
            first, last = bisect_left(self._starts, begin), bisect_left(self._starts, end)
            starts += [at - begin + length for at in self._starts[first:last]]
            origins += self._origins[first:last]
            pieces.append(self.text[begin:end])
            length += end - begin
        return WordLines("".join(pieces) + " ", starts, origins, self.words)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the source of a place in `text`."""
        if not self._origins:
            return 0, 0
        first = self._word(start + 1)
        return first[0], max(first, self._word(max(end - 2, start)))[1]

    def _word(self, at: int) -> tuple[int, int]:
        """Return the place in the source of the last word that begins at `at` or before it, or of the first word."""
        number = max(bisect_right(self._starts, at) - 1, 0)
        start, end, as_it_stands = self._origins[number]
        if not as_it_stands:
            return start, end
        begin = self._starts[number]
        word = self.text.rfind(" ", begin, min(at, begin + end - start)) + 1 or begin
        return start + word - begin, min(start + self.text.index(" ", word) - begin, end)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the stretches in their order, near ones as one: what is looked for is nowhere between them."""
    found: list[Stretch] = []
    for start, end in stretches:
        if found and start < found[-1][1] + NEAR:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def word_lines(
    text: str, marked: Iterable[Marked] = (), spelling: Mapping[str, str] | None = None, characters: int | None = None
) -> WordLines:
    """Return the lines of a folded text (casefolded, without accents), with `marked` in order and not overlapping.

    If the text has more than `characters`, half of them are taken from either end.
    """
    writer = _Writer(spelling or {}, iter(marked))
    for begin, finish in _ends(len(text), characters):
        for token in _RUN_OR_TOKEN.finditer(text, begin, finish):
            if token.lastgroup != "run":
                writer.token(token)
            elif not writer.run(token):
                for one in _TOKEN.finditer(text, token.start(), finish):
                    if one.start() >= token.end():
                        break
                    writer.token(one)
        writer.line()
    return writer.lines()


def _ends(length: int, characters: int | None) -> Sequence[tuple[int, int]]:
    if characters is None or length <= characters:
        return ((0, length),)
    return (0, characters // 2), (length - characters // 2, length)


def folded_words(text: str) -> list[str]:
    """Return the words of a pattern's piece, as they stand in lines."""
    if text.isascii() and text.isalpha() and text not in _CHANGED:  # as nearly all are
        return [text]
    return word_lines(text).text.split()


class _Writer:
    def __init__(self, spelling: Mapping[str, str], marked: Iterator[Marked]) -> None:
        self._spelling = spelling
        self._marked = marked
        self._mark = next(marked, None)
        self._pieces: list[str] = ["\n"]
        self._length = 1
        self._starts: list[int] = []
        self._origins: list[_Origin] = []
        self._words: set[str] = set()
        self._last = "\n"
        self._first = ""
        self._words_in_line = 0
        self._quoting = False  # inside single quotation marks

    def run(self, run: re.Match[str]) -> bool:
        """Write words as they stand. Return False, with nothing written, if one of them is marked or changed."""
        start, end = run.span()
        words = run[0].split()
        if not (
            (self._mark is None or end <= self._mark.start)
            and _CHANGED.isdisjoint(words)
            and self._spelling.keys().isdisjoint(words)
        ):
            return False
        self._words.update(words)
        self._starts.append(self._length + 1)
        written = f" {' '.join(words)}"
        self._origins.append((start, start + len(written) - 1, True))
        self._pieces.append(written)
        self._length += len(written)
        if not self._words_in_line:
            self._first = words[0]
        self._words_in_line += len(words)
        self._last = words[-1]
        return True

    def token(self, token: re.Match[str]) -> None:
        """Write a token, behind the marks that stand before it."""
        start, end = token.span()
        while self._mark and start >= self._mark.end:
            self._write_mark(self._mark)
        if self._mark and end > self._mark.start:
            return
        if token.lastgroup != "word":
            self._between_words(token.lastgroup or "", token[0], start, end)
        elif (word := token[0]).isascii() and word not in _CHANGED:
            self._words.add(word)
            self.word(self._spelling.get(word, word), start, end)
        else:
            self._changed_word(word, start, end)

    def _write_mark(self, mark: Marked) -> None:
        self.word(mark.word, mark.start, mark.end)
        self._mark = next(self._marked, None)

    def _changed_word(self, text: str, start: int, end: int) -> None:
        """Write a word that may stand otherwise in the text; put it right or write it out first."""
        word = text.translate(_LETTERS)
        self._words.add(word)
        if word in _WITHOUT_APOSTROPHE:
            for one in _WITHOUT_APOSTROPHE[word]:
                self.word(one, start, end)
        elif word in CURRENCIES and self._last.isdecimal():
            self.word("@money", start, end)
        else:
            self.word(self._spelling.get(word, word), start, end)

    def _between_words(self, kind: str, text: str, start: int, end: int) -> None:
        """Write what stands between the words."""
        if kind == "stop":
            if text != "." or self._last not in _ABBREVIATIONS:
                self.line()
        elif kind == "skip":
            return
        elif kind == "tail":
            self._tail(text[1:], start, end)
        elif kind == "line":
            if self._words_in_line >= MIN_PARAGRAPH or self._first in GREETINGS:
                self.line()
        elif kind in ("open", "close"):
            self._single(kind == "open", start, end)
        elif kind == "comma" and self._greets():
            self.line()
        elif kind in ("quote", "comma"):
            self.word('"' if kind == "quote" else ",", start, end)
        else:
            self.word("@money", start, end)

    def _greets(self) -> bool:
        """Return whether the line so far is a greeting: the text that follows is a sentence of its own."""
        words = self._words_in_line
        return 0 < words <= MAX_GREETING and self._first in GREETINGS

    def _single(self, opens: bool, start: int, end: int) -> None:
        """Write a single quotation mark; where none was opened, it is the apostrophe of `suppliers'` and left out."""
        if opens != self._quoting:
            self._quoting = opens
            self.word('"', start, end)

    def _tail(self, tail: str, start: int, end: int) -> None:
        """Write the tail of `we've`, `haven't`, `supplier's`; the tail of `l'ancien` is a word of its own."""
        follows = bool(self._origins) and self._origins[-1][1] == start  # and not an address that was left out
        if tail == "t" and follows and (self._last in _WRITTEN_OUT or self._last.endswith("n")):
            stem = self._last
            self._replace(_WRITTEN_OUT[stem] if stem in _WRITTEN_OUT else (stem[:-1], "not"), end)
        else:
            self.word(_TAILS.get(tail, tail), start, end)

    def _replace(self, words: Sequence[str], end: int) -> None:
        """Replace the last word by others."""
        start = self._origins[-1][0]
        self._length -= len(self._pieces.pop())
        self._starts.pop()
        self._origins.pop()
        for word in words:
            self.word(word, start, end)

    def word(self, word: str, start: int, end: int) -> None:
        self._starts.append(self._length + 1)
        self._origins.append((start, end, False))
        self._pieces.append(f" {word}")
        if not self._words_in_line:
            self._first = word
        self._words_in_line += 1
        self._length += len(word) + 1
        self._last = word

    def line(self) -> None:
        if self._pieces[-1] != " \n":
            self._pieces.append(" \n")
            self._length += 2
        self._last = "\n"
        self._words_in_line = 0

    def lines(self) -> WordLines:
        """Return the lines, with the marks behind the last token."""
        while self._mark:
            self._write_mark(self._mark)
        self.line()
        return WordLines("".join(self._pieces) + " ", self._starts, self._origins, frozenset(self._words))
