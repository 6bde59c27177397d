"""Choice of the texts of a message that are searched, and the limits of the search. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Final, TypeVar

from gateway.matching import MAX_CHARACTERS
from gateway.message import Message, Passage, fold, message_ids, sender_of

#: Characters of all passages of a message in which markings are looked for; of one passage, `MAX_CHARACTERS`.
MAX_ALL_CHARACTERS = 600_000
#: Characters of a line that a mail program has wrapped: few where a long word follows.
WRAPPED = (48, 80)
#: Lines of a quotation, and characters of each, in which its writer is looked for.
MAX_ABOVE, MAX_LINE_ABOVE = 10, 400
#: Prefixes that are skipped at the beginning of a subject.
MAX_PREFIXES = 20

_Found = TypeVar("_Found")

#: A line such as `From: Kim`, and the end of a sentence such as `On Monday, Kim <kim@…> wrote:`.
_FIELD = re.compile(r"\W{0,10}[^\W\d_][\w -]{0,20}:\s")
_WROTE = re.compile(
    r"(?:[>)\]]|@[\w.-]+|(?<![^\W_])(?:wrote|writes|schrieb|geschrieben|\u00e9crit|escribi\u00f3|scritto|schreef"
    r"|geschreven|napisa\u0142a?|pisze|skrev|skriver|escreveu|kirjoitti|\u00edrta|scris))\s?:$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"@]{1,64}@[\w.-]{1,255}")
#: Marks between the cells of a row, and of a list.
_TABULAR = re.compile(r"[\t;|]|\S\s{2,}\S|^\s*[-*\u2022]\s")


class Prefixes:
    """Prefixes that mail programs put before the subject of a reply and of a forwarded message."""

    def __init__(self, replies: Collection[str], forwards: Collection[str]) -> None:
        self._forwards = frozenset(one.casefold() for one in forwards)
        words = sorted({*(one.casefold() for one in replies), *self._forwards}, key=len, reverse=True)
        self._pattern = re.compile(
            rf"\s*+({'|'.join(map(re.escape, words))})(?:\[\d{{1,3}}\])?\s?[:\uff1a]", re.IGNORECASE
        )

    def read(self, subject: str) -> tuple[str, str]:
        """Return the outermost prefix ("reply", "forward" or ""), and the subject without prefixes."""
        at, kind = 0, ""
        for _ in range(MAX_PREFIXES):
            found = self._pattern.match(subject, at)
            if not found:
                break
            kind = kind or ("forward" if found[1].casefold() in self._forwards else "reply")
            at = found.end()
        return kind, subject[at:].strip()


def answers_outsider(message: Message, is_ours: Callable[[str], bool], names_ours: Callable[[str], bool]) -> bool:
    """Return whether a message answers one from outside, so that what it quotes came from there.

    Its quotation says who wrote it. Where it doesn't, To and the Message-ID of what is answered must be of outside. A
    line that no mail program writes, or that the Message-ID belies, frees nothing; nor does one with a name of ours.
    """
    thread = [one for name in ("references", "in-reply-to") for one in message_ids(" ".join(message.all(name)))]
    if not thread:
        return False
    answers_ours = is_ours(thread[-1])
    if above := next(filter(None, (_above(one.text) for one in message.view.of("quoted"))), None):
        addresses = [address for line in above for address in _ADDRESS.findall(line)]
        is_sentence = above[-1].endswith(":")
        if (is_sentence or not addresses) and names_ours(" ".join(above if is_sentence else above[:1])):
            return False
        if addresses:
            by_hand = is_sentence and not _WROTE.search(above[-1])
            belied = answers_ours and not is_ours(addresses[0])
            return not (by_hand or belied or all(map(is_ours, addresses)))
    to = _to(message)
    return not answers_ours and not (to and all(map(is_ours, to)))


def _above(quotation: str) -> list[str]:
    """Return the lines that say who wrote a quotation, and to whom: a sentence with a colon, or a message's fields."""
    lines = [line[:MAX_LINE_ABOVE] for line in quotation.split("\n\n", 1)[0].split("\n", MAX_ABOVE)[:MAX_ABOVE]]
    said = next((at for at, line in enumerate(lines) if line.endswith(":") and " " in line), None)
    return lines[: said + 1] if said is not None else [line for line in lines if _FIELD.match(line)]


def _to(message: Message) -> Sequence[str]:
    return sender_of(message.root.fields("to")).addresses


def searched(message: Message, *, is_forwarded: bool, is_answer: bool) -> list[Passage]:
    """Return the passages that say something to the recipient.

    An answer quotes what the recipient wrote. A forwarded message passes its quotation on, and in one that answers
    nobody outside our side has put it there.
    """
    kinds = {"subject", "new", "attachment"} | ({"quoted"} if is_forwarded or not is_answer else set())
    found: list[Passage] = []
    left = MAX_ALL_CHARACTERS
    for passage in message.view.passages:
        if passage.kind in kinds and left > 0:
            found.append(passage)
            left -= min(len(passage.text), MAX_CHARACTERS)
    return found


