"""Text for a person who must not be fooled: invisible and misleading characters are written out.

A control, a bidirectional override or a zero-width character becomes its code point in angle brackets: `⟨U+202E⟩`. A
word with letters that only look Latin is followed by the word that it looks like: `p\u0430ypal⟨looks like paypal⟩`.
"""

from __future__ import annotations

import re
import unicodedata

from gateway.characters.latin import LATIN

#: Categories of characters that show nothing, or change the order of others (UAX 44, table 12).
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Characters of other categories that show nothing (Default_Ignorable_Code_Point), and the blank braille cell.
_IGNORED = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
#: Variation selectors, which show nothing either; U+FE0F, which makes an emoji of a sign, is ordinary.
_IGNORED |= frozenset(map(chr, (*range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0))))
_KEPT = frozenset("\n\t")

_FOREIGN = re.compile(r"[^\x20-\x7e\n\t]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LATIN_LETTER = re.compile(r"[A-Za-z]")


def disclosed(text: str) -> str:
    """Return the text with each invisible or misleading character written out; tabs and line feeds stay."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        mostly_latin = 2 * len(_LATIN_LETTER.findall(text)) > sum(map(str.isalpha, text))
        text = _WORD.sub(lambda word: _told_apart(word[0], mostly_latin), text)
    return without_unseen(text)


def without_unseen(text: str) -> str:
    """Return the text with each invisible character written out, and look-alikes as they are."""
    return _FOREIGN.sub(lambda one: _written_out(one[0]), text)


def _written_out(one: str) -> str:
    if one in _KEPT:
        return one
    if unicodedata.category(one) == "Zs":
        return " "  # a terminal shows no other blank as one
    return f"⟨U+{ord(one):04X}⟩" if unicodedata.category(one) in _UNSEEN or one in _IGNORED else one


def _told_apart(word: str, mostly_latin: bool) -> str:
    """Return the word with its Latin reading, if look-alikes of other scripts stand in a Latin word or text."""
    if word.isascii() or not any(map(_is_look_alike, word)):
        return word
    read = "".join(LATIN.get(one, one) if _is_look_alike(one) else one for one in word)
    misleads = _LATIN_LETTER.search(word) is not None or (mostly_latin and read.isascii())
    return f"{word}⟨looks like {read}⟩" if misleads else word


def _is_look_alike(one: str) -> bool:
    """Return whether a letter of another script stands for a Latin one; an accented Latin letter does not."""
    return one in LATIN and not one.isascii() and not unicodedata.name(one, "").startswith("LATIN ")
