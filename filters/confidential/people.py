"""People in a text beside their pay, date of birth, health or home address: in a table, or one after the other.

A name is two words with capitals, or one at the beginning of a row. What stands behind it, up to the next name or the
end of the line, is about that person. The head of a table says what its columns are. The search is linear.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from filters.confidential.limits import Limits
from filters.confidential.lines import lines_of, unwrapped
from filters.confidential.passages import is_below
from filters.confidential.settings import Rules
from gateway.contract import Evidence
from gateway.matching import Lexicon, Patterns
from gateway.message import Passage, fold

PAY: Final = "pay"
BIRTH: Final = "date of birth"
HEALTH: Final = "health"
ADDRESS: Final = "address"

#: Lines of a message that may be the head of a table.
MAX_HEADS = 300
#: Lines of one text that are looked at.
MAX_LINES = 3_000
#: Characters of a line that are looked at together; a longer line is read in pieces.
MAX_LINE = 2_000
#: Characters behind a name that are about the person.
MAX_ABOUT = 160
#: Words between a name and the sum, date or address that is about the person.
WORDS_BETWEEN = 5
#: Words of a cell in a table's head; a sentence has more.
MAX_HEAD_WORDS = 5
#: Paragraphs of a text that may say that data are made up.
MAX_PARAGRAPHS = 200
#: Cells of a row in a table.
MAX_CELLS = 40
#: Years of birth that people at work, at school or in care have.
BORN = (1915, 2014)

_WORD = (
    r"[A-Z\u00c0-\u00de\u0104-\u017b][a-z\u00df-\u00ff\u0105-\u017c]+"
    r"(?:[-'\u2019][A-Z\u00c0-\u00de]?[a-z\u00df-\u00ff]+)?"
)
_PARTICLE = r"(?:(?:van|von|de|den|der|del|di|da|la|le|el|al|O'|Mc|Mac|Ap) ?){0,3}"
_NAME = re.compile(
    rf"(?<![^\W_])(?:(?:Mr|Mrs|Ms|Miss|Dr|Herr|Frau|Mme|Sra|Sig)\.? (?:[A-Z]\.? )?{_WORD}"
    rf"|{_WORD},? (?:[A-Z]\.? )?{_PARTICLE}{_WORD}|{_WORD},? [B-HJ-Z](?![^\W_])|[A-Z]\.? {_WORD})"
)
_LEADING = re.compile(rf"[\s\-*\u2022\d.)]{{0,6}}({_WORD})(?![^\W_])")
_FOLLOWING = re.compile(rf"(?<=[,;] )({_WORD})(?![^\W_])")
#: Titles of private people: their address is a home.
TITLES = frozenset({"mr", "mrs", "ms", "miss", "herr", "frau", "mme", "sra", "sig"})
#: Words with a capital that begin a sentence, or name a day, and no person.
NO_NAMES = frozenset(
    """
    A An And As At But By Dear For From Hi Hello How I If In It Its Just Let Many More My No Not Now Of On Only Or Our
    Please Posted Re See Since So Some Thanks Thank That The Their There These They This Those To Total Was We Well What
    When Where Which While Who Why With Yes You Your Both All Any Each Every About After Before Here Last Next New Old
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun January February March April
    May June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
    Order Invoice Price Prices Quote Date Subject Sent Cc Fwd Question Answer Section Page Table Figure Note Ref Item
    Der Die Das Und Wir Sie Ich Les Des Une Los Las Una Una Het Een Wij Voor
    """.split()  # noqa: SIM905 - readable
)
_MONEY = re.compile(
    r"(?:[\u00a3$\u20ac]\s?|\b(?:GBP|EUR|USD|PLN|CHF) ?)\d{1,3}(?:[ .,]?\d{3})*(?:[.,]\d\d)?k?(?!\d)"
    r"|(?<![\d.,])\d{1,3}[.,\u00a0 ]\d{3}(?:[.,]\d\d)?"
    r"(?:\s?(?:[\u00a3$\u20ac]|EUR|PLN|z\u0142))?(?![\d.,]\d)|\b\d{2,3}k\b"
)
_DATE = re.compile(r"(?<![\d/.\-])(?:(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d\d)|(\d{4})-(\d\d)-(\d\d))(?![\d/\-])")
_LONG_DATE = re.compile(r"(?<!\d)\d{1,2}(?:st|nd|rd|th|\.)? [^\W\d_]{3,10}\.? (\d{4})(?!\d)")
_POSTCODE = re.compile(r"(?<![^\W_])[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?![^\W_])")
#: Last words of a street's name, which is no person's.
STREETS = frozenset(
    """
    St Street Rd Road Lane Ln Ave Avenue Close Cl Grove Drive Dr Court Ct Way Place Gardens Terrace Crescent Row Hill
    Square Walk Mews View Park Rise
    """.split()  # noqa: SIM905 - readable
)
_STREET = re.compile(
    rf"(?<![^\W_])\d{{1,4}}[a-z]?,? (?:[A-Z][\w'\u2019.]+ ){{1,3}}(?:{'|'.join(sorted(STREETS))})\b"
    r"|(?<![^\W_])[A-Z\u00c0-\u00de][\w\u00df-\u00ff-]{0,40}"
    r"(?:stra\u00dfe|strasse|str\.|weg|laan|straat|gasse|platz) ?\d{1,4}[a-z]?\b"
)
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
#: A name in a list, with a mark behind it.
_LISTED = re.compile(r"\s?[,:;(\t\u2013-]|\s{2,}|\s\d")
_CELLS = re.compile(r"\t|;|\||\s{2,}")
#: A comma between two cells; behind one of a sentence there is a blank.
_COMMA = re.compile(r",(?!\s)")
_NUMBER = re.compile(r"\D{0,4}\d[\d., ]*\D{0,4}")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person in a text with the kinds of data beside the name."""

    name: str
    kinds: frozenset[str]
    part: str


