"""Single characters in their form for comparison.

Compatibility forms are undone, marks and invisible characters removed, digits of every script made ASCII digits. The
word decides which letters of other scripts stand for Latin ones (`disguises`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

from gateway.message.folding.layers import Change

#: Runs of characters outside ASCII.
FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")

#: Invisible controls; white space and line breaks are not among them.
CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]+")

_BY_HAND = {
    "\u00df": "ss", "\u1e9e": "ss", "\u00e6": "ae", "\u00c6": "AE", "\u0153": "oe", "\u0152": "OE", "\u00fe": "th",
    "\u00de": "TH", "\u00f0": "d", "\u00d0": "D", "\u00f8": "o", "\u00d8": "O", "\u0142": "l", "\u0141": "L",
    "\u0131": "i", "\u0111": "d", "\u0110": "D", "\u0127": "h", "\u0126": "H", "\u0167": "t", "\u0166": "T",
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u02bc": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u2044": "/", "\u2215": "/", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n", "\u180e": "", "\ufffc": "",
    "\u1680": " ", "\u2800": " ", "\u1806": "-", "\ufe63": "-", "\u2043": "-",
}  # fmt: skip

#: Default_Ignorable_Code_Point (UAX 44), letters and marks among them; the others are of the categories below.
_IGNORABLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_TAKEN_AWAY = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cc"})


class _Table(dict[int, str]):
    """Code point -> its text for comparison, worked out when first asked for; bounded by the number of code points."""

    def __missing__(self, code: int) -> str:
        plain = self[code] = _plain(chr(code))
        return plain


TABLE: Final = _Table()

_ASCII: Final = bytes(range(128))
_CONTROLS: Final = bytes(one for one in range(128) if CONTROLS.match(chr(one)))
_FEW = 12


def _plain(one: str) -> str:
    if one.isascii():
        return one
    if one in _BY_HAND:
        return _BY_HAND[one]
    if one in _IGNORABLE or 0xE0000 <= ord(one) < 0xE1000:
        return ""
    if one.isspace():
        return " "
    if unicodedata.category(one) == "Nd":
        return str(unicodedata.digit(one))
    parts = unicodedata.normalize("NFKD", one)
    kept = "".join(c for c in parts if unicodedata.category(c) not in _TAKEN_AWAY and c not in _IGNORABLE)
    whole = unicodedata.normalize("NFC", "".join(_BY_HAND.get(c, c) for c in kept))
    return "".join(c if len(c.casefold()) == 1 else c.casefold() for c in whole)


def foreign_in(text: str) -> frozenset[str]:
    """Return the characters of a text that are not ASCII, at the speed of C."""
    octets = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return frozenset(octets.decode("utf-8", "surrogatepass"))


def has_controls(text: str) -> bool:
    octets = text.encode("latin-1", "replace")
    return len(octets.translate(None, _CONTROLS)) != len(octets)


def plain(text: str, foreign: Collection[str]) -> str:
    """Return a text with its characters made plain.

    Replacing a few different characters is faster than looking all of them up.
    """
    if len(foreign) > _FEW:
        return text.translate(TABLE)
    for one in foreign:
        text = text.replace(one, TABLE[ord(one)])
    return text


def lengthened(text: str, foreign: Collection[str]) -> Iterator[Change]:
    """Yield the characters of a text of which `TABLE` makes none or several."""
    odd = {one for one in foreign if len(TABLE[ord(one)]) != 1}
    for run in FOREIGN.finditer(text) if odd else ():
        for at, one in enumerate(run[0], run.start()):
            if one in odd:
                yield at, at + 1, TABLE[ord(one)]