def below(message: Message) -> Iterator[Passage]:
    """Return what stands below a letter: numbers, tables and secrets may stand there too."""
    return message.view.of("signature", "footer")


def letter_first(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages in the order in which numbers, tables and secrets are looked for: attachments last."""
    return sorted(passages, key=lambda one: one.kind == "attachment")


def plainly(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages with plain characters; their folded texts stay."""
    return [one if one.text.isascii() else replace(one, text=plain(one.text)) for one in passages]


class _PlainCharacters(dict[int, str]):
    """Code point -> its plain character, worked out when first asked for; bounded by the number of code points."""

    def __missing__(self, code: int) -> str:
        known = self[code] = _plain(chr(code))
        return known


def _plain(one: str) -> str:
    category = unicodedata.category(one)
    if category == "Nd":
        return str(unicodedata.digit(one))
    if category == "Pd" or one == "\u2212":
        return "-"
    if category == "Cf" or one in _INVISIBLE:
        return ""
    if category == "Zs" or one == "\u2800":
        return " "
    is_styled = (
        "\u2460" <= one <= "\u2473"
        or "\ufe50" <= one <= "\ufe6b"
        or "\uff01" <= one <= "\uff5e"
        or "\U0001d400" <= one <= "\U0001d7ff"
    )
    return unicodedata.normalize("NFKC", one) if is_styled else one


_PLAIN: Final = _PlainCharacters()
#: Invisible characters that aren't format controls.
_INVISIBLE = frozenset("\u20e3\u034f\u115f\u1160\u3164\uffa0\ufe0e\ufe0f")
#: Words of Latin letters with some of another script among them.
_MIXED_WORD = re.compile(r"(?<![^\W\d_])(?=[^\W\d_]{0,40}[A-Za-z])[^\W\d_]{0,40}[\u0370-\u1dff][^\W\d_]{0,40}")


def plain(text: str) -> str:
    """Return a text with plain blanks, dashes, digits and letters, and without invisible characters.

    Accents and the letters' case stay. Words with letters of several scripts become Latin.
    """
    if text.isascii():
        return text
    return _MIXED_WORD.sub(lambda word: _latin(word[0]), text.translate(_PLAIN))


@lru_cache(maxsize=4096)
def _latin(word: str) -> str:
    return fold(word).text


def small(text: str) -> str:
    """Return a text in small letters: it has every word that a pattern of small letters finds in any case."""
    return text.lower() if text.isascii() else text.casefold().replace("\u0307", "").replace("\u0131", "i")


def says(text: str, *stems: str) -> bool:
    """Return whether a text in small letters has one of the stems; without one, no pattern of their words is searched.

    A stem is found in a fraction of the time of a pattern.
    """
    return any(stem in text for stem in stems)


def stems_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return words in small letters, without those that hold another one of them."""
    stems = sorted({small(one) for one in words}, key=len)
    return tuple(one for at, one in enumerate(stems) if not says(one, *stems[:at]))


class Limits:
    """The limits of one search; `reached` says that one has left something out."""

    def __init__(self) -> None:
        self.reached = False

    def first(self, found: Iterator[_Found], most: int) -> Iterator[_Found]:
        """Yield the first ones."""
        yield from islice(found, most)
        self.reached = self.reached or next(found, None) is not None


def lines_of(text: str, most: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text, each with its place; a line of more characters comes in pieces."""
    at = 0
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), most):
            yield at + start, line[start : start + most]
        at += len(line) + 1


def unwrapped(text: str) -> str:
    """Return a text in which the lines that a mail program wrapped are one again; rows of a table stay apart."""
    lines = text.split("\n")
    out: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        wraps = WRAPPED[0] <= len(line) <= WRAPPED[1] and bool(following.strip()) and not _TABULAR.search(line)
        out += (line, " " if wraps else "\n")
    return "".join(out[:-1])


def shown(text: str, most: int = 80) -> str:
    """Return a text on one line, for a reviewer."""
    plain = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return plain if len(plain) <= most else f"{plain[: most - 1]}\u2026"


def masked(text: str, keep: int = 2) -> str:
    """Return a number or a secret with all but its last characters hidden."""
    plain = "".join(c for c in text if c.isalnum())
    return "\u2022" * max(len(plain) - keep, 0) + plain[-keep:] if len(plain) > keep * 2 else "\u2022" * len(plain)


_NAME = re.compile(r"[^\W\d_]{3,}")
#: Words of addresses that are nobody's name.
_NOBODY = frozenset(
    """
    info office sales mail admin accounts hello contact enquiries support help team service orders bookings reception
    post kontakt buero contacto ufficio biuro home private the and mrs miss
    """.split()  # noqa: SIM905 - readable
)


def text_words(text: str) -> frozenset[str]:
    """Return the words of a text that may be somebody's name, in small letters."""
    return frozenset(_NAME.findall(text.casefold())) - _NOBODY


def name_words(address: str) -> frozenset[str]:
    """Return the words of an address's local part that may be somebody's name, in small letters."""
    return text_words(address.rpartition("@")[0])