@dataclass(frozen=True, slots=True)
class People:
    """The people of a message that stand beside data of theirs, each once."""

    rows: tuple[PersonRow, ...]

    @property
    def kinds(self) -> int:
        """Number of kinds of data."""
        return len({kind for row in self.rows for kind in row.kinds})

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Evidence with the number of people for each kind of data, and no name."""
        found = Counter((row.part, kind) for row in self.rows for kind in row.kinds)
        return tuple(
            Evidence("people", f"{count:,} names beside their {kind}", part) for (part, kind), count in found.items()
        )


class PeopleReader:
    """The compiled words of tables of people."""

    def __init__(self, rules: Rules, lexicon: Lexicon) -> None:
        self._said = {
            PAY: lexicon.compile(rules.pay),
            BIRTH: lexicon.compile(rules.columns.birth),
            HEALTH: lexicon.compile(rules.health),
            ADDRESS: lexicon.compile(rules.residents),
        }
        self._made_up = lexicon.compile(rules.made_up)
        self._real = lexicon.compile(rules.real)
        self._name = lexicon.compile(rules.columns.name)
        self._columns = {
            PAY: lexicon.compile(rules.columns.pay),
            BIRTH: lexicon.compile(rules.columns.birth),
            HEALTH: lexicon.compile(rules.columns.health),
            ADDRESS: lexicon.compile(rules.columns.address),
        }

    def read(self, passages: Sequence[Passage], limits: Limits) -> People:
        """Return the people in the passages. The subject says what the text is about.

        Made-up people are none: near words of the letter that say so, and in files if the letter says so anywhere.
        """
        about = self._kinds_said(one for one in passages if one.kind == "subject")
        heads = count()
        found: dict[str, PersonRow] = {}
        said = self.made_up(passages)
        for passage in passages:
            if passage.kind == "subject" or (said and passage.kind == "attachment"):
                continue
            text = self._without_made_up(passage.text) if passage in said else passage.text
            heads_here = heads if self._name.may_be_in(passage.folded.lines) else None
            for name, said_here in self._in_text(text, about | self._kinds_said([passage]), heads_here, limits):
                kinds = said_here - {ADDRESS} if is_below(passage) else said_here
                before = found.get(name)
                both = kinds | before.kinds if before else kinds
                if both:
                    found[name] = PersonRow(name, both, before.part if before else passage.part)
        return People(tuple(found.values()))

    def made_up(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return the passages of the letter that say that data are made up; none where it says that some are real."""
        letter = [one for one in passages if one.kind == "new"]
        if any(_has(self._real, one.folded.lines) for one in letter):
            return []
        return [one for one in letter if _has(self._made_up, one.folded.lines)]

    def _without_made_up(self, text: str) -> str:
        """Return a text without the paragraphs that say that data are made up, and those beside them."""
        paragraphs = _PARAGRAPH_END.split(text)
        made_up = {at for at, one in enumerate(paragraphs[:MAX_PARAGRAPHS]) if _has(self._made_up, fold(one).lines)}
        return "\n\n".join(one for at, one in enumerate(paragraphs) if made_up.isdisjoint((at - 1, at, at + 1)))

    def _kinds_said(self, passages: Iterable[Passage]) -> set[str]:
        """Return the kinds of data of which passages speak."""
        read = [one.folded.lines for one in passages]
        return {kind for kind, patterns in self._said.items() if any(_has(patterns, lines) for lines in read)}

    def _in_text(
        self, whole: str, said: Collection[str], heads: Iterator[int] | None, limits: Limits
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the people of a text.

        `heads` counts the lines of the message that are read as a table's head; None: the text has no word for one.
        """
        columns: dict[int, str] = {}
        known: dict[tuple[str, ...], dict[int, str]] = {}
        width = 0
        for _, line in limits.first(lines_of(unwrapped(whole), MAX_LINE), MAX_LINES):
            cells = _cells(line) if heads else ()
            if heads and len(cells) >= 2 and _may_be_head(cells):
                is_read = next(heads) < MAX_HEADS
                limits.reached = limits.reached or not is_read
                if is_read and cells not in known:
                    known[cells] = self._head(cells)
                if is_read and (head_of := known[cells]):
                    columns, width = head_of, len(cells)
                    continue
            if columns and len(cells) == width:
                if row := _row(cells, columns):
                    yield row
                continue
            if HEALTH in said or _DIGIT.search(line):  # pay, dates and addresses have digits
                yield from self._in_line(line, said)

    def _head(self, cells: Sequence[str]) -> dict[int, str]:
        """Return the columns with people's data by the head of a table; empty where the line is none."""
        if not self._name.may_be_in(fold("\n\n".join(cell[:60] for cell in cells)).lines):
            return {}  # as most of them: each cell alone would cost as much as all together
        folded = [fold(cell[:60]).lines for cell in cells]
        if not any(_has(self._name, one) for one in folded):
            return {}
        return {
            at: kind for at, one in enumerate(folded) for kind, patterns in self._columns.items() if _has(patterns, one)
        }

    def _in_line(self, line: str, said: Collection[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the people of a line; `said`: the kinds of data of which the text or its subject speaks."""
        for name, rest, is_full in _named(line):
            near = _near(rest, WORDS_BETWEEN if is_full else 1)
            kinds = set()
            if PAY in said and (money := _MONEY.search(rest)) and money.start() <= near:
                kinds.add(PAY)
            if _is_born(rest, near, said=BIRTH in said):
                kinds.add(BIRTH)
            if is_full and HEALTH in said and _has(self._said[HEALTH], fold(rest).lines):
                kinds.add(HEALTH)
            is_private = ADDRESS in said or name.split()[0].rstrip(".") in TITLES
            places = (_POSTCODE.search(rest), _STREET.search(rest)) if is_private else ()
            if any(place and place.start() <= near for place in places):
                kinds.add(ADDRESS)
            if kinds - {HEALTH} or (kinds and is_full and _LISTED.match(rest)):
                yield name, frozenset(kinds)


def full_names(text: str) -> list[str]:
    """Return the names of two words or more in a text, in small letters."""
    return [one[0].casefold() for one in _NAME.finditer(text) if _is_name(one[0])]


def _has(patterns: Patterns, lines: object) -> bool:
    return next(patterns.find(lines), None) is not None  # type: ignore[arg-type]


def _cells(line: str) -> tuple[str, ...]:
    """Return the cells of a row, which tabs, semicolons, bars or wide gaps separate, else commas."""
    cells = [cell.strip() for cell in _CELLS.split(line.strip())]
    if len(cells) < 2:
        with_blanks = line.count(",") >= 2 and '"' not in line
        cells = [cell.strip().strip('"') for cell in (line.split(",") if with_blanks else _COMMA.split(line))]
    return tuple(cells[:MAX_CELLS])


def _may_be_head(cells: Sequence[str]) -> bool:
    """Return whether cells hold few words each, and no digit."""
    if _DIGIT.search("".join(cells)):
        return False
    return all(len(cell.split()) <= MAX_HEAD_WORDS for cell in cells)


def _row(cells: Sequence[str], columns: dict[int, str]) -> tuple[str, frozenset[str]] | None:
    """Return the person of a table's row with the kinds of the columns that are filled in."""
    kinds = frozenset(kind for at, kind in columns.items() if at < len(cells) and _is_filled(cells[at], kind))
    name = next((cell for at, cell in enumerate(cells) if at not in columns and re.search(r"[^\W\d_]{2}", cell)), "")
    return (name.casefold(), kinds) if name and kinds else None


def _is_filled(cell: str, kind: str) -> bool:
    if kind in (PAY, BIRTH):
        return any(character.isdigit() for character in cell)
    return cell.strip(" -0") != ""


def _named(line: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each name of a line, what stands behind it, and whether it is more than one word."""
    names = [(one.start(), one.end(), one[0], True) for one in _NAME.finditer(line) if _is_name(one[0])]
    leading = _LEADING.match(line)
    if leading and _is_name(leading[1]) and (not names or leading.end(1) <= names[0][0]):
        names.insert(0, (leading.start(1), leading.end(1), leading[1], False))
    starts, ends = [start for start, _, _, _ in names], [end for _, end, _, _ in names]
    for follows in _FOLLOWING.finditer(line):
        at = bisect_right(starts, follows.start(1))
        if (not at or follows.start(1) >= ends[at - 1]) and _is_name(follows[1]):
            names.append((follows.start(1), follows.end(1), follows[1], False))
    names.sort()
    for at, (_, end, name, is_full) in enumerate(names):
        until = names[at + 1][0] if at + 1 < len(names) else len(line)
        yield name.casefold(), line[end : min(until, end + MAX_ABOUT)], is_full


def _is_name(text: str) -> bool:
    return NO_NAMES.isdisjoint(text.replace(",", "").split()) and text.rpartition(" ")[2] not in STREETS


def _near(text: str, words: int) -> int:
    """Return the place in a text behind its first words."""
    at = 0
    for number, word in enumerate(_LETTERS.finditer(text)):
        at = word.start()
        if number == words:
            return at
    return len(text)


def _is_born(text: str, near: int, *, said: bool) -> bool:
    """Return whether a text has a date on which a person may have been born; `said`: other words speak of birth.

    A year of two digits may as well be the year of an order.
    """
    dates = [one for one in (*_DATE.finditer(text), *_LONG_DATE.finditer(text)) if one.start() <= near]
    years = [
        int(next(year for year in (one.groups()[2:4] if one.re is _DATE else one.groups()) if year)) for one in dates
    ]
    return any(BORN[0] <= year <= BORN[1] or (said and year < 100) for year in years)
