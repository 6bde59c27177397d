"""Text disguised word by word: rows T01 to T07 of the evasion catalogue, by code."""

# ruff: noqa: RUF001
from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_WORD = re.compile(r"[A-Za-z]{3,}")


def words(change: Callable[[str], str]) -> Callable[[str], str]:
    """The change made to every word of three letters or more; numbers and names with digits are left alone."""
    return lambda text: _WORD.sub(lambda word: change(word[0]), text)


def inserted(*between: str) -> Callable[[str], str]:
    """These in turn, after the letters of every word."""
    return words(lambda word: "".join(one + between[at % len(between)] for at, one in enumerate(word[:-1])) + word[-1])


def mapped(letters: str, others: str) -> Callable[[str], str]:
    table = str.maketrans(letters, others)
    return words(lambda word: word.translate(table))


def shifted(capital: int, small: int) -> Callable[[str], str]:
    """Letters of an alphabet that Unicode has once more elsewhere."""
    table = {ord("A") + n: capital + n for n in range(26)} | {ord("a") + n: small + n for n in range(26)}
    return words(lambda word: word.translate(table))


def spaced(letter_gap: str, word_gap: str) -> Callable[[str], str]:
    """Letters of every word apart, words further apart."""
    apart = words(letter_gap.join)
    return lambda text: word_gap.join(map(apart, text.split(" ")))


_CYRILLIC = mapped("aceopxyiABEKMHOPCTX", "асеорхуіАВЕКМНОРСТХ")
_SMALL_CAPITALS = mapped("abcdeghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")

TEXTS: Mapping[str, Callable[[str], str]] = {
    "T01 zero width space": inserted("\u200b"),
    "T01 joiners": inserted("\u200d", "\u200c", "\u2060", "\ufeff"),
    "T01 soft hyphen": inserted("\u00ad"),
    "T01 direction marks": inserted("\u200e", "\u200f", "\u061c"),
    "T01 old and odd": inserted("\u180e", "\u034f", "\u2063", "\u206b"),
    "T01 variation selectors and tags": inserted("\ufe0f", "\U000e0041", "\U000e0100"),
    "T01 fillers": inserted("\u115f", "\u3164", "\uffa0", "\u17b4"),
    "T02 cyrillic": _CYRILLIC,
    "T02 greek": mapped("ovABEHIKMNOPTXYZ", "ονΑΒΕΗΙΚΜΝΟΡΤΧΥΖ"),
    "T02 greek small": mapped("aiotu", "αιοτυ"),
    "T02 latin odd": mapped("agil", "ɑɡıⅼ"),
    "T02 small capitals": _SMALL_CAPITALS,
    "T02 armenian": mapped("oughn", "օսցհո"),
    "T02 cherokee": mapped("ABCDEGHKLMPSTWZ", "ᎪᏴᏟᎠᎬᏀᎻᏦᏞᎷᏢᏚᎢᎳᏃ"),
    "T02 capital i for l": mapped("l", "I"),
    "T03 full width": shifted(0xFF21, 0xFF41),
    "T03 mathematical bold": shifted(0x1D400, 0x1D41A),
    "T03 mathematical sans": shifted(0x1D5A0, 0x1D5BA),
    "T03 circled": shifted(0x24B6, 0x24D0),
    "T03 squared": words(lambda word: word.upper().translate({65 + n: 0x1F130 + n for n in range(26)})),
    "T03 ligatures": lambda text: text.replace("fi", "ﬁ").replace("fl", "ﬂ").replace("ff", "ﬀ"),
    "T04 struck through": inserted("\u0336"),
    "T04 accents": inserted("\u0301", "\u0308", "\u0327"),
    "T04 precomposed": mapped("aeiouncy", "áéíóúñçý"),
    "T04 zalgo": inserted("\u0301\u0317\u0334\u0489\u035c"),
    "T05 blanks": spaced(" ", "   "),
    "T05 single blanks": spaced(" ", " "),
    "T05 dots": spaced(".", " "),
    "T05 hyphens": spaced("-", " "),
    "T05 underscores": spaced("_", " "),
    "T05 stars": spaced("*", " "),
    "T05 no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "T05 odd spaces": lambda text: text.replace(" ", "\u2003\u202f\u3000 \u205f"),
    "T05 broken lines": lambda text: text.replace(" ", "  \n"),
    "T05 tabs and lines": lambda text: text.replace(" ", "\t \t"),
    "T06 override": lambda text: "\n".join(f"\u202e{line[::-1]}\u202c" for line in text.split("\n")),
    "T07 some leet": mapped("ao", "40"),
    "T07 leet": mapped("aeiost", "431057"),
    "T07 rn for m": words(lambda word: word.replace("m", "rn")),
}  # fmt: skip
