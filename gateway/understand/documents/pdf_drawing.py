"""The drawing of text on a PDF's page. Unseen text is blanked: no ink, white ink, letters without a height.

It also recognises fonts whose table of characters names others than their encoding does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

#: Height in units of a page (1/72 inch) below which letters are too small to be seen.
LEAST_HEIGHT: Final = 2.5
#: Lightness (0 to 1) from which an ink isn't seen on paper.
LIGHT: Final = 0.95
#: Octets of a font's table of characters that are compared.
MAX_TABLE_BYTES: Final = 64 * 1024

_SHOWING: Final = frozenset({b"Tj", b"TJ", b"'", b'"'})
_INKS: Final = frozenset({b"g", b"rg", b"k", b"sc", b"scn"})
_PAIR: Final = re.compile(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{4})>(?!\s*<)")
_RANGE: Final = re.compile(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{4})>")

Matrix = Any


class Drawing:
    """State of a drawing, as operators change it. With `blank` it empties the strings that are drawn unseen."""

    def __init__(self, check: Callable[..., None], *, blank: bool = False) -> None:
        self._check, self._blank = check, blank
        self._mode, self._light, self._size = 0, False, 12.0
        self._saved: list[tuple[int, bool, float]] = []
        self.hides = False  # some of the text isn't seen
        self.replaced: list[str] = []  # texts that are read out in place of glyphs

    def operator(self, name: bytes, operands: Any, matrix: Matrix, text_matrix: Matrix) -> None:
        """Follow one operator; pypdf calls this before each."""
        self._check()
        if name == b"q":
            self._saved.append((self._mode, self._light, self._size))
        elif name == b"Q" and self._saved:
            self._mode, self._light, self._size = self._saved.pop()
        elif name == b"Tr" and operands:
            self._mode = int(operands[0])
        elif name == b"Tf" and len(operands) > 1:
            self._size = abs(float(operands[1]))
        elif name in _INKS:
            self._light = _is_light(name, operands)
        elif name == b"BDC" and len(operands) > 1 and isinstance(operands[1], DictionaryObject):
            said = value_of(operands[1], "/ActualText")
            self.replaced += [text_of(said)] if isinstance(said, (str, bytes)) else []
        elif name in _SHOWING and operands and self._is_unseen(matrix, text_matrix):
            self._hide(name, operands)

    def _is_unseen(self, matrix: Matrix, text_matrix: Matrix) -> bool:
        height = self._size * _scale(matrix) * _scale(text_matrix)
        return self._mode in (3, 7) or self._light or height < LEAST_HEIGHT

    def _hide(self, name: bytes, operands: Any) -> None:
        self.hides = True
        if self._blank:
            operands[-1] = ArrayObject() if name == b"TJ" else TextStringObject("")


def lying_fonts(page: PageObject) -> list[DictionaryObject]:
    """Return the page's simple fonts whose /ToUnicode names other letters than the encoding that chooses the glyphs."""
    resources = value_of(page, "/Resources")
    fonts = value_of(resources, "/Font") if isinstance(resources, DictionaryObject) else None
    found = (value_of(fonts, name) for name in fonts) if isinstance(fonts, DictionaryObject) else ()
    return [one for one in found if isinstance(one, DictionaryObject) and _lies(one)]


def value_of(found: DictionaryObject, key: str) -> Any:
    """Return the value of a key, wherever it is stored; None if there is none."""
    return found[key].get_object() if key in found and found[key] is not None else None


def text_of(value: str | bytes) -> str:
    """Decode a string of a drawing: UTF-16 behind its mark, else Latin-1 (ISO 32000-1, 7.9.2)."""
    if isinstance(value, str):
        return str(value)
    return value.decode("utf-16", "replace") if value[:2] in (b"\xfe\xff", b"\xff\xfe") else value.decode("latin-1")


def without_table(font: DictionaryObject) -> None:
    """Remove the font's /ToUnicode, so that pypdf reads it by the encoding."""
    font.pop(NameObject("/ToUnicode"), None)


def _lies(font: DictionaryObject) -> bool:
    table = value_of(font, "/ToUnicode")
    if value_of(font, "/Subtype") == "/Type0" or not isinstance(table, StreamObject) or "/Encoding" not in font:
        return False
    octets = bytes(table.get_data())[:MAX_TABLE_BYTES]
    encoded = _encoded(value_of(font, "/Encoding"))
    said = [(int(code, 16), int(character, 16)) for code, character in _PAIR.findall(octets)]
    for first, last, character in _RANGE.findall(octets):
        low, high = int(first, 16), int(last, 16)
        said += ((code, int(character, 16) + code - low) for code in range(low, high + 1))
    letters = ((encoded.get(code, chr(code)), chr(character)) for code, character in said if character < 0x10000)
    return any(_is_letter(one) and _is_letter(other) and one != other for one, other in letters)


def _encoded(encoding: Any) -> dict[int, str]:
    """Return the characters that an encoding's differences name.

    Any other code is ASCII's in all named encodings.
    """
    if not isinstance(encoding, DictionaryObject):
        return {}
    found, code = dict[int, str](), 0
    for one in value_of(encoding, "/Differences") or ():
        if isinstance(one, NameObject):
            name = str(one).removeprefix("/")
            found[code] = _DIGITS.get(name, name)
            code += 1
        elif isinstance(one, int):
            code = int(one)
    return found


_DIGITS: Final = dict(
    zip(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), "0123456789", strict=True)
)


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text.isalnum()


def _scale(matrix: Matrix) -> float:
    return max(abs(float(matrix[2])), abs(float(matrix[3]))) if matrix and len(matrix) > 3 else 1.0


def _is_light(name: bytes, operands: Any) -> bool:
    numbers = [float(one) for one in operands if isinstance(one, (int, float))]
    if len(numbers) == 4:
        return all(one <= 1 - LIGHT for one in numbers)
    return len(numbers) in (1, 3) and len(numbers) == len(operands) and all(one >= LIGHT for one in numbers)
