"""Choice of the texts of a message that are searched, and the limits of the search. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from gateway.matching import MAX_CHARACTERS
from gateway.message import Message, Passage

#: Characters of all passages of a message in which markings are looked for; of one passage, `MAX_CHARACTERS`.
MAX_ALL_CHARACTERS = 600_000
#: Characters of a line that a mail program has wrapped: few where a long word follows.
WRAPPED = (48, 80)
#: Prefixes that are skipped at the beginning of a subject.
MAX_PREFIXES = 20


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


def searched(message: Message, *, is_forwarded: bool) -> list[Passage]:
    """Return the passages that say something to the recipient.

    A reply quotes what the recipient wrote; only a forwarded message passes its quotation on.
    """
    kinds = {"subject", "new", "attachment"} | ({"quoted"} if is_forwarded else set())
    found: list[Passage] = []
    left = MAX_ALL_CHARACTERS
    for passage in message.view.passages:
        if passage.kind in kinds and left > 0:
            found.append(passage)
            left -= min(len(passage.text), MAX_CHARACTERS)
    return found


def letter_first(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages in the order in which numbers, tables and secrets are looked for: attachments last."""
    return sorted(passages, key=lambda one: one.kind == "attachment")


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
